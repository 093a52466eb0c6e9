"""Who asks too often waits; nobody gets around it by a header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from read_fixtures import make_parts, make_searcher

from search_index.api import create_app
from search_index.api.rate_limits import Rate, TokenBuckets, client_of
from search_index.settings import LimitSettings, ServerSettings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_empties_and_fills_again(clock: Clock) -> None:
    buckets, rate = TokenBuckets(clock=clock), Rate(3, 60)
    assert [buckets.take("x", "a", rate) for _ in range(4)] == [0, 0, 0, 20]
    clock.now = 19.9
    assert buckets.take("x", "a", rate) == pytest.approx(0.1)
    clock.now = 20.1
    assert buckets.take("x", "a", rate) == 0
    clock.now = 10_000
    assert [bool(buckets.take("x", "a", rate)) for _ in range(4)] == [False] * 3 + [True]


def test_clients_and_lanes_have_buckets_of_their_own(clock: Clock) -> None:
    buckets, rate = TokenBuckets(clock=clock), Rate(1, 60)
    found = [buckets.take(*key, rate) for key in (("x", "a"), ("x", "b"), ("y", "a"), ("x", "a"))]
    assert found == [0, 0, 0, 60]


def test_memory_is_bounded_and_the_one_unseen_for_longest_goes(clock: Clock) -> None:
    buckets, rate = TokenBuckets(clock=clock, most=100), Rate(1, 60)
    for number in range(10_000):
        buckets.take("x", str(number), rate)
        buckets.take("x", "always here", rate)
    assert len(buckets._buckets) == 100
    assert buckets.take("x", "always here", rate) > 0


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_a_customer_with_many_ipv6_addresses_is_one_client(host: str, client: str) -> None:
    assert client_of({"client": (host, 1)}) == client
    assert client_of({"client": None}) == ""


Start = Callable[..., TestClient]


@pytest.fixture(scope="module")
def searcher() -> SimpleNamespace:
    return SimpleNamespace(searcher=make_searcher(make_parts()))


@contextmanager
def client_from(searcher: SimpleNamespace, peer: str, **limits: int) -> Iterator[TestClient]:
    app = create_app(searcher, ServerSettings(), limits=LimitSettings(**limits))
    with TestClient(app, client=(peer, 50_000), raise_server_exceptions=False) as client:
        yield client


def statuses(client: TestClient, times: int, **headers: str) -> list[int]:
    body = {"type": "contact_opened"}
    return [
        client.post("/api/events", json=body, headers=headers).status_code for _ in range(times)
    ]


def test_too_many_are_told_when_to_come_back(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "203.0.113.7", events_per_min=2) as client:
        assert statuses(client, 3) == [202, 202, 429]
        response = client.post("/api/events", json={"type": "contact_opened"})
    assert response.json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert 25 <= int(response.headers["Retry-After"]) <= 30
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_limit_comes_before_the_body_is_looked_at(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "203.0.113.7", tickets_per_10_min=1) as client:
        found = [client.post("/api/tickets/form", content=b"x").status_code for _ in range(2)]
    assert found == [415, 429]


def test_searches_have_a_limit_and_reading_has_none(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "203.0.113.7", searches_per_s=1) as client:
        found = [client.post("/api/search", json={"query": "网络"}).status_code for _ in range(4)]
        assert {client.get("/api/articles").status_code for _ in range(10)} == {200}
    assert found[0] == 200
    assert 429 in found


def test_nought_is_no_limit(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "203.0.113.7", events_per_min=0) as client:
        assert set(statuses(client, 100)) == {202}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_a_stranger_cannot_pass_for_somebody_else(searcher: SimpleNamespace, header: str) -> None:
    with client_from(searcher, "203.0.113.7", events_per_min=2) as client:
        found = [statuses(client, 1, **{header: f"198.51.100.{n}"})[0] for n in range(3)]
    assert found == [202, 202, 429]


def test_clients_behind_our_own_proxy_are_told_apart(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "127.0.0.1", events_per_min=1) as client:
        first = statuses(client, 2, **{"X-Forwarded-For": "198.51.100.1"})
        second = statuses(client, 1, **{"X-Forwarded-For": "198.51.100.2"})
    assert (first, second) == ([202, 429], [202])


def test_what_a_client_told_the_proxy_of_itself_is_passed_over(searcher: SimpleNamespace) -> None:
    with client_from(searcher, "127.0.0.1", events_per_min=2) as client:
        claimed = [f"192.0.2.{n}, 198.51.100.1" for n in range(3)]  # the proxy appended the last
        found = [statuses(client, 1, **{"X-Forwarded-For": claim})[0] for claim in claimed]
    assert found == [202, 202, 429]
