"""Turn comments away while too many wait, before anything is spent on them: what is saved goes to those let in."""

import re

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.web.batch import Intake
from service.web.pace import crowded
from service.web.problem import problem_json, wants_html

_PATH = re.compile(r"/v1/sites/[^/]+/comments")
_REFUSAL = crowded()
_CONTENT = problem_json(_REFUSAL)
_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(_CONTENT)).encode()),
    (b"cache-control", b"no-store"),
    (b"retry-after", str(_REFUSAL.retry_after).encode()),
    # The sites are not looked at, and nothing here is any site's own.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
]


def is_crowded(scope: Scope) -> bool:
    """Tell whether a request brings a comment for which there is no room.

    Not so for a browser that has posted a form: it gets a page that keeps what was written, and so is read.
    """
    if scope["method"] != "POST" or not _PATH.fullmatch(scope["path"]):
        return False
    intake: Intake | None = scope.get("state", {}).get("intake")
    return intake is not None and not intake.has_room() and not wants_html(Request(scope))


async def turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503 without reading the body."""
    # For the metrics and the log.
    scope["route"] = _ROUTE
    await send({"type": "http.response.start", "status": _REFUSAL.status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _CONTENT})


_ROUTE = Route("/v1/sites/{site}/comments", turn_away)
