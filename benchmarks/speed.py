"""Measure what a query costs the processor, stage by stage, against its encoder alone.

    python benchmarks/speed.py [--limit N] [--against EARLIER.json]

One thread, times of the thread and not of the wall, medians over the development queries. Every
query is measured three ways in turn: its encoder alone, the whole answer with an empty cache, the
same answer again from the cache. Stages are read from a second pass with a clock around each, so
the clocks do not count in the totals. ``--against`` compares hits and ranks with an earlier run:
exit status 1 when a query's first ten articles differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from search_index import searcher as searcher_module
from search_index.api.bodies import search_body
from search_index.dev_set import read_queries
from search_index.records import Query, SearchResult
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot, current_folder, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "benchmarks" / "speed.json"
DEPTH = 10
"""Hits compared with an earlier run."""
LIMIT = 6
"""Hits of a timed answer: as many as the search box in a page's head asks for."""
STAGES = (
    "secret guard",
    "normalise",
    "readings",
    "encoder",
    "dense",
    "lexical",
    "excerpt",
    "fusion and the rest",
    "serialisation",
)


class Clock:
    """Adds up the time of the thread by stage; what runs inside a stage counts there only."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._running = ""

    def around(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._running:
                return call(*args, **kwargs)
            self._running = stage
            started = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                self.spent[stage] += time.thread_time() - started
                self._running = ""

        return timed


class Timed:
    """Stands for an object, with a clock around some of its methods."""

    def __init__(self, target: Any, clock: Clock, stages: dict[str, str]) -> None:
        self._target = target
        for name, stage in stages.items():
            setattr(self, name, clock.around(stage, getattr(target, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class Noted:
    """An encoder that remembers what it was last asked."""

    def __init__(self, encoder: Any) -> None:
        self.spec, self.dim, self._encoder = encoder.spec, encoder.dim, encoder
        self.asked: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Any:
        self.asked = list(texts)
        return self._encoder.encode_queries(texts)

    def encode_documents(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError("queries only")


@contextmanager
def timed_searcher(snapshot: Snapshot, clock: Clock) -> Iterator[Searcher]:
    """Give a searcher of ``snapshot`` whose stages ``clock`` measures; it caches nothing."""
    parts = snapshot.parts
    lexical = {"scores": "lexical", "upper_bound": "lexical"}
    found: Any = {
        "vectors": replace(
            parts.vectors,
            asked=Timed(parts.vectors.asked, clock, {"search": "dense"}),
            centroids=Timed(parts.vectors.centroids, clock, {"closeness": "dense"}),
        ),
        "background": Timed(parts.background, clock, {"search": "dense"}),
        "body": Timed(parts.body, clock, lexical),
        "title": Timed(parts.title, clock, lexical),
        "speller": Timed(parts.speller, clock, {"readings": "readings"}),
    }
    encoder: Any = Timed(snapshot.encoder, clock, {"encode_queries": "encoder"})
    functions = {
        "find_secret": "secret guard",
        "normalise": "normalise",
        "terms_of": "lexical",
        "make_excerpt": "excerpt",
    }
    with ExitStack() as patches:
        for name, stage in functions.items():
            timed = clock.around(stage, getattr(searcher_module, name))
            patches.enter_context(patch.object(searcher_module, name, timed))
        timed_snapshot = replace(snapshot, parts=replace(parts, **found), encoder=encoder)
        yield Searcher.of(timed_snapshot, cache_entries=0)


def cpu_ms(call: Callable[[], object]) -> float:
    """Return the milliseconds of this thread that one call takes."""
    started = time.thread_time()
    call()
    return (time.thread_time() - started) * 1e3


def serialise(result: SearchResult) -> str:
    return search_body(result, None, 0.0).model_dump_json()


def hits_of(result: SearchResult) -> list[str]:
    return [hit.article.article_id for hit in result.hits]


def spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "p50": round(float(np.percentile(values, 50)), 4),
        "p95": round(float(np.percentile(values, 95)), 4),
    }


def measure_totals(snapshot: Snapshot, texts: Sequence[str]) -> tuple[dict[str, Any], list[Any]]:
    noted = Noted(snapshot.encoder)
    cold = Searcher.of(replace(snapshot, encoder=noted), cache_entries=0)
    warm = Searcher.of(snapshot)
    encode = snapshot.encoder.encode_queries
    rows: list[tuple[int, float, float, float, float]] = []
    hits = []
    for text in texts:
        hits.append(hits_of(warm.search(Query(text, limit=DEPTH))))
        query = Query(text, limit=LIMIT)
        warm.search(query)
        total = cpu_ms(lambda q=query: serialise(cold.search(q)))
        rows.append(
            (
                len(noted.asked),
                cpu_ms(lambda: encode([noted.asked[0]])),
                cpu_ms(lambda: encode(noted.asked)),
                total,
                cpu_ms(lambda q=query: serialise(warm.search(q))),
            )
        )
    counts, encoder, encoders, total, repeated = map(np.array, zip(*rows, strict=True))
    one = counts == 1
    return {
        "queries": len(texts),
        "encoded_mean": round(float(counts.mean()), 3),
        "one_text_share": round(float(one.mean()), 3),
        "one_text": {
            "encoder": spread(encoder[one]),
            "total": spread(total[one]),
            "ratio_to_encoder": round(float(np.median(total[one] / encoder[one])), 3),
        },
        "all_queries": {
            "encoder_as_typed": spread(encoder),
            "encoder_of_all": spread(encoders),
            "total": spread(total),
            "ratio_to_encoder_of_one": round(float(np.median(total / encoder)), 3),
            "ratio_to_encoder_of_all": round(float(np.median(total / encoders)), 3),
        },
        "repeated": spread(repeated),
    }, hits


def measure_stages(snapshot: Snapshot, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    spent: defaultdict[str, list[float]] = defaultdict(list)
    clock = Clock()
    with timed_searcher(snapshot, clock) as searcher:
        for text in texts:
            clock.spent.clear()
            started = time.thread_time()
            result = searcher.search(Query(text, limit=LIMIT))
            total = time.thread_time() - started
            clock.spent["fusion and the rest"] = total - sum(clock.spent.values())
            started = time.thread_time()
            serialise(result)
            clock.spent["serialisation"] = time.thread_time() - started
            for stage in STAGES:
                spent[stage].append(clock.spent[stage] * 1e3)
    return {stage: spread(spent[stage]) for stage in STAGES}


def digest(hits: Sequence[Sequence[str]]) -> str:
    return hashlib.sha256(json.dumps(hits).encode()).hexdigest()


def render_speed(result: dict[str, Any]) -> str:
    """Return the Markdown tables of what this benchmark wrote."""
    one, every = result["one_text"], result["all_queries"]
    lines = [
        f"{result['queries']} development queries, {result['articles']} articles, one thread, "
        f"milliseconds of processor time, {LIMIT} hits with excerpts and JSON.",
        "",
        "| | p50 | p95 |",
        "|---|---|---|",
    ]
    rows = [
        ("Queries with one text to encode: encoder alone", one["encoder"]),
        ("Queries with one text to encode: whole answer", one["total"]),
        ("All queries: encoder, the query as typed", every["encoder_as_typed"]),
        ("All queries: encoder, all readings and clauses", every["encoder_of_all"]),
        ("All queries: whole answer", every["total"]),
        ("The same query again, from the cache", result["repeated"]),
    ]
    lines += [f"| {name} | {s['p50']:.2f} | {s['p95']:.2f} |" for name, s in rows]
    lines += [
        "",
        f"Whole answer ÷ encoder alone, median of the pairs: **{one['ratio_to_encoder']:.2f}** "
        f"with one text ({result['one_text_share']:.0%} of the queries); over all queries "
        f"{every['ratio_to_encoder_of_all']:.2f} of what their "
        f"{result['encoded_mean']:.2f} texts (readings and clauses) cost "
        "to encode.",
        "",
        "| stage | p50 | p95 |",
        "|---|---|---|",
    ]
    lines += [f"| {n} | {s['p50']:.3f} | {s['p95']:.3f} |" for n, s in result["stages"].items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, help="only so many queries, spread over the set")
    parser.add_argument("--against", type=Path, help="result of an earlier run to compare with")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()

    snapshot = open_snapshot(current_folder(ROOT / "build" / "snapshots"))
    texts = [query.text for query in read_queries(ROOT / "benchmarks" / "dev_queries.tsv")]
    if options.limit:
        texts = texts[:: max(1, len(texts) // options.limit)]
    totals, hits = measure_totals(snapshot, texts)
    result = {
        "machine": platform.processor() or platform.machine(),
        "snapshot": snapshot.manifest.snapshot_id,
        "articles": snapshot.manifest.counts["articles"],
        **totals,
        "stages": measure_stages(snapshot, texts),
        "hits_sha256": digest(hits),
        "hits": dict(zip(texts, hits, strict=True)),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    print(render_speed(result))
    print(f"hits: {result['hits_sha256']}")
    if options.against:
        earlier = json.loads(options.against.read_text())["hits"]
        shared = [text for text in texts if text in earlier]
        changed = [text for text in shared if earlier[text] != result["hits"][text]]
        print(f"{len(changed)} of {len(shared)} queries have other hits than before")
        for text in changed[:10]:
            print(f"  {text}: {earlier[text]} → {result['hits'][text]}")
        return 1 if changed else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
