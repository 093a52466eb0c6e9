"""The fit of a linear model to examples."""

from __future__ import annotations

import numpy as np

from kb_build.linear_training import fit_linear

MATRIX = np.array([[2.0, 0.1], [1.5, -0.2], [-1.8, 0.3], [-2.2, 0.0]])
LABELS = np.array([1.0, 1.0, 0.0, 0.0])


def test_the_fit_separates_what_can_be_separated() -> None:
    model = fit_linear(MATRIX, LABELS, np.ones(4), 0.1)
    assert (MATRIX @ model.weights + model.intercept > 0).tolist() == [True, True, False, False]


def test_a_larger_penalty_makes_smaller_weights() -> None:
    loose, tight = (fit_linear(MATRIX, LABELS, np.ones(4), ridge) for ridge in (0.01, 1.0))
    assert np.abs(tight.weights).sum() < np.abs(loose.weights).sum()


def test_weight_decides_between_examples_that_contradict_each_other() -> None:
    same = np.ones((2, 1))
    model = fit_linear(same, np.array([1.0, 0.0]), np.array([3.0, 1.0]), 0.001)
    assert float(same[0] @ model.weights) + model.intercept > 0
