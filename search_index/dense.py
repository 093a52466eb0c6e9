"""Vector search (the only door to FAISS): inner product, higher is better.

It knows rows and scores, nothing of what a row stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]

EXACT_ROWS = 50_000
"""An index of up to so many rows is searched exactly, in less time than encoding takes."""
_EXACT_ROWS_OF_A_PART = 10_000
"""A part of a larger index is searched exactly up to so many rows: clusters would gain little."""
_CLUSTERS_TO_ROOT = 4
"""Clusters for each square root of the rows; a query looks into a quarter of them, at
most into `_MOST_PROBES`.

Source: benchmarks/scale.py and 70,000 rows made likewise, the best 512 rows of a development query
asked for: 99% of the best 10 and of the best 100 are found in 2.3 ms, exact search takes 10. A
graph (HNSW, 24 links, 512 entries looked at) takes 1.5 ms but finds fewer of the 512: 92%, clusters
98% (80,000 rows).
"""
_MOST_PROBES = 256
_TRAINING_ROWS_A_CLUSTER = 39
_TRAINING_ROUNDS = 6


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
    """Inner-product search over the rows of a matrix: exact, or by clusters when it is large.

    A large index has one FAISS index for each part of its rows that is searched alone: a filter
    over common clusters would find too few rows of a small part.
    """

    def __init__(self, indexes: Sequence[faiss.Index]) -> None:
        self._indexes = tuple(indexes)
        ends = np.cumsum([index.ntotal for index in self._indexes])
        self._ranges = [
            range(int(end) - index.ntotal, int(end))
            for index, end in zip(self._indexes, ends, strict=True)
        ]

    @classmethod
    def build(cls, vectors: FloatMatrix, parts: Sequence[range] = ()) -> DenseIndex:
        """Index ``vectors``, shape ``[rows, dim]``, float32.

        Args:
            vectors: up to `EXACT_ROWS` rows are kept as they are and searched exactly.
            parts: ranges that are searched alone and follow each other from row 0 to the last.
                A large index is made of them; each of them that is large as well is searched by
                clusters, its rows in half precision.
        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if len(vectors) <= EXACT_ROWS:
            return cls([_exact(vectors)])
        used = [part for part in parts if part] or [range(len(vectors))]
        borders = [0, *(part.stop for part in used)]
        assert borders == [*(part.start for part in used), len(vectors)], "parts leave rows out"
        return cls(
            [
                _exact(vectors[part.start : part.stop])
                if len(part) <= _EXACT_ROWS_OF_A_PART
                else _clustered(vectors[part.start : part.stop])
                for part in used
            ]
        )

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self._indexes[0].d)

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return self._ranges[-1].stop

    def search(
        self, queries: FloatMatrix, limit: int, within: range | None = None
    ) -> tuple[FloatMatrix, NDArray[np.int64]]:
        """Return the best rows of each query.

        Args:
            queries: shape ``[queries, dim]``, float32.
            limit: rows for each query at most.
            within: only rows of this range, step 1; all rows when None. Of an index in parts,
                one of them.

        Returns:
            Scores (inner products, descending) and row numbers, both ``[queries, limit]``.
        """
        queries = np.ascontiguousarray(queries)
        within = range(self.row_count) if within is None else within
        limit = min(limit, len(within))
        if within in self._ranges:
            index = self._indexes[self._ranges.index(within)]
            scores, rows = _search(index, queries, limit)
            return scores, rows + within.start
        assert len(self._indexes) == 1, f"{within} is no part of this index"
        selector = faiss.IDSelectorRange(within.start, within.stop)
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        found: tuple[FloatMatrix, NDArray[np.int64]]
        found = self._indexes[0].search(queries, limit, params=parameters)
        return found

    def vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> FloatMatrix:
        """Return the stored vectors of ``rows``, shape ``[len(rows), dim]``."""
        numbers = np.asarray(rows, dtype=np.int64)
        if len(self._indexes) == 1 and len(numbers):
            whole: FloatMatrix = self._indexes[0].reconstruct_batch(numbers)
            return whole
        stored = np.zeros((len(numbers), self.dim), dtype=np.float32)
        for part, index in zip(self._ranges, self._indexes, strict=True):
            inside = (numbers >= part.start) & (numbers < part.stop)
            if inside.any():
                stored[inside] = index.reconstruct_batch(numbers[inside] - part.start)
        return stored

    def save(self, path: Path) -> None:
        """Write the index to a file, and further parts to files beside it."""
        for number, index in enumerate(self._indexes):
            faiss.write_index(index, str(_file_of_part(path, number)))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read what `save` wrote."""
        indexes = [faiss.read_index(str(path))]
        while (further := _file_of_part(path, len(indexes))).is_file():
            indexes.append(faiss.read_index(str(further)))
        return cls(indexes)


def _exact(vectors: FloatMatrix) -> faiss.Index:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index


def _clustered(vectors: FloatMatrix) -> faiss.Index:
    """Return an inverted file of rows in half precision; the same rows give the same bytes."""
    rows, dim = vectors.shape
    clusters = 1 << round(math.log2(_CLUSTERS_TO_ROOT * math.sqrt(rows)))
    index: Any = faiss.index_factory(dim, f"IVF{clusters},SQfp16", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = 1
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.max_points_per_centroid = _TRAINING_ROWS_A_CLUSTER
    index.cp.min_points_per_centroid = 1  # no warning when there are fewer
    index.train(vectors)
    index.add(vectors)
    index.make_direct_map()  # to give vectors back
    index.nprobe = min(clusters // 4, _MOST_PROBES)
    clustered: faiss.Index = index
    return clustered


def _search(index: Any, queries: FloatMatrix, limit: int) -> tuple[FloatMatrix, NDArray[np.int64]]:
    scores, rows = index.search(queries, limit)
    if limit and rows.min() < 0:  # the clusters looked into hold fewer rows
        parameters = faiss.SearchParametersIVF(nprobe=index.nlist)  # type: ignore[call-arg]
        scores, rows = index.search(queries, limit, params=parameters)
    return scores, rows


def _file_of_part(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path
