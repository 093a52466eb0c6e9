"""Questions that were not answered, grouped by meaning: what to write next.

It knows events only as `Question`, and nothing of how a group is shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import detect_language, han_runs, latin_words, stem
from search_index.dense import centred
from search_index.records import Query
from search_index.report.figures import Question
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts, Snapshot

FloatMatrix = NDArray[np.float32]

LEAST_COSINE = 0.15
"""Mean cosine between two groups that are one. Source: our measurement on a made-up year
(tools/simulate_events.py): the largest group of each of seven subjects holds 74% of its sessions
on average, and 99% of a group's sessions are of one subject. Terms beside the vectors gained
nothing."""
MOST_ENCODED = 500
"""Texts that are grouped at most, 3 ms each: those of the most sessions; the rest is counted."""
_MOST_WORDS = 3
_TELLING_IDF = 1.5
"""Of a word that stands in a fifth of the articles."""
_THREADS = 2
_HALF = 0.5
"""Weight of a session that got an answer and opened nothing: the excerpt may have been enough."""
_LOOKED_AGAIN = 5
"""Wordings of a group that are searched for again."""
_MANY = 8
"""Sessions in which that tells something."""
_NEARLY_ALL = 0.8
_PARTICLES = frozenset("的了吗么怎在是我你您有没不能可以要个就都也还很吧呢啊哪什为多少去到给")
"""A pair of characters with one of these is no word that tells a subject."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wording and how many sessions typed it."""

    text: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Questions of one meaning that are mostly not answered: perhaps an article to write.

    Attributes:
        sessions: asked one of them.
        unanswered, unopened, followed_up: see `Question`; sessions.
        priority: sessions not helped × their share of all sessions.
        phrases: wordings that enough sessions typed, the most typed first.
        hidden: number of other wordings.
        words: what the wordings have in common, each typed by enough sessions.
        nearest_id: article that the live snapshot finds first, perhaps ""; ``score`` is its
            score.
        in_scope: the live snapshot takes that article for an answer.
        category: where the articles found mostly belong.
        answered_since: nothing was found for its wordings, and the live snapshot answers them.
    """

    sessions: int
    unanswered: int
    unopened: int
    followed_up: int
    priority: float
    phrases: tuple[Phrase, ...]
    hidden: int
    words: tuple[str, ...]
    languages: tuple[str, ...]
    nearest_id: str
    score: float
    in_scope: bool
    category: str
    answered_since: bool


@dataclass(frozen=True, slots=True)
class Candidates:
    """The groups, best first.

    Attributes:
        others: sessions with an unanswered question that is in none of them: typed by too few,
            further down, or beyond the number of texts that are grouped.
    """

    groups: tuple[Candidate, ...]
    others: int


def find_candidates(
    questions: Iterable[Question],
    snapshot: Snapshot,
    searcher: Searcher,
    *,
    least_sessions: int,
    limit: int,
) -> Candidates:
    """Group the questions that mostly were not answered.

    Args:
        questions: of a period.
        snapshot: encoder and index; its articles are what is there already.
        searcher: of that snapshot.
        least_sessions: a wording or word is shown when so many sessions typed it, and a group
            when so many sessions asked it.
        limit: groups at most.
    """
    failing = [question for question in questions if _is_failing(question)]
    failing.sort(key=lambda q: (-len(q.asked), q.text))
    grouped = failing[:MOST_ENCODED]
    groups: list[list[Question]] = []
    if grouped:
        vectors = _vectors([q.text for q in grouped], snapshot)
        labels = agglomerate(vectors, LEAST_COSINE)
        members: defaultdict[int, list[Question]] = defaultdict(list)
        for question, label in zip(grouped, labels.tolist(), strict=True):
            members[label].append(question)
        groups = [g for g in members.values() if len(_asked(g) - {""}) >= least_sessions]
    groups.sort(key=lambda group: (-_priority(group), group[0].text))
    found: list[Candidate] = []
    shown: set[int] = set()
    for group in groups:
        phrases, words = (
            _visible(group, least_sessions),
            _common_words(group, searcher, least_sessions),
        )
        if (phrases or words) and len(found) < limit:
            found.append(_candidate(group, searcher, phrases, words))
            shown |= {id(question) for question in group}
    found.sort(key=lambda candidate: candidate.answered_since)
    others = _union(question.failed for question in failing if id(question) not in shown)
    return Candidates(tuple(found), len(others))


def _is_failing(question: Question) -> bool:
    """Tell whether mostly nobody was helped who asked this."""
    asked, failed = len(question.asked), question.failed
    if len(failed) >= asked / 2:
        return True
    return asked >= _MANY and len(failed | question.unopened) >= _NEARLY_ALL * asked


def agglomerate(vectors: FloatMatrix, least_cosine: float) -> NDArray[np.int64]:
    """Join the two groups of highest mean cosine until none reaches ``least_cosine``.

    Average linkage: the mean cosine between two groups is the inner product of their mean
    vectors. Deterministic; equal pairs are joined in order.

    Args:
        vectors: shape ``[texts, dim]``, rows of length 1. A few hundred: it holds all pairs.

    Returns:
        For each text the number of the first text of its group.
    """
    means = vectors.astype(np.float32).copy()
    sizes = np.ones(len(means), dtype=np.float32)
    cosines = means @ means.T
    np.fill_diagonal(cosines, -np.inf)
    labels = np.arange(len(means))
    while len(means):
        first, second = sorted(divmod(int(cosines.argmax()), len(means)))
        if not cosines[first, second] >= least_cosine:
            break
        size = sizes[first] + sizes[second]
        means[first] = (sizes[first] * means[first] + sizes[second] * means[second]) / size
        sizes[first] = size
        labels[labels == second] = first
        cosines[second, :] = cosines[:, second] = -np.inf
        row = np.where(np.isfinite(cosines[first]), means @ means[first], -np.inf)
        cosines[first, :] = cosines[:, first] = row
    return labels


def _vectors(texts: Sequence[str], snapshot: Snapshot) -> FloatMatrix:
    """Return vectors whose cosine compares texts across languages.

    Two texts of one language are alike for that alone. What the site's own questions of a
    language share is taken off, and Chinese and English wordings of one subject meet: on
    subjects without an article, pairs found at equal precision rose from 14% to 25% (F1).
    """
    halves = np.array_split(np.array(texts, dtype=object), _THREADS)
    with ThreadPoolExecutor(_THREADS) as pool:
        encoded = np.concatenate(list(pool.map(snapshot.encoder.encode_queries, halves)))
    vectors = centred(encoded, snapshot.parts.query_mean)
    languages = np.array([detect_language(text) for text in texts])
    for lang in sorted(set(languages)):
        own = languages == lang
        vectors[own] = centred(vectors[own], _mean_question(snapshot.parts, lang))
    return vectors


def _mean_question(parts: IndexParts, lang: str) -> NDArray[np.float32]:
    kinds = ("question", "phrasing")
    rows = [i for i, p in enumerate(parts.passages) if p.lang == lang and p.kind in kinds]
    if not rows:
        return np.zeros(parts.vectors.dim, dtype=np.float32)
    mean: NDArray[np.float32] = parts.vectors.asked.vectors(rows).mean(axis=0)
    return mean


def _visible(group: Sequence[Question], least_sessions: int) -> tuple[Phrase, ...]:
    typed = ((q.text, len(q.asked - {""})) for q in group)
    return tuple(Phrase(text, sessions) for text, sessions in typed if sessions >= least_sessions)


def _candidate(
    group: Sequence[Question],
    searcher: Searcher,
    phrases: tuple[Phrase, ...],
    words: tuple[str, ...],
) -> Candidate:
    asked, unanswered = _asked(group), _union(q.unanswered for q in group)
    found = searcher.search(Query(group[0].text, limit=1))
    nearest_id = found.hits[0].article.article_id if found.hits else ""
    return Candidate(
        sessions=len(asked),
        unanswered=len(unanswered),
        unopened=len(_union(q.unopened for q in group)),
        followed_up=len(_union(q.followed_up for q in group)),
        priority=_priority(group),
        phrases=phrases,
        hidden=len(group) - len(phrases),
        words=words,
        languages=tuple(sorted({detect_language(q.text) for q in group})),
        nearest_id=nearest_id,
        score=found.hits[0].score if found.hits else 0.0,
        in_scope=found.answered,
        category=_category(group, searcher, nearest_id),
        answered_since=_is_answered_now(group, searcher),
    )


def _is_answered_now(group: Sequence[Question], searcher: Searcher) -> bool:
    unanswered = [q.text for q in group if 2 * len(q.unanswered) > len(q.asked)][:_LOOKED_AGAIN]
    return bool(unanswered) and all(searcher.search(Query(q)).answered for q in unanswered)


def _common_words(
    group: Sequence[Question], searcher: Searcher, least_sessions: int
) -> tuple[str, ...]:
    """Return the words that tell most about a group, in two of its wordings at least."""
    typed: defaultdict[str, set[str]] = defaultdict(set)
    wordings: Counter[str] = Counter()
    for question in group:
        words = set(_words(question.text))
        wordings.update(words)
        for word in words:
            typed[word] |= question.asked - {""}
    idf = searcher.parts.body.idf
    telling = [
        word
        for word, sessions in typed.items()
        if len(sessions) >= least_sessions and wordings[word] > 1 and idf(stem(word)) > _TELLING_IDF
    ]
    telling.sort(key=lambda word: (-len(typed[word]), -idf(stem(word)), word))
    best: list[str] = []
    for word in telling:
        if len(best) < _MOST_WORDS and not any(_overlap(word, other) for other in best):
            best.append(word)
    return tuple(best)


def _overlap(pair: str, other: str) -> bool:
    """Tell whether two pairs of characters are pieces of one word."""
    return not pair.isascii() and (pair[0] == other[-1] or pair[-1] == other[0])


def _words(text: str) -> list[str]:
    pairs = [run[i : i + 2] for run in han_runs(text) for i in range(len(run) - 1)]
    pairs = [pair for pair in pairs if not _PARTICLES.intersection(pair)]
    return pairs + [word for word in latin_words(text) if len(word) > 2 and not word.isdigit()]


def _category(group: Sequence[Question], searcher: Searcher, nearest_id: str) -> str:
    """Return where most of the articles found belong, each category weighed by its size."""
    sizes = Counter(record.category for record in searcher.parts.articles)
    votes: defaultdict[str, float] = defaultdict(float)
    for question in group:
        for article_id in question.hit_ids or (nearest_id,):
            record = searcher.article(article_id, "zh")
            if record:
                votes[record.category] += len(question.asked) / sizes[record.category]
    return min(votes, key=lambda category: (-votes[category], category), default="")


def _asked(group: Sequence[Question]) -> set[str]:
    return _union(q.asked for q in group)


def _points(failed: set[str], unopened: set[str]) -> float:
    return len(failed) + _HALF * len(unopened - failed)


def _priority(group: Sequence[Question]) -> float:
    points = _points(_union(q.failed for q in group), _union(q.unopened for q in group))
    return points * points / len(_asked(group))


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)
