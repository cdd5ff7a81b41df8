"""Render the pages that readers meet."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from service.paths import TEMPLATES

_environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """Return a page made of a template."""
    return HTMLResponse(_environment.get_template(template).render(values), status_code=status, headers=headers)


def policy(*, form_to: Iterable[str] = (), scripts: bool = False, framed_by: Iterable[str] = ()) -> str:
    """Return a page's Content-Security-Policy.

    `form_to` are the origins to which an answer to its form may lead, for browsers follow no redirect elsewhere;
    `framed_by` those whose pages may show it in a frame.
    """
    ways = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'"]
    if scripts:
        ways += ["script-src 'self'", "connect-src 'self'"]
    ways.append(" ".join(("form-action 'self'", *form_to)))
    ways.append(" ".join(("frame-ancestors", *(framed_by or ("'none'",)))))
    return "; ".join(ways)


def moment(at: datetime) -> str:
    """Return a time as a person reads it."""
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def stamp(at: datetime) -> str:
    """Return a time in a form that needs no language."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


_environment.filters["moment"] = moment
_environment.filters["stamp"] = stamp
