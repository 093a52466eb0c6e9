"""Logistic regression by Newton's method; knows nothing of what is regressed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def fit_logistic(
    matrix: FloatArray, labels: FloatArray, weights: FloatArray, penalty: FloatArray
) -> FloatArray:
    """Return the coefficients that make ``labels`` most likely under a ridge penalty.

    Args:
        matrix: features, the first column 1 for the intercept, shape ``[examples, features]``.
        labels: 0 or 1, shape ``[examples]``.
        weights: of each example, shape ``[examples]``.
        penalty: of each squared coefficient, above 0 so that it always converges, shape
            ``[features]``.
    """
    solution = np.zeros(matrix.shape[1])
    for _ in range(50):
        predicted = 1 / (1 + np.exp(-np.clip(matrix @ solution, -30, 30)))
        gradient = matrix.T @ (weights * (labels - predicted)) - penalty * solution
        spread = weights * predicted * (1 - predicted)
        curvature = (matrix * spread[:, None]).T @ matrix + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        solution = solution + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return solution
