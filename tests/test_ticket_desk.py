"""From what somebody wrote to a ticket: secrets, masks, class, and what is told to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from read_fixtures import SECRET

from search_index.database import open_database
from search_index.events import Lang, ResponseClass
from search_index.intake import Intake
from search_index.ticket_desk import Draft, FieldsError, SecretFoundError, TicketDesk
from search_index.tickets import KeyReusedError, TicketStore

KEY = "key-00000001"
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Desk:
    """A desk over a database of its own, and what it told."""

    def __init__(self, root: Path, response_class: ResponseClass | Exception = "general") -> None:
        database = open_database("sqlite:///wenlu.sqlite", root=root)
        database.create_tables()
        self.store = TicketStore(database)
        self.secrets: list[tuple[str, str | None]] = []
        self.told: list[str] = []
        self.classed: list[str] = []
        self._class = response_class
        self.desk = TicketDesk(
            Intake(self.store, root / "waiting"),
            classify=self.classify,
            target=lambda response_class, lang: f"{response_class} {lang}",
            on_secret=lambda kind, session: self.secrets.append((kind, session)),
            on_ticket=lambda ticket: self.told.append(ticket.ticket_id),
        )

    def classify(self, text: str, lang: Lang) -> ResponseClass:
        self.classed.append(text)
        if isinstance(self._class, Exception):
            raise self._class
        return self._class

    def take(self, key: str = KEY, **values: Any) -> Any:
        return self.desk.take(
            Draft(**{"body": "提币没到账", "email": "user@example.org", **values}), key
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_ticket_is_stored_and_answered(desk: Desk) -> None:
    receipt = desk.take(subject="转账\n问题")
    ticket = desk.store.get(receipt.ticket_id)
    assert (ticket.subject, ticket.body, ticket.lang) == ("转账 问题", "提币没到账", "zh")
    assert (receipt.response_class, receipt.response_target) == ("general", "general zh")
    assert len(receipt.next_steps) == 4
    assert desk.told == [receipt.ticket_id]
    assert desk.classed == ["转账 问题\n提币没到账"]


def test_the_language_is_detected_when_it_is_not_given(desk: Desk) -> None:
    assert desk.take(body="my deposit is missing").response_target == "general en"
    assert desk.take("key-00000002", body="x", lang="zh").response_target == "general zh"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": f"please help: {SECRET}"}, "body"),
        ({"subject": SECRET}, "subject"),
        ({"fields": {"order_number": SECRET}}, "fields.order_number"),
        ({"email": SECRET}, "contact.email"),
        ({"subject": SECRET[: len(SECRET) // 2], "body": SECRET[len(SECRET) // 2 :]}, "body"),
    ],
)
def test_a_secret_in_any_field_is_stored_nowhere_and_counted(
    desk: Desk, values: dict[str, Any], field: str, tmp_path: Path
) -> None:
    with pytest.raises(SecretFoundError) as caught:
        desk.take(session="5" * 32, **values)
    assert (caught.value.kind, caught.value.field) == ("recovery_phrase", field)
    assert desk.secrets == [("recovery_phrase", "5" * 32)]
    assert desk.classed == []
    assert sum(desk.store.counts().values()) == 0
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"thank" not in files


def test_personal_numbers_and_bare_keys_are_masked_before_they_are_stored(desk: Desk) -> None:
    body = f"卡号4111111111111111，电话13800138000，邮箱me@example.net，{HEX}"
    stored = desk.store.get(desk.take(body=body, subject=body).ticket_id)
    for text in (stored.body, stored.subject):
        assert not any(part in text for part in ("4111", "13800138000", "me@example.net", HEX))
    assert stored.email == "user@example.org"


def test_a_transaction_hash_is_kept_in_its_own_field(desk: Desk) -> None:
    receipt = desk.take(fields={"txid": HEX, "network": "TRC20"})
    assert desk.store.get(receipt.ticket_id).fields["txid"] == HEX


def test_when_the_search_fails_the_ticket_is_technical_and_not_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RuntimeError("no snapshot"))
    assert desk.take().response_class == "technical"
    assert desk.store.counts()["pending"] == 1


def test_a_fault_while_it_is_announced_does_not_hide_the_number(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.told = None  # type: ignore[assignment]
    assert desk.take().is_new


def test_a_repetition_is_announced_once(desk: Desk) -> None:
    first, second = desk.take(), desk.take()
    assert (first.ticket_id, second.is_new) == (second.ticket_id, False)
    assert len(desk.told) == 1


@pytest.mark.parametrize(
    "values", [{"body": "else"}, {"email": "x@example.org"}, {"fields": {"uid": "12345678"}}]
)
def test_a_key_is_for_one_draft(desk: Desk, values: dict[str, Any]) -> None:
    desk.take()
    with pytest.raises(KeyReusedError):
        desk.take(**values)


def test_all_problems_are_told_at_once(desk: Desk) -> None:
    with pytest.raises(FieldsError) as caught:
        desk.take(body=" \n", email="", fields={"txid": "x"})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["body", "contact", "fields.txid"]
