"""A linear model over a query's vector and some of its scores: yes or no, and how sure.

Two decisions are made so: is somebody losing coins right now, and is the question ours at all.
It knows nothing of either. `kb_build.linear_training` fits it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float32]

SCORE_SCALE = 60.0
"""Scores vary by a few tenths, the values of a unit vector by 1/√dim: brought to one scale, and
scores to four times that, since each tells more than any one value.
Source: our development queries."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights of a logistic model.

    Attributes:
        weights: float32, one for each feature of `features`.
        intercept: added to the sum.
    """

    weights: FloatVector
    intercept: float

    @classmethod
    def of_scores(cls, dim: int, scores: Sequence[float], intercept: float = 0.0) -> LinearModel:
        """Return a model that weighs only the scores, for vectors of width ``dim``."""
        weights = np.zeros(dim + len(scores), dtype=np.float32)
        weights[dim:] = np.array(scores, dtype=np.float32) / SCORE_SCALE
        return cls(weights, intercept)

    def logit(self, vector: FloatVector, scores: Sequence[float]) -> float:
        """Return the log-odds of yes: `features` times the weights, without making them.

        Args:
            vector: centred query vector of length 1.
            scores: as many as the model was fitted with, in the same order.
        """
        dim = len(vector)
        of_vector = float(vector @ self.weights[:dim]) * math.sqrt(dim)
        weights: list[float] = self.weights[dim:].tolist()
        of_scores = math.fsum(map(operator.mul, scores, weights))
        return of_vector + SCORE_SCALE * of_scores + self.intercept

    def save(self, path: Path) -> None:
        """Write one array: the weights, then the intercept."""
        np.save(path, np.append(self.weights, np.float32(self.intercept)), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """Read what `save` wrote."""
        values = np.load(path, allow_pickle=False)
        return cls(values[:-1], float(values[-1]))


def features(vector: FloatVector, scores: Sequence[float]) -> FloatVector:
    """Return what the model weighs: the scaled vector, then the scaled scores."""
    scaled = vector * np.float32(np.sqrt(len(vector)))
    return np.append(scaled, np.array(scores, np.float32) * np.float32(SCORE_SCALE))
