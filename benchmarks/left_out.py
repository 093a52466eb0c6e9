"""The development queries, each without the phrasing that comes closest to it.

    .venv/bin/python benchmarks/left_out.py

An article that was given its readers' words by chance finds them again. Here it has to do without:
for each query the one question or further phrasing of the right article whose vector is nearest
leaves index, words and classifier (`kb_build.leave_one_out`; the classifier lacks a quarter of all
phrasings with it). Needs a built snapshot of the articles as they are; writes
build/benchmarks/left_out.json.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from figures import write_figures

from kb_build.leave_one_out import LeaveOneOut
from kb_build.pipeline import Builder
from kb_build.settings import load_kb_settings
from search_index.dev_set import OFF_TOPIC, measure_by, measure_on, read_qrels, read_queries
from search_index.searcher import Scored, Searcher

ROOT = Path(__file__).resolve().parents[1]
DEPTH = 10


def measure_left_out() -> dict[str, Any]:
    """Return the measures of all queries and by style and language: with all phrasings, without."""
    builder = Builder(load_kb_settings(ROOT))
    searcher, documents = builder.open_live(builder.check())
    without = LeaveOneOut(searcher, documents)
    every = read_queries(ROOT / "benchmarks" / "dev_queries.tsv")
    queries = [query for query in every if query.style != OFF_TOPIC]
    qrels = read_qrels(ROOT / "benchmarks" / "dev_qrels.tsv")
    runs: dict[str, dict[str, list[str]]] = {"all": {}, "left_out": {}}
    for query in queries:
        scored = searcher.score(query.text)
        grades = qrels[query.query_id]
        closest = without.closest(max(grades, key=grades.__getitem__), scored)
        runs["all"][query.query_id] = _ranked(searcher, scored)
        runs["left_out"][query.query_id] = _ranked(searcher, without.score(closest, query.text))
    found: dict[str, dict[str, Any]] = {}
    for kind, run in runs.items():
        groups = {
            "all": measure_on(queries, run, qrels),
            **measure_by(lambda q: q.style, queries, run, qrels),
            **measure_by(lambda q: f"{q.lang} (language)", queries, run, qrels),
        }
        for name, measures in groups.items():
            found.setdefault(name, {})[kind] = asdict(measures)
    return found


def _ranked(searcher: Searcher, scored: Scored) -> list[str]:
    return [searcher.article_ids[number] for number in scored.order(DEPTH)]


def render_left_out(figures: Mapping[str, Any]) -> str:
    """Return the Markdown table of what this benchmark wrote."""
    lines = [
        "Each development query is asked twice: as ever, and with the one question or further",
        "phrasing of the right article that is nearest to it taken out of vectors, words and",
        "classifier. What remains does not depend on having guessed a reader's very words:",
        "",
        "| queries | number | hit@1 | hit@3 | left out: hit@1 | left out: hit@3 |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for name, found in figures.items():
        shares = [
            f"{found[kind][key]:.1%}".rstrip("%")
            for kind in ("all", "left_out")
            for key in ("hit_at_1", "hit_at_3")
        ]
        lines.append(f"| {name} | {found['all']['queries']} | {' | '.join(shares)} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print and write."""
    figures = measure_left_out()
    write_figures("left_out", figures)
    print(render_left_out(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
