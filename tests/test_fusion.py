"""Scores joined and turned into a probability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.fusion import (
    CENTROID_WEIGHT,
    CLASSIFIER_WEIGHT,
    CLAUSE_SHARE,
    CLOSEST_WEIGHT,
    blend,
    confidence,
    fuse,
    weigh,
)
from search_index.manifest import Calibration

CLOSEST = np.array([0.9, 0.5, -0.1], dtype=np.float32)
CENTROID = np.array([0.2, 0.6, 0.0], dtype=np.float32)
COSINES = (CLOSEST, CENTROID)
COVERAGE = np.array([0.0, 0.5, 0.25], dtype=np.float32)
LOG_SHARE = np.array([-0.1, -3.0, -5.0], dtype=np.float32)
NOTHING = np.zeros(3, dtype=np.float32)
CALIBRATION = Calibration(0.15, 0.8, -10.0, 12.0, 20.0)
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_the_cosines_are_weighed_and_words_and_classifier_added() -> None:
    expected = CLOSEST_WEIGHT * CLOSEST + CENTROID_WEIGHT * CENTROID + 0.2 * COVERAGE
    expected += CLASSIFIER_WEIGHT * LOG_SHARE
    assert fuse(weigh(*COSINES), COVERAGE, LOG_SHARE, 0.2) == pytest.approx(expected)


def test_words_can_lift_an_article_over_a_slightly_closer_one() -> None:
    cosine = np.array([0.6, 0.55, 0.0], dtype=np.float32)
    assert fuse(cosine, COVERAGE, NOTHING, 0.15).argmax() == 1
    assert fuse(cosine, COVERAGE, NOTHING, 0.01).argmax() == 0


def test_a_query_without_known_words_keeps_its_cosines() -> None:
    assert np.array_equal(fuse(CLOSEST, NOTHING, NOTHING, 1.0), CLOSEST)


def test_the_score_is_absolute_other_articles_do_not_change_it() -> None:
    alone = fuse(weigh(*(cosine[1:2] for cosine in COSINES)), COVERAGE[1:2], LOG_SHARE[1:2], 0.15)
    assert alone[0] == fuse(weigh(*COSINES), COVERAGE, LOG_SHARE, 0.15)[1]


def test_what_is_given_is_not_changed() -> None:
    before = [array.copy() for array in (*COSINES, COVERAGE, LOG_SHARE)]
    fuse(weigh(*COSINES), COVERAGE, LOG_SHARE, 0.15)
    assert all(map(np.array_equal, before, (*COSINES, COVERAGE, LOG_SHARE)))


def test_clauses_have_a_share_in_the_score_of_a_long_message() -> None:
    assert blend(1.0, 0.0) == pytest.approx(1 - CLAUSE_SHARE)
    assert blend(0.7, 0.7) == pytest.approx(0.7)
    blended = blend(CLOSEST, np.ones(3, dtype=np.float32))
    assert np.allclose(blended, (1 - CLAUSE_SHARE) * CLOSEST + CLAUSE_SHARE)


def test_confidence_is_the_logistic_of_score_and_gap() -> None:
    logit = -10 + 12 * 0.9 + 20 * 0.05
    assert confidence(CALIBRATION, 0.9, 0.05) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_a_better_score_and_a_wider_gap_give_more_confidence() -> None:
    low = confidence(CALIBRATION, 0.8, 0.01)
    assert low < confidence(CALIBRATION, 0.9, 0.01) < confidence(CALIBRATION, 0.9, 0.1)


@given(ANY_FLOAT, ANY_FLOAT)
def test_confidence_is_a_probability_whatever_the_scores(score: float, gap: float) -> None:
    assert 0 <= confidence(CALIBRATION, score, gap) <= 1
