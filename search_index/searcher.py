"""Answers queries from one open snapshot; knows nothing of HTTP, files or Markdown.

Recipe: every reading of the query is scored by a weighted sum of the closest whole article,
question and section, and of BM25 against its upper bound, over both languages of an article; the
best reading wins. The score is absolute, so it also says whether the question is ours at all.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import detect_language, normalise, terms_of
from search_index.dense import centred
from search_index.encoder import Encoder
from search_index.excerpt import make_excerpt
from search_index.fusion import confidence, fuse, scope_score, weigh
from search_index.manifest import Calibration
from search_index.records import ArticleRecord, Excerpt, Hit, Passage, Query, SearchResult
from search_index.secrets import find_secret
from search_index.snapshot import IndexParts, Snapshot
from search_index.suggestions import Suggestion

_ROWS = 512
"""Rows asked of each part of the vector index; articles beyond them get the last row's score."""
_TITLE_WEIGHT = 0.5
_PARTS: tuple[tuple[str, ...], ...] = (("article",), ("question", "phrasing"), ("section",))
"""Kinds of passages that are searched together; `fuse` weighs the parts in this order."""

FloatVector = NDArray[np.float32]


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
        readings: the normalised query first, then its other readings.
        best_reading: number of the reading that gave the first article its score.
        scores: fused score of each article id, shape ``[articles]``.
        cosine, coverage: the two parts of each article's score under that reading: weighted
            cosine, and BM25 as a share of its upper bound.
        background: cosine of that reading to the closest off-topic example.
        vectors: query vectors, shape ``[readings, dim]``.
    """

    readings: tuple[str, ...]
    best_reading: int
    scores: FloatVector
    cosine: FloatVector
    coverage: FloatVector
    background: float
    vectors: NDArray[np.float32]

    def order(self, limit: int) -> list[int]:
        """Return the numbers of the best articles, best first; ties by id."""
        ranked = np.lexsort((np.arange(len(self.scores)), -self.scores))
        return [int(i) for i in ranked[:limit]]


class Searcher:
    """Holds exactly one snapshot; safe to share between threads.

    Args:
        parts: the index.
        encoder: makes query vectors.
        calibration: weights and thresholds of the snapshot.
        snapshot_id: returned with each result.
        cache_entries: query vectors kept, the oldest forgotten first.
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
        self._cache: OrderedDict[str, FloatVector] = OrderedDict()
        self._cache_entries = cache_entries
        self._lock = Lock()
        self.article_ids = parts.article_ids
        number_of = {article_id: i for i, article_id in enumerate(self.article_ids)}
        self._article_of_row = np.array(
            [number_of[passage.article_id] for passage in parts.passages], dtype=np.int64
        )
        self._ranges = [_range_of(parts.passages, kinds) for kinds in _PARTS]
        self._section_rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for row in self._ranges[-1]:
            passage = parts.passages[row]
            self._section_rows[passage.article_id, passage.lang].append(row)
        self._urgent = np.array(
            [
                any(a.urgency == "urgent" for a in parts.articles if a.article_id == article_id)
                for article_id in self.article_ids
            ]
        )
        self._records = {(a.article_id, a.lang): a for a in parts.articles}

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
        record = self._records.get((article_id, lang))
        if record is None:
            versions = [a for a in self.parts.articles if a.article_id == article_id]
            record = versions[0] if versions else None
        return record

    def search(self, query: Query) -> SearchResult:
        """Return the hits for ``query``, the secret it holds, and whether it was answered."""
        secret = find_secret(query.text)
        if secret is not None:
            lang = query.lang or detect_language(query.text)
            return SearchResult(self.snapshot_id, lang, False, 0.0, secret=secret.kind)
        scored = self.score(query.text)
        lang = query.lang or self._language(query.text, scored)
        order = scored.order(len(self.article_ids))
        if query.category is not None:
            order = [i for i in order if self._category(i) == query.category]
        answered, certainty = self.decide(scored, order)
        hits = tuple(
            self._hit(rank, i, scored, lang) for rank, i in enumerate(order[: query.limit], 1)
        )
        urgent = self.article(self._emergency(scored), lang) if self._is_emergency(scored) else None
        return SearchResult(self.snapshot_id, lang, answered, certainty, hits, urgent)

    def emergency_lead(self, scored: Scored) -> tuple[float, float]:
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
        lead, best = self.emergency_lead(scored)
        vector = scored.vectors[scored.best_reading]
        return self.parts.urgency.logit(vector, lead, best) > 0

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
        body: LexicalScorer | None = None,
    ) -> Scored:
        """Score every article for ``text``.

        Args:
            text: the query as typed.
            hidden_rows: passages left out, to test a phrase without itself.
            body: takes the place of the lexical index, for the same purpose.
        """
        normalised = normalise(text)
        readings = (normalised, *self.parts.speller.readings(normalised))
        vectors = self._encode(readings)
        lexical_weight = self.calibration.lexical_weight
        parts = [
            self._score_reading(reading, vector, hidden_rows, body or self.parts.body)
            for reading, vector in zip(readings, vectors, strict=True)
        ]
        fused = np.stack([fuse(cosine, coverage, lexical_weight) for cosine, coverage in parts])
        best_reading = int(fused.max(axis=1).argmax())
        cosine, coverage = parts[best_reading]
        background = 0.0
        if self.parts.background.row_count:
            nearest, _ = self.parts.background.search(vectors[best_reading][None, :], 1)
            background = float(nearest[0, 0])
        return Scored(
            readings=readings,
            best_reading=best_reading,
            scores=fused.max(axis=0),
            cosine=cosine,
            coverage=coverage,
            background=background,
            vectors=vectors,
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
        scope = scope_score(
            self.calibration,
            float(scored.cosine[order[0]]),
            float(scored.coverage[order[0]]),
            scored.background,
        )
        return scope >= self.calibration.in_scope, confidence(
            self.calibration, scope, first - second
        )

    def _score_reading(
        self,
        reading: str,
        vector: FloatVector,
        hidden_rows: Collection[int],
        body: LexicalScorer,
    ) -> tuple[FloatVector, FloatVector]:
        """Return weighted cosine and coverage of each article."""
        terms = terms_of(reading)
        bm25 = body.scores(terms) + _TITLE_WEIGHT * self.parts.title.scores(terms)
        bound = body.upper_bound(terms) + _TITLE_WEIGHT * self.parts.title.upper_bound(terms)

        cosines = [self._closest(vector, within, hidden_rows) for within in self._ranges]
        coverage = (bm25 / max(bound, 1e-6)).astype(np.float32)
        return weigh(cosines), coverage

    def _closest(
        self, vector: FloatVector, within: range, hidden_rows: Collection[int]
    ) -> FloatVector:
        """Return the best inner product of each article with its rows in ``within``.

        An article without a row among the best gets the score of the last one: more it cannot
        have.
        """
        best = np.zeros(len(self.article_ids), dtype=np.float32)
        if not within:
            return best
        scores, rows = self.parts.dense.search(vector[None, :], _ROWS + len(hidden_rows), within)
        best[:] = scores[0, -1]
        usable = slice(None) if not hidden_rows else ~np.isin(rows[0], list(hidden_rows))
        np.maximum.at(best, self._article_of_row[rows[0][usable]], scores[0][usable])
        return best

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        missing = [text for text in texts if text not in known]
        if missing:
            fresh = centred(self._encoder.encode_queries(missing), self.parts.query_mean)
            known.update(zip(missing, fresh, strict=True))
            with self._lock:
                for text in missing:
                    self._cache[text] = known[text]
                while len(self._cache) > self._cache_entries:
                    self._cache.popitem(last=False)
        return np.stack([known[text] for text in texts])

    def _language(self, text: str, scored: Scored) -> str:
        if scored.best_reading and detect_language(scored.readings[scored.best_reading]) == "zh":
            return "zh"  # pinyin
        return detect_language(text)

    def _category(self, number: int) -> str:
        record = self.article(self.article_ids[number], "zh")
        assert record is not None
        return record.category

    def _hit(self, rank: int, number: int, scored: Scored, lang: str) -> Hit:
        record = self.article(self.article_ids[number], lang)
        assert record is not None
        vector = scored.vectors[scored.best_reading]
        terms = {t for reading in scored.readings for t in terms_of(reading)}
        rows = self._section_rows[record.article_id, record.lang]
        anchor, excerpt = "", Excerpt(record.summary)
        if rows:
            cosines = self.parts.dense.vectors(rows) @ vector
            best = self.parts.passages[rows[int(cosines.argmax())]]
            anchor = best.anchor
            excerpt = make_excerpt(best.text, terms, self.parts.body.idf)
        return Hit(rank, float(scored.scores[number]), record, anchor, excerpt)


def _range_of(passages: Sequence[Passage], kinds: tuple[str, ...]) -> range:
    """Return the rows of ``kinds``; passages are grouped by kind."""
    rows = [row for row, passage in enumerate(passages) if passage.kind in kinds]
    if not rows:
        return range(0)
    assert rows[-1] - rows[0] + 1 == len(rows), "passages are not grouped by kind"
    return range(rows[0], rows[-1] + 1)
