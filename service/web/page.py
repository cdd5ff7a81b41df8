"""Render the pages that readers meet."""

from collections.abc import Mapping
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


def moment(at: datetime) -> str:
    """Return a time as a person reads it."""
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


_environment.filters["moment"] = moment
