"""Vector search (the only door to FAISS): inner product, higher is better.

It knows rows and scores, nothing of what a row stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]


class DenseIndex:
    """Exact inner-product search over the rows of a matrix."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: FloatMatrix) -> DenseIndex:
        """Index ``vectors``, shape ``[rows, dim]``, float32."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
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
        limit = min(limit, self.row_count)
        scores, rows = self._index.search(np.ascontiguousarray(queries), limit)
        return scores, rows

    def vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> FloatMatrix:
        """Return the stored vectors of ``rows``, shape ``[len(rows), dim]``."""
        numbers = np.asarray(rows, dtype=np.int64)
        if not len(numbers):
            return np.zeros((0, self.dim), dtype=np.float32)
        stored: FloatMatrix = self._index.reconstruct_batch(numbers)
        return stored

    def save(self, path: Path) -> None:
        """Write the index to one file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read what `save` wrote."""
        return cls(faiss.read_index(str(path)))
