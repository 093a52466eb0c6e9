"""Delivers tickets: each once by key, in order for each person, until it is taken or given up.

Several processes may do so at the same time: a row is leased to one of them for as long as a
delivery can take. It knows nothing of what a connector speaks.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread

import sqlalchemy as sa

from search_index.connectors import Connector, Refused, Retry
from search_index.intake import Intake
from search_index.tickets import Ticket, outbox_table, ticket_of, tickets_table

_LOG = logging.getLogger(__name__)

RETRY_BASE_MS = 2_000
LEASE_MS = 180_000
"""Longer than any delivery: a connector asks a few times, each three timeouts at most."""
DAY_MS = 86_400_000


def now_ms() -> int:
    """Return milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def utc_day(at_ms: int) -> str:
    """Return the day of a moment, ``2026-11-21``."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def backoff_ms(attempt: int, cap_ms: int, chance: random.Random) -> int:
    """Return how long to wait after failure ``attempt`` (1-based).

    Exponential with full jitter, so that tickets that failed together do not come back together.
    Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    return int(chance.uniform(0, min(cap_ms, RETRY_BASE_MS * 2 ** min(attempt - 1, 30))))


@dataclass(frozen=True, slots=True)
class Policy:
    """How persistent the outbox is.

    Attributes:
        max_attempts: failures after which a ticket is dead until somebody retries it.
        cap_ms: longest wait between two attempts.
        keep_ms: time after delivery for which texts are kept; None for ever.
        keep_dead_ms: time for which those of tickets given up are kept; None for ever.
        lease_ms: time after which a ticket whose process has died is delivered by another one.
    """

    max_attempts: int = 700
    cap_ms: int = 300_000
    keep_ms: int | None = None
    keep_dead_ms: int | None = None
    lease_ms: int = LEASE_MS


