"""The linear model behind both decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index.linear import SCORE_SCALE, LinearModel, features

VECTOR = np.array([0.6, 0.8], dtype=np.float32)
MODEL = LinearModel(np.array([1.0, -1.0, 2.0, 0.5], dtype=np.float32), -0.25)


def test_the_features_are_the_scaled_vector_then_the_scaled_scores() -> None:
    found = features(VECTOR, (0.1, 0.4))
    assert found == pytest.approx(
        [
            *(VECTOR * np.sqrt(2)),
            0.1 * SCORE_SCALE,
            0.4 * SCORE_SCALE,
        ],
        rel=1e-5,
    )


def test_the_logit_is_the_weighted_sum_and_the_intercept() -> None:
    expected = float(features(VECTOR, (0.1, 0.4)) @ MODEL.weights) - 0.25
    assert MODEL.logit(VECTOR, (0.1, 0.4)) == pytest.approx(expected)


def test_a_model_of_scores_alone_weighs_them_as_given() -> None:
    model = LinearModel.of_scores(2, (1.0, -0.5), intercept=0.25)
    assert model.logit(VECTOR, (0.8, 0.2)) == pytest.approx(0.8 - 0.5 * 0.2 + 0.25)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model.npy")
    loaded = LinearModel.load(tmp_path / "model.npy")
    assert loaded.intercept == MODEL.intercept
    assert np.array_equal(loaded.weights, MODEL.weights)
