"""Turn errors into answers: RFC 9457 for programs, a small page for a browser that posted a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from service.errors import FieldError, MethodNotAllowed, NotFound, RequestError, Unavailable
from service.web.page import page, policy
from service.web.strings import speak


class FieldProblem(msgspec.Struct, kw_only=True, frozen=True):
    """Say what is wrong with one field."""

    field: str
    message: str


class Problem(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Say what went wrong (RFC 9457); `code` is stable and meant for programs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form sent that could not be taken, and the origins to which it may lead.

    Stands in `request.scope["kept_fields"]` for the answer to the error.
    """

    fields: Mapping[str, str | None]
    leads_to: Sequence[str]


async def on_error(request: Request[Any], error: Exception) -> Response:
    """Answer an error of ours."""
    assert isinstance(error, RequestError | Unavailable)
    return answer(request, error)


async def on_http_exception(request: Request[Any], error: Exception) -> Response:
    """Answer what the router says: no such address, or not by this method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        ours: RequestError = MethodNotAllowed("This address does not take this method.")
        headers["Allow"] = ", ".join(_methods(request))
    elif error.status_code == 404:
        ours = NotFound("There is nothing at this address.")
    else:
        ours = RequestError(HTTPStatus(error.status_code).phrase)
    response = answer(request, ours)
    response.status_code = error.status_code
    response.headers.update(headers)
    return response


def _methods(request: Request[Any]) -> list[str]:
    """Return the methods that an address takes: the router itself names those of the first route that fits."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in fitting for method in route.methods or ()})


def crash(request: Request[Any]) -> Response:
    """Answer a fault of ours without a word about it; the log has the place."""
    return answer(request, _Crash("The service made a mistake. It has been noted."))


class _Crash(RequestError):
    status, code, title = 500, "internal_error", "Something went wrong"


def answer(request: Request[Any], error: RequestError | Unavailable) -> Response:
    """Return the answer to an error, as its caller reads it."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    headers |= request.scope.get("cors", {})
    if wants_html(request):
        if kept := request.scope.get("kept_fields"):
            return _again(request, error, headers, kept)
        return page(
            "problem.html",
            status=error.status,
            headers=headers,
            title=error.title,
            detail=str(error),
            errors=_field_errors(error),
        )
    return Response(
        problem_json(error), status_code=error.status, headers=headers, media_type="application/problem+json"
    )


def _again(request: Request[Any], error: RequestError | Unavailable, headers: dict[str, str], kept: Kept) -> Response:
    """Return the form with what was written and what is wrong with it, to put right and send again."""
    speech = speak(kept.fields.get("lang") or "", request.headers.get("accept-language", ""))
    known = speech.below("widget")
    faults = {each.field: known.get(f"bad_{each.field}", each.message) for each in _field_errors(error)}
    shown = {"author_name", "author_email", "body"}
    return page(
        "again.html",
        status=error.status,
        headers=headers | {"Content-Security-Policy": policy(form_to=kept.leads_to)},
        t=speech,
        detail="" if faults.keys() & shown else str(error),
        faults=faults,
        others={name: message for name, message in faults.items() if name not in shown},
        action=request.url.path,
        kept={name: value or "" for name, value in kept.fields.items()},
        hidden=sorted(kept.fields.keys() - shown - {"website"}),
    )


def problem_json(error: RequestError | Unavailable) -> bytes:
    """Return an error as a problem document."""
    return msgspec.json.encode(
        Problem(
            type="about:blank",
            title=error.title,
            status=error.status,
            detail=str(error),
            code=error.code,
            errors=tuple(FieldProblem(field=each.field, message=each.message) for each in _field_errors(error)),
        )
    )


def wants_html(request: Request[Any]) -> bool:
    """Tell whether a browser shows the answer to a person. Programs that accept anything get JSON."""
    return is_html_wanted(request.headers.get("accept", ""))


def is_html_wanted(accept: str) -> bool:
    """Tell the same from the header alone."""
    return "text/html" in accept and "json" not in accept


def _field_errors(error: RequestError | Unavailable) -> tuple[FieldError, ...]:
    return error.errors if isinstance(error, RequestError) else ()
