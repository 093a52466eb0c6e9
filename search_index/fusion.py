"""Pure functions that join scores; they know neither FAISS nor BM25."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search_index.manifest import Calibration

PART_WEIGHTS = (0.2, 0.6, 0.2)
"""Whole article, closest question, closest section. Source: our development queries."""


def fuse(
    cosines: Sequence[NDArray[np.float32]],
    bm25: NDArray[np.float32],
    upper_bound: float,
    lexical_weight: float,
) -> NDArray[np.float32]:
    """Return ``Σ weight · cosine + λ · bm25 / upper_bound`` for each article.

    The score is absolute, so it can be compared across queries; reciprocal rank fusion lost
    5 points of hit@1 and cannot tell an off-topic query (findings/retrieval.md).

    Args:
        cosines: best centred cosine of each article with each part, in order of `PART_WEIGHTS`.
        bm25: BM25 of each article, ≥ 0.
        upper_bound: what BM25 could reach at best for this query.
        lexical_weight: λ, share of the lexical part.
    """
    fused = np.zeros_like(bm25)
    for weight, cosine in zip(PART_WEIGHTS, cosines, strict=True):
        fused += np.float32(weight) * cosine
    if upper_bound > 0:
        fused += np.float32(lexical_weight / upper_bound) * bm25
    return fused


def confidence(calibration: Calibration, scope_score: float, gap: float) -> float:
    """Return the estimated probability, 0 to 1, that the first hit is the right article.

    Args:
        scope_score: as compared with ``calibration.in_scope``.
        gap: score of the first hit less score of the second, ≥ 0.
    """
    logit = (
        calibration.confidence_intercept
        + calibration.confidence_score * scope_score
        + calibration.confidence_gap * gap
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
