"""One door to two databases."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import PostgresServer

from search_index import database as module
from search_index.database import SCHEMA_VERSION, Database, open_database, schema_version
from search_index.errors import DatabaseError
from search_index.postgres_connection import HURRY_S

notes = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.String, unique=True))
PASSWORD = "kx81-mark"


@pytest.fixture
def with_notes(database: Database) -> Database:
    with database.write() as connection:
        notes.create(connection)
    return database


def texts(of: Database) -> list[str]:
    with of.read() as connection:
        return list(connection.scalars(sa.select(notes.c.text).order_by(notes.c.text)))


def put(into: Database, text: str) -> None:
    with into.write() as connection:
        connection.execute(notes.insert().values(text=text))


def test_what_was_written_is_read(with_notes: Database) -> None:
    put(with_notes, "转账")
    assert texts(with_notes) == ["转账"]


def test_a_block_that_fails_writes_nothing(with_notes: Database) -> None:
    def fail() -> None:
        with with_notes.write() as connection:
            connection.execute(notes.insert().values(text="x"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert texts(with_notes) == []


def test_a_broken_rule_is_told_as_such_and_without_the_text(with_notes: Database) -> None:
    put(with_notes, PASSWORD)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        put(with_notes, PASSWORD)
    if with_notes.dialect == "sqlite":  # PostgreSQL's own message names the key
        assert PASSWORD not in str(caught.value)


def test_many_threads_write_and_nothing_is_lost(with_notes: Database) -> None:
    threads = [
        threading.Thread(target=lambda n=n: [put(with_notes, f"{n}-{i}") for i in range(10)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(texts(with_notes)) == 80


def test_readers_do_not_wait_for_a_writer(with_notes: Database) -> None:
    with with_notes.write() as connection:
        connection.execute(notes.insert().values(text="x"))
        assert texts(with_notes) == []


def test_tables_are_created_once(database: Database) -> None:
    database.create_tables()
    with database.read() as connection:
        assert list(connection.scalars(sa.select(schema_version.c.version))) == [SCHEMA_VERSION]


CREATE = """
import sys
from search_index.database import open_database
open_database(sys.argv[1]).create_tables()
"""


def test_processes_that_start_together_create_the_tables_together(database_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", CREATE, database_url], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[1] for process in processes] == [b""] * 4


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(schema_version.update().values(version=SCHEMA_VERSION + 1))
    with pytest.raises(DatabaseError, match="newer") as caught:
        database.create_tables()
    assert caught.value.code == "DATABASE_TOO_NEW"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///:memory:",
        f"mysql://root:{PASSWORD}@host/name",
        f"postgresql//root:{PASSWORD}@host/name",
        f"postgresql://root:{PASSWORD}@host:port/name",
    ],
)
def test_a_url_that_cannot_be_used_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database(url)
    assert caught.value.code == "DATABASE_URL"
    assert PASSWORD not in str(caught.value)


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    url = f"postgresql://root:{PASSWORD}@127.0.0.1:1/help?password={PASSWORD}"
    with pytest.raises(DatabaseError) as caught:
        open_database(url).create_tables()
    assert caught.value.code == "DATABASE_UNAVAILABLE"
    assert "127.0.0.1:1/help" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DatabaseError, match="cannot be made"):
        open_database("sqlite:///data/sub/x.sqlite", root=tmp_path).create_tables()


def test_a_relative_file_starts_from_the_root_and_is_nobody_elses(tmp_path: Path) -> None:
    open_database("sqlite:///data/x.sqlite", root=tmp_path).create_tables()
    assert (tmp_path / "data" / "x.sqlite").is_file()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("no database " * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        open_database("sqlite:///x.sqlite", root=tmp_path).create_tables()


def test_a_full_disk_is_told_and_then_over(tmp_path: Path) -> None:
    database = open_database("sqlite:///x.sqlite", root=tmp_path)
    with database.write() as connection:
        notes.create(connection)
        pages = connection.scalar(sa.text("PRAGMA page_count"))
        connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseError, match="full"):
        put(database, "x" * 100_000)
    database.close()  # a new connection has no such limit
    put(database, "y")
    assert texts(database) == ["y"]


def test_a_writer_that_holds_the_lock_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.1)
    ours, theirs = (open_database("sqlite:///x.sqlite", root=tmp_path) for _ in range(2))
    with theirs.write(), pytest.raises(DatabaseError, match="locked"), ours.write():
        pass
    with theirs.write(), pytest.raises(DatabaseError, match="locked"), theirs.write():
        pass


def test_a_sqlite_database_keeps_what_was_committed(tmp_path: Path) -> None:
    with open_database("sqlite:///x.sqlite", root=tmp_path).read() as connection:
        found = [
            connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]  # 2 is FULL


@pytest.mark.parametrize("already_connected", [True, False])
def test_a_frozen_server_is_told_within_seconds_and_the_next_write_works(
    postgres: PostgresServer, already_connected: bool
) -> None:
    database = open_database(postgres.new_database())
    with database.write() as connection:
        notes.create(connection)
    if not already_connected:
        database.close()
    with postgres.frozen():
        started = time.monotonic()
        with pytest.raises(DatabaseError) as caught:
            put(database, "while")
        assert time.monotonic() - started < 3 * HURRY_S
        assert caught.value.code == "DATABASE_UNAVAILABLE"
    put(database, "after")
    assert texts(database) == ["after"]
    database.close()


def test_a_server_that_freezes_within_a_transaction_is_left_by_who_is_in_a_hurry(
    postgres: PostgresServer,
) -> None:
    database = open_database(postgres.new_database())
    with database.write() as connection:
        notes.create(connection)

    def freeze_and_put() -> None:
        with database.write(hurry=True) as connection:
            connection.execute(notes.insert().values(text="x"))
            with postgres.frozen():
                connection.execute(notes.insert().values(text="y"))

    started = time.monotonic()
    with pytest.raises(DatabaseError, match="NoAnswer"):
        freeze_and_put()
    assert HURRY_S / 2 < time.monotonic() - started < 2 * HURRY_S
    assert texts(database) == []
    database.close()


def test_who_is_not_in_a_hurry_waits_for_a_frozen_server(postgres: PostgresServer) -> None:
    database = open_database(postgres.new_database())
    with database.write() as connection:
        notes.create(connection)
    with database.write() as connection:
        with postgres.frozen():
            late = threading.Thread(
                target=connection.execute, args=(notes.insert().values(text="x"),)
            )
            late.start()
            late.join(HURRY_S + 1)
            assert late.is_alive()
        late.join(10)
    assert texts(database) == ["x"]
    database.close()


def test_after_a_crash_of_the_server_the_next_write_works(postgres: PostgresServer) -> None:
    database = open_database(postgres.new_database())
    with database.write() as connection:
        notes.create(connection)
    put(database, "before")
    postgres.kill()
    try:
        with pytest.raises(DatabaseError):
            put(database, "while")
    finally:
        time.sleep(0.2)  # its children see that it is gone
        postgres.start()
    put(database, "after")
    assert texts(database) == ["after", "before"]
    database.close()
