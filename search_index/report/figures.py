"""Counts of a period, each with its numerator and denominator; pure.

It knows nothing of how a figure is shown or of what an article says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from math import sqrt
from zoneinfo import ZoneInfo

from search_index.events import ArticleRated, Event, SecretBlocked, Solved, TicketSubmitted
from search_index.report.journeys import ContactVisit, Journey, Search, follow

_QUARTER_MS = 15 * 60 * 1000
"""No time zone begins an hour or a day inside a quarter of an hour."""
_Z = 1.96
"""Of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.part / self.whole if self.whole else None


def differ(now: Share, before: Share) -> bool:
    """Tell whether two shares differ by more than chance explains, 95%.

    Source: two-proportion z-test with pooled variance.
    """
    whole = now.part + before.part, now.whole + before.whole
    if now.value is None or before.value is None or whole[0] in (0, whole[1]):
        return False
    pooled = whole[0] / whole[1]
    spread = sqrt(pooled * (1 - pooled) * (1 / now.whole + 1 / before.whole))
    return abs(now.value - before.value) > _Z * spread


@dataclass(frozen=True, slots=True)
class Votes:
    """What readers said of one article.

    Attributes:
        reasons: reason → votes, of those that say it did not help.
        comments: redacted, the newest first.
    """

    article_id: str
    helpful: int
    unhelpful: int
    reasons: Mapping[str, int]
    comments: tuple[str, ...]

    @property
    def badness(self) -> float:
        """Share that is unhelpful at least, between 0 and 1: few votes prove little.

        Source: lower bound of Wilson's score interval (1927), 95%.
        """
        n = self.helpful + self.unhelpful
        share = self.unhelpful / n
        spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return (share + _Z**2 / (2 * n) - spread) / (1 + _Z**2 / n)


