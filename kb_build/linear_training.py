"""Fits a linear model to examples of yes and no; knows nothing of what the question is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb_build.logistic import fit_logistic
from search_index.linear import LinearModel

FloatArray = NDArray[np.float64]


def fit_linear(
    matrix: FloatArray, labels: FloatArray, weights: FloatArray, ridge: float
) -> LinearModel:
    """Fit a ridge-penalised logistic model.

    Args:
        matrix: rows of `search_index.linear.features`, shape ``[examples, features]``.
        labels: 1 for yes, 0 for no, shape ``[examples]``.
        weights: of each example, shape ``[examples]``.
        ridge: penalty of a squared weight, as a share of the weight of all examples.
    """
    padded = np.column_stack([np.ones(len(matrix)), matrix])
    penalty = np.full(padded.shape[1], ridge * weights.sum())
    penalty[0] = 1e-9  # the intercept is free
    solution = fit_logistic(padded, labels, weights, penalty)
    rounded = np.round(solution, 5)  # the last bits depend on the machine's linear algebra
    return LinearModel(rounded[1:].astype(np.float32), float(rounded[0]))
