"""Events are kept, redacted, without making anybody wait."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import PostgresServer
from read_fixtures import SECRET

from search_index.database import Database, open_database
from search_index.event_log import LONGEST_TEXT, EventLog, events
from search_index.events import (
    EVENT_TYPES,
    ArticleRated,
    ContactOpened,
    DeflectShown,
    Event,
    HitOpened,
    NotFound,
    Searched,
    SecretBlocked,
    Solved,
    StillNeedHelp,
    TicketSubmitted,
)
from search_index.settings import PrivacySettings

DAY_MS = 24 * 3600 * 1000
FOREVER = 2**62
SESSION = "0123456789abcdef" * 2


def searched(query: str | None = "提币没到账", at_ms: int = 1_000) -> Searched:
    return Searched(
        at_ms=at_ms,
        session=SESSION,
        query_id="a" * 32,
        snapshot="s1",
        lang="zh",
        query=query,
        answered=True,
        confidence=0.9,
        hit_ids=("KB-0019", "KB-0024"),
        urgent_id=None,
        took_ms=12.5,
    )


ONE_OF_EACH: list[Event] = [
    searched(),
    SecretBlocked(at_ms=1_001, kind="recovery_phrase", where="browser"),
    HitOpened(at_ms=1_002, session=SESSION, query_id="a" * 32, article_id="KB-0019", rank=1),
    NotFound(at_ms=1_003, session=SESSION, query_id="a" * 32),
    ArticleRated(
        at_ms=1_004, article_id="KB-0019", lang="en", helpful=False, reason="unclear", comment="?"
    ),
    ContactOpened(at_ms=1_005, lang="zh"),
    DeflectShown(at_ms=1_006, query_id="b" * 32, response_class="urgent", hit_ids=()),
    Solved(at_ms=1_007, query_id="b" * 32, article_id="KB-0019"),
    StillNeedHelp(at_ms=1_008, query_id="b" * 32),
    TicketSubmitted(at_ms=1_009, ticket_id="T-7F3K-9Q2M", response_class="general"),
]


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database, PrivacySettings())


def kept(log: EventLog) -> list[Event]:
    return list(log.read(0, FOREVER))


def queries(log: EventLog) -> list[str | None]:
    return [event.query for event in kept(log) if isinstance(event, Searched)]


def test_every_kind_of_event_comes_back_as_it_was(log: EventLog) -> None:
    log.store(ONE_OF_EACH)
    assert {type(event) for event in ONE_OF_EACH} == set(EVENT_TYPES.values())
    assert kept(log) == ONE_OF_EACH


def test_a_range_holds_its_first_moment_and_not_its_last(log: EventLog) -> None:
    log.store([searched(at_ms=at_ms) for at_ms in (30, 10, 20)])
    assert [event.at_ms for event in log.read(10, 30)] == [10, 20]


def test_what_a_newer_version_wrote_is_passed_over(log: EventLog, database: Database) -> None:
    with database.write() as connection:
        for kind, data in (("dreamt", {}), ("not_found", {"mood": "blue"})):
            connection.execute(events.insert().values(at_ms=1, type=kind, data=data))
    log.store([searched()])
    assert kept(log) == [searched()]


@pytest.mark.parametrize(
    "private",
    [
        "zhang.wei@example.com",
        "+86 138 0013 8000",
        "4111 1111 1111 1111",
        "a1b2" * 16,
        SECRET,
    ],
)
def test_texts_are_redacted_before_they_are_stored(log: EventLog, private: str) -> None:
    log.store([searched(f"我的 {private} 怎么办")])
    (query,) = queries(log)
    assert query is not None
    assert query.startswith("我的")
    assert private not in query


def test_a_long_text_is_cut_after_it_was_redacted(log: EventLog) -> None:
    half_in = "x " * (LONGEST_TEXT // 2 - 5) + "zhang.wei@example.com"
    log.store([searched(half_in)])
    (query,) = queries(log)
    assert query is not None
    assert len(query) <= LONGEST_TEXT
    assert "zhang" not in query


def test_a_text_that_no_database_takes_is_stored_without_what_is_wrong(log: EventLog) -> None:
    log.store([searched("a\0b\ud800c 😀")])
    assert queries(log) == ["ab?c 😀"]


def test_no_text_at_all_is_stored_when_that_is_switched_off(database: Database) -> None:
    log = EventLog(database, PrivacySettings(store_queries=False))
    log.store(ONE_OF_EACH)
    with database.read() as connection:
        assert set(connection.scalars(sa.select(events.c.user_text))) == {None}
    assert queries(log) == [None]


def test_old_texts_are_cleared_and_the_rest_stays(log: EventLog) -> None:
    log.store([searched("old", at_ms=0), searched("new", at_ms=2 * DAY_MS)])
    assert log.purge(now_ms=91 * DAY_MS) == 1
    assert log.purge(now_ms=91 * DAY_MS) == 0
    assert queries(log) == [None, "new"]


def test_a_cleared_text_is_in_no_file_of_sqlite_any_more(tmp_path: Path) -> None:
    database = open_database("sqlite:///x.sqlite", root=tmp_path)
    database.create_tables()
    log = EventLog(database, PrivacySettings())
    log.store([searched("gone-with-the-wind", at_ms=0)])
    log.purge(now_ms=91 * DAY_MS)
    files = list(tmp_path.iterdir())
    assert files
    assert not any(b"gone-with" in path.read_bytes() for path in files)


# --- in a thread


@pytest.fixture
def running(log: EventLog) -> Iterator[EventLog]:
    log.start()
    yield log
    log.close()


def test_what_was_appended_is_stored_soon(running: EventLog) -> None:
    for event in ONE_OF_EACH:
        running.append(event)
    assert running.flush()
    assert kept(running) == ONE_OF_EACH
    assert running.available


def test_closing_stores_what_still_waits(log: EventLog) -> None:
    log.start()
    for at_ms in range(2_000):
        log.append(searched(None, at_ms))
    log.close(timeout_s=30)
    assert len(kept(log)) == 2_000


def test_it_clears_old_texts_by_itself(database: Database) -> None:
    log = EventLog(database, PrivacySettings(), clock=lambda: 91 * DAY_MS / 1000)
    log.store([searched("old", at_ms=0)])
    log.start()
    log.close()
    assert queries(log) == [None]


def test_one_event_that_cannot_be_stored_takes_no_other_with_it(
    running: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    unfit = searched("kx81-mark", at_ms="yesterday")  # type: ignore[arg-type]
    if running._database.dialect == "sqlite":  # it would store even that
        unfit = searched(object())  # type: ignore[arg-type]
    for event in (searched("first"), unfit, searched("last")):
        running.append(event)
    assert running.flush()
    assert queries(running) == ["first", "last"]
    assert running.dropped == 1
    assert "not stored" in caplog.text
    assert "kx81-mark" not in caplog.text


def test_a_database_that_is_away_costs_nobody_time_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("in the way")
    database = open_database("sqlite:///data/x.sqlite", root=tmp_path)
    log = EventLog(database, PrivacySettings(), pause_s=0.02, queue_length=50)
    log.start()
    started = time.monotonic()
    for number in range(100):
        log.append(searched(f"kx81 {number}"))
    assert time.monotonic() - started < 0.5
    assert not log.flush(timeout_s=0.3)
    assert not log.available
    assert log.dropped > 0
    (tmp_path / "data").unlink()
    assert log.flush()
    assert log.available
    log.close()
    assert len(kept(log)) + log.dropped == 100
    assert caplog.text.count("cannot be made") == 1  # told once
    assert "kx81" not in caplog.text


def test_a_full_disk_loses_nothing_once_there_is_room(tmp_path: Path) -> None:
    database = open_database("sqlite:///x.sqlite", root=tmp_path)
    database.create_tables()
    log = EventLog(database, PrivacySettings(), pause_s=0.02)
    with database.engine.connect() as connection:
        pages = connection.scalar(sa.text("PRAGMA page_count"))
        connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
    log.start()
    for at_ms in range(300):
        log.append(searched("x" * 400, at_ms))
    assert not log.flush(timeout_s=0.5)
    database.close()  # a new connection has no such limit
    assert log.flush()
    log.close()
    assert len(kept(log)) == 300


def test_a_server_that_restarts_gets_what_came_meanwhile(postgres: PostgresServer) -> None:
    database = open_database(postgres.new_database())
    log = EventLog(database, PrivacySettings(), pause_s=0.05)
    log.start()
    log.append(searched("before"))
    assert log.flush()
    postgres.stop()
    try:
        log.append(searched("while"))
        assert not log.flush(timeout_s=0.3)
    finally:
        postgres.start()
    assert log.flush(timeout_s=10)
    log.close()
    assert queries(log) == ["before", "while"]
    database.close()


def test_a_frozen_server_costs_nobody_time_and_gets_each_event_once(
    postgres: PostgresServer,
) -> None:
    database = open_database(postgres.new_database())
    log = EventLog(database, PrivacySettings(), pause_s=0.05)
    log.start()
    log.append(searched("before"))
    assert log.flush()
    with postgres.frozen():
        started = time.monotonic()
        for number in range(100):
            log.append(searched(f"while {number}"))
        assert time.monotonic() - started < 0.5
        assert not log.flush(timeout_s=5)
        assert not log.available
    assert log.flush(timeout_s=10)
    log.close()
    assert queries(log) == ["before", *(f"while {number}" for number in range(100))]
    database.close()


def test_closing_without_a_database_does_not_hang_and_says_what_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("in the way")
    log = EventLog(open_database("sqlite:///data/x.sqlite", root=tmp_path), PrivacySettings())
    log.start()
    log.append(searched())
    started = time.monotonic()
    log.close()
    assert time.monotonic() - started < 3
    assert "1 events were not stored" in caplog.text


APPEND = """
import sys
from search_index.database import open_database
from search_index.event_log import EventLog
from search_index.events import NotFound
from search_index.settings import PrivacySettings
log = EventLog(open_database(sys.argv[1]), PrivacySettings())
log.start()
number = 0
while True:
    for _ in range(20):
        log.append(NotFound(at_ms=number, query_id="q"))
        number += 1
    if log.flush():
        print(number, flush=True)
"""


def test_what_was_stored_survives_a_kill_at_any_moment(database_url: str) -> None:
    told = 0
    for round_ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", APPEND, database_url], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())  # it is at work
            time.sleep(0.1 * round_)
            process.send_signal(signal.SIGKILL)
            rest = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        told += max([first, *rest])
    database = open_database(database_url)
    stored = kept(EventLog(database, PrivacySettings()))
    assert len(stored) >= told > 0
    database.close()
