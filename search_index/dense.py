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


def centred(vectors: FloatMatrix, mean: NDArray[np.float32]) -> FloatMatrix:
    """Return ``vectors`` less ``mean``, each of length 1 again.

    Encoders of the e5 family put any two texts at a cosine of 0.7 or more; what all texts of a
    site share tells nothing (Mu & Viswanath 2018). Measured on the development queries: hit@1
    +1 point, and scores that can be compared with a threshold.

    Args:
        vectors: shape ``[rows, dim]``, float32.
        mean: shape ``[dim]``.
    """
    moved = vectors - mean
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    centred_vectors: FloatMatrix = (moved / np.maximum(lengths, 1e-6)).astype(np.float32)
    return centred_vectors


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

    def search(
        self, queries: FloatMatrix, limit: int, within: range | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the best rows of each query.

        Args:
            queries: shape ``[queries, dim]``, float32.
            limit: rows for each query at most.
            within: only rows of this range, step 1; all rows when None.

        Returns:
            Scores (inner products, descending) and row numbers, both ``[queries, limit]``.
        """
        queries = np.ascontiguousarray(queries)
        if within is None:
            scores, rows = self._index.search(queries, min(limit, self.row_count))
        else:
            selector = faiss.IDSelectorRange(within.start, within.stop)
            scores, rows = self._index.search(
                queries,
                min(limit, len(within)),
                params=faiss.SearchParameters(sel=selector),  # type: ignore[call-arg]
            )
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
