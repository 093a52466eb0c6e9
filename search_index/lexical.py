"""BM25 over analysed texts (the only door to bm25s); knows nothing of articles.

Source: Robertson & Zaragoza 2009; k1 = 1.2 and b = 0.75 as usual, they barely matter here
(findings/retrieval.md). Library: bm25s, eager sparse scores in numpy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import bm25s
import numpy as np
from bm25s.tokenization import Tokenized
from numpy.typing import NDArray

K1 = 1.2
B = 0.75


class LexicalIndex:
    """BM25 scores of a term list against every document."""

    def __init__(self, bm25: bm25s.BM25, vocabulary: dict[str, int]) -> None:
        self._bm25 = bm25
        self._vocabulary = vocabulary
        self._data = np.asarray(bm25.scores["data"])
        self._indices = np.asarray(bm25.scores["indices"])
        indptr = np.asarray(bm25.scores["indptr"])
        ends = indptr.tolist()
        self._postings = {term: slice(ends[i], ends[i + 1]) for term, i in vocabulary.items()}
        document_count = int(bm25.scores["num_docs"])
        df = np.diff(indptr).astype(np.float64)
        # Lucene's idf, the one that bm25s scores with.
        idf: list[float] = np.log1p((document_count - df + 0.5) / (df + 0.5)).tolist()
        self._idf = {term: idf[i] for term, i in vocabulary.items()}
        self._unknown_idf = float(np.log1p((document_count + 0.5) / 0.5))

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> LexicalIndex:
        """Index documents given as term lists; ids are sorted so that bytes are reproducible."""
        vocabulary = {
            term: i for i, term in enumerate(sorted({t for terms in documents for t in terms}))
        }
        ids = [[vocabulary[term] for term in terms] for terms in documents]
        bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        bm25.index(
            Tokenized(ids=ids, vocab=dict(vocabulary)),
            create_empty_token=False,
            show_progress=False,
        )
        return cls(bm25, vocabulary)

    @property
    def document_count(self) -> int:
        """Number of documents."""
        return int(self._bm25.scores["num_docs"])

    @property
    def vocabulary(self) -> dict[str, int]:
        """Term → id."""
        return self._vocabulary

    def idf(self, term: str) -> float:
        """Return the inverse document frequency; an unknown term has the highest."""
        return self._idf.get(term, self._unknown_idf)

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Return BM25 of each document, shape ``[documents]``, ≥ 0, higher is better.

        A term that stands twice in ``terms`` counts twice.
        """
        postings = list(filter(None, map(self._postings.get, terms)))
        if not postings:
            return np.zeros(self.document_count, dtype=np.float32)
        documents = np.concatenate([self._indices[posting] for posting in postings])
        weights = np.concatenate([self._data[posting] for posting in postings])
        scores = np.bincount(documents, weights, minlength=self.document_count)
        return scores.astype(np.float32)

    def upper_bound(self, terms: Sequence[str]) -> float:
        """Return a bound that no document's score passes: the sum of idf over all terms.

        Unknown terms count with the highest idf, so a query about something else keeps a low
        share of its bound (findings/retrieval.md, recipe 5; Lucene's form lacks the factor
        k1 + 1 = 2.2 on both sides).
        """
        return sum(map(self._idf.get, terms, repeat(self._unknown_idf)))

    def save(self, folder: Path) -> None:
        """Write the arrays and the vocabulary into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("data", "indices", "indptr"):
            np.save(folder / f"{name}.npy", self._bm25.scores[name], allow_pickle=False)
        header = {"documents": self.document_count, "vocabulary": sorted(self._vocabulary)}
        (folder / "terms.json").write_text(json.dumps(header, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read what `save` wrote."""
        header = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
        bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        bm25.scores = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False)
            for name in ("data", "indices", "indptr")
        }
        bm25.scores["num_docs"] = header["documents"]
        return cls(bm25, {term: i for i, term in enumerate(header["vocabulary"])})
