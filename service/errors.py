"""The tree of errors. Domain code raises them; `web/problems.py` alone turns them into answers.

    GatepostError
    ├── SettingsError          a GATEPOST_* variable or the set-up is wrong            (start refuses)
    ├── ModelError             a model directory is damaged or of another version      (start refuses)
    ├── StoreError             the database cannot be used as it is                    (start refuses)
    │   ├── FolderInUse        another gatepost owns the data folder
    │   └── SchemaOutOfDate    `gatepost migrate` has not been run, or the code is older than the schema
    ├── FetchError             somebody else's server gave no answer                   (never reaches a client)
    │   └── AddressRefused     it is at no public address, and was not asked for
    ├── Unavailable            the database does not answer at the moment              503, Retry-After
    └── RequestError           the caller can do something about it                    4xx
        ├── Malformed          not JSON, not a form, not UTF-8                         400 malformed
        ├── Unauthenticated    no or unknown credentials                               401 unauthenticated
        ├── Forbidden          known, but not allowed                                  403 forbidden
        │   └── OriginNotAllowed                                                       403 origin_not_allowed
        ├── NotFound           no such site, page, comment                             404 not_found
        ├── MethodNotAllowed                                                           405 method_not_allowed
        ├── RequestTimeout     the body did not arrive in time                         408 request_timeout
        ├── Conflict           somebody was faster                                     409 duplicate, stale_version …
        ├── Gone               was there, is erased                                    410 gone
        ├── TooLarge           more than 16 KB of body                                 413 too_large
        ├── UnsupportedMedia   a content type or encoding not read here                415 unsupported_media_type
        ├── Invalid            fields at fault, named one by one                       422 invalid
        └── TooManyRequests    a rate limit was reached                                429, Retry-After

Messages are sentences that are safe to show: never comment text, e-mail, address or SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GatepostError(Exception):
    """Stand at the root of every error of ours."""


class SettingsError(GatepostError):
    """Say that a setting or the set-up is wrong; start refuses."""


class ModelError(GatepostError):
    """Say that a model directory is damaged, or made for another version of the features."""


class StoreError(GatepostError):
    """Say that the database cannot be used as it is."""


class FolderInUse(StoreError):
    """Say that another gatepost owns the data folder."""


class SchemaOutOfDate(StoreError):
    """Say that schema and code don't fit each other."""


class FetchError(GatepostError):
    """Say why somebody else's server gave no answer."""


class AddressRefused(FetchError):
    """Say that an address is none that may be reached, so that nobody was asked."""


NO_DATABASE = "The database does not answer at the moment; please try again shortly."


class Unavailable(GatepostError):
    """Say that the service cannot answer at the moment and when to ask again."""

    status = 503
    code = "unavailable"
    title = "Not available at the moment"

    def __init__(self, detail: str = "The service is busy; please try again shortly.", *, retry_after: int = 2):
        super().__init__(detail)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault, and what is wrong with it, in a sentence."""

    field: str
    message: str


class RequestError(GatepostError):
    """Say that the caller's request cannot be served as it stands."""

    status = 400
    code = "bad_request"
    title = "The request cannot be served"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ):
        super().__init__(detail)
        self.code = code or type(self).code
        self.errors = tuple(errors)
        self.retry_after = retry_after


class Malformed(RequestError):
    """Say that the body or a header is not what its type says."""

    status, code, title = 400, "malformed", "The request cannot be read"


class Unauthenticated(RequestError):
    """Say that no valid credentials came with the request."""

    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(RequestError):
    """Say that the caller is known but may not do this."""

    status, code, title = 403, "forbidden", "Not allowed"


class OriginNotAllowed(Forbidden):
    """Say that the page's origin is not one of the site's; names both."""

    code = "origin_not_allowed"


class NotFound(RequestError):
    """Say that there is nothing at this address."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(RequestError):
    """Say that this address does not take this method."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class RequestTimeout(RequestError):
    """Say that the request's body did not arrive in time."""

    status, code, title = 408, "request_timeout", "The request took too long to arrive"


class Conflict(RequestError):
    """Say that the thing has changed meanwhile."""

    status, code, title = 409, "conflict", "Somebody was faster"


class Gone(RequestError):
    """Say that the thing was there and has been erased."""

    status, code, title = 410, "gone", "No longer there"


class TooLarge(RequestError):
    """Say that the body is larger than is read here."""

    status, code, title = 413, "too_large", "The request is too large"


class UnsupportedMedia(RequestError):
    """Say that this content type or encoding is not read here."""

    status, code, title = 415, "unsupported_media_type", "Content type not supported"


class Invalid(RequestError):
    """Say which fields are at fault."""

    status, code, title = 422, "invalid", "Some fields need attention"


class TooManyRequests(RequestError):
    """Say that a rate limit was reached and when to come back."""

    status, code, title = 429, "too_many_requests", "Too many requests"
