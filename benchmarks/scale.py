"""Measure how an index grows: 100 to 100,000 articles made of the real ones.

    python benchmarks/scale.py [--sizes 100 1000 10000 100000]

No article is encoded. Article n is a copy of a real one with ten rows: the article, seven of its
questions and two sections. Its vectors are the real ones, moved together by a random step of length
0.6 and each alone by one of 0.35, and brought back to the sphere: rows of a copy stay near each
other, and copies of one article nearer to it than to others. Its terms are 150 successive terms of
the real text, five of them replaced by names out of a list that grows with the site. The queries
are development queries with their real vectors, so what is measured is everything but the encoder.
Each size runs in a process of its own on one thread. Recall compares with exact search.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from figures import write_figures
from numpy.typing import NDArray
from remembering import Remembering

from kb_build.classifier_training import MOST_CELLS, train_classifier
from search_index.analyzer import analyze
from search_index.dense import EXACT_ROWS
from search_index.dev_set import read_queries
from search_index.lexical import LexicalIndex
from search_index.passage_vectors import PassageVectors
from search_index.records import Kind, Passage, Query
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts, Snapshot, current_folder, open_snapshot, save_parts

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100, 1_000, 10_000, 100_000)
ROWS: tuple[tuple[Kind, int], ...] = (("article", 1), ("question", 7), ("section", 2))
MOVED_TOGETHER, MOVED_ALONE = 0.6, 0.35
TERMS, NAMES = 150, 5
QUERIES = 120
NEAREST = 10
ASKED_FOR = 128  # rows, as the searcher does

Matrix = NDArray[np.float32]


def copy_rows(parts: IndexParts, size: int) -> list[tuple[str, Kind, Passage, int]]:
    """Return (new id, kind, real passage, its row) of every row, kind by kind."""
    of: defaultdict[tuple[str, Kind], list[int]] = defaultdict(list)
    for row, passage in enumerate(parts.passages):
        if passage.lang == "zh":
            kind: Kind = "question" if passage.kind == "phrasing" else passage.kind
            of[passage.article_id, kind].append(row)
    real = parts.article_ids
    rows = []
    for kind, count in ROWS:
        for number in range(size):
            sources = of[real[number % len(real)], kind]
            start = number // len(real) * count
            for i in range(count):
                row = sources[(start + i) % len(sources)]
                rows.append((f"KB-{number:06}", kind, parts.passages[row], row))
    return rows


def move(vectors: Matrix, groups: NDArray[np.int64], moved: NDArray[np.bool_]) -> Matrix:
    """Return vectors moved by group and alone, on the sphere again; only where ``moved``."""
    dim = vectors.shape[1]
    for start in range(0, len(vectors), 4096):
        rows = slice(start, start + 4096)
        own = np.random.default_rng(start).standard_normal(vectors[rows].shape, np.float32)
        shared = np.stack(
            [
                np.random.default_rng(10**9 + group).standard_normal(dim, np.float32)
                for group in groups[rows]
            ]
        )
        step = (MOVED_TOGETHER * shared + MOVED_ALONE * own) / np.float32(np.sqrt(dim))
        found = vectors[rows] + step
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        vectors[rows] = np.where(moved[rows, None], found, vectors[rows])
    return vectors


def copy_terms(texts: Sequence[list[str]], size: int) -> list[list[str]]:
    random = np.random.default_rng(3)
    documents = []
    for number in range(size):
        source = texts[number % len(texts)]
        start = int(random.integers(max(1, len(source) - TERMS)))
        terms = source[start : start + TERMS]
        for place in random.integers(len(terms), size=NAMES):
            terms[int(place)] = f"name{int(random.integers(10 + size // 10))}"
        documents.append(terms)
    return documents


def timed(spent: dict[str, float], name: str, started: float) -> None:
    spent[name] = round(time.process_time() - started, 2)


def build_parts(real: IndexParts, size: int) -> tuple[IndexParts, dict[str, float], Matrix]:
    spent: dict[str, float] = {}
    rows = copy_rows(real, size)
    numbers = np.array([int(article_id[3:]) for article_id, *_ in rows])
    vectors = move(
        real.vectors.matrix()[[row for *_, row in rows]], numbers, numbers >= len(real.article_ids)
    )
    passages = tuple(
        replace(passage, article_id=article_id, kind=kind, passage_id=f"{article_id}/{i}")
        for i, (article_id, kind, passage, _) in enumerate(rows)
    )
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for passage in real.passages:
        if passage.lang == "zh" and passage.kind != "phrasing":
            texts[passage.article_id] += analyze(passage.text)
    documents = copy_terms([texts[article_id] for article_id in real.article_ids], size)
    shown = [a for a in real.articles if a.lang == "zh"]
    articles = tuple(
        replace(shown[number % len(shown)], article_id=f"KB-{number:06}") for number in range(size)
    )
    started = time.process_time()
    indexed = PassageVectors.build(passages, vectors)
    timed(spent, "vectors_s", started)
    started = time.process_time()
    body = LexicalIndex.build(documents)
    title = LexicalIndex.build([terms[:12] for terms in documents])
    timed(spent, "words_s", started)
    parts = replace(
        real,
        articles=articles,
        passages=passages,
        vectors=indexed,
        body=body,
        title=title,
        classifier=None,
    )
    started = time.process_time()
    parts = replace(parts, classifier=train_classifier(parts))
    timed(spent, "classifier_s", started)
    return parts, spent, vectors


def recall(parts: IndexParts, vectors: Matrix, queries: Matrix) -> float:
    """Return the share of the nearest rows by exact arithmetic that the index finds."""
    asked = parts.vectors.asked
    exact = queries @ vectors[: asked.row_count].T
    wanted = np.argpartition(-exact, NEAREST, axis=1)[:, :NEAREST]
    _, found = asked.search(queries, ASKED_FOR)
    shared = [len(set(w) & set(f[:NEAREST])) for w, f in zip(wanted, found, strict=True)]
    return float(np.mean(shared)) / NEAREST


def folder_mb(folder: Path) -> dict[str, float]:
    sizes: defaultdict[str, float] = defaultdict(float)
    for path in folder.rglob("*"):
        if path.is_file():
            sizes[path.relative_to(folder).parts[0].split(".")[0]] += path.stat().st_size / 2**20
    return {name: round(size, 1) for name, size in sizes.items()}


def resident_mb() -> float:
    """Return the memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def thread_ms(values: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.percentile(values, [50, 95])
    return round(float(p50) * 1e3, 3), round(float(p95) * 1e3, 3)


def measure_queries(searcher: Searcher, texts: Sequence[str]) -> dict[str, float]:
    vectors_of, body = searcher.parts.vectors, searcher.parts.body
    vectors = {text: searcher.score(text).vector for text in texts}
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for text in texts:
        terms = analyze(text)
        started = time.thread_time()
        vectors_of.asked.search(vectors[text][None, :], ASKED_FOR)
        vectors_of.centroids.closeness(vectors[text][None, :], ASKED_FOR)
        looked = time.thread_time()
        body.scores(terms)
        worded = time.thread_time()
        searcher.search(Query(text))
        done = time.thread_time()
        spent["dense"].append(looked - started)
        spent["lexical"].append(worded - looked)
        spent["whole"].append(done - worded)
    found = {}
    for name, values in spent.items():
        found[f"{name}_p50_ms"], found[f"{name}_p95_ms"] = thread_ms(values)
    return found


def run_size(snapshot: Snapshot, size: int) -> dict[str, Any]:
    before = resident_mb()
    parts, spent, vectors = build_parts(snapshot.parts, size)
    texts = [q.text for q in read_queries(ROOT / "benchmarks" / "dev_queries.tsv")]
    texts = texts[:: len(texts) // QUERIES]
    encoder = Remembering(snapshot.encoder)
    started = time.process_time()
    searcher = Searcher(parts, encoder, snapshot.manifest.calibration, "scale", cache_entries=0)
    timed(spent, "searcher_s", started)
    asked = np.stack([searcher.score(text).vector for text in texts])
    result = {
        "articles": size,
        "rows": len(parts.passages),
        **spent,
        "recall": round(recall(parts, vectors, asked), 4),
    }
    del vectors
    result["memory_mb"] = round(resident_mb() - before)
    result.update(measure_queries(searcher, texts))
    with tempfile.TemporaryDirectory() as name:
        started = time.process_time()
        save_parts(parts, Path(name))
        result["write_s"] = round(time.process_time() - started, 1)
        result["snapshot_mb"] = folder_mb(Path(name))
    return result


def render_scale(result: dict[str, Any]) -> str:
    """Return the Markdown table of what this benchmark wrote."""
    lines = [
        "Copies of the real articles, ten rows each (see `benchmarks/scale.py`); one thread, "
        f"processor time, without the encoder. Up to {EXACT_ROWS:,} rows search is exact; "
        f"recall is of the {NEAREST} nearest rows. The classifier is fitted to at most "
        f"{MOST_CELLS:,} rows times articles; above that there is none.",
        "",
        "| articles | rows | index vectors s | words s | classifier s | open s | memory MB "
        "| snapshot MB | vectors p50 / p95 ms | words p50 / p95 ms | query p50 / p95 ms | recall |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['articles']:,} | {row['rows']:,} | {row['vectors_s']:.1f} | {row['words_s']:.1f} "
        f"| {row['classifier_s']:.1f} | {row['searcher_s']:.1f} | {row['memory_mb']:,} "
        f"| {sum(row['snapshot_mb'].values()):,.0f} "
        f"| {row['dense_p50_ms']:.2f} / {row['dense_p95_ms']:.2f} "
        f"| {row['lexical_p50_ms']:.2f} / {row['lexical_p95_ms']:.2f} "
        f"| {row['whole_p50_ms']:.2f} / {row['whole_p95_ms']:.2f} | {row['recall']:.3f} |"
        for row in result["sizes"]
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        snapshot = open_snapshot(current_folder(ROOT / "build" / "snapshots"))
        print(json.dumps(run_size(snapshot, options.run)))
        return 0
    rows = []
    for size in options.sizes:
        command = [sys.executable, __file__, "--run", str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], file=sys.stderr)
        write_figures("scale", {"sizes": rows})
    print(render_scale({"sizes": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
