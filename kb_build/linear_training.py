"""Fits a linear model to examples of yes and no; knows nothing of what the question is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from kb_build.logistic import fit_logistic
from kb_build.term_weights import weigh_terms
from search_index.linear import Features, LinearModel

FloatArray = NDArray[np.float64]

_WORD_SCALE = 15.0
"""Of a word beside the values of a vector. Source: cross-validation over the examples of both
models; 5 to 20 are within half a point, without words both are two to four points worse."""


def fit_linear(
    examples: Sequence[Features], labels: FloatArray, weights: FloatArray, ridge: float
) -> LinearModel:
    """Fit a ridge-penalised logistic model.

    Args:
        examples: at least one.
        labels: 1 for yes, 0 for no, shape ``[examples]``.
        weights: of each example, shape ``[examples]``.
        ridge: penalty of a squared weight, as a share of the weight of all examples.
    """
    scales, words = weigh_terms([example.terms for example in examples], _WORD_SCALE)
    dense = np.stack([example.dense() for example in examples]).astype(np.float64)
    intercept = np.ones((len(examples), 1))
    matrix = csr_array(hstack([intercept, dense, words]))
    penalty = np.full(matrix.shape[1], ridge * weights.sum())
    penalty[0] = 1e-9  # the intercept is free
    # The last bits depend on the machine's linear algebra.
    solution = np.round(fit_logistic(matrix, labels, weights, penalty), 5)
    first_word = 1 + dense.shape[1]
    of_words = zip(scales.items(), solution[first_word:].tolist(), strict=True)
    return LinearModel(
        solution[1:first_word].astype(np.float32),
        float(solution[0]),
        {term: round(scale * weight, 4) for (term, scale), weight in of_words if weight},
    )
