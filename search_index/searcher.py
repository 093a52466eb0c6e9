"""Answers queries from one open snapshot; knows nothing of HTTP, files or Markdown.

Recipe (findings/retrieval.md): every reading of the query is scored by
``max cosine + λ · BM25 / upper bound`` over both languages of an article, the best reading
wins, and the score is absolute, so it also says whether the question is ours at all.
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
from search_index.encoder import Encoder
from search_index.excerpt import make_excerpt
from search_index.fusion import confidence, fuse
from search_index.manifest import Calibration
from search_index.records import ArticleRecord, Excerpt, Hit, Query, SearchResult
from search_index.secrets import find_secret
from search_index.snapshot import IndexParts, Snapshot
from search_index.suggestions import Suggestion

_ROWS = 512
"""Rows asked of the vector index for each reading; articles beyond them get an exact score."""
_LEXICAL_CANDIDATES = 30
_TITLE_WEIGHT = 0.5
_MINIMUM = np.float32(-1.0)

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
        background: cosine to the closest off-topic example, best over the readings.
        vectors: query vectors, shape ``[readings, dim]``.
    """

    readings: tuple[str, ...]
    best_reading: int
    scores: FloatVector
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
        self._ranked_row = np.array([p.kind != "section" for p in parts.passages])
        self._rows_of: defaultdict[int, list[int]] = defaultdict(list)
        self._section_rows: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for row, passage in enumerate(parts.passages):
            if passage.kind == "section":
                self._section_rows[passage.article_id, passage.lang].append(row)
            else:
                self._rows_of[number_of[passage.article_id]].append(row)
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
        urgent = None
        if answered and hits and hits[0].article.urgency == "urgent":
            urgent = hits[0].article
        return SearchResult(self.snapshot_id, lang, answered, certainty, hits, urgent)

    def suggest(self, prefix: str, lang: str | None, limit: int) -> list[Suggestion]:
        """Return completions of what is being typed; nothing when it looks like a secret."""
        if find_secret(prefix) is not None:
            return []
        wanted = lang or ("zh" if "zh" in {a.lang for a in self.parts.articles} else "en")
        return self.parts.suggestions.complete(prefix, wanted, limit)

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
        best: FloatVector | None = None
        best_reading = 0
        for number, reading in enumerate(readings):
            scores = self._score_reading(
                reading, vectors[number], hidden_rows, body or self.parts.body
            )
            if best is None:
                best = scores
            else:
                if scores.max() > best.max():
                    best_reading = number
                best = np.maximum(best, scores)
        assert best is not None
        background = 0.0
        if self.parts.background.row_count:
            nearest, _ = self.parts.background.search(vectors, 1)
            background = float(nearest.max())
        return Scored(readings, best_reading, best, background, vectors)

    def decide(self, scored: Scored, order: Sequence[int]) -> tuple[bool, float]:
        """Return whether the question is ours, and how sure the first hit is (0 to 1)."""
        if not order:
            return False, 0.0
        first = float(scored.scores[order[0]])
        second = float(scored.scores[order[1]]) if len(order) > 1 else 0.0
        scope_score = self.scope_score(scored)
        answered = scope_score >= self.calibration.in_scope
        return answered, confidence(self.calibration, scope_score, first - second)

    def scope_score(self, scored: Scored) -> float:
        """Return the score that is compared with the threshold: higher is more in scope."""
        return float(scored.scores.max() - self.calibration.background_weight * scored.background)

    def _score_reading(
        self,
        reading: str,
        vector: FloatVector,
        hidden_rows: Collection[int],
        body: LexicalScorer,
    ) -> FloatVector:
        terms = terms_of(reading)
        bm25 = body.scores(terms) + _TITLE_WEIGHT * self.parts.title.scores(terms)
        bound = body.upper_bound(terms) + _TITLE_WEIGHT * self.parts.title.upper_bound(terms)

        cosine = np.full(len(self.article_ids), _MINIMUM, dtype=np.float32)
        scores, rows = self.parts.dense.search(vector[None, :], _ROWS + len(hidden_rows))
        usable = self._ranked_row[rows[0]]
        if hidden_rows:
            usable &= ~np.isin(rows[0], list(hidden_rows))
        np.maximum.at(cosine, self._article_of_row[rows[0][usable]], scores[0][usable])

        # Articles that only words brought up: their exact cosine, from the stored vectors.
        for number in np.argsort(-bm25, kind="stable")[:_LEXICAL_CANDIDATES]:
            if cosine[number] == _MINIMUM and bm25[number] > 0:
                own = [r for r in self._rows_of[int(number)] if r not in hidden_rows]
                if own:
                    cosine[number] = (self.parts.dense.vectors(own) @ vector).max()
        return fuse(cosine, bm25, bound, self.calibration.lexical_weight)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        missing = [text for text in texts if text not in known]
        if missing:
            fresh = self._encoder.encode_queries(missing)
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
