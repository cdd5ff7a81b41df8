"""Describe the HTTP contract: OpenAPI 3.1, made of the routes' handlers and the wire types they read and write."""

import importlib.metadata
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.web.admin.operations import OPERATIONS as ADMIN
from service.web.author import AppealText, OwnView, Revision
from service.web.claims import ClaimsRequest, ClaimsView
from service.web.decisions import DecisionHistory, DecisionResult, DecisionResults, DecisionsRequest
from service.web.filters import BacklogQuery, HistoryQuery, QueueQuery
from service.web.form import CommentForm
from service.web.intake import Accepted, FormNeeds
from service.web.operate import Health, Readiness
from service.web.operation import Operation
from service.web.page import page
from service.web.problem import Problem
from service.web.report import Reported, ReportForm
from service.web.review import BacklogView, CommentDetail, Leased, LeaseRequest, QueuePage
from service.web.state import State
from service.web.thread import Counts, Thread, ThreadQuery

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/sites/{site}/comments"): Operation(
        tag="Pages",
        body=CommentForm,
        by_form=True,
        headers=("Idempotency-Key",),
        answers={201: Accepted, 202: Accepted, 303: None},
        problems=(400, 403, 404, 408, 410, 413, 415, 422, 429, 503),
    ),
    ("GET", "/v1/sites/{site}/comments"): Operation(
        tag="Pages", query=ThreadQuery, answers={200: Thread, 304: None}, problems=(404, 422, 503)
    ),
    ("GET", "/v1/sites/{site}/counts"): Operation(
        tag="Pages", lists=("page_url", "page_key"), answers={200: Counts, 304: None}, problems=(404, 422, 503)
    ),
    ("GET", "/v1/sites/{site}/feed.atom"): Operation(
        tag="Pages",
        lists=("page_url", "page_key"),
        answers={200: "application/atom+xml", 304: None},
        problems=(404, 422, 503),
    ),
    ("GET", "/v1/sites/{site}/form"): Operation(
        tag="Pages", lists=("page_url", "page_key", "lang"), answers={200: FormNeeds}, problems=(403, 404, 422, 503)
    ),
    ("POST", "/v1/sites/{site}/comments/{comment_id}/report"): Operation(
        tag="Pages",
        body=ReportForm,
        answers={202: Reported},
        problems=(400, 403, 404, 408, 413, 415, 422, 429, 503),
    ),
    ("GET", "/v1/comments/{comment_id}"): Operation(
        tag="Authors", answers={200: OwnView}, problems=(401, 404, 503), security="author"
    ),
    ("PATCH", "/v1/comments/{comment_id}"): Operation(
        tag="Authors",
        body=Revision,
        answers={200: OwnView},
        problems=(400, 401, 404, 408, 409, 410, 413, 415, 422, 429, 503),
        security="author",
    ),
    ("DELETE", "/v1/comments/{comment_id}"): Operation(
        tag="Authors", answers={204: None}, problems=(401, 404, 503), security="author"
    ),
    ("POST", "/v1/comments/{comment_id}/appeal"): Operation(
        tag="Authors",
        body=AppealText,
        answers={200: OwnView},
        problems=(400, 401, 404, 408, 409, 413, 415, 422, 429, 503),
        security="author",
    ),
    ("GET", "/v1/sites/{site}/claims"): Operation(
        tag="Claims", answers={200: ClaimsView}, problems=(401, 403, 404, 503), security="member"
    ),
    ("POST", "/v1/sites/{site}/claims"): Operation(
        tag="Claims",
        body=ClaimsRequest,
        answers={200: ClaimsView},
        problems=(400, 401, 403, 404, 408, 413, 415, 422, 503),
        security="member",
    ),
    ("DELETE", "/v1/sites/{site}/claims"): Operation(
        tag="Claims",
        lists=("own", "topic", "claim"),
        answers={200: ClaimsView},
        problems=(401, 403, 404, 422, 503),
        security="member",
    ),
    ("GET", "/v1/review/queue"): Operation(
        tag="Review", query=QueueQuery, answers={200: QueuePage}, problems=(401, 403, 404, 422, 503), security="member"
    ),
    ("GET", "/v1/review/backlog"): Operation(
        tag="Review",
        query=BacklogQuery,
        answers={200: BacklogView},
        problems=(401, 403, 404, 422, 503),
        security="member",
    ),
    ("POST", "/v1/review/leases"): Operation(
        tag="Review",
        body=LeaseRequest,
        answers={200: Leased},
        problems=(400, 401, 403, 404, 408, 413, 415, 422, 503),
        security="member",
    ),
    ("DELETE", "/v1/review/leases/{comment_id}"): Operation(
        tag="Review", answers={204: None}, problems=(401, 403, 404, 503), security="member"
    ),
    ("GET", "/v1/review/comments/{comment_id}"): Operation(
        tag="Review", answers={200: CommentDetail}, problems=(401, 403, 404, 503), security="member"
    ),
    ("GET", "/v1/review/decisions"): Operation(
        tag="Review",
        query=HistoryQuery,
        answers={200: DecisionHistory},
        problems=(401, 403, 404, 422, 503),
        security="member",
    ),
    ("POST", "/v1/review/batches/{batch_id}/undo"): Operation(
        tag="Review",
        answers={200: DecisionResults, 207: DecisionResults},
        problems=(401, 403, 404, 503),
        security="member",
    ),
    ("POST", "/v1/review/decisions"): Operation(
        tag="Review",
        body=DecisionsRequest,
        answers={200: DecisionResults, 207: DecisionResults},
        problems=(400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 503),
        security="member",
    ),
    ("POST", "/v1/review/decisions/{decision_id}/undo"): Operation(
        tag="Review", answers={200: DecisionResult}, problems=(401, 403, 404, 409, 503), security="member"
    ),
    ("GET", "/healthz"): Operation(tag="Operations", answers={200: Health}),
    ("GET", "/readyz"): Operation(tag="Operations", answers={200: Readiness, 503: Readiness}),
    ("GET", "/metrics"): Operation(tag="Operations", answers={200: "text/plain"}, problems=(503,)),
    **ADMIN,
    ("GET", "/openapi.json"): Operation(tag="Operations", answers={200: "application/json"}),
}


