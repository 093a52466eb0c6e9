"""Plain dense retrieval and its hybrid with BM25, with the encoder that ours has.

As their tutorials show them: every text a row, the closest row of an article counts, lists fused
by reciprocal rank. It knows nothing of our scoring.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpora import Corpus, Document
from numpy.typing import NDArray
from outcomes import Outcome, Ranked, ask_all
from text_engines import WordsBm25

from kb_build.model import Model
from kb_build.vectors import Role, encode_texts
from search_index.encoder import Encoder

_RRF_K = 60
_PASSAGES = 100


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Vectors of all passages of a set.

    Attributes:
        articles: article id of each row.
        matrix: float32, shape ``[rows, dim]``, rows of length 1.
        encode_s: CPU seconds that encoding takes; texts that another variant of the set had
            encoded already are charged at the mean of the others.
    """

    articles: tuple[str, ...]
    matrix: NDArray[np.float32]
    encode_s: float


class PassageEncoder:
    """Makes passage vectors with the model, and query vectors with its export.

    Args:
        model: of the write side.
        queries: the query encoder of our snapshot.
        cache: vectors of texts, so that several engines share them; not the cache of ours, or
            its texts would be had for nothing.
    """

    def __init__(self, model: Model, queries: Encoder, cache: Path) -> None:
        self._model = model
        self.queries = queries
        self._cache = cache
        self._made: dict[tuple[str, bool, bool], PassageVectors] = {}
        self._each: dict[tuple[str, bool], float] = {}

    def encode(self, corpus: Corpus, *, whole: bool) -> PassageVectors:
        """Return one vector a document, or one for each of its texts."""
        key = (corpus.name, corpus.has_phrasings, whole)
        if key not in self._made:
            items = [
                (d.article_id, text)
                for d in corpus.documents
                for text in ([_whole(d)] if whole else _texts(d))
            ]
            started = time.process_time()
            matrix, fresh = encode_texts([text for _, text in items], self._model, self._cache)
            if fresh > len(items) / 2:
                self._each[corpus.name, whole] = (time.process_time() - started) / fresh
            seconds = self._each.get((corpus.name, whole), 0.0) * len(items)
            self._made[key] = PassageVectors(tuple(a for a, _ in items), matrix, seconds)
        return self._made[key]


def run_dense(corpus: Corpus, encoder: PassageEncoder, *, whole: bool) -> Outcome:
    """Run plain dense retrieval."""
    vectors = encoder.encode(corpus, whole=whole)

    def search(text: str) -> Ranked:
        return nearest(vectors, encoder.queries.encode_queries([text])[0])

    return Outcome(ask_all(corpus, search), vectors.encode_s, vectors.matrix.nbytes)


def run_hybrid(corpus: Corpus, encoder: PassageEncoder, *, whole: bool) -> Outcome:
    """Run BM25 over jieba's words and dense retrieval, fused by reciprocal rank."""
    vectors = encoder.encode(corpus, whole=whole)
    started = time.process_time()
    words = WordsBm25(corpus)
    seconds = time.process_time() - started

    def search(text: str) -> Ranked:
        dense = nearest(vectors, encoder.queries.encode_queries([text])[0])
        return fuse_ranks([dense, words.search(text)])

    size = vectors.matrix.nbytes + words.index_bytes
    return Outcome(ask_all(corpus, search), vectors.encode_s + seconds, size)


def nearest(vectors: PassageVectors, query: NDArray[np.float32]) -> Ranked:
    """Return articles by their closest passage, exactly."""
    cosines = vectors.matrix @ query
    best = np.argsort(-cosines, kind="stable")[:_PASSAGES]
    return [(vectors.articles[i], float(cosines[i])) for i in best]


def fuse_ranks(lists: Iterable[Ranked]) -> Ranked:
    """Return the articles of several rankings by reciprocal rank (Cormack et al. 2009, k = 60)."""
    scores: dict[str, float] = {}
    for ranked in lists:
        for rank, article_id in enumerate(dict.fromkeys(a for a, _ in ranked), 1):
            scores[article_id] = scores.get(article_id, 0.0) + 1 / (_RRF_K + rank)
    return sorted(scores.items(), key=lambda item: -item[1])


def _whole(document: Document) -> tuple[Role, str]:
    parts = [document.title, document.summary, *document.asked, document.body]
    return "document", "\n".join(filter(None, parts))


def _texts(document: Document) -> list[tuple[Role, str]]:
    own = "\n".join(filter(None, [document.title, document.summary, document.body]))
    # The encoder's own page: "query: " on both sides when like is compared with like.
    return [("document", own), *(("query", text) for text in document.asked)]
