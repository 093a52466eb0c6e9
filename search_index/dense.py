"""Vector search (the only door to FAISS): inner product, higher is better.

It knows rows and scores, nothing of what a row stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]

EXACT_ROWS = 2_000
"""An index of up to so many rows is searched exactly: codes would gain nothing."""
MANY_ROWS = 50_000
"""Of an index of more rows, twice as many as asked for are scored again."""
_RESCORED = 96
"""Rows scored again at least, however few are asked for: then the best five are the true ones."""
_CODEBOOK_ROWS = 8_192
"""Rows that the codes are learned from; more find nothing more."""


def centred(vectors: FloatMatrix, mean: NDArray[np.float32]) -> FloatMatrix:
    """Return ``vectors`` less ``mean``, each of length 1 again.

    Encoders of the e5 family put any two texts at a cosine of 0.7 or more; what all texts of a
    site share tells nothing (Mu & Viswanath 2018). Measured on the development queries: hit@1
    +1 point, and scores that can be compared with a threshold.

    Args:
        vectors: shape ``[rows, dim]``, float32.
        mean: shape ``[dim]``.
    """
    return of_length_1(vectors - mean)


def of_length_1(vectors: FloatMatrix) -> FloatMatrix:
    """Return each row of ``vectors``, shape ``[rows, dim]``, with length 1; zeros stay zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: FloatMatrix = (vectors / np.maximum(lengths, 1e-6)).astype(np.float32, copy=False)
    return unit


class DenseIndex:
    """Inner-product search over the rows of a matrix.

    Few rows are all compared. Of many, codes of four bits for every two values are compared, which
    the processor's registers hold (André, Kermarrec & Le Scouarnec 2015), and the best are scored
    again from the rows, which are kept in half precision: the same scores to five digits, just as
    fast, in half of the memory. Measured: 8,889 rows of ours and the best 256 asked for 0.24 ms
    instead of 0.7, all of the best 10 and 99.9% of the best 100; 800,000 rows 99.7% of the best 10
    (benchmarks/scale.py). Clusters of rows (IVF) were faster by half there, but took five times as
    long to build and found 97% of the best 10 of unusual queries.
    """

    def __init__(self, index: faiss.Index) -> None:
        self._index: Any = index
        self._stored: Any = getattr(index, "refine_index", index)
        self._again = 1.0 if index.ntotal <= MANY_ROWS else 2.0
        self._known_parameters: dict[int, Any] = {}

    @classmethod
    def build(cls, vectors: FloatMatrix) -> DenseIndex:
        """Index float32 ``[rows, dim]``, dim even; the same rows give the same bytes."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        rows, dim = vectors.shape
        kind = "Flat"
        if rows > EXACT_ROWS:
            kind = f"PQ{dim // 2}x4fs,Refine(SQfp16)"
        index: Any = faiss.index_factory(dim, kind, faiss.METRIC_INNER_PRODUCT)
        index.train(_sample(vectors))
        index.add(vectors)
        return cls(index)

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self._index.d)

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return int(self._index.ntotal)

    def search(self, queries: FloatMatrix, limit: int) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the best rows of each query.

        Args:
            queries: shape ``[queries, dim]``, float32.
            limit: rows for each query at most.

        Returns:
            Scores (inner products, descending) and row numbers, both ``[queries, limit]``.
        """
        queries = np.ascontiguousarray(queries)
        limit = min(limit, self.row_count)
        found: tuple[FloatMatrix, NDArray[np.int64]]
        found = self._index.search(queries, limit, params=self._parameters(limit))
        return found

    def _parameters(self, limit: int) -> Any:
        """Return how many rows to score again; few different limits are ever asked for."""
        if limit not in self._known_parameters:
            again = max(self._again, min(_RESCORED, self.row_count) / max(1, limit))
            refined = again > 1 and self._stored is not self._index
            self._known_parameters[limit] = (
                faiss.IndexRefineSearchParameters(k_factor=again)  # type: ignore[call-arg]
                if refined
                else None
            )
        return self._known_parameters[limit]

    def scores(self, queries: FloatMatrix, closest: int) -> FloatMatrix:
        """Return the inner product of each query and each row.

        Args:
            queries: shape ``[queries, dim]``, float32.
            closest: rows told apart at least; of many, the others get the last one's score.

        Returns:
            Shape ``[queries, rows]``.
        """
        if self.row_count <= EXACT_ROWS:
            exact: FloatMatrix = queries @ self._all_rows.T
            return exact
        found, rows = self.search(queries, closest)
        scores = np.repeat(found[:, -1:], self.row_count, axis=1)
        np.put_along_axis(scores, rows, found, axis=1)
        return scores

    @cached_property
    def _all_rows(self) -> FloatMatrix:
        return self.vectors(np.arange(self.row_count))

    def vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> FloatMatrix:
        """Return the stored vectors of ``rows``, shape ``[len(rows), dim]``."""
        numbers = np.asarray(rows, dtype=np.int64)
        if not len(numbers):
            return np.zeros((0, self.dim), dtype=np.float32)
        stored: FloatMatrix = self._stored.reconstruct_batch(numbers)
        return stored

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read what `save` wrote."""
        return cls(faiss.read_index(str(path)))


def _sample(vectors: FloatMatrix) -> FloatMatrix:
    """Return rows drawn at random: an even stride would follow the order of the articles."""
    if len(vectors) <= _CODEBOOK_ROWS:
        return vectors
    drawn = np.random.default_rng(1).choice(len(vectors), _CODEBOOK_ROWS, replace=False)
    sample: FloatMatrix = vectors[np.sort(drawn)]
    return sample
