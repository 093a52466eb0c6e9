"""A browser tab that does what a test says, and the events that come of it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from search_index.events import (
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

MONDAY_MS = round(datetime(2026, 11, 16, 1, 0, tzinfo=UTC).timestamp() * 1000)
"""Nine o'clock in Shanghai."""
_numbers = count()


class Tab:
    """Makes events of one session, a second apart unless `wait` is called."""

    def __init__(self, *, session: str | None = "", at_ms: int = MONDAY_MS) -> None:
        self.session = f"{next(_numbers):032x}" if session == "" else session
        self.at_ms = at_ms
        self.events: list[Event] = []

    def wait(self, seconds: float) -> Tab:
        """Let time pass."""
        self.at_ms += round(1000 * seconds)
        return self

    def search(self, text: str | None, *, answered: bool = True, **values: Any) -> str:
        """Search for ``text`` and return the id of the query."""
        query_id = f"{next(_numbers):032x}"
        given: dict[str, Any] = {
            "snapshot": "mini",
            "lang": "zh",
            "confidence": 0.9,
            "hit_ids": ("KB-0019", "KB-0024"),
            "urgent_id": None,
            "took_ms": 5.0,
        }
        self._add(Searched, query_id=query_id, query=text, answered=answered, **(given | values))
        return query_id

    def open(self, query_id: str, article_id: str = "KB-0019") -> Tab:
        """Open a hit."""
        return self._add(HitOpened, query_id=query_id, article_id=article_id, rank=1)

    def reject(self, query_id: str) -> Tab:
        """Say: not what I was looking for."""
        return self._add(NotFound, query_id=query_id)

    def contact(self) -> Tab:
        """Open the contact page."""
        return self._add(ContactOpened)

    def describe(
        self, text: str = "充值没到账", response_class: str = "general", **values: Any
    ) -> str:
        """Type a message on the contact page and be shown articles; return the query's id."""
        query_id = self.search(text, source="deflect", **values)
        hit_ids = values.get("hit_ids", ("KB-0019",))
        self._add(DeflectShown, query_id=query_id, response_class=response_class, hit_ids=hit_ids)
        return query_id

    def solved(self, query_id: str | None = None, article_id: str | None = None) -> Tab:
        """Say: this solved it."""
        return self._add(Solved, query_id=query_id, article_id=article_id)

    def still(self, query_id: str) -> Tab:
        """Say: I still need help."""
        return self._add(StillNeedHelp, query_id=query_id)

    def submit(self, response_class: str = "general") -> Tab:
        """Send a ticket."""
        return self._add(TicketSubmitted, ticket_id="T-1", response_class=response_class)

    def rate(self, article_id: str, helpful: bool, **values: Any) -> Tab:
        """Vote on an article."""
        return self._add(ArticleRated, article_id=article_id, lang="zh", helpful=helpful, **values)

    def secret(self, kind: str = "recovery_phrase", where: str = "browser") -> Tab:
        """Type a secret."""
        return self._add(SecretBlocked, kind=kind, where=where)

    def _add(self, event_type: Any, /, **values: Any) -> Tab:
        self.wait(1)
        self.events.append(event_type(at_ms=self.at_ms, session=self.session, **values))
        return self


def by_time(*tabs: Tab) -> list[Event]:
    """Return the events of all tabs, as `EventLog.read` yields them."""
    return sorted((event for tab in tabs for event in tab.events), key=lambda event: event.at_ms)
