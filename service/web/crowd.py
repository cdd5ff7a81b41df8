"""Turn comments away while too many wait, before anything is spent on them: what is saved goes to those let in.

This happens as soon as a request's headers are there, below the application: by way of it a refusal takes about twice
as long.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from service.web.batch import Intake
from service.web.guard import HEADERS, note, request_id_of
from service.web.pace import crowded
from service.web.problem import is_html_wanted, problem_json

_ROUTE = "/v1/sites/{site}/comments"
_PATH = re.compile(rb"/v1/sites/[^/?]+/comments(\?.*)?")
_REFUSAL = crowded()
_CONTENT = problem_json(_REFUSAL)
_HEAD = b"".join(
    b"%s: %s\r\n" % header
    for header in (
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(_CONTENT)).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", str(_REFUSAL.retry_after).encode()),
        # The sites are not looked at, and nothing here is any site's own.
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
        *HEADERS,
    )
)

Headers = Iterable[tuple[bytes, bytes]]


def is_crowded(state: Mapping[str, Any], method: bytes, url: bytes, headers: Headers) -> bool:
    """Tell whether a request brings a comment for which there is no room.

    Not so for a browser that has posted a form: it gets a page that keeps what was written, and so is read.
    """
    intake: Intake | None = state.get("intake")
    return (
        intake is not None
        and not intake.has_room()
        and method == b"POST"
        and _PATH.fullmatch(url) is not None
        and not any(name == b"accept" and is_html_wanted(value.decode("latin-1")) for name, value in headers)
    )


def refusal(state: Mapping[str, Any], headers: Headers, added: Headers) -> bytes:
    """Return the answer to such a request, with the server's own headers added, and note it as any other is."""
    request_id = request_id_of(headers)
    note(state.get("metrics"), _ROUTE, "POST", _REFUSAL.status, 0.0, request_id)
    own = b"".join(b"%s: %s\r\n" % header for header in added)
    return b"HTTP/1.1 503 Service Unavailable\r\n%s%sx-request-id: %s\r\n\r\n%s" % (own, _HEAD, request_id, _CONTENT)
