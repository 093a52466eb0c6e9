"""Figures for Prometheus, without a word of anybody's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from read_fixtures import SECRET, make_parts, make_searcher

from search_index.api import create_app
from search_index.api.metrics import Metrics
from search_index.settings import ServerSettings

MARK = "kx81mark"


@pytest.fixture
def client() -> TestClient:
    app = create_app(SimpleNamespace(searcher=make_searcher(make_parts())), ServerSettings())
    return TestClient(app, raise_server_exceptions=False)


def lines(client: TestClient) -> set[str]:
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return set(response.text.split("\n"))


def test_requests_are_counted_by_route_and_status(client: TestClient) -> None:
    client.get("/api/articles/KB-0019")
    client.get("/api/articles/KB-0024")
    client.get("/api/articles/KB-9999")
    found = lines(client)
    route = 'route="/api/articles/{article_id}"'
    assert f'wenlu_http_requests_total{{method="GET",{route},status="200"}} 2.0' in found
    assert f'wenlu_http_requests_total{{method="GET",{route},status="404"}} 1.0' in found


def test_searches_secrets_queue_and_snapshot_are_shown(client: TestClient) -> None:
    client.post("/api/search", json={"query": "网络"})
    client.post("/api/search", json={"query": SECRET})
    found = lines(client)
    assert "wenlu_search_seconds_count 2.0" in found
    assert 'wenlu_secrets_blocked_total{kind="recovery_phrase",where="search"} 1.0' in found
    assert "wenlu_search_queue_length 0.0" in found
    assert 'wenlu_snapshot_info{snapshot="mini"} 1.0' in found


def test_nothing_that_somebody_sent_is_in_a_label(client: TestClient) -> None:
    client.post("/api/search", json={"query": MARK, MARK: 1})
    client.get(f"/api/articles/{MARK}")
    client.get(f"/{MARK}")
    client.get(f"/api/{MARK}")
    client.request(MARK.upper(), "/healthz")
    assert MARK not in client.get("/metrics").text.lower()


def test_others_add_figures_that_are_read_when_asked_for() -> None:
    metrics, depth = Metrics(), {"pending": 1.0, "dead": 0.0}
    metrics.watch("wenlu_outbox", "Tickets by state.", lambda: depth, label="state")
    metrics.watch("wenlu_lost", "Lost.", lambda: 3, counts=True)
    depth["pending"] = 2
    text = metrics.text().decode()
    assert 'wenlu_outbox{state="pending"} 2.0' in text
    assert "# TYPE wenlu_lost_total counter\nwenlu_lost_total 3.0" in text


def test_a_figure_that_cannot_be_read_takes_no_other_with_it() -> None:
    metrics = Metrics()
    metrics.watch("wenlu_broken", "Broken.", lambda: 1 // 0)
    metrics.watch("wenlu_whole", "Whole.", lambda: 1)
    text = metrics.text().decode()
    assert "wenlu_broken 0" not in text
    assert "wenlu_whole 1.0" in text


def test_each_app_counts_for_itself(client: TestClient) -> None:
    client.get("/healthz")
    other = create_app(SimpleNamespace(searcher=None), ServerSettings())
    with TestClient(other) as fresh:
        assert not any("/healthz" in line for line in lines(fresh))
