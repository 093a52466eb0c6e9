"""Pure functions that join scores; they know neither FAISS nor BM25."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search_index.manifest import Calibration

CLOSEST_WEIGHT = 0.5
CENTROID_WEIGHT = 0.3
"""Of the cosine to an article's closest questions, and to all of them together. Source: our
development queries; three public sets agree."""
CLASSIFIER_WEIGHT = 0.06
"""Of the logarithm of the probability that the classifier gives an article. Source: our
development queries; 0.03 to 0.1 find the same within half a point."""
CLAUSE_SHARE = 0.45
"""Share of the telling clauses in the score of a long message. Source: as above."""
LONG_LEXICAL_GAIN = 4.0
"""What λ is multiplied with for a long message, which covers little of its bound. Source: as above;
messages of up to 90 columns lose by any gain, longer ones win by up to six."""

Blended = TypeVar("Blended", float, NDArray[np.float32])


def weigh(closest: NDArray[np.float32], centroid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weighted sum of two kinds of closeness of each article, about -0.3 to 0.8.

    Args:
        closest: to its closest questions; see `search_index.dense.centred`.
        centroid: to all of its questions together; see `search_index.centroids`.
    """
    return np.float32(CLOSEST_WEIGHT) * closest + np.float32(CENTROID_WEIGHT) * centroid


def fuse(
    cosine: NDArray[np.float32],
    coverage: NDArray[np.float32],
    log_share: NDArray[np.float32],
    lexical_weight: float,
) -> NDArray[np.float32]:
    """Return ``cosine + λ · coverage + w · log_share`` for each article; higher is better.

    The score is absolute, so it can be compared across queries; reciprocal rank fusion lost
    5 points of hit@1 and cannot tell an off-topic query (findings/retrieval.md).

    Args:
        cosine: what `weigh` returned.
        coverage: BM25 as a share of its upper bound for this query, 0 to 1.
        log_share: logarithm of the probability that the classifier gives it, at most 0.
        lexical_weight: λ.
    """
    words = np.float32(lexical_weight) * coverage
    fused: NDArray[np.float32] = cosine + words + np.float32(CLASSIFIER_WEIGHT) * log_share
    return fused


def blend(whole: Blended, clauses: Blended) -> Blended:
    """Return the score of a long message: of the whole, and of the clauses that ask.

    Args:
        whole: what the message as a whole scores.
        clauses: mean of what its telling clauses score.
    """
    return (1 - CLAUSE_SHARE) * whole + CLAUSE_SHARE * clauses


def confidence(calibration: Calibration, scope: float, gap: float) -> float:
    """Return the estimated probability, 0 to 1, that the first hit is the right article.

    Args:
        scope: log-odds as compared with ``calibration.in_scope``.
        gap: score of the first hit less score of the second, ≥ 0.
    """
    logit = (
        calibration.confidence_intercept
        + calibration.confidence_scope * scope
        + calibration.confidence_gap * gap
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
