"""The linear model behind both decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index.linear import SCORE_SCALE, Features, LinearModel

VECTOR = np.array([0.6, 0.8], dtype=np.float32)
WORDS = {"刚": 2.0, "预防": -3.0}
MODEL = LinearModel(np.array([1.0, -1.0, 2.0, 0.5], dtype=np.float32), -0.25, WORDS)


def test_the_dense_features_are_the_scaled_vector_then_the_scaled_scores() -> None:
    assert Features(VECTOR, (0.1, 0.4)).dense() == pytest.approx(
        [*(VECTOR * np.sqrt(2)), 0.1 * SCORE_SCALE, 0.4 * SCORE_SCALE], rel=1e-5
    )


def test_the_logit_is_the_weighted_sum_and_the_intercept() -> None:
    features = Features(VECTOR, (0.1, 0.4))
    expected = float(features.dense() @ MODEL.weights) - 0.25
    assert MODEL.logit(features) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("terms", "added"),
    [({"刚"}, 2.0), ({"刚", "预防"}, -1 / 2**0.5), ({"刚", "到", "账", "吗"}, 1.0), ({"到"}, 0.0)],
)
def test_known_words_count_over_the_root_of_the_number_of_words(
    terms: set[str], added: float
) -> None:
    without = MODEL.logit(Features(VECTOR, (0.1, 0.4)))
    found = MODEL.logit(Features(VECTOR, (0.1, 0.4), frozenset(terms)))
    assert found - without == pytest.approx(added)


def test_a_model_of_scores_alone_weighs_them_as_given() -> None:
    model = LinearModel.of_scores(2, (1.0, -0.5), intercept=0.25)
    assert model.logit(Features(VECTOR, (0.8, 0.2))) == pytest.approx(0.8 - 0.5 * 0.2 + 0.25)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model.json")
    loaded = LinearModel.load(tmp_path / "model.json")
    assert (loaded.intercept, loaded.words) == (MODEL.intercept, MODEL.words)
    assert np.array_equal(loaded.weights, MODEL.weights)
