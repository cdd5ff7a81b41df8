"""Hold the description against the routes, and the running service against the description."""

import json
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import meta
from live import Live
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from service.app import create_app
from service.settings import Settings
from service.web.openapi import OPERATIONS, document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 40
METHODS = {"get", "post", "put", "patch", "delete"}
UNDESCRIBED = ("/console", "/static", "/docs", "/demo", "/status/", "/embed", "/report/", "/favicon.ico")
"""What is made for people."""


@pytest.fixture(scope="module")
def described(live: Live) -> dict[str, object]:
    """Return the document that the running service gives."""
    return live.get("/openapi.json").json


def routes(tmp_path) -> list[Route]:  # type: ignore[no-untyped-def]
    return [route for route in create_app(Settings(data_dir=tmp_path)).routes if isinstance(route, Route)]


def test_every_route_for_programs_is_described_and_nothing_else(tmp_path) -> None:  # type: ignore[no-untyped-def]
    served = {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path))
        for route in routes(tmp_path)
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
        if route.path != "/" and not route.path.startswith(UNDESCRIBED)
    }

    content = json.loads(document(routes(tmp_path)))["paths"]
    assert {(method.upper(), path) for path, methods in content.items() for method in methods} == served
    assert set(OPERATIONS) == served


def test_the_document_is_openapi_3_1_with_valid_schemas(described: dict[str, object]) -> None:
    assert described["openapi"] == "3.1.0"
    schemas = described["components"]["schemas"]  # type: ignore[index]
    for schema in schemas.values():
        assert meta.is_valid(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_every_reference_leads_somewhere(described: dict[str, object]) -> None:
    schemas = described["components"]["schemas"]  # type: ignore[index]

    for reference in re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(described)):
        assert reference in schemas


def test_every_operation_has_a_name_of_its_own_and_a_summary(described: dict[str, object]) -> None:
    operations = [
        operation
        for path in described["paths"].values()  # type: ignore[attr-defined]
        for method, operation in path.items()
        if method in METHODS
    ]

    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for operation in operations)


def test_the_documents_page_shows_every_operation(live: Live, described: dict[str, object]) -> None:
    page = live.get("/docs").text

    for path, methods in described["paths"].items():  # type: ignore[attr-defined]
        for method in methods:
            assert f"{method.upper()} {path}" in page


def takes_input(operation: tuple[str, str]) -> bool:
    """Tell whether there is anything that could be sent wrongly."""
    about = OPERATIONS[operation]
    return bool("{" in operation[1] or about.body or about.query or about.lists)


@pytest.mark.parametrize(
    ("operation", "mode"),
    [(each, GenerationMode.POSITIVE) for each in sorted(OPERATIONS)]
    + [(each, GenerationMode.NEGATIVE) for each in sorted(OPERATIONS) if takes_input(each)],
    ids=lambda value: value.value if isinstance(value, GenerationMode) else " ".join(value),
)
def test_the_service_answers_as_described(
    live: Live, described: dict[str, object], operation: tuple[str, str], mode: GenerationMode
) -> None:
    method, path = operation
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=live.origin)
    headers = {"Authorization": f"Bearer {live.token('owner')}"} if OPERATIONS[operation].security == "member" else {}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers, allow_redirects=False)
        # A head of more than 32 KB is refused before any route is known, whatever the operation.
        if answer.status_code != 431:
            case.validate_response(answer, checks=CHECKS)

    check()
