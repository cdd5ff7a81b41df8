"""Show a newcomer how it works: an article with a comment form that needs no script."""

import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.store.threads import find_page, list_published
from service.web.address import page_key_of
from service.web.page import page
from service.web.signature import form_token
from service.web.state import State

SITE = "demo"
TITLE = "Ketamine therapy for depression: what to expect"
_SHOWN = 100


async def article(request: Request[State]) -> Response:
    """Show the demo article with the comments published below it."""
    site = await request.state["sites"].get(SITE)
    url = f"{request.state['settings'].public_url}/demo"
    key = page_key_of(url)
    db = request.state["db"]
    thread = await find_page(db, site.id, key)
    comments = []
    if thread is not None:
        comments = await list_published(db, thread, site.id, sort="oldest", limit=_SHOWN, after=None)
    parents = {comment.id: comment.author_name or "Somebody" for comment in comments}
    answered = request.query_params.get("answer", "")
    keys = await request.state["sites"].keys(site.id)
    return page(
        "demo.html",
        headers={"Cache-Control": "no-store", "Content-Security-Policy": _policy(request)},
        title=TITLE,
        url=url,
        comments=comments,
        parents=parents,
        parent_id=next((str(each) for each in parents if str(each) == answered), ""),
        token=form_token(keys.form_token, key, time.time()),
    )


def _policy(request: Request[State]) -> str:
    """Return the page's security policy: after sending, the form leads to the public address, whatever this one is."""
    public = request.state["settings"].public_url
    return f"default-src 'none'; style-src 'self'; form-action 'self' {public}; base-uri 'none'; frame-ancestors 'none'"


async def home(request: Request[State]) -> Response:
    """Lead to the demo article."""
    return RedirectResponse("/demo", 307)


ROUTES = (
    Route("/", home, methods=["GET"], include_in_schema=False),
    Route("/demo", article, methods=["GET"], include_in_schema=False),
)
