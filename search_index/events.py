"""What happens in the help centre, as typed records; pure.

They say nothing of who somebody is: ``session`` is a random id that a browser tab makes and
forgets. They know nothing of how they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Lang = Literal["zh", "en"]
ResponseClass = Literal["general", "technical", "urgent"]
SearchSource = Literal["search", "suggestions", "deflect"]
SecretPlace = Literal["search", "deflect", "ticket", "feedback", "browser"]
RatingReason = Literal["not_my_case", "unclear", "did_not_work", "outdated", "missing", "other"]
"""Why an article did not help, as the page offers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes:
        type: name under which it is stored.
        at_ms: when, in milliseconds since 1970, UTC.
        session: 32 hex digits made at random in one browser tab, or None.
    """

    type: ClassVar[str] = ""
    at_ms: int
    session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched(Event):
    """Somebody searched; ``query`` is redacted, or None when no text is kept (any more)."""

    type: ClassVar[str] = "searched"
    query_id: str
    snapshot: str
    lang: Lang
    query: str | None
    answered: bool
    confidence: float
    hit_ids: tuple[str, ...]
    urgent_id: str | None
    took_ms: float
    source: SearchSource = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretBlocked(Event):
    """A text held a secret and was neither searched nor stored; ``kind`` is of `secrets`."""

    type: ClassVar[str] = "secret_blocked"
    kind: str
    where: SecretPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class HitOpened(Event):
    """Somebody opened a hit; ``rank`` is 1-based."""

    type: ClassVar[str] = "hit_opened"
    query_id: str
    article_id: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Event):
    """Somebody said of the hits: not what I was looking for."""

    type: ClassVar[str] = "not_found"
    query_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRated(Event):
    """Somebody said whether an article helped; ``comment`` is redacted."""

    type: ClassVar[str] = "article_rated"
    article_id: str
    lang: Lang
    helpful: bool
    reason: RatingReason | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOpened(Event):
    """Somebody opened the contact page."""

    type: ClassVar[str] = "contact_opened"
    lang: Lang | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflectShown(Event):
    """Articles were shown to somebody who was writing a ticket."""

    type: ClassVar[str] = "deflect_shown"
    query_id: str
    response_class: ResponseClass
    hit_ids: tuple[str, ...]
    lang: Lang | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved(Event):
    """Somebody said: this solved it."""

    type: ClassVar[str] = "solved"
    query_id: str | None = None
    article_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StillNeedHelp(Event):
    """Somebody saw the articles and said: I still need help."""

    type: ClassVar[str] = "still_need_help"
    query_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSubmitted(Event):
    """A ticket was taken."""

    type: ClassVar[str] = "ticket_submitted"
    ticket_id: str
    response_class: ResponseClass
    query_id: str | None = None
    lang: Lang | None = None


EVENT_TYPES: dict[str, type[Event]] = {
    kind.type: kind
    for kind in (
        Searched,
        SecretBlocked,
        HitOpened,
        NotFound,
        ArticleRated,
        ContactOpened,
        DeflectShown,
        Solved,
        StillNeedHelp,
        TicketSubmitted,
    )
}
"""Type name → record."""
