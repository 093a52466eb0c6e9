"""One error shape on every route, and an OpenAPI document that tells of all of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from search_index.api import create_app
from search_index.settings import ServerSettings

ROUTES = [
    ("GET", "/api/articles"),
    ("GET", "/api/articles/{article_id}"),
    ("GET", "/api/notice"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
    ("POST", "/api/deflect"),
    ("POST", "/api/events"),
    ("POST", "/api/feedback"),
    ("POST", "/api/search"),
    ("POST", "/api/suggest"),
]
FORM = "application/x-www-form-urlencoded"
VOTE = {"article_id": "KB-0019", "lang": "zh", "helpful": "no"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/deflect": {"json": {"body": "x"}},
    "/api/events": {"json": {"type": "solved", "article_id": "KB-0019"}},
    "/api/feedback": {"data": VOTE},
    "/api/search": {"json": {"query": "x"}},
    "/api/suggest": {"json": {"prefix": "x"}},
}
NEED_NO_INDEX = {"/api/notice", "/healthz", "/metrics"}
# (method, address, content, content type) → status: each failure that a route can have.
FAILURES = [
    (("GET", "/api/articles?lang=fr", None, ""), 422),
    (("GET", "/api/articles/KB-9999", None, ""), 404),
    (("GET", "/api/articles/KB-0019?lang=fr", None, ""), 422),
    (("GET", "/nothing", None, ""), 404),
    (("PUT", "/healthz", b"", ""), 405),
    (("PATCH", "/readyz", b"", ""), 405),
    (("DELETE", "/api/articles", None, ""), 405),
    (("GET", "/api/search", None, ""), 405),
    (("GET", "/api/suggest", None, ""), 405),
    *(
        (("POST", route, content, kind), status)
        for route in ("/api/deflect", "/api/events", "/api/search", "/api/suggest")
        for content, kind, status in (
            (b"{", "application/json", 400),
            (b"\xff", "application/json", 400),
            (b" " * 70_000, "application/json", 413),
            (b"{}", "text/plain", 415),
            (b"{}", "application/json", 422),
            (b"[]", "application/json", 422),
        )
    ),
    *(
        (("POST", "/api/feedback", content, kind), status)
        for content, kind, status in (
            (b"helpful=no", FORM, 422),
            (b"article_id=KB-9999&lang=zh&helpful=no", FORM, 404),
            (b" " * 140_000, FORM, 413),
            (b"{}", "application/json", 415),
        )
    ),
]


def is_error(body: Any) -> bool:
    error = body.get("error", {})
    return (
        set(body) == {"error"}
        and {"code", "message", "remedy"} <= set(error) <= {"code", "message", "remedy", "field"}
        and all(isinstance(value, str) and value for value in error.values())
        and error["code"] == error["code"].upper()
    )


@pytest.fixture(scope="module")
def document(mini_client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = mini_client.get("/openapi.json").json()
    return document


@pytest.mark.parametrize(("request_parts", "status"), FAILURES)
def test_every_failure_has_the_one_shape(
    mini_client: TestClient, request_parts: tuple[str, str, bytes | None, str], status: int
) -> None:
    method, address, content, kind = request_parts
    headers = {"Content-Type": kind} if kind else {}
    response = mini_client.request(method, address, content=content, headers=headers)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert is_error(response.json())


class Faulty:
    """Whatever is asked of it fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(("method", "route"), ROUTES)
@pytest.mark.parametrize(("kind", "status"), [(None, 503), (Faulty, 500)])
def test_every_route_fails_in_that_shape(
    method: str, route: str, kind: type | None, status: int
) -> None:
    app = create_app(SimpleNamespace(searcher=kind and kind()), ServerSettings())
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.request(method, route, **BODIES.get(route, {}))
    if route not in NEED_NO_INDEX:
        assert response.status_code == status
        assert is_error(response.json())


def test_every_route_is_in_the_document(document: dict[str, Any]) -> None:
    found = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods}
    assert sorted(found) == ROUTES


def test_every_route_tells_its_failures_in_the_one_shape(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            failures = {s: r for s, r in operation["responses"].items() if s >= "400"}
            assert set(failures) >= {"400", "404", "413", "415", "422", "429", "500", "503"}
            for response in failures.values():
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorResponse"}


def test_the_shape_in_the_document_is_the_one_that_is_sent(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["ErrorResponse"]["required"] == ["error"]
    assert sorted(schemas["ErrorBody"]["required"]) == ["code", "message", "remedy"]
    assert set(schemas["ErrorBody"]["properties"]) == {"code", "message", "remedy", "field"}
    assert not any("ValidationError" in name for name in schemas)


def test_every_route_says_what_it_is_for(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"].endswith(".")


def test_queries_go_by_post_so_they_stand_in_no_address(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = {p["name"] for p in operation.get("parameters", [])}
            assert not names & {"query", "q", "prefix"}, f"{method} {path}"


def test_bodies_allow_no_unknown_field(document: dict[str, Any]) -> None:
    for name in ("DeflectRequest", "SearchRequest", "SuggestRequest"):
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_the_document_points_at_no_third_party(document: dict[str, Any]) -> None:
    assert "http://" not in json.dumps(document)
    assert "https://" not in json.dumps(document)
