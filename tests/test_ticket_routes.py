"""The routes for tickets: answers, repetitions, failures in the one shape, pages without script."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from databases import PostgresServer
from fastapi.testclient import TestClient
from read_fixtures import SECRET
from ticket_peers import make_submission

from search_index.api import create_app
from search_index.database import open_database
from search_index.postgres_connection import HURRY_S
from search_index.searcher import Searcher
from search_index.settings import (
    PrivacySettings,
    ResponseTargets,
    ServerSettings,
    TicketSettings,
)
from search_index.ticket_service import TicketService
from search_index.tickets import STATES, Ticket

KEY = {"Idempotency-Key": "key-00000001"}
BODY = {"body": "提币没到账", "contact": {"email": "user@example.org"}}
MARK = "zq7marker"
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TARGETS = ResponseTargets(response_technical={"zh": "1个工作日内", "en": "1 working day"})


class Endpoint:
    """An endpoint that takes tickets, without a search unless one is given."""

    def __init__(
        self, root: Path, searcher: Any = None, url: str = "sqlite:///data/wenlu.sqlite"
    ) -> None:
        self.root = root
        database = open_database(url, root=root)
        database.create_tables()
        settings = TicketSettings(ballast_mb=0)
        self.service = TicketService(settings, PrivacySettings(), root, database, {})
        live = SimpleNamespace(searcher=searcher)
        app = create_app(
            live,  # type: ignore[arg-type]
            ServerSettings(),
            targets=TARGETS,
            tickets=self.service,
            site=root / "site",
        )
        self.client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)

    def post(self, body: Any = BODY, headers: Any = KEY) -> Any:
        return self.client.post("/api/tickets", json=body, headers=headers)

    def post_form(self, **entries: str) -> Any:
        ordinary = {"lang": "zh", "body": "提币没到账", "email": "user@example.org"}
        return self.client.post("/api/tickets/form", data={**ordinary, **entries})

    def tickets(self) -> list[Ticket]:
        return [self.service.store.get(d.ticket_id) for d in self.service.store.deliveries()]

    def take_everything_away(self) -> None:
        """Leave no place to write to."""
        self.service.store.database.close()
        (self.root / "data").rename(self.root / "away")
        (self.root / "data").write_text("a file where the folder was")


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    endpoint = Endpoint(tmp_path)
    with endpoint.client:
        yield endpoint


def error_of(response: Any, status: int) -> dict[str, str]:
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    error: dict[str, str] = response.json()["error"]
    assert {"code", "message", "remedy"} <= set(error) <= {"code", "message", "remedy", "field"}
    assert MARK not in response.text
    return error


def test_a_ticket_is_stored_before_it_is_answered(endpoint: Endpoint) -> None:
    fields = {"txid": HEX, "network": "TRC20", "happened_at": "2026-11-21T14:30"}
    response = endpoint.post(
        {
            **BODY,
            "subject": "转账",
            "lang": "en",
            "fields": {**fields, "time_zone": "UTC+8"},
            "query_id": "9" * 32,
            "session": "5" * 32,
        }
    )
    assert response.status_code == 201
    answer = response.json()
    assert list(answer) == ["ticket_id", "class", "response_target", "next_steps"]
    assert (answer["class"], answer["response_target"]) == ("technical", "1 working day")
    (ticket,) = endpoint.tickets()
    assert ticket.ticket_id == answer["ticket_id"]
    assert (ticket.lang, ticket.query_id, ticket.session) == ("en", "9" * 32, "5" * 32)
    assert dict(ticket.fields) == {**fields, "time_zone": "UTC+8"}


def test_a_repetition_gets_the_identical_answer_and_another_status(endpoint: Endpoint) -> None:
    first, second = endpoint.post(), endpoint.post()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert len(endpoint.tickets()) == 1


def test_a_key_is_for_one_ticket(endpoint: Endpoint) -> None:
    endpoint.post()
    error = error_of(endpoint.post({**BODY, "body": MARK}), 422)
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(endpoint.tickets()) == 1


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "with space in it", "tab\tinside"])
def test_a_key_is_required(endpoint: Endpoint, key: str | None) -> None:
    error = error_of(endpoint.post(headers={"Idempotency-Key": key} if key else {}), 422)
    assert (error["code"], error["field"]) == ("IDEMPOTENCY_KEY_MISSING", "Idempotency-Key")
    assert endpoint.tickets() == []


def test_a_secret_is_refused_and_nothing_is_stored(endpoint: Endpoint) -> None:
    error = error_of(endpoint.post({**BODY, "body": SECRET}), 422)
    assert (error["code"], error["field"]) == ("SECRET_FOUND", "body")
    assert "recovery phrase" in error["message"]
    assert "KB-0094" in error["remedy"]
    assert endpoint.tickets() == []


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({**BODY, "body": ""}, "FIELD_MISSING", "body"),
        ({"body": "x"}, "FIELD_MISSING", "contact"),
        ({**BODY, "contact": {"email": MARK}}, "FIELD_INVALID", "contact.email"),
        ({**BODY, "fields": {"txid": MARK}}, "FIELD_INVALID", "fields.txid"),
        ({**BODY, "fields": {"uid": MARK}}, "FIELD_INVALID", "fields.uid"),
        ({**BODY, "fields": {"colour": MARK}}, "FIELD_UNKNOWN", None),
        ({**BODY, "body": MARK * 1000}, "FIELD_TOO_LONG", "body"),
        ({**BODY, "lang": MARK}, "FIELD_NOT_ALLOWED", "lang"),
        ({**BODY, "session": MARK}, "FIELD_INVALID", "session"),
        ({**BODY, "body": 5}, "FIELD_TYPE", "body"),
        ([], "BODY_NOT_OBJECT", None),
    ],
)
def test_what_must_be_mended_is_named_and_not_repeated(
    endpoint: Endpoint, body: Any, code: str, field: str | None
) -> None:
    error = error_of(endpoint.post(body), 422)
    assert error["code"] == code
    if field:
        assert error["field"] == field
    assert endpoint.tickets() == []


def test_with_nowhere_to_write_the_answer_names_other_ways(endpoint: Endpoint) -> None:
    endpoint.take_everything_away()
    response = endpoint.post()
    error = error_of(response, 503)
    assert error["code"] == "TICKETS_UNAVAILABLE"
    assert "/contact/" in error["remedy"]
    assert response.headers["Retry-After"] == "60"


def test_the_search_decides_the_class(tmp_path: Path, mini_searcher: Any) -> None:
    endpoint = Endpoint(tmp_path, mini_searcher)
    with endpoint.client:
        assert endpoint.post({**BODY, "body": "钱包被盗了"}).json()["class"] == "urgent"


def test_by_default_the_endpoint_takes_no_tickets() -> None:
    app = create_app(SimpleNamespace(searcher=None), ServerSettings())  # type: ignore[arg-type]
    assert TestClient(app).post("/api/tickets", json=BODY, headers=KEY).status_code == 404


def test_the_document_describes_body_key_and_answer(endpoint: Endpoint) -> None:
    document = endpoint.client.get("/openapi.json").json()
    operation = document["paths"]["/api/tickets"]["post"]
    assert operation["description"].endswith(".")
    assert [p["name"] for p in operation["parameters"]] == ["idempotency-key"]
    assert {"200", "201", "422", "429", "503"} <= set(operation["responses"])
    schemas = document["components"]["schemas"]
    for name in ("TicketRequest", "TicketContact", "TicketFields"):
        assert schemas[name]["additionalProperties"] is False
    assert set(schemas["TicketResponse"]["required"]) == {
        *("ticket_id", "class", "response_target", "next_steps")
    }


# --- without script


def page_of(response: Any, status: int) -> str:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in response.text
    return str(response.text)


def value_of(page: str, name: str) -> str | None:
    match = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    return unescape(match[1]) if match else None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_form_ends_with_number_target_and_what_happens_next(
    endpoint: Endpoint, lang: str
) -> None:
    response = endpoint.post_form(lang=lang)
    assert response.status_code == 303
    address = response.headers["Location"]
    assert set(parse_qs(urlsplit(address).query)) == {"ticket", "class", "lang"}
    page = page_of(endpoint.client.get(f"/api/tickets/{address}"), 200)
    (ticket,) = endpoint.tickets()
    assert ticket.ticket_id in page
    assert {"zh": "1个工作日内", "en": "1 working day"}[lang] in page
    assert page.count("<li>") == 4
    assert "提币" not in page


def test_a_second_click_is_the_same_ticket(endpoint: Endpoint) -> None:
    assert (
        endpoint.post_form().headers["Location"]
        == endpoint.post_form().headers["Location"]
        != endpoint.post_form(body="还有一件事").headers["Location"]
    )
    assert len(endpoint.tickets()) == 2


def test_what_must_be_mended_comes_back_filled_in_for_the_person(endpoint: Endpoint) -> None:
    body = f'我的"提币"</textarea><b>{MARK}'
    page = page_of(endpoint.post_form(body=body, email="user@", txid="TX<1>"), 422)
    assert endpoint.tickets() == []
    assert "<b>" not in page
    area = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert area
    assert unescape(area[1]) == body
    assert (value_of(page, "email"), value_of(page, "txid")) == ("user@", "TX<1>")
    assert page.count('aria-invalid="true"') == 2
    assert 'aria-describedby="txid-error"' in page
    key = value_of(page, "idempotency_key")
    assert key
    sent = endpoint.post_form(body=body, txid="", idempotency_key=key)
    assert sent.status_code == 303


def test_a_secret_in_a_form_does_not_come_back(endpoint: Endpoint) -> None:
    page = page_of(endpoint.post_form(body=f"{MARK} {SECRET}"), 422)
    assert MARK not in page
    assert "thank" not in page
    assert "KB-0094" in page
    assert endpoint.tickets() == []


def test_with_nowhere_to_write_a_form_keeps_the_text_and_shows_the_channels(
    endpoint: Endpoint,
) -> None:
    endpoint.take_everything_away()
    page = page_of(endpoint.post_form(body=MARK), 503)
    assert MARK in page
    assert "contact/" in page


def test_a_form_used_twice_for_two_matters_can_be_sent_again(endpoint: Endpoint) -> None:
    endpoint.post_form(idempotency_key="key-00000001")
    page = page_of(endpoint.post_form(idempotency_key="key-00000001", body="另一件事"), 422)
    key = value_of(page, "idempotency_key")
    assert key not in (None, "key-00000001")


def test_the_longest_chinese_text_fits_into_a_form(endpoint: Endpoint) -> None:
    body = ("我昨天提币，到现在还没有到账，想问怎么办。" * 400)[:8000]
    assert endpoint.post_form(body=body).status_code == 303
    (ticket,) = endpoint.tickets()
    assert ticket.body == body


@pytest.mark.parametrize(
    "query",
    [f"ticket={MARK}", "", f"ticket=T-2222-2222&class={MARK}", f"ticket=T-2222-2222&lang={MARK}"],
)
def test_a_receipt_shows_only_what_a_ticket_can_have(endpoint: Endpoint, query: str) -> None:
    error_of(endpoint.client.get(f"/api/tickets/receipt?{query}"), 422)


def test_tickets_are_counted_by_state(endpoint: Endpoint) -> None:
    endpoint.post()
    text = endpoint.client.get("/metrics").text
    assert 'wenlu_tickets{state="pending"} 1.0' in text
    assert 'wenlu_tickets{state="dead"} 0.0' in text


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_while_the_database_is_frozen_tickets_are_taken_and_nothing_else_waits(
    postgres: PostgresServer, mini_searcher: Searcher, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<title>Help</title>")
    endpoint = Endpoint(tmp_path, mini_searcher, postgres.new_database())
    endpoint.service.start()
    taken: list[str] = []
    took_s: list[float] = []
    waited_s: list[float] = []

    def submit(number: int) -> None:
        started = time.monotonic()
        body = {**BODY, "contact": {"email": f"user{number}@example.org"}}
        response = endpoint.post(body, {"Idempotency-Key": f"key-{number:08}"})
        took_s.append(time.monotonic() - started)
        assert response.status_code == 201
        taken.append(response.json()["ticket_id"])

    with endpoint.client, ThreadPoolExecutor(50) as people:
        list(people.map(submit, range(10)))
        # One that is on its way when the database stops would wait for the end of its lease.
        wait_until(lambda: endpoint.service.counts()["delivered"] == 10)
        with postgres.frozen():
            pending = [people.submit(submit, number) for number in range(10, 60)]
            while not all(done.done() for done in pending):
                started = time.monotonic()
                found = endpoint.client.post("/api/search", json={"query": "充值没到账"})
                assert found.status_code == 200
                assert endpoint.client.get("/").status_code == 200
                waited_s.append(time.monotonic() - started)
            for done in pending:
                done.result()
        wait_until(lambda: endpoint.service.counts()["delivered"] == 60)
    endpoint.service.close()
    assert max(took_s) < 4 * HURRY_S
    assert max(waited_s) < HURRY_S / 2
    assert len(waited_s) > 10
    delivered = [path.stem for path in (tmp_path / "data/spool/tickets").iterdir()]
    assert sorted(delivered) == sorted(taken)
    assert len(set(taken)) == 60
    assert endpoint.service.counts() == {**dict.fromkeys(STATES, 0), "delivered": 60, "waiting": 0}


def test_a_running_service_delivers_what_the_endpoint_takes(endpoint: Endpoint) -> None:
    endpoint.service.start()
    number = endpoint.post().json()["ticket_id"]
    endpoint.service.intake.submit(make_submission("key-00000002", email="other@example.org"))
    wait_until(lambda: not endpoint.service.counts()["pending"])
    endpoint.service.close()
    counts = endpoint.service.counts()
    assert counts == {"pending": 0, "delivered": 2, "dead": 0, "erased": 0, "waiting": 0}
    assert (endpoint.root / "data/spool/tickets" / f"{number}.json").is_file()
