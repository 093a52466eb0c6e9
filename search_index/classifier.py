"""Which article a query is about, as learned from everything articles are asked.

Closeness to questions knows what a text means, BM25 which words are rare; this knows which words
and which directions of meaning tell articles apart. A multinomial logistic model of the query's
vector and its distinct terms; `kb_build.classifier_training` fits it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]

_HEADER = "classifier.json"
_DENSE = "dense.npy"
_WORDS = "words.npy"


@dataclass(frozen=True, slots=True)
class ArticleClassifier:
    """Weights of the model.

    Attributes:
        article_ids: of the columns, ascending.
        dense: the vector's weights, then one row that is added always, ``[dim + 1, articles]``.
        numbers: term → row of ``words``.
        words: half precision ``[terms, articles]``; of a query of n distinct terms each weighs
            1/√n of its row.
    """

    article_ids: tuple[str, ...]
    dense: FloatMatrix
    numbers: Mapping[str, int]
    words: NDArray[np.float16]

    def log_shares(self, vectors: FloatMatrix, terms: Sequence[Collection[str]]) -> FloatMatrix:
        """Return the logarithm of the probability that each article is meant, at most 0.

        Args:
            vectors: centred query vectors of length 1, ``[texts, dim]``.
            terms: analysed terms of each text.

        Returns:
            Shape ``[texts, articles]``.
        """
        logits: FloatMatrix = vectors @ self.dense[:-1] + self.dense[-1]
        for line, own in zip(logits, terms, strict=True):
            distinct = set(own)
            rows = sorted(self.numbers[term] for term in distinct if term in self.numbers)
            if rows:
                line += self.words[rows].sum(axis=0, dtype=np.float32) / math.sqrt(len(distinct))
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return logits

    def save(self, folder: Path) -> None:
        """Write two arrays and a header into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / _DENSE, self.dense, allow_pickle=False)
        np.save(folder / _WORDS, self.words, allow_pickle=False)
        header = {"article_ids": self.article_ids, "terms": list(self.numbers)}
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
        (folder / _HEADER).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ArticleClassifier | None:
        """Read what `save` wrote; None when nothing was written.

        The words stay in the file, of which a query reads a few rows.
        """
        if not (folder / _HEADER).is_file():
            return None
        header = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
        words = np.load(folder / _WORDS, allow_pickle=False, mmap_mode="r")
        return cls(
            tuple(header["article_ids"]),
            np.load(folder / _DENSE, allow_pickle=False),
            {term: number for number, term in enumerate(header["terms"])},
            np.asarray(words),  # a view of the mapped file: a memmap is slow to cut
        )
