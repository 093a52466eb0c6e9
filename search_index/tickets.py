"""Tickets: their record, their number, and the tables that keep each with its place in the outbox.

A ticket and its outbox row are written in one transaction, so that no ticket waits for nobody. It
knows nothing of HTTP and nothing of who delivers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from search_index.database import Database, metadata
from search_index.errors import KbError
from search_index.events import Lang, ResponseClass

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, no 1, I and L, no U: what people read out on the phone."""
NUMBER_LENGTH = 8  # 30 ** 8 numbers, 39 bits

STATES = ("pending", "delivered", "dead", "erased")
"""``dead``: given up until somebody retries it. ``erased``: dead for too long, its text is gone."""

tickets_table = sa.Table(
    "tickets",
    metadata,
    sa.Column("ticket_id", sa.String(16), primary_key=True),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("response_class", sa.String(16), nullable=False),
    sa.Column("lang", sa.String(2), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("reply_uid", sa.Text),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("query_id", sa.String(32)),
    sa.Column("session", sa.String(32)),
    sa.Column("key_hash", sa.String(64), unique=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("erased_at_ms", sa.BigInteger),
)
outbox_table = sa.Table(
    "outbox",
    metadata,
    sa.Column("ticket_id", sa.ForeignKey(tickets_table.c.ticket_id), primary_key=True),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("reporter", sa.String(32), nullable=False),
    sa.Column("is_urgent", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("next_at_ms", sa.BigInteger, nullable=False),
    sa.Column("lease_owner", sa.String(32)),
    sa.Column("lease_until_ms", sa.BigInteger, nullable=False, default=0),
    sa.Column("last_error", sa.String(64)),
    sa.Column("remote_id", sa.String(200)),
    sa.Column("delivered_at_ms", sa.BigInteger),
    sa.Column("dead_at_ms", sa.BigInteger),
    sa.Index("outbox_due", "state", "next_at_ms"),
    sa.Index("outbox_reporter", "reporter", "state", "created_at_ms"),
)


class KeyReusedError(Exception):
    """An idempotency key came a second time, with other parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What somebody asked of the support team; texts are masked already.

    Attributes:
        ticket_id: ``T-7F3K-9Q2M``.
        created_at_ms: milliseconds since 1970, UTC.
        email: where to reply; or
        reply_uid: the account to reply to in the app. One of the two is given.
        fields: ``uid``, ``txid``, ``network``, ``happened_at``, ``time_zone``, ``order_number``,
            ``wallet_address``, as far as they are known.
        query_id, session: of the search before; never delivered to anybody.
    """

    ticket_id: str
    created_at_ms: int
    response_class: ResponseClass
    lang: Lang
    subject: str
    body: str
    email: str | None = None
    reply_uid: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    query_id: str | None = None
    session: str | None = None

    @property
    def reporter(self) -> str:
        """Same for all tickets of one person, and no address: 32 hex digits."""
        address = f"email {self.email.lower()}" if self.email else f"uid {self.reply_uid}"
        return hashlib.sha256(address.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {name: getattr(self, name) for name in _NAMES} | {"fields": dict(self.fields)}

    def to_delivery(self) -> dict[str, Any]:
        """Return what a ticket system gets: no session, no query."""
        created = datetime.fromtimestamp(self.created_at_ms / 1000, UTC)
        return {
            "ticket_id": self.ticket_id,
            "created_at": created.isoformat(timespec="milliseconds"),
            "class": self.response_class,
            "lang": self.lang,
            "subject": self.subject,
            "body": self.body,
            "contact": {"email": self.email, "uid": self.reply_uid},
            "fields": dict(self.fields),
        }


_NAMES = tuple(Ticket.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Submission:
    """A ticket on its way in, with what makes a repetition recognisable.

    Attributes:
        key_hash: from `hash_key`.
        fingerprint: from `fingerprint_of`.
        response_target, next_steps: what the answer says; the same answer comes again.
    """

    ticket: Ticket
    key_hash: str
    fingerprint: str
    response_target: str
    next_steps: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "ticket": self.ticket.to_json(),
            "key_hash": self.key_hash,
            "fingerprint": self.fingerprint,
            "response_target": self.response_target,
            "next_steps": list(self.next_steps),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Submission:
        """Read what `to_json` wrote.

        Raises:
            TypeError, KeyError: it did not write this.
        """
        steps = tuple(values["next_steps"])
        return cls(**{**values, "ticket": Ticket(**values["ticket"]), "next_steps": steps})

    def receipt(self, *, is_new: bool) -> Receipt:
        """Return the answer to it."""
        return Receipt(
            self.ticket.ticket_id,
            self.ticket.response_class,
            self.response_target,
            self.next_steps,
            is_new,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a submission; ``is_new`` is False when it is given again."""

    ticket_id: str
    response_class: ResponseClass
    response_target: str
    next_steps: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the outbox says of one ticket; ``last_error`` is a code, never a text of others.

    Attributes:
        dead_at_ms: when it was given up; None unless it is dead or erased.
        erased_at_ms: when its text was erased, delivered or not.
    """

    ticket_id: str
    created_at_ms: int
    response_class: ResponseClass
    state: str
    attempts: int
    next_at_ms: int
    last_error: str | None
    remote_id: str | None
    delivered_at_ms: int | None
    dead_at_ms: int | None
    erased_at_ms: int | None


def hash_key(key: str) -> str:
    """Return the hash under which an idempotency key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def fingerprint_of(key: str, parameters: Mapping[str, Any]) -> str:
    """Return 64 hex digits that are the same for the same ``parameters``.

    Keyed with the idempotency key, which is not stored: nobody can guess texts from it.
    """
    canonical = json.dumps(parameters, sort_keys=True, ensure_ascii=True)
    return hmac.new(key.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def ticket_number(key_hash: str, attempt: int = 0) -> str:
    """Return ``T-XXXX-XXXX`` for a key.

    The same key gives the same number, so that a ticket taken twice, once in the database and once
    in the folder beside it, is one ticket. ``attempt`` is for a number that is taken.
    """
    digest = hashlib.sha256(f"ticket {attempt} {key_hash}".encode()).digest()
    value, letters = int.from_bytes(digest, "big"), ""
    for _ in range(NUMBER_LENGTH):
        value, rest = divmod(value, len(ALPHABET))
        letters += ALPHABET[rest]
    return f"T-{letters[:4]}-{letters[4:]}"


def same_or_reused(saved: Submission, asked: Submission) -> Receipt:
    """Return the answer once given for a key.

    Raises:
        KeyReusedError: it was given for other parameters.
    """
    if not hmac.compare_digest(saved.fingerprint, asked.fingerprint):
        raise KeyReusedError
    return saved.receipt(is_new=False)


class TicketStore:
    """Tickets in the database.

    People wait for `add` and `counts`, so both give up soon on a database that does not answer.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, submission: Submission) -> Receipt:
        """Write a ticket and its outbox row; both are on disk when this returns.

        Raises:
            KeyReusedError: the key is known with other parameters.
            DatabaseError: the database is away; nothing was written.
        """
        for attempt in range(8):
            number = submission.ticket.ticket_id
            if attempt:
                number = ticket_number(submission.key_hash, attempt)
            numbered = replace(submission, ticket=replace(submission.ticket, ticket_id=number))
            try:
                with self.database.write(hurry=True) as connection:
                    saved = _find(connection, submission.key_hash)
                    if saved is None:
                        _insert(connection, numbered)
            except sa.exc.IntegrityError:  # number taken, or the same key at the same moment
                continue
            if saved is None:
                return numbered.receipt(is_new=True)
            return same_or_reused(saved, submission)
        raise RuntimeError("no free ticket number in eight attempts")

    def find(self, key_hash: str) -> Submission | None:
        """Return what was submitted with a key."""
        with self.database.read() as connection:
            return _find(connection, key_hash)

    def get(self, ticket_id: str) -> Ticket:
        """Return a ticket as it is stored.

        Raises:
            KbError: there is none with this number.
        """
        with self.database.read() as connection:
            row = connection.execute(
                sa.select(tickets_table).where(tickets_table.c.ticket_id == ticket_id)
            ).one_or_none()
        if row is None:
            raise _unknown()
        return ticket_of(row)

    def deliveries(self, state: str | None = None, limit: int = 100) -> list[Delivery]:
        """Return what the outbox says, the newest ticket first."""
        query = _DELIVERY.order_by(outbox_table.c.created_at_ms.desc()).limit(limit)
        if state is not None:
            query = query.where(outbox_table.c.state == state)
        with self.database.read() as connection:
            return [Delivery(*row) for row in connection.execute(query)]

    def delivery(self, ticket_id: str) -> Delivery:
        """Return what the outbox says of one ticket.

        Raises:
            KbError: there is none with this number.
        """
        query = _DELIVERY.where(outbox_table.c.ticket_id == ticket_id)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _unknown()
        return Delivery(*row)

    def retry(self, ticket_id: str | None, now_ms: int) -> int:
        """Put one undelivered ticket, or all dead ones, back to the front of the queue.

        Returns:
            How many; an erased ticket cannot be delivered any more.
        """
        rows = outbox_table.update().values(
            state="pending",
            attempts=0,
            next_at_ms=now_ms,
            lease_until_ms=0,
            lease_owner=None,
            dead_at_ms=None,
        )
        if ticket_id is None:
            rows = rows.where(outbox_table.c.state == "dead")
        else:
            self.delivery(ticket_id)
            rows = rows.where(
                outbox_table.c.ticket_id == ticket_id,
                outbox_table.c.state.in_(("pending", "dead")),
            )
        with self.database.write() as connection:
            return connection.execute(rows).rowcount

    def erase_delivered(self, before_ms: int, now_ms: int) -> int:
        """Erase what people wrote in tickets delivered before ``before_ms``; return how many.

        Number, class and times stay.
        """
        due = (
            sa.select(outbox_table.c.ticket_id)
            .join(tickets_table, tickets_table.c.ticket_id == outbox_table.c.ticket_id)
            .where(
                outbox_table.c.state == "delivered",
                outbox_table.c.delivered_at_ms < before_ms,
                tickets_table.c.erased_at_ms.is_(None),
            )
        )
        with self.database.write() as connection:
            numbers = connection.scalars(due).all()
            _erase(connection, numbers, now_ms)
        return len(numbers)

    def erase_dead(self, before_ms: int, now_ms: int) -> int:
        """Erase what people wrote in tickets that were given up before ``before_ms``.

        Number, class, times and the last error stay. A ticket that an older version gave up has no
        time of that; it gets ``now_ms``, so that nothing is erased earlier than was promised.

        Returns:
            How many were erased.
        """
        dead = outbox_table.c.state == "dead"
        undated = outbox_table.c.dead_at_ms.is_(None)
        due = (
            outbox_table.update()
            .where(dead, outbox_table.c.dead_at_ms < before_ms)
            .values(state="erased")  # in the same statement: nobody can retry it meanwhile
            .returning(outbox_table.c.ticket_id)
        )
        with self.database.write() as connection:
            connection.execute(outbox_table.update().where(dead, undated).values(dead_at_ms=now_ms))
            numbers = connection.scalars(due).all()
            _erase(connection, numbers, now_ms)
        return len(numbers)

    def dead_since(self) -> list[int | None]:
        """Return when each dead ticket was given up, in milliseconds, the earliest first.

        None is for one of an older version, which does not count yet (`erase_dead`).
        """
        query = sa.select(outbox_table.c.dead_at_ms).where(outbox_table.c.state == "dead")
        with self.database.read() as connection:
            return list(connection.scalars(query.order_by(outbox_table.c.dead_at_ms.nulls_last())))

    def counts(self) -> dict[str, int]:
        """Return the number of tickets in each of `STATES`."""
        query = sa.select(outbox_table.c.state, sa.func.count()).group_by(outbox_table.c.state)
        with self.database.read(hurry=True) as connection:
            found = {state: int(count) for state, count in connection.execute(query)}
        return {state: found.get(state, 0) for state in STATES}


def ticket_of(row: sa.Row[Any]) -> Ticket:
    """Return the ticket of a row of ``tickets``."""
    return Ticket(**{name: row._mapping[name] for name in _NAMES})


_DELIVERY = sa.select(
    outbox_table.c.ticket_id,
    outbox_table.c.created_at_ms,
    tickets_table.c.response_class,
    outbox_table.c.state,
    outbox_table.c.attempts,
    outbox_table.c.next_at_ms,
    outbox_table.c.last_error,
    outbox_table.c.remote_id,
    outbox_table.c.delivered_at_ms,
    outbox_table.c.dead_at_ms,
    tickets_table.c.erased_at_ms,
).join(tickets_table, tickets_table.c.ticket_id == outbox_table.c.ticket_id)


def _find(connection: sa.Connection, key_hash: str) -> Submission | None:
    row = connection.execute(
        sa.select(tickets_table).where(tickets_table.c.key_hash == key_hash)
    ).one_or_none()
    if row is None:
        return None
    answer = row.answer
    return Submission(
        ticket_of(row),
        key_hash,
        row.fingerprint,
        answer["response_target"],
        tuple(answer["next_steps"]),
    )


def _erase(connection: sa.Connection, numbers: Sequence[str], now_ms: int) -> None:
    for number in numbers:
        connection.execute(
            tickets_table.update()
            .where(tickets_table.c.ticket_id == number)
            .values(
                subject="",
                body="",
                email=None,
                reply_uid=None,
                fields={},
                query_id=None,
                session=None,
                key_hash=None,
                fingerprint="",
                erased_at_ms=now_ms,
            )
        )
        connection.execute(
            outbox_table.update().where(outbox_table.c.ticket_id == number).values(reporter="")
        )


def _insert(connection: sa.Connection, submission: Submission) -> None:
    ticket = submission.ticket
    answer = {
        "response_target": submission.response_target,
        "next_steps": list(submission.next_steps),
    }
    connection.execute(
        tickets_table.insert().values(
            **ticket.to_json(),
            key_hash=submission.key_hash,
            fingerprint=submission.fingerprint,
            answer=answer,
        )
    )
    connection.execute(
        outbox_table.insert().values(
            ticket_id=ticket.ticket_id,
            created_at_ms=ticket.created_at_ms,
            reporter=ticket.reporter,
            is_urgent=ticket.response_class == "urgent",
            state="pending",
            next_at_ms=ticket.created_at_ms,
        )
    )


def _unknown() -> KbError:
    return KbError(
        "There is no ticket with this number.",
        code="TICKET_UNKNOWN",
        remedy="See `kb tickets list` for all of them.",
    )
