"""The vectors of all passages: which are searched, and which only choose what is shown.

Sections do not take part in the ranking (they bring nothing beside the questions, benchmarks/
ablation.py), so they are no index: rows of a file, of which an answer reads a few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_index.centroids import Centroids
from search_index.dense import DenseIndex
from search_index.records import Passage

FloatMatrix = NDArray[np.float32]

_ASKED = "vectors.faiss"
_SECTIONS = "sections.npy"
_CENTROIDS = "centroids"


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Vectors of the passages of an index, which stand in the order of their kinds.

    Attributes:
        asked: row i is passage i; articles, questions and phrasings come first.
        sections: the passages after them, half precision, ``[sections, dim]``.
        centroids: article i of the ids in ascending order.
    """

    asked: DenseIndex
    sections: NDArray[np.float16]
    centroids: Centroids

    @classmethod
    def build(cls, passages: Sequence[Passage], matrix: FloatMatrix) -> PassageVectors:
        """Index the rows of ``matrix``, float32 ``[passages, dim]``."""
        count = sum(passage.kind != "section" for passage in passages)
        assert all(p.kind == "section" for p in passages[count:]), "sections do not stand last"
        owners = owners_of(passages)
        articles = int(owners.max(initial=-1)) + 1
        asked = matrix[:count]
        return cls(
            DenseIndex.build(asked),
            matrix[count:].astype(np.float16),
            Centroids.build(asked, owners[:count], articles),
        )

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.asked.dim

    def matrix(self) -> FloatMatrix:
        """Return all vectors in the order of the passages, float32 ``[passages, dim]``."""
        asked = self.asked.vectors(np.arange(self.asked.row_count))
        return np.concatenate([asked, self.sections.astype(np.float32)])

    def save(self, folder: Path) -> None:
        """Write all into ``folder``."""
        self.asked.save(folder / _ASKED)
        np.save(folder / _SECTIONS, self.sections, allow_pickle=False)
        self.centroids.save(folder / _CENTROIDS)

    @classmethod
    def load(cls, folder: Path) -> PassageVectors:
        """Read what `save` wrote; sections stay in the file until they are needed."""
        sections = np.load(folder / _SECTIONS, allow_pickle=False, mmap_mode="r")
        return cls(
            DenseIndex.load(folder / _ASKED),
            np.asarray(sections),  # a view of the mapped file: a memmap is slow to cut
            Centroids.load(folder / _CENTROIDS),
        )


def owners_of(passages: Sequence[Passage]) -> NDArray[np.int64]:
    """Return the article of each passage: its place among the ids in ascending order."""
    ids = sorted({passage.article_id for passage in passages})
    number_of = {article_id: number for number, article_id in enumerate(ids)}
    return np.array([number_of[passage.article_id] for passage in passages], dtype=np.int64)
