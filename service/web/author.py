"""Show authors what became of their own comment, as data and as a page."""

from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.comment import CommentId, Reason
from service.comment import State as CommentState
from service.errors import NotFound, Unauthenticated
from service.store.records import AuthorView
from service.store.threads import author_view
from service.web.intake import message
from service.web.page import page
from service.web.signature import read_author_token
from service.web.state import State


class OwnComment(msgspec.Struct, kw_only=True, frozen=True):
    """Show an author their comment; `reason` is set where a decision gave one."""

    id: CommentId
    status: CommentState
    html: str
    created_at: datetime
    page_url: str
    reason: Reason | None
    message: str


async def own_comment(request: Request[State]) -> Response:
    """Show a comment to the author whose token comes with the request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send the token that came with the comment: `Authorization: Bearer …`.")
    view = await _view(request, token.strip())
    if view.id != request.path_params["comment_id"]:
        raise NotFound("This token is for another comment.")
    content = OwnComment(
        id=view.id,
        status=view.state,
        html=view.html,
        created_at=view.created_at,
        page_url=view.page.url,
        reason=view.reason,
        message=message(view.state, view.categories),
    )
    return Response(msgspec.json.encode(content), media_type="application/json", headers={"Cache-Control": "no-store"})


async def status_page(request: Request[State]) -> Response:
    """Show a comment to whoever has its link."""
    view = await _view(request, request.path_params["token"])
    return page(
        "status.html",
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"},
        view=view,
        message=message(view.state, view.categories),
        reason=REASONS.get(view.reason or ""),
    )


REASONS: dict[str, str] = {
    "spam": "It was taken for spam.",
    "advertising": "It advertises something.",
    "health_misinformation": "It states something about health that the evidence contradicts.",
    "dangerous_advice": "It gives advice that could harm somebody.",
    "unlawful_sale": "It offers something for sale that may not be sold this way.",
    "off_topic": "It is not about the article.",
    "abuse": "It attacks somebody.",
    "hate": "It attacks people for who they are.",
    "personal_data": "It contains somebody's personal data.",
    "impersonation": "It was written in somebody else's name.",
    "illegal_content": "It contains something unlawful.",
    "other": "The moderators decided so.",
}


async def _view(request: Request[State], token: str) -> AuthorView:
    site_id, comment_id = await read_author_token(request.state["sites"], token)
    view = await author_view(request.state["db"], site_id, comment_id)
    if view is None:
        raise NotFound("There is no such comment.")
    return view


ROUTES = (
    Route("/v1/comments/{comment_id:uuid}", own_comment, methods=["GET"]),
    Route("/status/{token}", status_page, methods=["GET"], include_in_schema=False),
)
