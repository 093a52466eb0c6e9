"""Figures from answers: quality by style and language, intervals, abstention; pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from corpora import Corpus
from numpy.typing import NDArray
from outcomes import Answer, Outcome

from search_index.dev_set import OFF_TOPIC, DevQuery
from search_index.evaluation import measure

RESAMPLES = 10_000
_SEED = 20261122
_CHUNK = 500


def quality_of(corpus: Corpus, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the measures over all answerable queries, by style and by language."""
    return {
        "overall": _measures(corpus, answers, corpus.answerable),
        "by_style": _grouped(corpus, answers, lambda q: q.style),
        "by_lang": _grouped(corpus, answers, lambda q: q.lang),
        "decisions": decisions_of(corpus, answers),
    }


def decisions_of(corpus: Corpus, answers: Mapping[str, Answer]) -> dict[str, float] | None:
    """Return how questions that nothing answers were told apart; None when a set has none.

    ``refused`` and ``falsely_refused`` are shares of queries that a system says it cannot answer;
    ``auroc`` is the chance that a query with an answer scores higher than one without.
    """
    foreign = [answers[q.query_id] for q in corpus.queries if q.style == OFF_TOPIC]
    ours = [answers[q.query_id] for q in corpus.answerable]
    if not foreign or not ours:
        return None
    decisions = {
        "refused": statistics.fmean(not a.answered for a in foreign),
        "falsely_refused": statistics.fmean(not a.answered for a in ours),
    }
    if all(a.score is not None for a in (*ours, *foreign) if a.ids):
        decisions["auroc"] = auroc(list(map(_score, ours)), list(map(_score, foreign)))
    return decisions


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Return the chance that one of ``higher`` exceeds one of ``lower``; a tie counts half."""
    left, right = np.array(higher)[:, None], np.array(lower)[None, :]
    return float((left > right).mean() + (left == right).mean() / 2)


def hits_at_1(corpus: Corpus, answers: Mapping[str, Answer]) -> NDArray[np.float64]:
    """Return 1 for each answerable query whose first article answers it, else 0."""
    return np.array(
        [
            float(bool(ids := answers[q.query_id].ids) and ids[0] in corpus.qrels[q.query_id])
            for q in corpus.answerable
        ]
    )


def paired_interval(ours: NDArray[np.float64], peer: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95% interval of mean(ours - peer) by paired bootstrap over queries."""
    chance = np.random.default_rng(_SEED)
    difference = ours - peer
    means = [
        difference[chance.integers(len(difference), size=(_CHUNK, len(difference)))].mean(axis=1)
        for _ in range(RESAMPLES // _CHUNK)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(low), float(high)


def cost_of(outcome: Outcome) -> dict[str, Any]:
    """Return CPU, bytes and build time."""
    return {
        "cpu_ms": statistics.median(a.cpu_ms for a in outcome.answers.values()),
        "build_s": outcome.build_s,
        "index_bytes": outcome.index_bytes,
        "browser_bytes": outcome.browser_bytes,
    }


def _score(answer: Answer) -> float:
    return answer.score if answer.score is not None else -np.inf


def _measures(
    corpus: Corpus, answers: Mapping[str, Answer], queries: Sequence[DevQuery]
) -> dict[str, Any]:
    return asdict(measure({q.query_id: answers[q.query_id].ids for q in queries}, corpus.qrels))


def _grouped(
    corpus: Corpus, answers: Mapping[str, Answer], key: Callable[[DevQuery], str]
) -> dict[str, Any]:
    groups: dict[str, list[DevQuery]] = {}
    for query in corpus.answerable:
        groups.setdefault(key(query), []).append(query)
    return {name: _measures(corpus, answers, group) for name, group in sorted(groups.items())}
