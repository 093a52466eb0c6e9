"""A linear model over a query's vector, its words and some of its scores: yes or no, and how sure.

Two decisions are made so: is somebody losing coins right now, and is the question ours at all.
It knows nothing of either. `kb_build.linear_training` fits it.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float32]

SCORE_SCALE = 60.0
"""Scores vary by a few tenths, the values of a unit vector by 1/√dim: brought to one scale, and
scores to four times that, since each tells more than any one value.
Source: our development queries."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a model weighs of a query.

    Attributes:
        vector: centred query vector of length 1, ``[dim]``.
        scores: what else is known of it; their number and order is the model's.
        terms: distinct analysed terms; 刚 or 怎么防 tell more of a hurry than a vector of meaning.
    """

    vector: FloatVector
    scores: tuple[float, ...]
    terms: frozenset[str] = frozenset()

    def dense(self) -> FloatVector:
        """Return the scaled vector, then the scaled scores, float32 ``[dim + scores]``."""
        scaled = self.vector * np.float32(math.sqrt(len(self.vector)))
        return np.append(scaled, np.array(self.scores, np.float32) * np.float32(SCORE_SCALE))


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights of a logistic model.

    Attributes:
        weights: float32, one for each value of `Features.dense`.
        intercept: added to the sum.
        words: term → its weight in a query of one term; of n terms each weighs 1/√n of that.
    """

    weights: FloatVector
    intercept: float
    words: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_scores(cls, dim: int, scores: Sequence[float], intercept: float = 0.0) -> LinearModel:
        """Return a model that weighs only the scores, for vectors of width ``dim``."""
        weights = np.zeros(dim + len(scores), dtype=np.float32)
        weights[dim:] = np.array(scores, dtype=np.float32) / SCORE_SCALE
        return cls(weights, intercept)

    def logit(self, features: Features) -> float:
        """Return the log-odds of yes."""
        dim = len(features.vector)
        # The weights times `dense`, without making it.
        of_vector = float(features.vector @ self.weights[:dim]) * math.sqrt(dim)
        weights: list[float] = self.weights[dim:].tolist()
        of_scores = math.fsum(map(operator.mul, features.scores, weights))
        known = filter(self.words.__contains__, features.terms)
        of_words = math.fsum(map(self.words.__getitem__, known))
        share = math.sqrt(max(1, len(features.terms)))
        return of_vector + SCORE_SCALE * of_scores + of_words / share + self.intercept

    def save(self, path: Path) -> None:
        """Write one JSON file, words in order."""
        values = {
            "intercept": self.intercept,
            "weights": [round(weight, 5) for weight in self.weights.tolist()],
            "words": dict(sorted(self.words.items())),
        }
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """Read what `save` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array(values["weights"], dtype=np.float32)
        return cls(weights, values["intercept"], values["words"])
