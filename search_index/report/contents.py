"""All that a report says, as typed values; the order in which it is made.

It knows nothing of HTML, CSV or where events are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from search_index.analyzer import clean
from search_index.events import Event
from search_index.records import ArticleRecord
from search_index.report.clusters import Candidates, find_candidates
from search_index.report.figures import Figures, Question, Votes, count
from search_index.searcher import Searcher
from search_index.secrets import redact
from search_index.settings import ReportSettings, ResponseTargets
from search_index.snapshot import Snapshot

MOST_CANDIDATES = 20
MOST_TOPICS = 15
_PHRASES = 4
_COMMENTS = 3


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of one time zone, both ends included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def from_ms(self) -> int:
        """First millisecond."""
        return _midnight_ms(self.first, self.zone)

    @property
    def to_ms(self) -> int:
        """First millisecond after it."""
        return _midnight_ms(self.last + timedelta(days=1), self.zone)

    def before(self) -> Period:
        """Return as many days just before it."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.last - length, self.zone)


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions that found the same article first.

    Attributes:
        phrases: wordings that enough sessions typed.
        failed: sessions that were told "no answer", rejected the hits or went on to contact.
    """

    article_id: str
    sessions: int
    failed: int
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """An article whose review is overdue, or whose facts were checked long ago.

    Attributes:
        review_by: None where the snapshot does not know it.
        sessions: those that were led to it.
    """

    article_id: str
    facts_checked: date
    review_by: date | None
    sessions: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report.

    Attributes:
        previous: the same figures of the period before; None when it has no event.
        targets: response class → first-response target, as published.
        articles: the record of every article in the report's language.
    """

    lang: str
    period: Period
    snapshot_id: str
    least_sessions: int
    stale_after_days: int
    figures: Figures
    previous: Figures | None
    candidates: Candidates
    topics: tuple[Topic, ...]
    voted: tuple[Votes, ...]
    stale: tuple[Stale, ...]
    targets: dict[str, str]
    articles: dict[str, ArticleRecord]


def make_report(
    read: Callable[[int, int], Iterable[Event]],
    snapshot: Snapshot,
    period: Period,
    settings: ReportSettings,
    targets: ResponseTargets,
    lang: str,
) -> Report:
    """Make the report on ``period``.

    Args:
        read: yields the events of ``from_ms <= at_ms < to_ms`` by time.
        snapshot: the live one.
        lang: of titles and targets.
    """
    searcher = Searcher.of(snapshot)
    before = period.before()
    figures = count(read(period.from_ms, period.to_ms), period.zone)
    previous = count(read(before.from_ms, before.to_ms), period.zone)
    articles = {
        article_id: record
        for article_id in searcher.article_ids
        if (record := searcher.article(article_id, lang))
    }
    return Report(
        lang=lang,
        period=period,
        snapshot_id=snapshot.manifest.snapshot_id,
        least_sessions=settings.least_sessions,
        stale_after_days=settings.stale_after_days,
        figures=figures,
        previous=previous if previous.searches or previous.sessions else None,
        candidates=find_candidates(
            figures.questions,
            snapshot,
            searcher,
            least_sessions=settings.least_sessions,
            limit=MOST_CANDIDATES,
        ),
        topics=_topics(figures.questions, settings.least_sessions),
        voted=tuple(map(_with_few_comments, [v for v in figures.votes if v.unhelpful])),
        stale=_stale(articles, figures.questions, period.last, settings.stale_after_days),
        targets={name: targets.text(name, lang) for name in ("urgent", "technical", "general")},
        articles=articles,
    )


def _topics(questions: Iterable[Question], least_sessions: int) -> tuple[Topic, ...]:
    """Group questions by the article found first.

    That is the finest grouping by meaning that there is: the right article comes first for most
    questions, while texts grouped by their vectors alone meet far less often.
    """
    groups: dict[str, list[Question]] = {}
    for question in questions:
        if question.hit_ids and len(question.unanswered) < len(question.asked):
            groups.setdefault(question.hit_ids[0], []).append(question)
    topics = []
    for article_id, group in groups.items():
        group.sort(key=lambda q: (-len(q.asked), q.text))
        visible = [q.text for q in group if len(q.asked - {""}) >= least_sessions]
        asked: set[str] = set().union(*(q.asked for q in group))
        failed: set[str] = set().union(*(q.failed for q in group))
        topics.append(Topic(article_id, len(asked), len(failed), tuple(visible[:_PHRASES])))
    topics.sort(key=lambda topic: (-topic.sessions, topic.article_id))
    return tuple(topics[:MOST_TOPICS])


def _stale(
    articles: dict[str, ArticleRecord],
    questions: Sequence[Question],
    today: date,
    after_days: int,
) -> tuple[Stale, ...]:
    sessions: Counter[str] = Counter()
    for question in questions:
        if question.hit_ids:
            sessions[question.hit_ids[0]] += len(question.asked)
    stale = []
    for article_id, record in articles.items():
        checked = date.fromisoformat(record.facts_checked)
        review_by = date.fromisoformat(record.review_by) if record.review_by else None
        is_overdue = review_by is not None and review_by < today
        if is_overdue or (today - checked).days > after_days:
            stale.append(Stale(article_id, checked, review_by, sessions[article_id]))
    return tuple(sorted(stale, key=lambda s: (-s.sessions, s.article_id)))


def _with_few_comments(votes: Votes) -> Votes:
    # They were redacted when they were stored; rules grow, and masking twice changes nothing.
    comments = tuple(redact(clean(comment)) for comment in votes.comments[:_COMMENTS])
    return Votes(votes.article_id, votes.helpful, votes.unhelpful, votes.reasons, comments)


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)
