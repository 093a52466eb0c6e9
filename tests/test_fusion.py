"""Scores joined and turned into a probability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.fusion import confidence, fuse
from search_index.manifest import Calibration

COSINE = np.array([0.9, 0.8, -1.0], dtype=np.float32)
BM25 = np.array([0.0, 5.0, 2.5], dtype=np.float32)
CALIBRATION = Calibration(0.15, 0.0, 0.8, -10.0, 12.0, 20.0)
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_the_lexical_part_is_its_share_of_the_bound_times_the_weight() -> None:
    assert fuse(COSINE, BM25, 10.0, 0.2) == pytest.approx([0.9, 0.9, -0.95])


def test_words_can_lift_an_article_over_a_slightly_closer_one() -> None:
    assert fuse(COSINE, BM25, 5.0, 0.15).argmax() == 1
    assert fuse(COSINE, BM25, 5.0, 0.05).argmax() == 0


def test_a_query_without_terms_keeps_its_cosine() -> None:
    assert np.array_equal(fuse(COSINE, np.zeros(3, dtype=np.float32), 0.0, 0.15), COSINE)


def test_weight_0_keeps_the_cosine() -> None:
    assert np.array_equal(fuse(COSINE, BM25, 10.0, 0.0), COSINE)


def test_the_score_is_absolute_other_articles_do_not_change_it() -> None:
    alone = fuse(COSINE[1:2], BM25[1:2], 10.0, 0.15)
    assert alone[0] == fuse(COSINE, BM25, 10.0, 0.15)[1]


def test_confidence_is_the_logistic_of_score_and_gap() -> None:
    logit = -10 + 12 * 0.9 + 20 * 0.05
    assert confidence(CALIBRATION, 0.9, 0.05) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_a_better_score_and_a_wider_gap_give_more_confidence() -> None:
    low = confidence(CALIBRATION, 0.8, 0.01)
    assert low < confidence(CALIBRATION, 0.9, 0.01) < confidence(CALIBRATION, 0.9, 0.1)


@given(ANY_FLOAT, ANY_FLOAT)
def test_confidence_is_a_probability_whatever_the_scores(score: float, gap: float) -> None:
    assert 0 <= confidence(CALIBRATION, score, gap) <= 1
