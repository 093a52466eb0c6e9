"""Measures of a run against qrels; pure functions that know nothing of how hits were found.

Shapes follow TREC: qrels say which articles answer a query, a run lists articles by rank.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Qrels = Mapping[str, Mapping[str, int]]
"""Query id → article id → grade (1 helps, 2 answers)."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over a set of queries, each 0 to 1, higher is better.

    Attributes:
        hit_at_1, hit_at_3: share of queries with a relevant article in the first 1 / 3.
        mrr_at_10: mean of 1 / rank of the first relevant article, 0 beyond rank 10.
        ndcg_at_10: normalised discounted cumulative gain (Järvelin & Kekäläinen 2002).
    """

    queries: int
    hit_at_1: float
    hit_at_3: float
    mrr_at_10: float
    ndcg_at_10: float


def measure(run: Mapping[str, Sequence[str]], qrels: Qrels) -> Measures:
    """Return the measures of ``run`` (query id → article ids by rank) over its queries."""
    if not run:
        return Measures(0, 0.0, 0.0, 0.0, 0.0)
    hit1 = hit3 = mrr = ndcg = 0.0
    for query_id, ranked in run.items():
        grades = qrels[query_id]
        gains = [grades.get(article_id, 0) for article_id in ranked[:10]]
        first = next((rank for rank, gain in enumerate(gains, 1) if gain), None)
        hit1 += first == 1
        hit3 += first is not None and first <= 3
        mrr += 1 / first if first else 0.0
        ideal = _dcg(sorted(grades.values(), reverse=True)[:10])
        ndcg += _dcg(gains) / ideal if ideal else 0.0
    count = len(run)
    return Measures(count, hit1 / count, hit3 / count, mrr / count, ndcg / count)


def _dcg(gains: Sequence[int]) -> float:
    return sum((2.0**gain - 1) / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
