"""The linear model that recognises an emergency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index.urgency import UrgencyModel, features

VECTOR = np.array([0.6, 0.8], dtype=np.float32)
MODEL = UrgencyModel(np.array([1.0, -1.0, 2.0, 0.5], dtype=np.float32), -0.25)


def test_the_features_are_the_scaled_vector_then_lead_and_best_score() -> None:
    found = features(VECTOR, 0.1, 0.4)
    assert found == pytest.approx([0.6 * np.sqrt(2), 0.8 * np.sqrt(2), 1.5, 6.0], rel=1e-5)


def test_the_logit_is_the_weighted_sum_and_the_intercept() -> None:
    expected = float(features(VECTOR, 0.1, 0.4) @ MODEL.weights) - 0.25
    assert MODEL.logit(VECTOR, 0.1, 0.4) == pytest.approx(expected)


def test_a_wider_lead_of_emergency_articles_is_more_urgent() -> None:
    assert MODEL.logit(VECTOR, 0.3, 0.4) > MODEL.logit(VECTOR, -0.3, 0.4)


def test_the_empty_model_finds_nothing_urgent() -> None:
    assert UrgencyModel.never(2).logit(VECTOR, 5.0, 5.0) < 0


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "urgency.npy")
    loaded = UrgencyModel.load(tmp_path / "urgency.npy")
    assert loaded.intercept == MODEL.intercept
    assert np.array_equal(loaded.weights, MODEL.weights)
