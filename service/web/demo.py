"""Show a newcomer how it works: an article with comments, plugged in by each of the ways that the guide describes."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.web.address import page_key_of
from service.web.embed import thread_of
from service.web.page import page, policy
from service.web.state import State
from service.web.strings import DEFAULT, speak

SITE = "demo"
TITLE = "Ketamine therapy for depression: what to expect"
WAYS = {"": "by script", "strict": "under a strict security policy", "frame": "in a frame", "plain": "without script"}
_TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types gatepost"


async def article(request: Request[State]) -> Response:
    """Show the demo article with its comments."""
    way = request.url.path.removeprefix("/demo").strip("/")
    site = await request.state["sites"].get(SITE)
    public = request.state["settings"].public_url
    url = f"{public}/demo"
    token, comments, _ = await thread_of(request, site, page_key_of(url))
    answered = request.query_params.get("answer", "")
    # After sending, the form leads to the public address, whatever this one is.
    content_policy = policy(form_to=(public,), scripts=way != "plain")
    if way == "frame":
        content_policy += "; frame-src 'self'"
    if way == "strict":
        content_policy += _TRUSTED_TYPES
    return page(
        "demo.html",
        headers={"Cache-Control": "no-store", "Content-Security-Policy": content_policy},
        t=speak(DEFAULT),
        title=TITLE,
        url=url,
        way=way,
        ways=WAYS,
        comments=comments,
        kept={"author_name": "", "author_email": "", "body": ""},
        parent_id=next((str(each.id) for each in comments if str(each.id) == answered), ""),
        token=token,
    )


async def home(request: Request[State]) -> Response:
    """Lead to the demo article."""
    return RedirectResponse("/demo", 307)


ROUTES = (
    Route("/", home, methods=["GET"], include_in_schema=False),
    Route("/demo", article, methods=["GET"], include_in_schema=False),
    *(Route(f"/demo/{way}", article, methods=["GET"], include_in_schema=False) for way in WAYS if way),
)
