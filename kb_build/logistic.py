"""Logistic regression by Newton's method; knows nothing of what is regressed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, cg

FloatArray = NDArray[np.float64]

_MOST_STEPS = 50
_SMALL_STEP = 1e-7
"""A hundredth of the last digit that is kept of a coefficient."""


def fit_logistic(
    matrix: csr_array, labels: FloatArray, weights: FloatArray, penalty: FloatArray
) -> FloatArray:
    """Return the coefficients that make ``labels`` most likely under a ridge penalty.

    Each step is solved by conjugate gradients, scaled by the diagonal: thousands of words make
    the matrix of second derivatives too large to write down (Nocedal & Wright 2006, ch. 7.1).

    Args:
        matrix: features, the first column 1 for the intercept, shape ``[examples, features]``.
        labels: 0 or 1, shape ``[examples]``.
        weights: of each example, shape ``[examples]``.
        penalty: of each squared coefficient, above 0 so that it always converges, shape
            ``[features]``.
    """
    across = csr_array(matrix.T)
    squares = csr_array(across.multiply(across))
    size = matrix.shape[1]
    solution = np.zeros(size)
    for _ in range(_MOST_STEPS):
        predicted = 1 / (1 + np.exp(-np.clip(matrix @ solution, -30, 30)))
        gradient = across @ (weights * (labels - predicted)) - penalty * solution
        spread = weights * predicted * (1 - predicted)
        diagonal = squares @ spread + penalty

        def curvature(step: FloatArray, spread: FloatArray = spread) -> FloatArray:
            bent: FloatArray = across @ (spread * (matrix @ step)) + penalty * step
            return bent

        def scaled(step: FloatArray, diagonal: FloatArray = diagonal) -> FloatArray:
            return step / diagonal

        step, _ = cg(
            LinearOperator((size, size), matvec=curvature, dtype=np.float64),
            gradient,
            rtol=1e-3,
            M=LinearOperator((size, size), matvec=scaled, dtype=np.float64),
        )
        solution = solution + step
        if float(np.abs(step).max()) < _SMALL_STEP:
            break
    return solution
