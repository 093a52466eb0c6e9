"""Chooses the thresholds of a snapshot from its own questions and a list of off-topic ones.

Thresholds do not transfer between sites (findings/retrieval.md), so each build measures its
own. It knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from kb_build.leave_one_out import LeaveOneOut
from kb_build.logistic import fit_logistic
from search_index.fusion import scope_score
from search_index.manifest import Calibration
from search_index.searcher import Scored, Searcher

FALSE_REJECTION = 0.05
"""Share of the site's own phrasings, each left out of its index, that may be refused.

Measured on the development queries: 0.05 here refuses 3 to 4% of what people ask.
"""
_PHRASINGS_SAMPLED = 6
"""Every sixth further phrasing is tried: enough for a quantile, a sixth of the time."""

# Source of the weights: our development queries and off-topic list. Words count a third as much
# for "is it ours" as for "which one"; closeness to something foreign counts in full.
UNCALIBRATED = Calibration(
    lexical_weight=1.0,
    scope_coverage_weight=0.3,
    background_weight=1.0,
    in_scope=-1.0,
    confidence_intercept=0.0,
    confidence_score=0.0,
    confidence_gap=0.0,
)

FloatVector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What was measured: figures of the questions left out of their own index.

    Attributes:
        hit_at_1, hit_at_3: share of questions whose article came first / in the first three.
        rejected_off_topic: share of off-topic queries below the threshold.
        rejected_questions: share of real questions below it.
    """

    questions: int
    off_topic: int
    hit_at_1: float
    hit_at_3: float
    rejected_off_topic: float
    rejected_questions: float


def read_off_topic() -> list[str]:
    """Return the off-topic queries that ship with this package, without comments."""
    text = files("kb_build").joinpath("data/off_topic.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def calibrate(
    searcher: Searcher, documents: Sequence[Sequence[str]], off_topic: Sequence[str]
) -> tuple[Calibration, CalibrationReport]:
    """Return the calibration of ``searcher`` and how well it separates.

    Args:
        searcher: over the finished index; its background holds ``off_topic`` in order.
        documents: terms of each document of the body index.
        off_topic: queries that nothing here answers.
    """
    leave_one_out = LeaveOneOut(searcher, documents)
    own: list[_Features] = []
    gaps, correct, in_three = [], [], []
    for row, passage in leave_one_out.questions():
        scored = leave_one_out.score(row, passage)
        order = scored.order(3)
        found = [searcher.article_ids[i] for i in order]
        own.append(_features(scored, scored.background))
        gaps.append(_gap(scored, order))
        correct.append(found[0] == passage.article_id)
        in_three.append(passage.article_id in found)
    foreign: list[_Features] = []
    for number, text in enumerate(off_topic):
        scored = searcher.score(text)
        foreign.append(_features(scored, _background_without(searcher, scored, number)))
    if not own or not foreign:
        report = CalibrationReport(len(own), len(foreign), 0.0, 0.0, 0.0, 0.0)
        return UNCALIBRATED, report
    questions = len(own)
    for row, passage in leave_one_out.phrasings()[::_PHRASINGS_SAMPLED]:
        scored = leave_one_out.score(row, passage)
        own.append(_features(scored, scored.background))

    scope = _scope(own)
    threshold = float(np.quantile(scope, FALSE_REJECTION))
    intercept, by_score, by_gap = _fit_confidence(
        scope[:questions], np.array(gaps), np.array(correct)
    )
    calibration = replace(
        UNCALIBRATED,
        in_scope=round(threshold, 4),
        confidence_intercept=round(intercept, 3),
        confidence_score=round(by_score, 3),
        confidence_gap=round(by_gap, 3),
    )
    report = CalibrationReport(
        questions=questions,
        off_topic=len(foreign),
        hit_at_1=float(np.mean(correct)),
        hit_at_3=float(np.mean(in_three)),
        rejected_off_topic=float(np.mean(_scope(foreign) < threshold)),
        rejected_questions=float(np.mean(scope < threshold)),
    )
    return calibration, report


_Features = tuple[float, float, float]
"""Cosine and coverage of the first article, and background, as `scope_score` takes them."""


def _features(scored: Scored, background: float) -> _Features:
    first = scored.order(1)[0]
    return float(scored.cosine[first]), float(scored.coverage[first]), background


def _scope(features: Sequence[_Features]) -> FloatVector:
    return np.array([scope_score(UNCALIBRATED, *f) for f in features])


def _gap(scored: Scored, order: Sequence[int]) -> float:
    if len(order) < 2:
        return 0.0
    return float(scored.scores[order[0]] - scored.scores[order[1]])


def _background_without(searcher: Searcher, scored: Scored, number: int) -> float:
    """Return the cosine to the closest off-topic example other than the query itself."""
    vector = scored.vectors[scored.best_reading][None, :]
    scores, rows = searcher.parts.background.search(vector, 2)
    return float(scores[rows != number].max(initial=0.0))


def _fit_confidence(
    scope: FloatVector, gaps: FloatVector, correct: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return intercept, weight of the scope score and weight of the gap."""
    fitted = fit_logistic(
        np.column_stack([np.ones_like(scope), scope, gaps]),
        correct.astype(np.float64),
        np.ones_like(scope),
        np.array([1e-6, 1e-3, 1e-3]),
    )
    return float(fitted[0]), float(fitted[1]), float(fitted[2])
