"""How well a message to support is sorted, on the development queries.

    .venv/bin/python benchmarks/deflection.py

The class that is right is that of the article that answers; queries whose best articles have
several classes are left out. Needs a built snapshot.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from search_index.deflection import classify
from search_index.dev_set import OFF_TOPIC, read_qrels, read_queries
from search_index.records import Query, SearchResult
from search_index.searcher import Searcher
from search_index.snapshot import current_folder, open_snapshot

CLASSES = ("general", "technical", "urgent")


def lane_alone(result: SearchResult) -> str:
    """Return the class if the urgency lane decided alone: what `classify` is compared with."""
    if result.urgent or not result.hits:
        return "urgent" if result.urgent else "general"
    return result.hits[0].article.urgency


def report(name: str, pairs: Counter[tuple[str, str]]) -> None:
    """Print accuracy, and precision and recall of each class, with the counts behind them."""
    right = sum(count for (wanted, found), count in pairs.items() if wanted == found)
    print(f"{name:12} accuracy {right / pairs.total():.3f} ({right}/{pairs.total()})")
    for one in CLASSES:
        hit = pairs[one, one]
        found = sum(count for (_, other), count in pairs.items() if other == one)
        wanted = sum(count for (other, _), count in pairs.items() if other == one)
        print(
            f"  {one:10} precision {hit / max(1, found):.3f} ({hit}/{found})  "
            f"recall {hit / max(1, wanted):.3f} ({hit}/{wanted})"
        )


def main() -> None:
    """Measure and print."""
    searcher = Searcher.of(open_snapshot(current_folder(Path("build/snapshots"))))
    urgency_of = {a.article_id: a.urgency for a in searcher.parts.articles}
    qrels = read_qrels(Path("benchmarks/dev_qrels.tsv"))
    sorted_, lane = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    off_topic = Counter[str]()
    for query in read_queries(Path("benchmarks/dev_queries.tsv")):
        result = searcher.search(Query(query.text))
        if query.style == OFF_TOPIC:
            off_topic[classify(result, query.text)] += 1
            continue
        grades = qrels[query.query_id]
        best = max(grades.values())
        wanted = {urgency_of[i] for i, grade in grades.items() if grade == best}
        if len(wanted) == 1:
            sorted_[*wanted, classify(result, query.text)] += 1
            lane[*wanted, lane_alone(result)] += 1
    report("classify", sorted_)
    report("lane alone", lane)
    print(f"off topic: {dict(off_topic)}")


if __name__ == "__main__":
    main()
