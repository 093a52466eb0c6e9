"""Measures against values computed by hand."""

from __future__ import annotations

import math

import pytest

from search_index.evaluation import Measures, measure

QRELS = {
    "first": {"A": 2},
    "third": {"A": 2},
    "grades": {"A": 2, "B": 1},
    "none": {"A": 2},
}


def test_an_answer_at_rank_1_is_perfect() -> None:
    assert measure({"first": ["A", "B"]}, QRELS) == Measures(1, 1.0, 1.0, 1.0, 1.0)


def test_an_answer_at_rank_3_counts_a_third() -> None:
    found = measure({"third": ["X", "Y", "A"]}, QRELS)
    assert (found.hit_at_1, found.hit_at_3) == (0.0, 1.0)
    assert found.mrr_at_10 == pytest.approx(1 / 3)
    assert found.ndcg_at_10 == pytest.approx(1 / math.log2(4))  # gain 3 at rank 3, ideal at 1


def test_grades_weigh_three_to_one() -> None:
    found = measure({"grades": ["B", "A"]}, QRELS)
    gained = 1 / math.log2(2) + 3 / math.log2(3)
    ideal = 3 / math.log2(2) + 1 / math.log2(3)
    assert found.ndcg_at_10 == pytest.approx(gained / ideal) == pytest.approx(0.7967, abs=1e-4)
    assert found.hit_at_1 == found.mrr_at_10 == 1.0


def test_a_missing_second_answer_lowers_ndcg_alone() -> None:
    found = measure({"grades": ["A", "X"]}, QRELS)
    assert found.ndcg_at_10 == pytest.approx(3 / (3 + 1 / math.log2(3)))
    assert found.hit_at_1 == 1.0


def test_nothing_counts_beyond_rank_10() -> None:
    assert measure({"first": [*"XXXXXXXXXX", "A"]}, QRELS) == Measures(1, 0.0, 0.0, 0.0, 0.0)
    assert measure({"first": [*"XXXXXXXXX", "A"]}, QRELS).mrr_at_10 == pytest.approx(0.1)


def test_no_hits_at_all_count_as_nothing() -> None:
    assert measure({"none": []}, QRELS) == Measures(1, 0.0, 0.0, 0.0, 0.0)


def test_figures_are_means_over_the_queries_of_the_run() -> None:
    run = {"first": ["A"], "third": ["X", "Y", "A"], "none": ["X"], "grades": ["A", "B"]}
    found = measure(run, QRELS)
    assert found.queries == 4
    assert (found.hit_at_1, found.hit_at_3) == (0.5, 0.75)
    assert found.mrr_at_10 == pytest.approx((1 + 1 / 3 + 0 + 1) / 4)
    assert found.ndcg_at_10 == pytest.approx((1 + 0.5 + 0 + 1) / 4)


def test_an_empty_run_has_zeros_not_an_error() -> None:
    assert measure({}, QRELS) == Measures(0, 0.0, 0.0, 0.0, 0.0)
