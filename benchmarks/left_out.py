"""The development queries, each without the phrasing that comes closest to it.

    .venv/bin/python benchmarks/left_out.py

An article that was given its readers' words by chance finds them again. Here it has to do without:
for each query the one question or further phrasing of the right article whose vector is nearest
leaves index, words and classifier (`kb_build.leave_one_out`; the classifier lacks a quarter of all
phrasings with it). Needs a built snapshot of the articles as they are; writes
build/benchmarks/left_out.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kb_build.leave_one_out import LeaveOneOut
from kb_build.pipeline import Builder, lexical_documents
from kb_build.settings import load_kb_settings
from search_index.dev_set import OFF_TOPIC, DevQuery, read_qrels, read_queries
from search_index.evaluation import measure
from search_index.searcher import Scored, Searcher
from search_index.snapshot import current_folder, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "benchmarks" / "left_out.json"
DEPTH = 10


def measure_left_out() -> dict[str, Any]:
    """Return the measures of all queries and by style and language: with all phrasings, without."""
    settings = load_kb_settings(ROOT)
    authored = Builder(settings).check()
    published = [article for article in authored.articles if article.status != "draft"]
    searcher = Searcher.of(open_snapshot(current_folder(settings.snapshots_dir)))
    without = LeaveOneOut(searcher, lexical_documents(published, authored.phrasings))
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
    groups = {"all": queries}
    for query in queries:
        groups.setdefault(query.style, []).append(query)
    for query in queries:
        groups.setdefault(f"{query.lang} (language)", []).append(query)
    return {
        name: {kind: _measures(run, chosen, qrels) for kind, run in runs.items()}
        for name, chosen in groups.items()
    }


def _ranked(searcher: Searcher, scored: Scored) -> list[str]:
    return [searcher.article_ids[number] for number in scored.order(DEPTH)]


def _measures(
    run: Mapping[str, Sequence[str]],
    queries: Sequence[DevQuery],
    qrels: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    chosen = {query.query_id: run[query.query_id] for query in queries}
    return asdict(measure(chosen, qrels))


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
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(render_left_out(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
