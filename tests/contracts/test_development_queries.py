"""What search is measured with must not stand in what it is made of."""

from __future__ import annotations

from pathlib import Path

from kb_build.calibration import read_off_topic
from kb_build.urgency_training import read_urgency_examples
from search_index.dev_set import read_queries

ROOT = Path(__file__).parents[2]


def test_no_development_query_is_a_phrasing_or_an_example() -> None:
    queries = {q.text.lower() for q in read_queries(ROOT / "benchmarks" / "dev_queries.tsv")}
    phrasings = {
        line.split("\t")[2].lower()
        for path in sorted((ROOT / "docs" / "_data" / "phrasings").glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert len(phrasings) > 1000
    assert not queries & phrasings
    assert not queries & {text.lower() for text in read_off_topic()}
    assert not queries & {example.text.lower() for example in read_urgency_examples()}
