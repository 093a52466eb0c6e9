"""Answers queries from one open snapshot; knows nothing of HTTP, files or Markdown.

Recipe: every reading of the query is scored by a weighted sum of the cosine to an article's closest
questions, of the cosine to all its questions together, of BM25 against its upper bound, and of what
a classifier learned from all questions, over both languages of an article; the best reading wins.
Cosines and words are absolute, so they also say whether the question is ours at all.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from threading import Lock
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import detect_language, normalise, terms_of
from search_index.chain_references import describe_references
from search_index.chatter import without_chatter
from search_index.classifier import ArticleClassifier
from search_index.clauses import split_clauses
from search_index.dense import centred
from search_index.encoder import Encoder
from search_index.excerpt import make_excerpt
from search_index.fusion import LONG_LEXICAL_GAIN, blend, confidence, fuse, weigh
from search_index.linear import Features
from search_index.manifest import Calibration
from search_index.passage_vectors import owners_of
from search_index.records import ArticleRecord, Excerpt, Hit, Query, SearchResult
from search_index.secrets import find_secret
from search_index.snapshot import IndexParts, Snapshot
from search_index.suggestions import Suggestion

_ROWS = 128
"""Rows asked of a vector index; articles beyond them get the last row's score."""
_TITLE_WEIGHT = 0.5
URGENT_LOGIT = -0.3
"""An emergency overlooked costs more than one shown too often. Source: benchmarks/urgency.py, where
this makes precision and recall about equal."""
_TELLING_CLAUSES = 4
"""Clauses of a long message that count; the others are greeting, story and anger."""
_INITIALS = re.compile(r"[A-Za-z]{2,8}")
_SORTED_AT_ONCE = 1_000
"""Of more articles the best are found first: sorting all would take longer."""
_NEIGHBOURS = 5
"""Rows that tell how close a query is to questions, or to off-topic examples, as a whole."""

