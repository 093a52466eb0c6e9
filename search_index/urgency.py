"""Recognises somebody who is losing coins, an account or a secret right now.

A linear model over the query's vector and over how far emergency articles lead the others. It
knows nothing of which article is shown. `kb_build.urgency_training` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class UrgencyModel:
    """Weights of a logistic model.

    Attributes:
        weights: float32, one for each feature of `features`.
        intercept: added to the sum.
    """

    weights: FloatVector
    intercept: float

    @classmethod
    def never(cls, dim: int) -> UrgencyModel:
        """Return the model that finds nothing urgent, for vectors of width ``dim``."""
        return cls(np.zeros(dim + 2, dtype=np.float32), -1.0)

    def logit(self, vector: FloatVector, lead: float, best: float) -> float:
        """Return the log-odds that the query is an emergency; above 0 it is taken for one.

        Args:
            vector: centred query vector of length 1.
            lead: best score of an emergency article less best score of any other.
            best: best score of an emergency article.
        """
        return float(features(vector, lead, best) @ self.weights) + self.intercept

    def save(self, path: Path) -> None:
        """Write one array: the weights, then the intercept."""
        np.save(path, np.append(self.weights, np.float32(self.intercept)), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> UrgencyModel:
        """Read what `save` wrote."""
        values = np.load(path, allow_pickle=False)
        return cls(values[:-1], float(values[-1]))


# Scores vary by a few tenths, the values of a unit vector by 1/√dim: brought to one scale, so
# that one ridge penalty is fair to all.
_SCORE_SCALE = 15.0


def features(vector: FloatVector, lead: float, best: float) -> FloatVector:
    """Return what the model weighs: the scaled vector, lead and best score."""
    scaled = vector * np.float32(np.sqrt(len(vector)))
    return np.append(scaled, np.array([lead, best], np.float32) * np.float32(_SCORE_SCALE))