@dataclass(slots=True)
class Question:
    """All searches with one text; each set holds sessions.

    Attributes:
        text: normalised.
        asked: typed it.
        unanswered: were told that nothing answers it, or said "not what I was looking for".
        unopened: got an answer and opened nothing.
        followed_up: opened nothing and went to the contact page or sent a ticket.
        hit_ids: articles found by the latest search, best first.
    """

    text: str
    asked: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    unopened: set[str] = field(default_factory=set)
    followed_up: set[str] = field(default_factory=set)
    hit_ids: tuple[str, ...] = ()

    @property
    def failed(self) -> set[str]:
        """Sessions that were surely not helped."""
        return self.unanswered | self.followed_up


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is counted in a period.

    Attributes:
        searches: questions searched for; keystrokes of one question count once.
        sessions: tabs with at least one event.
        texts: searches of which a text is kept.
        no_answer, no_click, rejected, reformulated: of searches; see the page's definitions.
        contact_after: sessions that went on to contact, of those that searched.
        suggested: visits of the contact page that were shown articles; the whole of the next
            five. Without emergencies, as all of them.
        solved: "this solved it", and no ticket.
        left_opened, left: neither solved nor sent, after opening an article; all of them.
        gave_up: said "I still need help" and left.
        submitted: sent a ticket.
        urgent_visits: visits of the contact page in an emergency.
        solved_anywhere: sessions that said "this solved it", on any page.
        tickets: by response class.
        visits: of the contact page, by response class.
        secrets: (kind, place) → texts that were blocked.
        load: searches by weekday (Monday first) and hour, local time.
        days: (day, searches, unanswered).
        languages: searches by language.
        votes: worst first.
        questions: by text, those typed on the contact page among them.
    """

    searches: int
    sessions: int
    texts: Share
    no_answer: Share
    no_click: Share
    rejected: Share
    reformulated: Share
    contact_after: Share
    suggested: Share
    solved: Share
    left_opened: Share
    left: Share
    gave_up: Share
    submitted: Share
    urgent_visits: int
    solved_anywhere: int
    tickets: Mapping[str, int]
    visits: Mapping[str, int]
    secrets: Mapping[tuple[str, str], int]
    load: tuple[tuple[int, ...], ...]
    days: tuple[tuple[date, int, int], ...]
    languages: Mapping[str, int]
    votes: tuple[Votes, ...]
    questions: tuple[Question, ...]

    @property
    def tickets_per_1000(self) -> float | None:
        """Tickets that are no emergency, to a thousand searches."""
        calm = sum(count for name, count in self.tickets.items() if name != "urgent")
        return 1000 * calm / self.searches if self.searches else None


def count(events: Iterable[Event], zone: ZoneInfo) -> Figures:
    """Count the events of a period.

    Args:
        events: by time.
        zone: for hours, weekdays and days.
    """
    kept = list(events)
    journeys = list(follow(kept))
    searches = [search for journey in journeys for search in journey.searches]
    asked = [search for search in searches if search.asked.source != "deflect"]
    answered = [s for s in asked if s.asked.answered and not s.asked.urgent_id]
    readable = [s for s in asked if s.text is not None]
    searching = [
        found
        for journey in journeys
        if (found := [s for s in journey.searches if s.asked.source != "deflect"])
    ]
    visits = [journey.contact for journey in journeys if journey.contact]
    load, days = _calendar(asked, zone)
    return Figures(
        searches=len(asked),
        sessions=sum(journey.session is not None for journey in journeys),
        texts=Share(len(readable), len(asked)),
        no_answer=_share(not s.asked.answered for s in asked),
        no_click=_share(not s.opened for s in answered),
        rejected=_share(s.rejected for s in asked),
        reformulated=_share(bool(s.reformulated) for s in readable),
        contact_after=_share(any(s.contacted for s in found) for found in searching),
        **_deflection([visit for visit in visits if not visit.urgent]),
        urgent_visits=sum(visit.urgent for visit in visits),
        solved_anywhere=len({e.session or id(e) for e in kept if isinstance(e, Solved)}),
        tickets=Counter(e.response_class for e in kept if isinstance(e, TicketSubmitted)),
        visits=Counter(v.response_class for v in visits if v.response_class),
        secrets=Counter((e.kind, e.where) for e in kept if isinstance(e, SecretBlocked)),
        load=load,
        days=days,
        languages=Counter(s.asked.lang for s in asked),
        votes=_votes(e for e in kept if isinstance(e, ArticleRated)),
        questions=_questions(journeys),
    )


def _share(claims: Iterable[bool]) -> Share:
    values = list(claims)
    return Share(sum(values), len(values))


def _deflection(visits: list[ContactVisit]) -> dict[str, Share]:
    shown = [visit for visit in visits if visit.suggested]
    left = [v for v in shown if not v.solved and not v.submitted and not v.still_needed]
    return {
        "suggested": Share(len(shown), len(visits)),
        "solved": _share(v.solved for v in shown),
        "left_opened": Share(sum(v.opened for v in left), len(shown)),
        "left": Share(len(left), len(shown)),
        "gave_up": _share(v.still_needed and not v.solved and not v.submitted for v in shown),
        "submitted": _share(v.submitted for v in shown),
    }


def _calendar(
    searches: Iterable[Search], zone: ZoneInfo
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[date, int, int], ...]]:
    @cache
    def local(quarter: int) -> datetime:
        return datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, zone)

    load = [[0] * 24 for _ in range(7)]
    asked: Counter[date] = Counter()
    unanswered: Counter[date] = Counter()
    for search in searches:
        at = local(search.asked.at_ms // _QUARTER_MS)
        load[at.weekday()][at.hour] += 1
        asked[at.date()] += 1
        unanswered[at.date()] += not search.asked.answered
    days = tuple((day, asked[day], unanswered[day]) for day in sorted(asked))
    return tuple(map(tuple, load)), days


def _votes(rated: Iterable[ArticleRated]) -> tuple[Votes, ...]:
    by_article: defaultdict[str, list[ArticleRated]] = defaultdict(list)
    for vote in rated:
        by_article[vote.article_id].append(vote)
    votes = [
        Votes(
            article_id=article_id,
            helpful=sum(vote.helpful for vote in votes),
            unhelpful=sum(not vote.helpful for vote in votes),
            reasons=Counter(v.reason for v in votes if v.reason and not v.helpful),
            comments=tuple(
                dict.fromkeys(v.comment for v in reversed(votes) if v.comment and not v.helpful)
            ),
        )
        for article_id, votes in sorted(by_article.items())
    ]
    return tuple(sorted(votes, key=lambda v: (-v.badness, v.article_id)))


def _questions(journeys: Iterable[Journey]) -> tuple[Question, ...]:
    questions: dict[str, Question] = {}
    for journey in journeys:
        # Searches without a session may all be one person's: they never count as several.
        session = journey.session or ""
        for search in journey.searches:
            if not search.text:
                continue
            question = questions.setdefault(search.text, Question(search.text))
            question.asked.add(session)
            if not search.asked.answered or search.rejected:
                question.unanswered.add(session)
            elif not search.opened and not search.asked.urgent_id:
                question.unopened.add(session)
            if search.contacted and not search.opened and not search.asked.urgent_id:
                question.followed_up.add(session)
            question.hit_ids = search.asked.hit_ids
    return tuple(questions[text] for text in sorted(questions))