class Outbox:
    """Delivers what `Intake` took.

    Args:
        intake: its store is delivered; tickets that wait beside the database are brought in.
        connector: where to.
        clock: milliseconds since 1970.
        chance: source of jitter.
    """

    def __init__(
        self,
        intake: Intake,
        connector: Connector,
        policy: Policy | None = None,
        *,
        clock: Callable[[], int] = now_ms,
        chance: random.Random | None = None,
    ) -> None:
        self._intake = intake
        self._store = intake.store
        self._database = intake.store.database
        self._connector = connector
        self._policy = policy or Policy()
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter, no secret
        self._owner = secrets.token_hex(16)
        self._quiet_until_ms = 0
        self._next_cleaning_ms = 0
        self._next_reminder_ms = 0
        self._has_tables = False
        self._fault: str | None = None
        self._wake = Event()
        self._stop = Event()
        self._thread: Thread | None = None

    def deliver_due(self) -> int:
        """Deliver all that is due now; return the number of attempts made.

        Raises:
            DatabaseError: the database is away.
        """
        attempts = 0
        while not self._stop.is_set() and self._clock() >= self._quiet_until_ms:
            claimed = self._claim()
            if claimed is None:
                break
            self._attempt(*claimed)
            attempts += 1
        return attempts

    def start(self, poll_s: float = 1.0) -> None:
        """Deliver in a thread until `close`; look every ``poll_s`` seconds, or when woken."""
        self._thread = Thread(target=self._run, args=(poll_s,), name="outbox", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new to deliver."""
        self._wake.set()

    def close(self, timeout_s: float = 5.0) -> None:
        """End the thread after the delivery it is at; what is left is delivered next time."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join(timeout_s)

    def tend(self) -> None:
        """Do what is due beside delivering: tables, waiting tickets, ballast, texts to erase.

        Raises:
            DatabaseError: the database is away.
        """
        self._intake.make_ballast()
        if not self._has_tables:
            self._database.create_tables()
            self._has_tables = True
        self._intake.import_waiting()
        if self._clock() >= self._next_cleaning_ms:
            self._next_cleaning_ms = self._clock() + DAY_MS // 24
            self._erase_old()

    def _erase_old(self) -> None:
        now, policy = self._clock(), self._policy
        erased = dead = 0
        if policy.keep_ms is not None:
            erased = self._store.erase_delivered(now - policy.keep_ms, now)
        if policy.keep_dead_ms is not None:
            dead = self._store.erase_dead(now - policy.keep_dead_ms, now)
        if dead:
            _LOG.error("the texts of %d tickets that were never delivered are erased", dead)
        if erased or dead:
            self._database.forget_replaced()
        if now >= self._next_reminder_ms:
            self._next_reminder_ms = now + DAY_MS
            self._remind_of_dead()

    def _remind_of_dead(self) -> None:
        dead = self._store.dead_since()
        if not dead:
            return
        until = ""
        if self._policy.keep_dead_ms is not None and dead[0] is not None:
            until = f"; texts are erased from {utc_day(dead[0] + self._policy.keep_dead_ms)} on"
        _LOG.warning(
            "%d tickets were given up and reached nobody%s; see `kb tickets list --state dead`",
            len(dead),
            until,
        )

    def _run(self, poll_s: float) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.tend()
                self.deliver_due()
                self._fault = None
            except Exception as error:  # whatever it is, the next ticket must still go out
                self._note(error)
            self._wake.wait(poll_s)

    def _note(self, error: Exception) -> None:
        """Log a fault once, by kind and place: its text may hold what a person wrote."""
        frames = traceback.extract_tb(error.__traceback__)
        fault = f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
        if fault != self._fault:
            _LOG.error("the outbox waits: %s", fault)
        self._fault = fault

    def _claim(self) -> tuple[Ticket, int] | None:
        """Lease the next ticket that is due; return it and its number of failures so far.

        Urgent ones go first, after an outage above all. A later ticket of a person waits while an
        earlier one is pending.
        """
        row, earlier = outbox_table.alias("due"), outbox_table.alias("earlier")
        now = self._clock()
        is_first = ~sa.exists().where(
            earlier.c.reporter == row.c.reporter,
            earlier.c.state == "pending",
            sa.tuple_(earlier.c.created_at_ms, earlier.c.ticket_id)
            < sa.tuple_(row.c.created_at_ms, row.c.ticket_id),
        )
        due = (
            sa.select(row.c.ticket_id, row.c.attempts)
            .where(
                row.c.state == "pending",
                row.c.next_at_ms <= now,
                row.c.lease_until_ms <= now,
                is_first,
            )
            .order_by(row.c.is_urgent.desc(), row.c.next_at_ms, row.c.created_at_ms)
            .limit(1)
            .with_for_update(skip_locked=True, of=row)
        )
        with self._database.write() as connection:
            found = connection.execute(due).one_or_none()
            if found is None:
                return None
            connection.execute(
                self._row(found.ticket_id).values(
                    lease_owner=self._owner, lease_until_ms=now + self._policy.lease_ms
                )
            )
            ticket = connection.execute(
                sa.select(tickets_table).where(tickets_table.c.ticket_id == found.ticket_id)
            ).one()
        return ticket_of(ticket), int(found.attempts)

    def _attempt(self, ticket: Ticket, failures: int) -> None:
        try:
            remote_id = self._connector.deliver(ticket)
        except Refused as refused:
            self._give_up(ticket, failures + 1, refused.reason)
        except Retry as retry:
            self._put_off(ticket, failures + 1, retry)
        except Exception as error:
            self._note(error)
            self._put_off(ticket, failures + 1, Retry("UNEXPECTED"))
        else:
            self._settle(
                ticket,
                state="delivered",
                attempts=failures + 1,
                remote_id=remote_id,
                last_error=None,
                delivered_at_ms=self._clock(),
            )

    def _put_off(self, ticket: Ticket, failures: int, retry: Retry) -> None:
        if failures >= self._policy.max_attempts:
            self._give_up(ticket, failures, retry.reason)
            return
        wait_ms = backoff_ms(failures, self._policy.cap_ms, self._chance)
        if retry.after_s is not None:  # asked of all, not of this ticket alone
            asked_ms = min(int(retry.after_s * 1000), self._policy.cap_ms)
            self._quiet_until_ms = self._clock() + asked_ms
            wait_ms = max(wait_ms, asked_ms)
        self._settle(
            ticket, attempts=failures, next_at_ms=self._clock() + wait_ms, last_error=retry.reason
        )

    def _give_up(self, ticket: Ticket, failures: int, reason: str) -> None:
        _LOG.error(
            "ticket %s is not delivered (%s); see `kb tickets list --state dead`",
            ticket.ticket_id,
            reason,
        )
        self._settle(
            ticket, state="dead", attempts=failures, last_error=reason, dead_at_ms=self._clock()
        )

    def _settle(self, ticket: Ticket, **values: object) -> None:
        """Note how an attempt ended, unless another process noted an end of its own."""
        with self._database.write() as connection:
            connection.execute(
                self._row(ticket.ticket_id)
                .where(outbox_table.c.state == "pending")
                .values(lease_owner=None, lease_until_ms=0, **values)
            )

    @staticmethod
    def _row(ticket_id: str) -> sa.Update:
        return outbox_table.update().where(outbox_table.c.ticket_id == ticket_id)