async def openapi(request: Request[State]) -> Response:
    """Give this description."""
    return Response(_document(request), media_type="application/json", headers={"Access-Control-Allow-Origin": "*"})


async def docs(request: Request[State]) -> Response:
    """Show this description to a person."""
    return page("docs.html", document=msgspec.json.decode(_document(request)))


def _document(request: Request[State]) -> bytes:
    """Return the document, made on the first request of an application."""
    kept = request.app.state
    if not hasattr(kept, "openapi"):
        kept.openapi = document([route for route in request.app.routes if isinstance(route, Route)])
    made: bytes = kept.openapi
    return made


def document(routes: Sequence[Route]) -> bytes:
    """Return the OpenAPI document of the routes as JSON.

    Raises:
        KeyError: a route in the schema is not described here.
    """
    described = [(route, method) for route in routes if route.include_in_schema for method in _methods(route)]
    operations = {
        (method, _PARAMETER.sub(r"{\1}", route.path)): route
        for route, method in described
        if not route.path.startswith("/console")
    }
    types = _types(OPERATIONS[key] for key in operations)
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), described_here in OPERATIONS.items():
        if route := operations.get((method, path)):
            paths.setdefault(path, {})[method.lower()] = _operation(route, described_here)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatepost",
            "version": importlib.metadata.version("gatepost"),
            "description": "Comments in, sanitised, judged with evidence, queued for review.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "author": {"type": "http", "scheme": "bearer", "description": "The token that came with a comment."},
                "member": {"type": "http", "scheme": "bearer", "description": "An API token (`gatepost token add`)."},
            },
        },
    }
    return msgspec.json.encode(whole)


def _methods(route: Route) -> list[str]:
    return sorted((route.methods or set()) - {"HEAD"})


def _types(operations: Any) -> list[Any]:
    found: list[Any] = [Problem]
    for operation in operations:
        found += [answer for answer in operation.answers.values() if isinstance(answer, type)]
        found += [each for each in (operation.body, operation.query) if each]
    return list(dict.fromkeys(found))


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    summary, _, description = (route.endpoint.__doc__ or "").strip().partition("\n\n")
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "operationId": route.endpoint.__name__,
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(route), *_query_parameters(operation), *_header_parameters(operation)],
        "responses": {str(status): _answer(answer) for status, answer in operation.answers.items()}
        | {str(status): _problem() for status in operation.problems if status not in operation.answers},
    }
    if description:
        described["description"] = " ".join(description.split())
    if operation.body:
        schema = _ref(operation.body)
        kinds = ["application/json"]
        if operation.by_form:
            kinds += ["application/x-www-form-urlencoded", "multipart/form-data"]
        described["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    if operation.security:
        described["security"] = [{operation.security: []}]
    return described


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} | ({"format": "uuid"} if kind == "uuid" else {}),
        }
        for name, kind in _PARAMETER.findall(route.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    listed = [
        {"name": name, "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
        for name in operation.lists
    ]
    if operation.query is None:
        return listed
    (_,), components = msgspec.json.schema_components([operation.query], ref_template="{name}")
    properties = components[operation.query.__name__]["properties"]
    return listed + [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"}
    return [{"name": name, "in": "header", "schema": schema} for name in operation.headers]


def _ref(wire: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{wire.__name__}"}


def _answer(answer: Any) -> dict[str, Any]:
    if answer is None:
        return {"description": "No content."}
    if isinstance(answer, str):
        return {"description": "The content.", "content": {answer: {}}}
    return {
        "description": (answer.__doc__ or "").strip().partition("\n")[0],
        "content": {"application/json": {"schema": _ref(answer)}},
    }


def _problem() -> dict[str, Any]:
    return {
        "description": "What went wrong (RFC 9457).",
        "content": {"application/problem+json": {"schema": _ref(Problem)}},
    }


ROUTES = (
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", docs, methods=["GET"], include_in_schema=False),
)
