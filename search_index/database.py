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
from sqlalchemy.schema import CreateColumn

from search_index.errors import DatabaseError
from search_index.postgres_connection import HURRY_S, ImpatientConnection

SCHEMA_VERSION = 1
"""Of all tables together. Raise it when a table changes in a way older code cannot read."""

WAIT_S = 5.0
"""Longest wait for a lock or for a free connection."""
PATIENCE_S = 300.0
"""Longest wait for an answer of the server where nobody waits for ours."""

metadata = sa.MetaData()
schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer))

# secure_delete: what privacy.keep_text_days clears is gone from the file, not only from view.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_WRITES = "kb_writes"
_ANSWER_S = "kb_answer_s"
# A machine that is gone is noticed within half a minute, not after two hours.
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
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
    def write(self, *, hurry: bool = False) -> Iterator[sa.Connection]:
        """Give a transaction that writes; it is on disk when the block has ended without error.

        SQLite lets one writer in at a time, across threads and processes; a transaction there
        takes the lock at once (BEGIN IMMEDIATE), so it never fails half-way for want of it.

        Args:
            hurry: a person waits: PostgreSQL gets `HURRY_S` for each answer, not `PATIENCE_S`.

        Raises:
            DatabaseError: the database is away, frozen, locked for too long, full or damaged.
                When it froze at the very end, the block may still be written once it goes on.
        """
        if self._one_writer is None:
            with self._transaction(writes=True, hurry=hurry) as connection:
                yield connection
            return
        if not self._one_writer.acquire(timeout=WAIT_S):
            raise self._unavailable()
        try:
            with self._transaction(writes=True, hurry=hurry) as connection:
                yield connection
        finally:
            self._one_writer.release()

    @contextmanager
    def read(self, *, hurry: bool = False) -> Iterator[sa.Connection]:
        """Give a transaction that reads one state of the database and waits for no writer.

        Args:
            hurry: see `write`.

        Raises:
            DatabaseError: the database is away, frozen or damaged.
        """
        with self._transaction(writes=False, hurry=hurry) as connection:
            yield connection

    def create_tables(self) -> None:
        """Create what is missing of the tables of `metadata`; safe to repeat, and from anywhere.

        A column that an older version did not know is added, empty in the rows that are there.

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
            _add_missing_columns(connection)

    def forget_replaced(self) -> None:
        """Make sure that what was just overwritten or deleted is in no file any more.

        SQLite's log of changes still holds it. PostgreSQL frees it by itself (autovacuum).
        """
        if self.dialect == "sqlite":
            with self.engine.connect() as connection:
                driver = _driver_connection(connection)
                with suppress(sqlite3.Error):  # in use just now: SQLite empties it later itself
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool, hurry: bool) -> Iterator[sa.Connection]:
        options = {_WRITES: writes, _ANSWER_S: HURRY_S if hurry else PATIENCE_S}
        try:
            with (
                self.engine.connect().execution_options(**options) as connection,
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
    limits = f"-c lock_timeout={wait_ms} -c statement_timeout={int(PATIENCE_S * 1000)}"
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,  # the server was restarted: a new connection, not an error
        pool_timeout=WAIT_S,
        connect_args={
            "connect_timeout": int(HURRY_S),
            "tcp_user_timeout": 2 * wait_ms,
            "options": limits,
            **_KEEPALIVES,
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: Any, options: Any) -> ImpatientConnection:
        return ImpatientConnection.connect(*arguments, **options)

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        answer_s = connection.get_execution_options().get(_ANSWER_S, HURRY_S)
        _driver_connection(connection).answer_s = answer_s

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        if connection is not None:
            connection.answer_s = HURRY_S  # whoever is next asks first whether it is alive

    place = f"postgresql://{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
    return Database(engine, place)


def _driver_connection(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _add_missing_columns(connection: sa.Connection) -> None:
    inspector = sa.inspect(connection)
    for table in metadata.sorted_tables:
        found = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in found:
                definition = CreateColumn(column).compile(connection)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


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
