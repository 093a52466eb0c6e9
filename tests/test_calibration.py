"""Thresholds measured on the site's own questions and on off-topic ones."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
from site_index import documents_of, uncalibrated_searcher

from kb_build.calibration import (
    FALSE_REJECTION,
    UNCALIBRATED,
    CalibrationReport,
    calibrate,
    read_off_topic,
)
from search_index.analyzer import has_words
from search_index.fusion import confidence
from search_index.linear import LinearModel
from search_index.manifest import Calibration
from search_index.searcher import Searcher
from search_index.secrets import find_secret
from search_index.snapshot import Snapshot

OFF_TOPIC = ["明天会下雨吗", "红烧肉怎么做", "weather in london", "best pizza recipe", "股票代码"]


def measure(
    snapshot: Snapshot, off_topic: list[str] = OFF_TOPIC
) -> tuple[Calibration, LinearModel, CalibrationReport]:
    """Calibrate the tiny site against ``off_topic``."""
    searcher = uncalibrated_searcher(snapshot, off_topic)
    return calibrate(searcher, documents_of(searcher.parts), off_topic)


def test_the_off_topic_list_is_clean() -> None:
    off_topic = read_off_topic()
    assert len(off_topic) > 200
    assert len(set(off_topic)) == len(off_topic)
    assert not [text for text in off_topic if text.startswith("#") or text != text.strip()]
    assert all(has_words(text) and find_secret(text) is None for text in off_topic)


def test_the_report_counts_what_was_measured(built_snapshot: Snapshot) -> None:
    *_, report = measure(built_snapshot)
    assert (report.questions, report.off_topic) == (24, len(OFF_TOPIC[::2]))
    shares = astuple(report)[2:]
    assert all(0 <= share <= 1 for share in shares)
    assert report.hit_at_1 <= report.hit_at_3


def test_few_real_questions_fall_below_the_threshold(built_snapshot: Snapshot) -> None:
    *_, report = measure(built_snapshot)
    assert report.rejected_questions <= FALSE_REJECTION + 1 / report.questions


def test_the_threshold_separates_as_the_report_says(built_snapshot: Snapshot) -> None:
    calibration, scope, report = measure(built_snapshot)
    searcher = uncalibrated_searcher(built_snapshot, OFF_TOPIC)
    searcher = Searcher(
        replace(searcher.parts, scope=scope), built_snapshot.encoder, calibration, "test"
    )
    whole = [searcher.score(p.text) for p in searcher.parts.passages if p.kind == "question"]
    answered = [searcher.decide(scored, scored.order(3))[0] for scored in whole]
    below = 1 - float(np.mean(answered))
    assert below <= report.rejected_questions + 0.1  # with themselves in the index they do better


def test_the_same_input_gives_the_same_numbers(built_snapshot: Snapshot) -> None:
    (one, scope, _), (other, same, _) = measure(built_snapshot), measure(built_snapshot)
    assert one == other
    assert np.array_equal(scope.weights, same.weights)


def test_confidence_rises_with_the_gap_and_stays_a_probability(built_snapshot: Snapshot) -> None:
    calibration, *_ = measure(built_snapshot)
    assert all(np.isfinite(astuple(calibration)))
    scores = [confidence(calibration, 0.5, gap) for gap in (0.0, 0.1, 0.3, 0.9)]
    assert scores == sorted(scores)
    assert all(0 <= score <= 1 for score in scores)


def test_an_off_topic_query_is_not_compared_with_itself(built_snapshot: Snapshot) -> None:
    # In scope by its words, and like no other example: only its own copy could tell it.
    *_, report = measure(built_snapshot, ["充值 网络 助记词 钱包 付款 怎么办"])
    assert report.rejected_off_topic == 0.0


def test_without_off_topic_queries_nothing_is_calibrated(built_snapshot: Snapshot) -> None:
    calibration, scope, report = measure(built_snapshot, [])
    assert not scope.weights.any()
    assert calibration == UNCALIBRATED
    assert (report.questions, report.off_topic) == (24, 0)


def test_without_questions_nothing_is_calibrated(built_snapshot: Snapshot) -> None:
    searcher = uncalibrated_searcher(built_snapshot, OFF_TOPIC)
    keep = [row for row, p in enumerate(searcher.parts.passages) if p.kind != "question"]
    parts = replace(searcher.parts, passages=tuple(searcher.parts.passages[row] for row in keep))
    calibration, _, report = calibrate(
        uncalibrated_searcher(replace(built_snapshot, parts=parts), OFF_TOPIC),
        documents_of(searcher.parts),
        OFF_TOPIC,
    )
    assert (calibration, report.questions) == (UNCALIBRATED, 0)
