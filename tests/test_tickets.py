"""Tickets in the database: numbers, repetitions, retention. Each test on both databases."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from ticket_peers import make_submission, make_ticket

from search_index.database import Database
from search_index.errors import KbError
from search_index.tickets import (
    KeyReusedError,
    Submission,
    TicketStore,
    fingerprint_of,
    hash_key,
    outbox_table,
    ticket_number,
    tickets_table,
)


@pytest.fixture
def store(database: Database) -> TicketStore:
    return TicketStore(database)


def rows(store: TicketStore, table: sa.Table) -> int:
    with store.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_number_can_be_read_out_and_not_guessed() -> None:
    numbers = {ticket_number(hash_key(f"key-{i}")) for i in range(2000)}
    assert len(numbers) == 2000
    assert all(re.fullmatch("T-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", n) for n in numbers)
    starts = {number[:4] for number in numbers}
    assert len(starts) > 500  # no sequence


def test_a_ticket_and_its_outbox_row_are_written_together(store: TicketStore) -> None:
    receipt = store.add(make_submission())
    assert receipt.is_new
    assert store.get(receipt.ticket_id) == make_ticket()
    assert store.delivery(receipt.ticket_id).state == "pending"
    assert store.counts() == {"pending": 1, "delivered": 0, "dead": 0, "erased": 0}


def test_without_its_outbox_row_no_ticket_is_written(store: TicketStore) -> None:
    with store.database.write() as connection:
        connection.execute(sa.text("DROP TABLE outbox"))
    with pytest.raises(Exception, match=r"outbox|cannot be used"):
        store.add(make_submission())
    assert rows(store, tickets_table) == 0


def test_a_repetition_gets_the_same_answer_and_makes_no_second_ticket(store: TicketStore) -> None:
    first = store.add(make_submission())
    second = store.add(make_submission(response_class="general", created_at_ms=1))
    assert second == replace(first, is_new=False)
    assert rows(store, tickets_table) == rows(store, outbox_table) == 1


def test_a_key_with_other_words_is_refused(store: TicketStore) -> None:
    store.add(make_submission())
    with pytest.raises(KeyReusedError):
        store.add(make_submission(fingerprint="0" * 64))
    assert rows(store, tickets_table) == 1


def test_the_same_key_at_the_same_moment_makes_one_ticket(store: TicketStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(store.add, [make_submission()] * 16))
    assert len({receipt.ticket_id for receipt in receipts}) == 1
    assert sum(receipt.is_new for receipt in receipts) == 1
    assert rows(store, tickets_table) == 1


def test_a_number_that_is_taken_is_not_given_twice(store: TicketStore) -> None:
    taken = store.add(make_submission("key-00000001")).ticket_id
    other = store.add(make_submission("key-00000002", ticket_id=taken)).ticket_id
    assert other != taken
    assert store.get(other).ticket_id == other
    assert store.add(make_submission("key-00000002", ticket_id=taken)).ticket_id == other


def test_the_fingerprint_tells_parameters_apart_and_keeps_none_of_them() -> None:
    one = fingerprint_of("key-00000001", {"body": "a", "email": "b"})
    assert one == fingerprint_of("key-00000001", {"email": "b", "body": "a"})
    assert one != fingerprint_of("key-00000001", {"email": "b", "body": "c"})
    assert one != fingerprint_of("key-00000002", {"email": "b", "body": "a"})


def test_the_key_itself_is_not_stored(store: TicketStore) -> None:
    store.add(make_submission("key-00000001"))
    with store.database.read() as connection:
        row = connection.execute(sa.select(tickets_table)).one()
    assert "key-00000001" not in str(row)


def test_a_submission_survives_json() -> None:
    submission = make_submission(fields={"uid": "12345678"}, session="0" * 32)
    assert Submission.from_json(submission.to_json()) == submission


def test_one_person_is_known_by_a_hash_that_holds_no_address() -> None:
    one = make_ticket(email="User@Example.org")
    assert one.reporter == make_ticket(email="user@example.org").reporter
    assert one.reporter != make_ticket(email=None, reply_uid="12345678").reporter
    assert re.fullmatch("[0-9a-f]{32}", one.reporter)


def test_neither_session_nor_query_leaves_the_house() -> None:
    delivered = str(make_ticket(session="5" * 32, query_id="9" * 32).to_delivery())
    assert "5" * 32 not in delivered
    assert "9" * 32 not in delivered


def delivered(store: TicketStore, number: str, at_ms: int) -> None:
    with store.database.write() as connection:
        connection.execute(
            outbox_table.update()
            .where(outbox_table.c.ticket_id == number)
            .values(state="delivered", delivered_at_ms=at_ms)
        )


def test_after_its_time_a_delivered_ticket_keeps_number_class_and_times_alone(
    store: TicketStore,
) -> None:
    old = store.add(make_submission("key-00000001", session="5" * 32)).ticket_id
    new = store.add(make_submission("key-00000002")).ticket_id
    pending = store.add(make_submission("key-00000003")).ticket_id
    delivered(store, old, 1000)
    delivered(store, new, 3000)
    assert store.erase_delivered(2000, 9000) == 1
    assert store.erase_delivered(2000, 9000) == 0
    erased = store.get(old)
    assert (erased.body, erased.email, erased.fields, erased.session) == ("", None, {}, None)
    assert (erased.response_class, erased.created_at_ms) == ("technical", 1_795_000_000_000)
    assert store.get(new).body
    assert store.get(pending).body
    with store.database.read() as connection:
        reporters = connection.scalars(sa.select(outbox_table.c.reporter)).all()
        keys = connection.scalars(sa.select(tickets_table.c.key_hash)).all()
    assert sorted(reporters) == ["", *[make_ticket().reporter] * 2]
    assert keys.count(None) == 1


def given_up(store: TicketStore, number: str, at_ms: int | None) -> None:
    with store.database.write() as connection:
        connection.execute(
            outbox_table.update()
            .where(outbox_table.c.ticket_id == number)
            .values(state="dead", dead_at_ms=at_ms, last_error="HTTP_422")
        )


def test_after_its_time_a_dead_ticket_keeps_number_class_times_and_error_alone(
    store: TicketStore,
) -> None:
    old = store.add(make_submission("key-00000001", session="5" * 32)).ticket_id
    new = store.add(make_submission("key-00000002")).ticket_id
    given_up(store, old, 1000)
    given_up(store, new, 3000)
    assert store.dead_since() == [1000, 3000]
    assert store.erase_dead(2000, 9000) == 1
    assert store.erase_dead(2000, 9000) == 0
    erased, delivery = store.get(old), store.delivery(old)
    assert (erased.body, erased.email, erased.fields, erased.session) == ("", None, {}, None)
    assert (delivery.state, delivery.last_error) == ("erased", "HTTP_422")
    assert (delivery.dead_at_ms, delivery.erased_at_ms) == (1000, 9000)
    assert store.get(new).body
    assert store.counts() == {"pending": 0, "delivered": 0, "dead": 1, "erased": 1}
    with store.database.read() as connection:
        reporters = set(connection.scalars(sa.select(outbox_table.c.reporter)))
    assert reporters == {"", make_ticket().reporter}


def test_an_erased_ticket_is_never_delivered(store: TicketStore) -> None:
    number = store.add(make_submission()).ticket_id
    given_up(store, number, 1000)
    store.erase_dead(2000, 9000)
    assert store.retry(None, 9001) == store.retry(number, 9001) == 0
    assert store.delivery(number).state == "erased"


def test_a_ticket_that_is_retried_at_the_same_moment_keeps_its_text(store: TicketStore) -> None:
    number = store.add(make_submission()).ticket_id
    given_up(store, number, 1000)
    with ThreadPoolExecutor(1) as threads:
        with store.database.write() as connection:
            connection.execute(outbox_table.update().values(state="pending", dead_at_ms=None))
            erasing = threads.submit(store.erase_dead, 2000, 9000)
            with pytest.raises(TimeoutError):
                erasing.result(0.3)  # it waits for the lock
        assert erasing.result(10) == 0
    assert store.get(number).body


def test_the_time_of_a_dead_ticket_begins_anew_when_it_is_retried(store: TicketStore) -> None:
    number = store.add(make_submission()).ticket_id
    given_up(store, number, 1000)
    assert store.retry(number, 1500) == 1
    assert store.erase_dead(2000, 9000) == 0
    assert store.delivery(number).dead_at_ms is None
    assert store.get(number).body


def test_what_an_older_version_gave_up_counts_from_now(store: TicketStore) -> None:
    number = store.add(make_submission()).ticket_id
    given_up(store, number, None)
    with store.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE outbox DROP COLUMN dead_at_ms"))
    store.database.create_tables()
    store.database.create_tables()
    assert store.dead_since() == [None]
    assert store.erase_dead(2000, 9000) == 0
    assert store.dead_since() == [9000]
    assert store.erase_dead(9001, 10_000) == 1


def test_an_unknown_number_is_told(store: TicketStore) -> None:
    for look in (store.get, store.delivery):
        with pytest.raises(KbError, match="no ticket"):
            look("T-2222-2222")