FloatVector = NDArray[np.float32]
FloatMatrix = NDArray[np.float32]
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LexicalScorer(Protocol):
    """What the searcher asks of a lexical index."""

    def scores(self, terms: Sequence[str]) -> FloatVector:
        """Return BM25 of each article."""

    def upper_bound(self, terms: Sequence[str]) -> float:
        """Return what BM25 could reach at best."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of all articles for one query.

    Attributes:
        readings: the normalised query without chatter first, then its other readings.
        best_reading: number of the reading that gave the first article its score.
        scores: fused score of each article id, shape ``[articles]``.
        cosine, coverage, log_share: the parts of each article's score under that reading: weighted
            cosine, BM25 as a share of its upper bound, and log-probability by the classifier.
        own, foreign: mean cosine of that reading to the closest few questions, and to the
            closest few off-topic examples.
        vector: query vector of that reading, shape ``[dim]``.
        terms: analysed terms of each reading.
    """

    readings: tuple[str, ...]
    best_reading: int
    scores: FloatVector
    cosine: FloatVector
    coverage: FloatVector
    log_share: FloatVector
    own: float
    foreign: float
    vector: FloatVector
    terms: tuple[Sequence[str], ...]

    def order(self, limit: int, among: NDArray[np.int64] | None = None) -> list[int]:
        """Return the numbers of the best articles, best first; ties by id.

        Args:
            limit: at most so many, at least 1.
            among: only these numbers, ascending; all when None.
        """
        numbers = np.arange(len(self.scores)) if among is None else among
        scores = self.scores[numbers]
        if limit < len(scores) > _SORTED_AT_ONCE:
            least = np.partition(scores, -limit)[-limit]
            numbers, scores = numbers[scores >= least], scores[scores >= least]
        ranked: list[int] = numbers[np.argsort(-scores, kind="stable")[:limit]].tolist()
        return ranked

    def features(self, *scores: float) -> Features:
        """Return what a linear model weighs of the best reading, with these scores."""
        return Features(self.vector, scores, frozenset(self.terms[self.best_reading]))

    def scope_features(self, number: int) -> Features:
        """Return what tells, for an article, whether the query is ours at all."""
        cosine, coverage = float(self.cosine[number]), float(self.coverage[number])
        return self.features(cosine, coverage, self.own, self.foreign)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one text scores: cosine, coverage and classifier's log-probability of each article,
    closeness to questions and to off-topic examples.
    """

    cosine: FloatVector
    coverage: FloatVector
    log_share: FloatVector
    own: float
    foreign: float


class Searcher:
    """Holds exactly one snapshot; safe to share between threads.

    Args:
        parts: the index.
        encoder: makes query vectors.
        calibration: weights and thresholds of the snapshot.
        snapshot_id: returned with each result.
        cache_entries: query vectors and results kept, the oldest forgotten first.
    """

    def __init__(
        self,
        parts: IndexParts,
        encoder: Encoder,
        calibration: Calibration,
        snapshot_id: str,
        *,
        cache_entries: int = 4096,
    ) -> None:
        self.parts = parts
        self.calibration = calibration
        self.snapshot_id = snapshot_id
        self._encoder = encoder
        self._vectors: _Recent[str, FloatVector] = _Recent(cache_entries)
        self._results: _Recent[Query, SearchResult] = _Recent(cache_entries)
        self.article_ids = parts.article_ids
        self._article_of_row = owners_of(parts.passages)
        self._section_passages = parts.passages[parts.vectors.asked.row_count :]
        self._sections: dict[tuple[str, str], slice] = {}
        for row, passage in enumerate(self._section_passages):
            key = passage.article_id, passage.lang
            start = self._sections[key].start if key in self._sections else row
            self._sections[key] = slice(start, row + 1)
        urgent = {a.article_id for a in parts.articles if a.urgency == "urgent"}
        self._urgent = np.array([article_id in urgent for article_id in self.article_ids])
        self._records = {(a.article_id, a.lang): a for a in parts.articles}
        self._any_record: dict[str, ArticleRecord] = {}
        for record in parts.articles:
            self._any_record.setdefault(record.article_id, record)
        in_category: defaultdict[str, list[int]] = defaultdict(list)
        for number, article_id in enumerate(self.article_ids):
            shown = self.article(article_id, "zh")
            assert shown is not None
            in_category[shown.category].append(number)
        self._in_category = {name: np.array(found) for name, found in in_category.items()}

    @classmethod
    def of(cls, snapshot: Snapshot, *, cache_entries: int = 4096) -> Searcher:
        """Make the searcher of an open snapshot."""
        return cls(
            snapshot.parts,
            snapshot.encoder,
            snapshot.manifest.calibration,
            snapshot.manifest.snapshot_id,
            cache_entries=cache_entries,
        )

    def article(self, article_id: str, lang: str) -> ArticleRecord | None:
        """Return an article in ``lang``, or in another language when it has no such version."""
        return self._records.get((article_id, lang)) or self._any_record.get(article_id)

    def search(self, query: Query) -> SearchResult:
        """Return the hits for ``query``, the secret it holds, and whether it was answered."""
        secret = find_secret(query.text)
        if secret is not None:
            lang = query.lang or detect_language(query.text)
            return SearchResult(self.snapshot_id, lang, False, 0.0, secret=secret.kind)
        known = self._results.get(query)
        if known is None:
            known = self._results.put(query, self._search(query))
        return known

    def _search(self, query: Query) -> SearchResult:
        scored = self.score(query.text)
        lang = query.lang or self._language(query.text, scored)
        among = None
        if query.category is not None:
            among = self._in_category.get(query.category, np.zeros(0, np.int64))
        order = scored.order(max(query.limit, 2), among)  # the gap to the second says how sure
        answered, certainty = self.decide(scored, order)
        if not answered and query.category is None and _INITIALS.fullmatch(query.text.strip()):
            completed = self._completed(query.text, lang if query.lang else "zh", query.limit)
            if completed:  # "zjc": perhaps 助记词, which no reading of a query may claim to know
                lang = query.lang or "zh"
                order = list(dict.fromkeys((*completed, *order)))
        weights = {t: self.parts.body.idf(t) for t in chain.from_iterable(scored.terms)}
        hits = self._hits(order[: query.limit], scored, lang, weights)
        urgent = self.article(self._emergency(scored), lang) if self._is_emergency(scored) else None
        return SearchResult(self.snapshot_id, lang, answered, certainty, hits, urgent)

    def _completed(self, prefix: str, lang: str, limit: int) -> list[int]:
        """Return the numbers of the articles whose phrases ``prefix`` starts."""
        found = self.parts.suggestions.complete(prefix, lang, limit)
        return [self.article_ids.index(suggestion.article_id) for suggestion in found]

    def _emergency_lead(self, scored: Scored) -> tuple[float, float]:
        """Return how far the best emergency article leads all others, and its score.

        Without one, or with nothing but such articles, both are 0.
        """
        if not self._urgent.any() or self._urgent.all():
            return 0.0, 0.0
        best = float(scored.scores[self._urgent].max())
        return best - float(scored.scores[~self._urgent].max()), best

    def _is_emergency(self, scored: Scored) -> bool:
        if not self._urgent.any():
            return False
        return self.parts.urgency.logit(self.urgency_features(scored)) > URGENT_LOGIT

    def urgency_features(self, scored: Scored) -> Features:
        """Return what tells whether somebody is losing coins right now."""
        return scored.features(*self._emergency_lead(scored))

    def _emergency(self, scored: Scored) -> str:
        number = int(np.where(self._urgent, scored.scores, -np.inf).argmax())
        return self.article_ids[number]

    def suggest(self, prefix: str, lang: str | None, limit: int) -> list[Suggestion]:
        """Return completions of what is being typed; nothing when it looks like a secret."""
        if find_secret(prefix) is not None:
            return []
        complete = self.parts.suggestions.complete
        if lang is not None:
            return complete(prefix, lang, limit)
        # Latin letters may be pinyin or English: what completes them tells.
        return complete(prefix, "zh", limit) or complete(prefix, "en", limit)

    def score(
        self,
        text: str,
        *,
        hidden_rows: Collection[int] = (),
        hidden_background: int | None = None,
        body: LexicalScorer | None = None,
        classifier: ArticleClassifier | None = None,
    ) -> Scored:
        """Score every article for ``text``.

        Args:
            text: the query as typed.
            hidden_rows: passages left out, to test a phrase without itself.
            hidden_background: off-topic example left out, for the same purpose.
            body: takes the place of the lexical index, likewise.
            classifier: one that has not seen the hidden rows; none without it.
        """
        normalised = without_chatter(normalise(text), self.parts.chatter)
        described = describe_references(normalised)
        readings = tuple(
            dict.fromkeys((normalised, described, *self.parts.speller.readings(described)))
        )
        texts = (*readings, *split_clauses(described))
        terms = [terms_of(text) for text in texts]
        vectors = self._encode(texts)
        scored = self._score_texts(
            terms,
            vectors,
            hidden_rows,
            hidden_background,
            body or self.parts.body,
            classifier if hidden_rows else self.parts.classifier,
        )
        parts = scored[: len(readings)]
        telling = self._telling(scored[len(readings) :])
        gain = 1.0
        if telling is not None:
            parts = [_blend(part, telling) for part in parts]
            gain = LONG_LEXICAL_GAIN
        fused = np.stack([self._fuse(part, gain) for part in parts])
        best_reading = int(fused.max(axis=1).argmax())
        best = parts[best_reading]
        return Scored(
            readings=readings,
            best_reading=best_reading,
            scores=fused.max(axis=0),
            cosine=best.cosine,
            coverage=best.coverage,
            log_share=best.log_share,
            own=best.own,
            foreign=best.foreign,
            vector=vectors[best_reading],
            terms=tuple(terms[: len(readings)]),
        )

    def decide(self, scored: Scored, order: Sequence[int]) -> tuple[bool, float]:
        """Return whether an article of ``order`` is about the question, and the confidence.

        Args:
            scored: scores of all articles.
            order: numbers of the articles that may be shown, best first; one category or all.
        """
        if not order:
            return False, 0.0
        first = float(scored.scores[order[0]])
        second = float(scored.scores[order[1]]) if len(order) > 1 else 0.0
        scope = self.parts.scope.logit(scored.scope_features(order[0]))
        return scope >= self.calibration.in_scope, confidence(
            self.calibration, scope, first - second
        )

    def _score_texts(
        self,
        terms: Sequence[Sequence[str]],
        vectors: FloatMatrix,
        hidden_rows: Collection[int],
        hidden_background: int | None,
        body: LexicalScorer,
        classifier: ArticleClassifier | None,
    ) -> list[_Part]:
        closest, own = self._closest(vectors, hidden_rows)
        cosines = weigh(closest, self._together(vectors, hidden_rows))
        foreign = self._foreign(vectors, hidden_background)
        shares = classifier.log_shares(vectors, terms) if classifier else np.zeros_like(cosines)
        return [
            _Part(cosine, self._coverage(asked, body), share, near, far)
            for asked, cosine, share, near, far in zip(
                terms, cosines, shares, own, foreign, strict=True
            )
        ]

    def _coverage(self, terms: Sequence[str], body: LexicalScorer) -> FloatVector:
        """Return BM25 of each article as a share of what it could be at most."""
        title = self.parts.title
        bound = body.upper_bound(terms) + _TITLE_WEIGHT * title.upper_bound(terms)
        bm25 = body.scores(terms) + np.float32(_TITLE_WEIGHT) * title.scores(terms)
        return bm25 * np.float32(1 / max(bound, 1e-6))

    def _closest(
        self, vectors: FloatMatrix, hidden_rows: Collection[int]
    ) -> tuple[FloatMatrix, list[float]]:
        """Return how close each article comes by its questions, and the mean of the best few rows.

        An article's closeness is the mean inner product of its best two rows, since one alone may
        be close by chance. In place of a row that is not among the best stands the last one there:
        more it cannot have.

        Returns:
            Shape ``[texts, articles]``; one mean a text.
        """
        scores, rows = self.parts.vectors.asked.search(vectors, _ROWS + len(hidden_rows))
        closest = np.repeat(scores[:, -1:], len(self.article_ids), axis=1)
        own = []
        # A hundred rows: a loop over them takes less time than a dozen calls of numpy.
        for line, numbers, found in zip(closest, rows, scores.tolist(), strict=True):
            articles, last = self._article_of_row[numbers].tolist(), found[-1]
            if hidden_rows:
                shown = np.isin(numbers, list(hidden_rows), invert=True)
                articles, found = list(compress(articles, shown)), list(compress(found, shown))
            best: dict[int, float] = {}
            second: dict[int, float] = {}
            for article, score in zip(articles, found, strict=True):
                if article not in best:
                    best[article] = score
                elif article not in second:
                    second[article] = score
            line[list(best)] = [(best[a] + second.get(a, last)) / 2 for a in best]
            own.append(_mean(found[:_NEIGHBOURS]))
        return closest, own

    def _together(self, vectors: FloatMatrix, hidden_rows: Collection[int]) -> FloatMatrix:
        """Return how close each text comes to each article's centroid, ``[texts, articles]``."""
        centroids = self.parts.vectors.centroids
        together = centroids.closeness(vectors, _ROWS)
        if hidden_rows:
            rows = list(hidden_rows)
            article = int(self._article_of_row[rows[0]])
            hidden = self.parts.vectors.asked.vectors(rows)
            together[:, article] = centroids.without(article, hidden, vectors)
        return together

    def _foreign(self, vectors: FloatMatrix, hidden: int | None) -> list[float]:
        """Return the mean cosine of each text to the closest off-topic examples; 0 without any."""
        background = self.parts.background
        if not background.row_count:
            return [0.0] * len(vectors)
        scores, rows = background.search(vectors, _NEIGHBOURS + 1)
        return [
            _mean([score for score, row in zip(*pair, strict=True) if row != hidden][:_NEIGHBOURS])
            for pair in zip(scores.tolist(), rows.tolist(), strict=True)
        ]

    def _fuse(self, part: _Part, gain: float = 1.0) -> FloatVector:
        weight = gain * self.calibration.lexical_weight
        return fuse(part.cosine, part.coverage, part.log_share, weight)

    def _telling(self, clauses: Sequence[_Part]) -> _Part | None:
        """Return the mean of the clauses that are most about an article and least foreign."""
        if not clauses:
            return None
        told = [float(self._fuse(part).max()) - part.foreign for part in clauses]
        best = np.argsort(-np.array(told), kind="stable")[:_TELLING_CLAUSES]
        chosen = [clauses[i] for i in best]
        return _Part(
            np.mean([part.cosine for part in chosen], axis=0),
            np.mean([part.coverage for part in chosen], axis=0),
            np.mean([part.log_share for part in chosen], axis=0),
            float(np.mean([part.own for part in chosen])),
            float(np.mean([part.foreign for part in chosen])),
        )

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = ((text, self._vectors.get(text)) for text in texts)
        known = {text: vector for text, vector in found if vector is not None}
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        if missing:
            fresh = centred(self._encoder.encode_queries(missing), self.parts.query_mean)
            for text, vector in zip(missing, fresh, strict=True):
                known[text] = self._vectors.put(text, vector)
        return np.stack([known[text] for text in texts])

    def _language(self, text: str, scored: Scored) -> str:
        if scored.best_reading and detect_language(scored.readings[scored.best_reading]) == "zh":
            return "zh"  # pinyin
        return detect_language(text)

    def _hits(
        self, order: Sequence[int], scored: Scored, lang: str, weights: Mapping[str, float]
    ) -> tuple[Hit, ...]:
        if not order:
            return ()
        ids = [self.article_ids[number] for number in order]
        records = [self._records.get((i, lang)) or self._any_record[i] for i in ids]
        sections = [self._sections.get((r.article_id, r.lang), slice(0, 0)) for r in records]
        stored = np.concatenate([self.parts.vectors.sections[rows] for rows in sections])
        cosines = stored.astype(np.float32) @ scored.vector
        hits, start = [], 0
        for rank, (number, record, rows) in enumerate(
            zip(order, records, sections, strict=True), 1
        ):
            anchor, excerpt = "", Excerpt(record.summary)
            own = cosines[start : start + rows.stop - rows.start]
            start += len(own)
            if len(own):
                best = self._section_passages[rows.start + int(own.argmax())]
                anchor, excerpt = best.anchor, make_excerpt(best.text, weights)
            hits.append(Hit(rank, float(scored.scores[number]), record, anchor, excerpt))
        return tuple(hits)


def _blend(whole: _Part, clauses: _Part) -> _Part:
    return _Part(
        blend(whole.cosine, clauses.cosine),
        blend(whole.coverage, clauses.coverage),
        blend(whole.log_share, clauses.log_share),
        blend(whole.own, clauses.own),
        blend(whole.foreign, clauses.foreign),
    )


class _Recent(Generic[Key, Value]):
    """A dictionary of a bounded size that forgets what was not asked for the longest."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._entries:
                self._values.popitem(last=False)
        return value


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))
