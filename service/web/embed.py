"""Serve the widget: as a module script for any page, and as a page of our own for a frame."""

import gzip
import hashlib
import time
from functools import cache

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from service.errors import FieldError, Invalid, OriginNotAllowed
from service.paths import STATIC
from service.store.records import Page, PublicComment, Site
from service.store.threads import find_thread
from service.web.address import origin_of
from service.web.field import Fields, checked
from service.web.form import CommentForm
from service.web.intake import is_allowed
from service.web.page import page, policy
from service.web.signature import form_token
from service.web.state import State
from service.web.strings import speak

SHOWN = 100
"""Comments on a page that needs no script; the rest is in the widget."""


async def script(request: Request[State]) -> Response:
    """Give the widget. Any page may load it; browsers keep it for five minutes and then ask whether it has changed."""
    plain, packed, tag = _script()
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = packed
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type="text/javascript")


@cache
def _script() -> tuple[bytes, bytes, str]:
    plain = (STATIC / "embed.js").read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.blake2b(plain, digest_size=12).hexdigest()}"'


async def frame(request: Request[State]) -> Response:
    """Show the comments of one page in a frame, which only pages of the site may hold."""
    site = await request.state["sites"].get(request.path_params["site"])
    query = request.query_params
    asked = CommentForm(page_key=query.get("page_key"), page_url=query.get("page_url"), lang=query.get("lang"))
    fields = checked(asked, referer="", only_page=True)
    own = request.state["settings"].public_url
    origin = _origin(fields, site, own)
    speech = speak(fields.lang, request.headers.get("accept-language", ""))
    token, comments, thread = await thread_of(request, site, fields.page_key)
    return page(
        "embed.html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy(
                form_to=(*site.origins, own), scripts=True, framed_by=("'self'", *site.origins)
            ),
            "X-Robots-Tag": "noindex",
        },
        t=speech,
        site=site,
        origin=origin,
        fields=fields,
        kept={"author_name": "", "author_email": "", "body": ""},
        title=query.get("page_title", "")[:300],
        token=token,
        comments=comments,
        closed=thread is not None and thread.closed,
    )


async def icon(request: Request[State]) -> Response:
    """Give our mark: browsers ask for it here beside what is no HTML."""
    return FileResponse(STATIC / "icon.svg", headers={"Cache-Control": "public, max-age=86400"})


def _origin(fields: Fields, site: Site, own: str) -> str:
    """Return the origin of the page around the frame.

    Raises:
        Invalid: the page has no URL; readers have to find back to it.
        OriginNotAllowed: it is none of the site's.
    """
    if not fields.page_url:
        error = FieldError("page_url", "is needed")
        raise Invalid("The frame needs the address of the page around it.", errors=[error])
    origin = origin_of(fields.page_url)
    if not is_allowed(origin, site, own):
        raise OriginNotAllowed(f"This page's origin ({origin[:200]}) is not one of the site's.")
    return origin


async def thread_of(request: Request[State], site: Site, page_key: str) -> tuple[str, list[PublicComment], Page | None]:
    """Return what a page needs that shows comments and takes them without script: a form's token, the comments."""
    db = request.state["db"]
    thread, comments = await find_thread(db, site.id, page_key, sort="oldest", limit=SHOWN, after=None)
    keys = await request.state["sites"].keys(site.id)
    return form_token(keys.form_token, page_key, time.time()), comments, thread


ROUTES = (
    Route("/favicon.ico", icon, methods=["GET"], include_in_schema=False),
    Route("/embed.js", script, methods=["GET"], include_in_schema=False),
    Route("/embed/{site}", frame, methods=["GET"], include_in_schema=False),
)
