"""How close a query comes to all that an article is asked, taken together.

The mean of an article's phrasings is compared with the query after within-class covariance
normalisation (Hatch, Kajarekar & Stolcke 2006): directions in which phrasings of one article
differ from each other (language, length, politeness, anger) count less than those in which
articles differ. With linear discriminant analysis it shares the idea, and it costs one inner
product an article. It knows nothing of words, nor of articles but their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_index.dense import DenseIndex

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
    """What each article's questions have in common.

    With M the inverse of the covariance within articles, and m the mean vector of an article, a
    query q of length 1 is as close to the article as q·Mm / √(m·Mm). That is the cosine of both
    after the normalisation but for the query's own length there, √(q·Mq), which is 0.8 to 1.0 and
    by which no better article was found on any of our sets.

    Attributes:
        metric: M, ``[dim, dim]``, float32, symmetric.
        index: row i is Mm / √(m·Mm) of article i.
        lengths: √(m·Mm) of each article, ``[articles]``, float32.
        counts: vectors that made each mean, ``[articles]``, float32.
    """

    metric: FloatMatrix
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
        metric = _metric(_within_scatter(vectors, owners, means), shrinkage)
        moved = means @ metric
        lengths = np.sqrt(np.einsum("ij,ij->i", moved, means))
        rows = moved / np.maximum(lengths, 1e-6)[:, None]
        return cls(
            metric,
            DenseIndex.build(rows.astype(np.float32)),
            lengths.astype(np.float32),
            counts.astype(np.float32),
        )

    def closeness(self, vectors: FloatMatrix, closest: int) -> FloatMatrix:
        """Return how close each vector comes to each article, about -0.3 to 1.

        Args:
            vectors: of length 1, shape ``[queries, dim]``.
            closest: articles told apart at least; of many, the others get the last one's.

        Returns:
            Shape ``[queries, articles]``.
        """
        return self.index.scores(vectors, closest)

    def without(self, article: int, hidden: FloatMatrix, vectors: FloatMatrix) -> FloatMatrix:
        """Return the closeness of ``vectors`` to an article whose mean lacks some of its vectors.

        Args:
            article: its number.
            hidden: those left out, shape ``[rows, dim]``.
            vectors: shape ``[queries, dim]``.

        Returns:
            Shape ``[queries]``; 0 when nothing is left of the article.
        """
        if len(hidden) >= self.counts[article]:
            return np.zeros(len(vectors), dtype=np.float32)
        out = hidden.sum(axis=0)
        moved_out = out @ self.metric
        # Sums instead of means: closeness does not depend on how long they are.
        length = self.lengths[article] * self.counts[article]
        whole = self.index.vectors([article])[0] * length
        squared = length**2 - 2 * out @ whole + out @ moved_out
        closeness: FloatMatrix = vectors @ (whole - moved_out) / np.sqrt(max(squared, 1e-6))
        return closeness

    def save(self, folder: Path) -> None:
        """Write the index and two arrays into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.index.save(folder / "articles.faiss")
        np.save(folder / "metric.npy", self.metric, allow_pickle=False)
        np.save(folder / "means.npy", np.stack([self.lengths, self.counts]), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Centroids:
        """Read what `save` wrote; the metric, which no query needs, stays in the file."""
        lengths, counts = np.load(folder / "means.npy", allow_pickle=False)
        return cls(
            np.load(folder / "metric.npy", allow_pickle=False, mmap_mode="r"),
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


def _metric(scatter: NDArray[np.float64], shrinkage: float) -> FloatMatrix:
    """Return the inverse of the shrunk covariance, its scale left out."""
    size = len(scatter)
    identity = np.eye(size)
    spread = np.trace(scatter) / size
    shape = scatter / spread if spread > 1e-9 else identity  # one vector an article
    inverse = np.linalg.inv((shape + shrinkage * identity) / (1 + shrinkage))
    # The last bits depend on the linear algebra.
    rounded: FloatMatrix = np.round((inverse + inverse.T) / 2, 5).astype(np.float32)
    return rounded
