"""Keeps events in the database without ever making anybody wait for it.

Texts are redacted before they are stored and cleared when they are old. It knows no HTTP, and
nothing of what the events are counted for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from queue import Empty, Full, Queue
from threading import Event as Flag
from threading import Thread
from typing import Any

import sqlalchemy as sa

from search_index.database import Database, metadata
from search_index.errors import DatabaseError
from search_index.events import EVENT_TYPES, Event
from search_index.secrets import redact
from search_index.settings import PrivacySettings

LONGEST_TEXT = 500
"""Characters of a query that are stored."""
LONGEST_COMMENT = 1000
"""Characters of a comment that are stored."""

_LOG = logging.getLogger(__name__)
_QUEUE_LENGTH = 10_000
_BATCH = 500
_GATHER_S = 0.2  # one commit for what comes within this time
_LONGEST_PAUSE_S = 30.0
_DAY_MS = 24 * 3600 * 1000

events = sa.Table(
    "events",
    metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
    ),  # SQLite counts up only an INTEGER
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("session", sa.String),
    sa.Column("query_id", sa.String),
    sa.Column("article_id", sa.String),
    sa.Column("lang", sa.String),
    sa.Column("response_class", sa.String),
    sa.Column("user_text", sa.Text),  # everything that somebody typed stands here and only here
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("events_by_time", "at_ms", "id"),
    sa.Index("events_by_type", "type", "at_ms"),
)

_TEXTS = {"query": LONGEST_TEXT, "comment": LONGEST_COMMENT}  # field → characters kept
_COLUMNS = {"at_ms", "session", "query_id", "article_id", "lang", "response_class"}


class EventLog:
    """Appends events in a thread of its own and reads them.

    Args:
        database: may be away; `start` goes on trying.
        privacy: which texts are stored and for how long.
        queue_length: events that wait in memory while the database is away; more are dropped.
        pause_s: first pause before another try; it doubles up to half a minute.
        clock: seconds since 1970, UTC.
    """

    def __init__(
        self,
        database: Database,
        privacy: PrivacySettings,
        *,
        queue_length: int = _QUEUE_LENGTH,
        pause_s: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._privacy = privacy
        self._queue: Queue[Event] = Queue(queue_length)
        self._pause_s = pause_s
        self._clock = clock
        self._closing = Flag()
        self._thread: Thread | None = None
        self._tables_made = False
        self._next_purge_ms = 0
        self.available = False
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Events in memory that are not stored yet."""
        return self._queue.unfinished_tasks

    def start(self) -> None:
        """Begin to store what is appended, in a thread, until `close`."""
        self._thread = Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def append(self, event: Event) -> None:
        """Take an event; returns at once and never fails. A full queue drops it and counts."""
        try:
            self._queue.put_nowait(event)
        except Full:
            self.dropped += 1

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was appended is stored, and return whether it is."""
        done = self._queue.all_tasks_done
        with done:
            return done.wait_for(lambda: not self._queue.unfinished_tasks, timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Store what is left, if that can be done within ``timeout_s``, and end the thread."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self.waiting:
            _LOG.error("%d events were not stored.", self.waiting)

    def store(self, batch: Sequence[Event]) -> None:
        """Store ``batch`` now, redacted, in one transaction.

        Raises:
            DatabaseError: the database is away; nothing of the batch is stored.
        """
        if batch:
            with self._database.write() as connection:
                connection.execute(events.insert(), [self._row(event) for event in batch])

    def read(self, from_ms: int, to_ms: int) -> Iterator[Event]:
        """Yield the events with ``from_ms <= at_ms < to_ms``, oldest first.

        The tables must be there (`Database.create_tables`). Events that a newer version wrote are
        passed over.

        Raises:
            DatabaseError: the database is away.
        """
        wanted = (
            sa.select(events)
            .where(events.c.at_ms >= from_ms, events.c.at_ms < to_ms)
            .order_by(events.c.at_ms, events.c.id)
            .execution_options(yield_per=2000)
        )
        with self._database.read() as connection:
            for row in connection.execute(wanted).mappings():
                event = _event_of(row)
                if event is not None:
                    yield event

    def purge(self, now_ms: int) -> int:
        """Clear the texts that are older than ``privacy.keep_text_days``; return how many.

        Raises:
            DatabaseError: the database is away.
        """
        oldest_ms = now_ms - self._privacy.keep_text_days * _DAY_MS
        too_old = events.c.user_text.is_not(None) & (events.c.at_ms < oldest_ms)
        with self._database.write() as connection:
            cleared = connection.execute(events.update().where(too_old).values(user_text=None))
        if cleared.rowcount:
            self._database.forget_replaced()
        return cleared.rowcount

    def _row(self, event: Event) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys((*_COLUMNS, "user_text"))
        data = {}
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name in _TEXTS:
                row["user_text"] = self._kept(value, _TEXTS[field.name])
            elif field.name in _COLUMNS:
                row[field.name] = value
            else:
                data[field.name] = value
        return row | {"type": event.type, "data": data}

    def _kept(self, text: str | None, length: int) -> str | None:
        """Return what is stored of a text."""
        if text is None or not self._privacy.store_queries:
            return None
        # PostgreSQL takes neither NUL nor half of a character.
        storable = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
        return redact(storable)[:length]

    def _run(self) -> None:
        batch: list[Event] = []
        while self._insist(batch):
            for _ in batch:
                self._queue.task_done()
            if self._closing.is_set() and self._queue.empty():
                return
            batch = self._gather()

    def _gather(self) -> list[Event]:
        """Return what comes within a moment; perhaps nothing."""
        batch: list[Event] = []
        deadline = time.monotonic() + _GATHER_S
        while len(batch) < _BATCH:
            try:
                batch.append(self._queue.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                break
        return batch

    def _insist(self, batch: list[Event]) -> bool:
        """Store ``batch``, however often that takes; return False when we close before."""
        pause_s = self._pause_s
        while True:
            try:
                self._tend()
                self.store(batch)
            except DatabaseError as error:
                if pause_s == self._pause_s:  # once for each outage
                    _LOG.error("%s Events wait in memory until it is back.", error)
                self.available = self._tables_made = False
            except Exception as error:  # a fault of ours, which must not end the thread
                self._tables_made = False
                if len(batch) > 1:
                    return all(self._insist([event]) for event in batch)
                _LOG.error("an event was not stored (%s)", type(error).__name__)
                self.dropped += len(batch)
                return True
            else:
                self.available = True
                return True
            if self._closing.wait(pause_s):
                return False
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _tend(self) -> None:
        """Create the tables once the database is there; purge once a day."""
        if not self._tables_made:
            self._database.create_tables()
            self._tables_made = True
        now_ms = int(self._clock() * 1000)
        if now_ms >= self._next_purge_ms:
            self.purge(now_ms)
            self._next_purge_ms = now_ms + _DAY_MS


def _event_of(row: Any) -> Event | None:
    """Return the event of a row; None if this version does not know it."""
    kind = EVENT_TYPES.get(row["type"])
    if kind is None:
        return None
    values = dict(row["data"])
    for field in fields(kind):
        if field.name in _TEXTS:
            values[field.name] = row["user_text"]
        elif field.name in _COLUMNS:
            values[field.name] = row[field.name]
    if "hit_ids" in values:
        values["hit_ids"] = tuple(values["hit_ids"])
    try:
        return kind(**values)
    except TypeError:  # a field more or less
        return None
