"""Turn comments away while too many wait, before anything is spent on them.

A flood is refused at a third of what a refusal costs that goes the whole way; what is saved, goes to those let in.
"""

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.errors import Unavailable
from service.web.batch import Intake
from service.web.problem import problem_json

REFUSED = Unavailable("More comments are arriving than can be stored; please try again shortly.", retry_after=1)
_CONTENT = problem_json(REFUSED)
_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(_CONTENT)).encode()),
    (b"cache-control", b"no-store"),
    (b"retry-after", str(REFUSED.retry_after).encode()),
    # The sites are not looked at, and nothing here is any site's own.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
]


def is_crowded(scope: Scope) -> bool:
    """Tell whether a request brings a comment for which there is no room.

    Not so for a browser that has posted a form: it gets a page that keeps what was written, and so is read.
    """
    if scope["method"] != "POST" or not scope["path"].endswith("/comments"):
        return False
    intake: Intake | None = scope.get("state", {}).get("intake")
    return intake is not None and not intake.has_room() and not _wants_html(scope)


async def turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503 without reading the body."""
    # For the metrics and the log.
    scope["route"] = _ROUTE
    await send({"type": "http.response.start", "status": REFUSED.status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _CONTENT})


def _wants_html(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value and b"json" not in value for name, value in scope["headers"])


_ROUTE = Route("/v1/sites/{site}/comments", turn_away)
