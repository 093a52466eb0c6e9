"""The database behind events and tickets: SQLite by default, PostgreSQL by URL.

The only door to SQLAlchemy's engine. It knows no table but the one with its schema version: the
modules that own tables add them to `metadata`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from search_index.errors import DatabaseError

SCHEMA_VERSION = 1
"""Of all tables together. Raise it when a table changes in a way older code cannot read."""

WAIT_S = 5.0
"""Longest wait for a lock, a connection or an answer of the server."""

metadata = sa.MetaData()
schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer))

# secure_delete: what privacy.keep_text_days clears is gone from the file, not only from view.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_WRITES = "kb_writes"
_SCHEMA_LOCK = 7_205_759  # any number, the same in all processes


class Database:
    """Connections to one database; safe to share between threads.

    Args:
        engine: from `open_database`.
        place: what a message may say of it; holds no password.
        folder: made with the tables if it is missing; of a SQLite file.
    """

    def __init__(self, engine: sa.Engine, place: str, folder: Path | None = None) -> None:
        self.engine = engine
        self.place = place
        self._folder = folder
        self._one_writer = Lock() if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a transaction that writes; it is on disk when the block has ended without error.

        SQLite lets one writer in at a time, across threads and processes; a transaction there
        takes the lock at once (BEGIN IMMEDIATE), so it never fails half-way for want of it.

        Raises:
            DatabaseError: the database is away, locked for too long, full or damaged.
        """
        if self._one_writer is None:
            with self._transaction(writes=True) as connection:
                yield connection
            return
        if not self._one_writer.acquire(timeout=WAIT_S):
            raise self._unavailable()
        try:
            with self._transaction(writes=True) as connection:
                yield connection
        finally:
            self._one_writer.release()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a transaction that reads one state of the database and waits for no writer.

        Raises:
            DatabaseError: the database is away or damaged.
        """
        with self._transaction(writes=False) as connection:
            yield connection

    def create_tables(self) -> None:
        """Create the tables of `metadata` that are missing; safe to repeat, and from anywhere.

        Raises:
            DatabaseError: the database is away, or was made by a newer version.
        """
        if self._folder is not None:
            _make_folder(self._folder)
        with self.write() as connection:
            if self.dialect == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            schema_version.create(connection, checkfirst=True)
            found = connection.scalar(sa.select(schema_version.c.version))
            if found is None:
                connection.execute(schema_version.insert().values(version=SCHEMA_VERSION))
            elif found > SCHEMA_VERSION:
                raise DatabaseError(
                    f"{self.place} was written by a newer version "
                    f"(schema {found}; this program knows {SCHEMA_VERSION}).",
                    code="DATABASE_TOO_NEW",
                    remedy="Use the version of Wenlu that wrote it, or another database.url.",
                )
            metadata.create_all(connection)

    def forget_replaced(self) -> None:
        """Make sure that what was just overwritten or deleted is in no file any more.

        SQLite's log of changes still holds it. PostgreSQL frees it by itself (autovacuum).
        """
        if self.dialect == "sqlite":
            with self.engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                with suppress(sqlite3.Error):  # in use just now: SQLite empties it later itself
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[sa.Connection]:
        try:
            with (
                self.engine.connect().execution_options(**{_WRITES: writes}) as connection,
                connection.begin(),
            ):
                yield connection
        except (exc.IntegrityError, exc.ProgrammingError, exc.DataError):
            raise  # what was written is wrong, not the database
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException | None = None) -> DatabaseError:
        cause = getattr(error, "orig", None)
        if isinstance(cause, sqlite3.Error):  # names no value and no path
            reason = str(cause)
        else:
            reason = type(cause or error).__name__ if error else "locked for too long"
        return DatabaseError(
            f"{self.place} cannot be used: {reason}.",
            code="DATABASE_UNAVAILABLE",
            remedy="Check that it runs, its permissions and the space left on its disk.",
        )


def open_database(url: str, *, root: Path = Path()) -> Database:
    """Return the database at ``url``; nothing is connected yet.

    Args:
        url: ``sqlite:///data/wenlu.sqlite`` or ``postgresql://user:password@host/name``.
        root: folder that a relative path of a SQLite file starts from.

    Raises:
        DatabaseError: the URL cannot be used. Its message never holds the URL.
    """
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
    except (exc.ArgumentError, ValueError):  # ValueError: the port is no number
        raise _bad_url("it is no database URL") from None
    if backend == "sqlite":
        return _open_sqlite(parsed, root)
    if backend in ("postgresql", "postgres"):
        return _open_postgresql(parsed)
    raise _bad_url("it names neither sqlite nor postgresql")


def _open_sqlite(url: sa.URL, root: Path) -> Database:
    if not url.database or url.database == ":memory:":
        raise _bad_url("a SQLite database needs a file")
    path = root / url.database
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        hide_parameters=True,  # an error must not repeat what people wrote
        pool_timeout=WAIT_S,
        connect_args={"timeout": WAIT_S},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not in the driver
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Database(engine, str(path), path.parent)


def _open_postgresql(url: sa.URL) -> Database:
    wait_ms = int(WAIT_S * 1000)
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,  # the server was restarted: a new connection, not an error
            pool_timeout=WAIT_S,
            connect_args={
                "connect_timeout": int(WAIT_S),
                "tcp_user_timeout": 2 * wait_ms,
                "options": f"-c lock_timeout={wait_ms}",
            },
        )
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "The driver for PostgreSQL is not installed.",
            code="DATABASE_DRIVER_MISSING",
            remedy="Install psycopg: pip install 'psycopg[binary]'.",
        ) from error
    place = f"postgresql://{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
    return Database(engine, place)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"The folder {folder} cannot be made ({error.strerror}).",
            code="DATABASE_UNAVAILABLE",
            remedy="Check its permissions and the space left, or set another database.url.",
        ) from error


def _bad_url(reason: str) -> DatabaseError:
    return DatabaseError(
        f"database.url cannot be used: {reason}.",
        code="DATABASE_URL",
        remedy="Write sqlite:///data/wenlu.sqlite or postgresql://user:password@host/name.",
    )
