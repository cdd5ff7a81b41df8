"""Turn values into the console's pages."""

from datetime import UTC, datetime, timedelta

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from service.paths import TEMPLATES
from service.web.page import moment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Our own files and no image at all: whatever a comment smuggles in, nothing runs and nothing is fetched."""


def render(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page of the console.

    The referrer stays on the site: with `no-referrer`, browsers send `Origin: null` along with our own forms.
    """
    html = _environment.get_template(f"console/{template}").render(values)
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status_code=status, headers=headers)


def age(at: datetime) -> str:
    """Return how long ago a time is, in its largest unit."""
    return span(datetime.now(UTC) - at)


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit."""
    minutes = max(0, int(length.total_seconds())) // 60
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def length_of_time(seconds: float) -> str:
    """Return a number of seconds in its largest unit."""
    return span(timedelta(seconds=seconds))


def number(value: float) -> str:
    """Return a probability with two digits, without rounding it up to certainty."""
    return "over 0.99" if 0.995 <= value < 1 else f"{value:.2f}"


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"moment": moment, "age": age, "number": number, "length_of_time": length_of_time}
