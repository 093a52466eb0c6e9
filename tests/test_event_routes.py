"""What pages tell of what happened, and what is remembered of a search."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from databases import PostgresServer
from fastapi.testclient import TestClient
from read_fixtures import SECRET, make_parts, make_searcher

from search_index.api import create_app
from search_index.database import open_database
from search_index.event_log import EventLog
from search_index.events import (
    ArticleRated,
    ContactOpened,
    Event,
    HitOpened,
    NotFound,
    Searched,
    SecretBlocked,
    Solved,
    StillNeedHelp,
)
from search_index.settings import PrivacySettings, ServerSettings

SESSION = "0123456789abcdef" * 2
QUERY_ID = "b" * 32
MARK = "kx81mark"
RATED = {"type": "article_rated", "article_id": "KB-0019", "lang": "zh", "helpful": False}


class Memory:
    """Keeps what is appended, as it is."""

    available = True
    waiting = dropped = 0

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.append = self.events.append

    @property
    def only(self) -> Event:
        (event,) = self.events
        return event


@pytest.fixture(scope="module")
def live() -> SimpleNamespace:
    return SimpleNamespace(searcher=make_searcher(make_parts()))


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def client(live: SimpleNamespace, memory: Memory) -> Iterator[TestClient]:
    app = create_app(live, ServerSettings(), event_log=memory)  # type: ignore[arg-type]
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            {"type": "hit_opened", "query_id": QUERY_ID, "article_id": "KB-0019", "rank": 2},
            HitOpened,
        ),
        ({"type": "not_found", "query_id": QUERY_ID}, NotFound),
        (RATED | {"reason": "unclear", "comment": "第二步"}, ArticleRated),
        ({"type": "contact_opened", "lang": "en"}, ContactOpened),
        ({"type": "solved", "article_id": "KB-0019"}, Solved),
        ({"type": "still_need_help", "query_id": QUERY_ID}, StillNeedHelp),
        ({"type": "secret_blocked", "kind": "private_key"}, SecretBlocked),
    ],
)
def test_an_event_is_taken_as_it_was_told(
    client: TestClient, memory: Memory, body: dict[str, Any], kind: type[Event]
) -> None:
    response = client.post("/api/events", json=body, headers={"X-Session": SESSION})
    assert (response.status_code, response.json()["accepted"]) == (202, True)
    event = memory.only
    assert type(event) is kind
    assert event.session == SESSION
    assert event.at_ms > 1_700_000_000_000
    told = {name: value for name, value in body.items() if name != "type"}
    assert {name: getattr(event, name) for name in told} == told


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "hit_opened", "query_id": "x", "article_id": "KB-0019", "rank": 1}, 422),
        ({"type": "hit_opened", "query_id": QUERY_ID, "article_id": "KB-9999", "rank": 1}, 404),
        ({"type": "searched"}, 422),
        ({"query_id": QUERY_ID}, 422),
        (RATED | {"reason": MARK}, 422),
        (RATED | {"comment": "x" * 1001}, 422),
        (RATED | {MARK: 1}, 422),
        ({"type": "secret_blocked", "kind": MARK}, 422),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_repeated(
    client: TestClient, memory: Memory, body: dict[str, Any], status: int
) -> None:
    response = client.post("/api/events", json=body)
    assert response.status_code == status
    assert response.json()["error"]["remedy"]
    assert MARK not in response.text
    assert memory.events == []


@pytest.mark.parametrize("session", ["", "x" * 32, SESSION + "0", SESSION.upper(), "203.0.113.7"])
def test_a_session_of_another_form_is_passed_over(
    client: TestClient, memory: Memory, session: str
) -> None:
    client.post("/api/events", json={"type": "contact_opened"}, headers={"X-Session": session})
    assert memory.only.session is None


def test_a_secret_in_a_comment_leaves_nothing_but_its_kind(
    client: TestClient, memory: Memory
) -> None:
    answer = client.post("/api/events", json=RATED | {"comment": f"我的助记词 {SECRET}"}).json()
    assert answer == {"accepted": False, "secret": {"kind": "recovery_phrase"}}
    blocked = memory.only
    assert isinstance(blocked, SecretBlocked)
    assert (blocked.kind, blocked.where) == ("recovery_phrase", "feedback")


# --- a vote from a page without JavaScript


def vote(client: TestClient, **fields: str) -> Any:
    form = {"article_id": "KB-0019", "lang": "en", "helpful": "no"} | fields
    return client.post("/api/feedback", data=form, follow_redirects=False)


def test_a_form_gives_a_vote_and_leads_back_with_thanks(client: TestClient, memory: Memory) -> None:
    response = vote(client, reason="outdated", comment="Menu moved", more="ignored")
    assert response.status_code == 303
    assert response.headers["Location"] == "/en/transfers/kb-0019/#feedback-thanks"
    rated = memory.only
    assert isinstance(rated, ArticleRated)
    assert (rated.helpful, rated.reason, rated.comment) == (False, "outdated", "Menu moved")


def test_a_secret_in_a_form_is_told_on_the_page(client: TestClient, memory: Memory) -> None:
    response = vote(client, comment=SECRET)
    assert response.headers["Location"].endswith("#feedback-secret")
    assert isinstance(memory.only, SecretBlocked)


@pytest.mark.parametrize("fields", [{"helpful": "maybe"}, {"reason": MARK}, {"lang": "fr"}])
def test_a_form_that_makes_no_sense_is_refused(client: TestClient, fields: dict[str, str]) -> None:
    response = vote(client, **fields)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "FORM_INVALID"
    assert MARK not in response.text


@pytest.mark.parametrize("content", [b"\xff=%ff", b"helpful=%ff", b"&".join([b"a=1"] * 50), b""])
def test_no_bytes_of_a_form_bring_it_down(client: TestClient, content: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/api/feedback", content=content, headers=headers).status_code == 422


def test_another_site_cannot_vote_in_a_visitors_name(client: TestClient, memory: Memory) -> None:
    form = {"article_id": "KB-0019", "lang": "en", "helpful": "no"}
    response = client.post("/api/feedback", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert memory.events == []


# --- what is remembered of a search


def test_a_search_is_remembered_with_the_id_that_it_answers(
    client: TestClient, memory: Memory
) -> None:
    body = {"query": "转账没到账", "source": "suggestions"}
    answer = client.post("/api/search", json=body, headers={"X-Session": SESSION}).json()
    event = memory.only
    assert isinstance(event, Searched)
    assert (event.query_id, event.snapshot) == (answer["query_id"], answer["snapshot"])
    assert (event.query, event.lang, event.source) == ("转账没到账", "zh", "suggestions")
    assert event.hit_ids == tuple(hit["article_id"] for hit in answer["hits"])
    assert event.answered == answer["answered"]
    assert event.session == SESSION


def test_of_a_search_with_a_secret_only_its_kind_is_remembered(
    client: TestClient, memory: Memory
) -> None:
    client.post("/api/search", json={"query": SECRET})
    blocked = memory.only
    assert isinstance(blocked, SecretBlocked)
    assert (blocked.kind, blocked.where) == ("recovery_phrase", "search")


def test_searches_answer_while_the_database_is_away_and_after_it_is_back(
    live: SimpleNamespace, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    database = open_database(postgres.new_database())
    log = EventLog(database, PrivacySettings(), pause_s=0.05)
    log.start()
    app = create_app(live, ServerSettings(), event_log=log)

    def ask(client: TestClient, query: str) -> str:
        assert client.post("/api/search", json={"query": query}).status_code == 200
        stored = log.flush(timeout_s=0.5)
        readiness = client.get("/readyz")
        assert readiness.status_code == 200
        return f"{readiness.json()['events']} {stored}"

    with TestClient(app) as client:
        assert ask(client, "选错链了") == "stored True"
        postgres.stop()
        try:
            assert ask(client, f"选错链了 {MARK}") == "unavailable False"
            assert "wenlu_events_waiting 1.0" in client.get("/metrics").text
        finally:
            postgres.start()
        assert log.flush(timeout_s=10)
        assert ask(client, "选错链了") == "stored True"
    log.close()
    assert len(list(log.read(0, 2**62))) == 3
    assert MARK not in caplog.text
    database.close()


def test_no_secret_reaches_a_file_of_the_database(live: SimpleNamespace, tmp_path: Path) -> None:
    database = open_database("sqlite:///x.sqlite", root=tmp_path)
    log = EventLog(database, PrivacySettings())
    log.start()
    with TestClient(create_app(live, ServerSettings(), event_log=log)) as client:
        client.post("/api/search", json={"query": f"助记词 {SECRET}"})
        client.post("/api/search", json={"query": f"网络 {MARK}@example.com 4111111111111111"})
        client.post("/api/events", json=RATED | {"comment": SECRET})
        vote(client, comment=SECRET)
        client.post("/api/search", json={"query": "网络", SECRET: SECRET})
    assert log.flush()
    log.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "网络".encode() in content
    for planted in ("winner thank", MARK, "4111111111111111"):
        assert planted.encode() not in content
    database.close()
