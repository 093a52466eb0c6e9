"""Searches for a phrase as if the article did not hold it; knows nothing of thresholds.

An article's own questions are in the index, so a query equal to one of them always finds it.
Without itself the phrase is a fair test of whether other people's words would. The same words may
also stand in the article's other language or among its further phrasings: they are taken out too.
The classifier is one of a few that were fitted without a part of the phrases, this one among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb_build.classifier_training import train_classifier
from search_index.analyzer import analyze, normalise
from search_index.classifier import ArticleClassifier
from search_index.lexical import K1, B, LexicalIndex
from search_index.records import Kind, Passage
from search_index.searcher import Scored, Searcher

_FOLDS = 4


@dataclass(frozen=True, slots=True)
class LexicalWithout:
    """A lexical index in which one document lacks some of its terms."""

    index: LexicalIndex
    document: int
    counts: Counter[str]
    length: int
    mean_length: float

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Return BM25 of each document, as `LexicalIndex.scores`."""
        scores = self.index.scores(terms)
        norm = K1 * (1 - B + B * self.length / self.mean_length)
        own = sum(
            self.index.idf(term) * self.counts[term] / (self.counts[term] + norm)
            for term in terms
            if self.counts[term] > 0
        )
        scores[self.document] = own
        return scores

    def upper_bound(self, terms: Sequence[str]) -> float:
        """Return the bound of the whole index."""
        return self.index.upper_bound(terms)


class LeaveOneOut:
    """Scores questions of the index without themselves.

    Args:
        searcher: the index under test.
        documents: terms of each document of the body index, in order.
    """

    def __init__(self, searcher: Searcher, documents: Sequence[Sequence[str]]) -> None:
        self._searcher = searcher
        self._counts = [Counter(terms) for terms in documents]
        self._lengths = [len(terms) for terms in documents]
        self._mean_length = sum(self._lengths) / max(1, len(self._lengths))
        self._rows: dict[tuple[str, str], list[int]] = {}
        self._classifiers: dict[int, ArticleClassifier | None] = {}
        for row, passage in enumerate(searcher.parts.passages):
            if passage.kind in ("question", "phrasing"):
                self._rows.setdefault(_key(passage), []).append(row)
        self._folds = {key: number % _FOLDS for number, key in enumerate(self._rows)}

    def questions(self) -> list[tuple[int, Passage]]:
        """Return (row, passage) of every question in the index."""
        return self._of_kind("question")

    def phrasings(self) -> list[tuple[int, Passage]]:
        """Return (row, passage) of every further phrasing in the index."""
        return self._of_kind("phrasing")

    def _of_kind(self, kind: Kind) -> list[tuple[int, Passage]]:
        passages = self._searcher.parts.passages
        return [(row, p) for row, p in enumerate(passages) if p.kind == kind]

    def closest(self, article_id: str, scored: Scored) -> Passage:
        """Return the article's question or phrasing that means most nearly what was scored."""
        rows = [
            row for (owner, _), rows in self._rows.items() if owner == article_id for row in rows
        ]
        cosines = self._searcher.parts.vectors.asked.vectors(rows) @ scored.vector
        return self._searcher.parts.passages[rows[int(cosines.argmax())]]

    def score(self, passage: Passage, text: str | None = None) -> Scored:
        """Score a text with all rows taken out that say what ``passage`` says.

        Args:
            passage: a question or phrasing of the index.
            text: the passage's own when None.
        """
        document = self._searcher.article_ids.index(passage.article_id)
        rows = self._rows[_key(passage)]
        terms = [t for row in rows for t in analyze(self._searcher.parts.passages[row].text)]
        lexical = LexicalWithout(
            self._searcher.parts.body,
            document,
            self._counts[document] - Counter(terms),
            self._lengths[document] - len(terms),
            self._mean_length,
        )
        classifier = self._classifier_without(_key(passage))
        return self._searcher.score(
            passage.text if text is None else text,
            hidden_rows=rows,
            body=lexical,
            classifier=classifier,
        )

    def _classifier_without(self, key: tuple[str, str]) -> ArticleClassifier | None:
        """Return the classifier that has not seen the phrase; None when the index has none."""
        parts = self._searcher.parts
        if parts.classifier is None:
            return None
        fold = self._folds[key]
        if fold not in self._classifiers:
            left_out = np.zeros(parts.vectors.asked.row_count, dtype=bool)
            for known, rows in self._rows.items():
                left_out[rows] = self._folds[known] == fold
            self._classifiers[fold] = train_classifier(parts, left_out)
        return self._classifiers[fold]


def _key(passage: Passage) -> tuple[str, str]:
    return passage.article_id, normalise(passage.text)
