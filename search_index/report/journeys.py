"""What became of each search and of each visit to the contact page; pure.

Follows the events of one browser tab in order. It counts nothing and knows no language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from search_index.analyzer import normalise
from search_index.events import (
    ContactOpened,
    DeflectShown,
    Event,
    HitOpened,
    NotFound,
    ResponseClass,
    Searched,
    Solved,
    StillNeedHelp,
    TicketSubmitted,
)

TYPING_S = 10
"""The search box searches while somebody types: within this time a text that goes on from the
one before it is the same question."""
KEYSTROKE_S = 2
"""Nobody rewrites a question within this time; it is typing, even where no text is kept."""
REFORMULATED_S = 5 * 60
FOLLOWED_UP_S = 30 * 60

_Steps = dict[type[Event], list[Any]]
"""What one tab did, by type and then by time."""
_ENDS = " \t\n?!.,;:~…？！。，、；：～"


@dataclass(frozen=True, slots=True)
class Search:
    """One question and what followed in the same tab.

    Attributes:
        asked: the search; of a question that was searched while it was typed, the last.
        text: normalised text without what stands at its ends; None when no text is kept.
        opened: one of its hits was opened, or it was said to have solved the problem.
        rejected: "not what I was looking for".
        reformulated: another text within five minutes, before anything was opened. None when
            no text is kept.
        contacted: the contact page was opened, or a ticket sent, within thirty minutes. Of a
            text typed on the contact page: a ticket was sent, or "I still need help".
    """

    asked: Searched
    text: str | None
    opened: bool
    rejected: bool
    reformulated: bool | None
    contacted: bool


@dataclass(frozen=True, slots=True)
class ContactVisit:
    """What one tab did about contacting a person.

    Attributes:
        urgent: an emergency: no figure on deflection may count it.
        response_class: of the ticket, else the last one shown; None before anything was typed.
        suggested: articles were shown before a ticket was sent.
        opened: one of them was opened.
        solved: "this solved it", and no ticket.
        still_needed: "I still need help", whatever came of it.
        submitted: a ticket was sent.
    """

    urgent: bool
    response_class: ResponseClass | None
    suggested: bool
    opened: bool
    solved: bool
    still_needed: bool
    submitted: bool


@dataclass(frozen=True, slots=True)
class Journey:
    """All of one tab; ``session`` is None for one event that came without."""

    session: str | None
    searches: tuple[Search, ...]
    contact: ContactVisit | None


def follow(events: Iterable[Event]) -> Iterator[Journey]:
    """Yield what each tab did, in the order in which they begin.

    Args:
        events: of a period, by time. An event without a session is a journey by itself.
    """
    sessions: dict[str, _Steps] = {}
    alone: list[_Steps] = []
    for event in events:
        if event.session is None:
            steps: _Steps = {}
            alone.append(steps)
        else:
            steps = sessions.setdefault(event.session, {})
        steps.setdefault(type(event), []).append(event)
    for session, steps in sessions.items():
        yield Journey(session, _searches(steps), _contact(steps))
    for steps in alone:
        yield Journey(None, _searches(steps), _contact(steps))


@lru_cache(maxsize=1 << 16)
def text_key(query: str) -> str:
    """Return the form under which two wordings are the same question."""
    return normalise(query).strip(_ENDS)


def _searches(steps: _Steps) -> tuple[Search, ...]:
    asked: list[Searched] = steps.get(Searched, [])
    if not asked:
        return ()
    used = {s.query_id for kind in (HitOpened, Solved) for s in steps.get(kind, ())}
    rejected = {s.query_id for s in steps.get(NotFound, ())}
    tickets = [s.at_ms for kind in (TicketSubmitted, StillNeedHelp) for s in steps.get(kind, ())]
    contacts = [s.at_ms for kind in (ContactOpened, DeflectShown) for s in steps.get(kind, ())]
    contacts += tickets
    questions = [
        (search, None if search.query is None else text_key(search.query))
        for search, following in zip(asked, [*asked[1:], None], strict=True)
        if following is None
        or search.query_id in used | rejected
        or not _is_typing(search, following)
    ]
    return tuple(
        Search(
            asked=search,
            text=text,
            opened=search.query_id in used,
            rejected=search.query_id in rejected,
            reformulated=_is_reformulated(number, questions, used),
            contacted=any(
                0 <= at_ms - search.at_ms <= FOLLOWED_UP_S * 1000
                for at_ms in (tickets if search.source == "deflect" else contacts)
            ),
        )
        for number, (search, text) in enumerate(questions)
    )


def _is_typing(search: Searched, following: Searched) -> bool:
    if search.source != following.source:
        return False
    pause_ms = following.at_ms - search.at_ms
    if search.query is None or following.query is None:
        return pause_ms <= KEYSTROKE_S * 1000
    before, after = text_key(search.query), text_key(following.query)
    if before == after:
        return pause_ms <= REFORMULATED_S * 1000
    goes_on = before.startswith(after) or after.startswith(before)
    return pause_ms <= (TYPING_S if goes_on else KEYSTROKE_S) * 1000


def _is_reformulated(
    number: int, questions: Sequence[tuple[Searched, str | None]], used: set[str | None]
) -> bool | None:
    search, text = questions[number]
    if text is None:
        return None
    if search.query_id in used or number + 1 == len(questions):
        return False
    following, other = questions[number + 1]
    soon = following.at_ms - search.at_ms <= REFORMULATED_S * 1000
    return soon and other is not None and other != text


def _contact(steps: _Steps) -> ContactVisit | None:
    shown: list[DeflectShown] = steps.get(DeflectShown, [])
    tickets: list[TicketSubmitted] = steps.get(TicketSubmitted, [])
    if not shown and not tickets and ContactOpened not in steps:
        return None
    suggestions = {s.query_id for s in shown if s.hit_ids}
    classes = [s.response_class for s in shown] + [s.response_class for s in tickets]
    emergency = any(s.urgent_id for s in steps.get(Searched, ()))
    solved = any(s.at_ms >= shown[0].at_ms for s in steps.get(Solved, ()) if shown)
    return ContactVisit(
        urgent=emergency or "urgent" in classes,
        response_class=classes[-1] if classes else None,
        suggested=bool(suggestions),
        opened=any(s.query_id in suggestions for s in steps.get(HitOpened, ())),
        solved=solved and not tickets,
        still_needed=StillNeedHelp in steps,
        submitted=bool(tickets),
    )
