"""Fits what tells a snapshot's own questions from others, and chooses its thresholds.

Thresholds do not transfer between sites (findings/retrieval.md), so each build measures its
own. It knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kb_build.leave_one_out import LeaveOneOut
from kb_build.linear_training import fit_linear
from kb_build.logistic import fit_logistic
from search_index.linear import Features, LinearModel
from search_index.manifest import Calibration
from search_index.searcher import Scored, Searcher

FALSE_REJECTION = 0.075
"""Share of the site's own phrasings that may be refused, each left out of the index and judged by
a model that has seen none of its article.

That is harder than life: on the development queries 0.075 here refuses 1 to 2%.
"""
_PHRASINGS_SAMPLED = 4
_OFF_TOPIC_SAMPLED = 2
"""Every fourth further phrasing and every second off-topic query is tried: on the development
queries the model is as good as that of all, in half of the time."""
_RIDGE = 0.1
"""Source: our development queries."""
_FOLDS = 5

# Without off-topic examples or questions nothing can be measured, and everything is in scope.
UNCALIBRATED = Calibration(
    lexical_weight=1.0,
    in_scope=-1.0,
    confidence_intercept=0.0,
    confidence_scope=0.0,
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
        classifier: whether the index has one; see `kb_build.classifier_training`.
    """

    questions: int
    off_topic: int
    hit_at_1: float
    hit_at_3: float
    rejected_off_topic: float
    rejected_questions: float
    classifier: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the site's own phrasings score, each left out of its index, and off-topic queries.

    Attributes:
        own: features of the questions, then of a sample of further phrasings.
        owners: the article of each row of ``own``.
        foreign: features of a sample of the off-topic queries.
        gaps, correct, in_three: of the questions only: score of the first hit less score of the
            second; whether the article came first; whether it came among the first three.
        foreign_gaps: of the rows of ``foreign``.
    """

    own: list[Features]
    owners: list[str]
    foreign: list[Features]
    gaps: list[float]
    correct: list[bool]
    in_three: list[bool]
    foreign_gaps: list[float]


def read_off_topic() -> list[str]:
    """Return the off-topic queries that ship with this package, without comments."""
    text = files("kb_build").joinpath("data/off_topic.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def always_in_scope(dim: int) -> LinearModel:
    """Return the model that finds everything in scope, for vectors of width ``dim``."""
    return LinearModel.of_scores(dim, (0.0, 0.0, 0.0, 0.0))


def calibrate(
    searcher: Searcher, documents: Sequence[Sequence[str]], off_topic: Sequence[str]
) -> tuple[Calibration, LinearModel, CalibrationReport]:
    """Return thresholds and scope model of ``searcher``, and how well they separate.

    Args:
        searcher: over the finished index; its background holds ``off_topic`` in order.
        documents: terms of each document of the body index.
        off_topic: queries that nothing here answers.
    """
    asked = ask_all(searcher, documents, off_topic)
    has_classifier = searcher.parts.classifier is not None
    if not asked.owners or not asked.foreign:
        report = CalibrationReport(
            len(asked.gaps), len(off_topic), 0.0, 0.0, 0.0, 0.0, has_classifier
        )
        return UNCALIBRATED, always_in_scope(searcher.parts.vectors.dim), report
    questions = len(asked.gaps)
    model, logits = fit_scope(asked.own, asked.owners, asked.foreign)
    ours, theirs = logits[: len(asked.own)], logits[len(asked.own) :]
    threshold = float(np.quantile(ours, FALSE_REJECTION))
    intercept, by_scope, by_gap = _fit_confidence(
        np.concatenate([ours[:questions], theirs]),
        np.array([*asked.gaps, *asked.foreign_gaps]),
        np.array([*asked.correct, *(False for _ in theirs)]),
        np.array([*(1.0 for _ in asked.gaps), *(questions / len(theirs) / 4 for _ in theirs)]),
    )
    calibration = replace(
        UNCALIBRATED,
        in_scope=round(threshold, 3),
        confidence_intercept=round(intercept, 3),
        confidence_scope=round(by_scope, 3),
        confidence_gap=round(by_gap, 3),
    )
    report = CalibrationReport(
        questions=questions,
        off_topic=len(asked.foreign),
        hit_at_1=float(np.mean(asked.correct)),
        hit_at_3=float(np.mean(asked.in_three)),
        rejected_off_topic=float(np.mean(theirs < threshold)),
        rejected_questions=float(np.mean(ours < threshold)),
        classifier=has_classifier,
    )
    return calibration, model, report


def ask_all(
    searcher: Searcher, documents: Sequence[Sequence[str]], off_topic: Sequence[str]
) -> Asked:
    """Search for every question and for a sample of phrasings and off-topic queries.

    Args:
        searcher, documents, off_topic: as for `calibrate`.
    """
    leave_one_out = LeaveOneOut(searcher, documents)
    own: list[Features] = []
    owners: list[str] = []
    gaps, correct, in_three = [], [], []
    for _row, passage in leave_one_out.questions():
        scored = leave_one_out.score(passage)
        order = scored.order(3)
        found = [searcher.article_ids[i] for i in order]
        own.append(_features(scored))
        owners.append(passage.article_id)
        gaps.append(_gap(scored, order))
        correct.append(found[0] == passage.article_id)
        in_three.append(passage.article_id in found)
    if own:
        for _row, passage in leave_one_out.phrasings()[::_PHRASINGS_SAMPLED]:
            own.append(_features(leave_one_out.score(passage)))
            owners.append(passage.article_id)
    foreign, foreign_gaps = [], []
    for number in range(0, len(off_topic), _OFF_TOPIC_SAMPLED):
        scored = searcher.score(off_topic[number], hidden_background=number)
        foreign.append(_features(scored))
        foreign_gaps.append(_gap(scored, scored.order(2)))
    return Asked(own, owners, foreign, gaps, correct, in_three, foreign_gaps)


def _features(scored: Scored) -> Features:
    return scored.scope_features(scored.order(1)[0])


def _gap(scored: Scored, order: Sequence[int]) -> float:
    if len(order) < 2:
        return 0.0
    return float(scored.scores[order[0]] - scored.scores[order[1]])


def fit_scope(
    own: Sequence[Features], owners: Sequence[str], foreign: Sequence[Features]
) -> tuple[LinearModel, FloatVector]:
    """Return the model of all examples, and for each the log-odds of one that has not seen it.

    Phrasings of one article resemble each other, so they are held out together.

    Args:
        own: features of the site's own phrasings.
        owners: the article of each.
        foreign: features of the off-topic examples; together they weigh as much as ``own``.
    """
    examples = [*own, *foreign]
    labels = np.concatenate([np.ones(len(own)), np.zeros(len(foreign))])
    weights = np.where(labels > 0, 1.0, len(own) / len(foreign))
    fold_of = {owner: i % _FOLDS for i, owner in enumerate(sorted(set(owners)))}
    folds = np.array([*(fold_of[o] for o in owners), *(i % _FOLDS for i in range(len(foreign)))])
    logits = np.zeros(len(examples))
    for fold in range(_FOLDS):
        seen = folds != fold
        model = fit_linear(list(compress(examples, seen)), labels[seen], weights[seen], _RIDGE)
        logits[~seen] = [model.logit(example) for example in compress(examples, ~seen)]
    return fit_linear(examples, labels, weights, _RIDGE), logits


def _fit_confidence(
    scope: FloatVector, gaps: FloatVector, correct: NDArray[np.bool_], weights: FloatVector
) -> tuple[float, float, float]:
    """Return intercept, weight of the scope's log-odds and weight of the gap.

    An off-topic query has no right article; one in five who ask is taken to ask one.
    Neither weight is below 0: a few questions may say by chance that a wider gap is worse.
    """
    matrix = csr_array(np.column_stack([np.ones_like(scope), scope, gaps]))
    penalty = np.array([1e-6, 1e-3, 1e-3])
    labels = correct.astype(np.float64)
    fitted = fit_logistic(matrix, labels, weights, penalty)
    while fitted[1:].min() < -1e-6:
        penalty[1 + int(fitted[1:].argmin())] = 1e12
        fitted = fit_logistic(matrix, labels, weights, penalty)
    return float(fitted[0]), float(fitted[1]), float(fitted[2])
