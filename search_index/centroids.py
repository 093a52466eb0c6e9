"""How close a query comes to all that an article is asked, taken together.

The mean of an article's phrasings is compared with the query after within-class covariance
normalisation (Hatch, Kajarekar & Stolcke 2006): directions in which phrasings of one article
differ from each other (language, length, politeness, anger) count less than those in which
articles differ. With linear discriminant analysis it shares the idea, and it costs one vector an
article. It knows nothing of words, nor of articles but their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_index.dense import DenseIndex, of_length_1

FloatMatrix = NDArray[np.float32]

_SHRINKAGE = 1.0
"""Share of the identity, of the same trace, added to the covariance. Source: our development
queries and three public sets; 0.5 to 4 find the same within half a point."""
_SHRINKAGE_OF_FEW = 5.0
"""Further share for each value of a vector and phrasing: what a few vary in is chance, and a
phrasing left out of its article would still be known by it."""
_ROWS_A_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Centroids:
    """Normalised mean vector of each article.

    Attributes:
        transform: ``[dim, dim]``, float32; a row vector times it has within-article covariance I.
        index: row i is article i, of length 1.
        lengths: of the means before they were brought to length 1, ``[articles]``, float32.
        counts: vectors that made each mean, ``[articles]``, float32.
    """

    transform: FloatMatrix
    index: DenseIndex
    lengths: NDArray[np.float32]
    counts: NDArray[np.float32]

    @classmethod
    def build(cls, vectors: FloatMatrix, owners: NDArray[np.int64], articles: int) -> Centroids:
        """Average ``vectors`` by article and learn what phrasings of one article differ in.

        Args:
            vectors: shape ``[rows, dim]``, float32.
            owners: article of each row, 0 to ``articles - 1``, shape ``[rows]``.
            articles: their number, at least 1.
        """
        counts = np.bincount(owners, minlength=articles)
        means = np.zeros((articles, vectors.shape[1]))
        np.add.at(means, owners, vectors)
        means /= np.maximum(counts, 1)[:, None]
        free = max(1, len(vectors) - articles)
        shrinkage = _SHRINKAGE + _SHRINKAGE_OF_FEW * vectors.shape[1] / free
        transform = _transform(_within_scatter(vectors, owners, means), shrinkage)
        moved = means.astype(np.float32) @ transform
        lengths = np.linalg.norm(moved, axis=1)
        unit = moved / np.maximum(lengths, 1e-6)[:, None]
        return cls(transform, DenseIndex.build(unit), lengths, counts.astype(np.float32))

    def cosines(self, vectors: FloatMatrix, closest: int) -> FloatMatrix:
        """Return the cosine of each vector to each article.

        Args:
            vectors: shape ``[queries, dim]``.
            closest: articles told apart at least; of many, the others get the last one's cosine.

        Returns:
            Shape ``[queries, articles]``.
        """
        return self.index.scores(self._normalised(vectors), closest)

    def without(self, article: int, hidden: FloatMatrix, vectors: FloatMatrix) -> FloatMatrix:
        """Return the cosines of ``vectors`` to an article whose mean lacks some of its vectors.

        Args:
            article: its number.
            hidden: those left out, shape ``[rows, dim]``.
            vectors: shape ``[queries, dim]``.

        Returns:
            Shape ``[queries]``; 0 when nothing is left of the article.
        """
        if len(hidden) >= self.counts[article]:
            return np.zeros(len(vectors), dtype=np.float32)
        whole = self.index.vectors([article])[0] * self.lengths[article] * self.counts[article]
        rest = whole - (hidden @ self.transform).sum(axis=0)
        cosines: FloatMatrix = self._normalised(vectors) @ (rest / np.linalg.norm(rest))
        return cosines

    def _normalised(self, vectors: FloatMatrix) -> FloatMatrix:
        return of_length_1(vectors @ self.transform)

    def save(self, folder: Path) -> None:
        """Write the index and two arrays into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.index.save(folder / "articles.faiss")
        np.save(folder / "transform.npy", self.transform, allow_pickle=False)
        np.save(folder / "means.npy", np.stack([self.lengths, self.counts]), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Centroids:
        """Read what `save` wrote."""
        lengths, counts = np.load(folder / "means.npy", allow_pickle=False)
        return cls(
            np.load(folder / "transform.npy", allow_pickle=False),
            DenseIndex.load(folder / "articles.faiss"),
            lengths,
            counts,
        )


def _within_scatter(
    vectors: FloatMatrix, owners: NDArray[np.int64], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the scatter of vectors around the mean of their article, shape ``[dim, dim]``."""
    scatter = np.zeros((vectors.shape[1],) * 2)
    for start in range(0, len(vectors), _ROWS_A_BLOCK):
        rows = slice(start, start + _ROWS_A_BLOCK)
        rest = vectors[rows] - means[owners[rows]]
        scatter += rest.T @ rest
    return scatter


def _transform(scatter: NDArray[np.float64], shrinkage: float) -> FloatMatrix:
    """Return T with T·Tᵀ the inverse of the shrunk covariance, its scale left out."""
    size = len(scatter)
    identity = np.eye(size)
    spread = np.trace(scatter) / size
    shape = scatter / spread if spread > 1e-9 else identity  # one vector an article
    lower = np.linalg.cholesky((shape + shrinkage * identity) / (1 + shrinkage))
    rounded = np.round(np.linalg.inv(lower).T, 5)  # the last bits depend on the linear algebra
    transform: FloatMatrix = rounded.astype(np.float32)
    return transform
