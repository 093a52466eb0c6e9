"""Figures from answers: quality by style and language, intervals, abstention; pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from corpora import Corpus
from numpy.typing import NDArray
from outcomes import Answer, Outcome

from search_index.dev_set import OFF_TOPIC, measure_by, measure_on

RESAMPLES = 10_000
_SEED = 20261122


def quality_of(corpus: Corpus, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the measures over all answerable queries, by style and by language."""
    run = {query_id: answer.ids for query_id, answer in answers.items()}
    asked = corpus.answerable
    by_style = measure_by(lambda q: q.style, asked, run, corpus.qrels)
    by_lang = measure_by(lambda q: q.lang, asked, run, corpus.qrels)
    return {
        "overall": asdict(measure_on(asked, run, corpus.qrels)),
        "by_style": {name: asdict(found) for name, found in by_style.items()},
        "by_lang": {name: asdict(found) for name, found in by_lang.items()},
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


def ahead_of(ours: NDArray[np.float64], peer: NDArray[np.float64]) -> dict[str, float]:
    """Return how far ours is ahead: mean(ours - peer) and its 95% interval.

    The interval is that of a paired bootstrap over queries. ``won`` and ``lost`` are the queries
    that only ours and only the peer answered right.
    """
    chance = np.random.default_rng(_SEED)
    won, lost = int((ours > peer).sum()), int((ours < peer).sum())
    low, high = np.quantile(_resampled(chance, won, lost, len(ours)), [0.025, 0.975])
    mean = (won - lost) / len(ours)
    return {"mean": mean, "low": float(low), "high": float(high), "won": won, "lost": lost}


def together(sets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each system's mean hit@1 over ``sets``, and how far ours is ahead over all of them.

    Every set weighs the same; the bootstrap draws queries within each. Peers that were not run on
    all sets are left out.

    Args:
        sets: what `peers.run` writes of each.
    """
    rows: list[dict[str, Any]] = []
    for name in [system["system"] for system in sets[0]["systems"]]:
        found = [[s for s in one["systems"] if s["system"] == name] for one in sets]
        if not all(found):
            continue
        chance = np.random.default_rng(_SEED)
        row = {
            "system": name,
            "hit_at_1": statistics.fmean(f[0]["overall"]["hit_at_1"] for f in found),
        }
        if all("ahead" in systems[0] for systems in found):
            leads = [
                (systems[0]["ahead"], one["queries"])
                for systems, one in zip(found, sets, strict=True)
            ]
            draws = [_resampled(chance, a["won"], a["lost"], count) for a, count in leads]
            low, high = np.quantile(np.mean(draws, axis=0), [0.025, 0.975])
            mean = statistics.fmean(ahead["mean"] for ahead, _ in leads)
            row["ahead"] = {"mean": mean, "low": float(low), "high": float(high)}
        rows.append(row)
    return rows


def _resampled(chance: np.random.Generator, won: int, lost: int, count: int) -> NDArray[np.float64]:
    """Return the differences of resamples of ``count`` queries, drawn with replacement.

    A query is won, lost or level, so a resample is a draw from that multinomial.
    """
    shares = [won / count, lost / count, 1 - (won + lost) / count]
    drawn = chance.multinomial(count, shares, size=RESAMPLES)
    differences: NDArray[np.float64] = (drawn[:, 0] - drawn[:, 1]) / count
    return differences


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
