"""The benchmark's arithmetic and its page; it is not run against peers here."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search_index.dev_set import OFF_TOPIC, DevQuery

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path += [str(BENCHMARKS), str(BENCHMARKS / "peers")]  # scripts, not packages

corpora = importlib.import_module("corpora")
measuring = importlib.import_module("measuring")
outcomes = importlib.import_module("outcomes")
public_data = importlib.import_module("public_data")
results = importlib.import_module("results")


def document(article_id: str, lang: str) -> Any:
    return corpora.Document(article_id, lang, "标题", "", "", ("问题",), ("说法",))


@pytest.fixture
def corpus() -> Any:
    return corpora.Corpus(
        "tiny",
        "A tiny set",
        (document("KB-1", "zh"), document("KB-1", "en"), document("KB-2", "zh")),
        (
            DevQuery("q1", "zh-CN", "question", "一"),
            DevQuery("q2", "en", "keyword", "two"),
            DevQuery("q3", "en", OFF_TOPIC, "weather"),
        ),
        {"q1": {"KB-1": 2}, "q2": {"KB-2": 2}},
    )


def answers(first: str, second: str, *, refuses: bool) -> dict[str, Any]:
    return {
        "q1": outcomes.Answer((first,), 0.9, 1.0, True),
        "q2": outcomes.Answer((second,), 0.5, 3.0, True),
        "q3": outcomes.Answer(("KB-1",), 0.2, 2.0, not refuses),
    }


def test_an_article_found_in_both_languages_counts_once() -> None:
    ranked = [("KB-1", 3.0), ("KB-1", 2.0), ("KB-2", 1.0)]
    assert outcomes.best_ids(ranked) == ("KB-1", "KB-2")


def test_the_interval_of_a_system_with_itself_is_nothing() -> None:
    hits = np.array([1.0, 0.0, 1.0])
    level = {"mean": 0.0, "low": 0.0, "high": 0.0, "won": 0, "lost": 0}
    assert measuring.ahead_of(hits, hits) == level


def test_the_interval_holds_the_difference_and_only_a_clear_lead_lies_above_zero() -> None:
    ours = np.array([1.0] * 90 + [0.0] * 10)
    ahead = measuring.ahead_of(ours, np.array([1.0] * 60 + [0.0] * 40))
    assert 0 < ahead["low"] < ahead["mean"] == 0.3 < ahead["high"]
    assert (ahead["won"], ahead["lost"]) == (30, 0)
    assert measuring.ahead_of(ours, np.array([1.0] * 89 + [0.0] * 11))["low"] <= 0


def test_over_sets_together_every_set_weighs_the_same_and_only_common_peers_count() -> None:
    def of_set(queries: int, won: int, lost: int, *others: str) -> dict[str, Any]:
        ahead = {"mean": (won - lost) / queries, "low": 0.0, "high": 0.0, "won": won, "lost": lost}
        peers = [
            {"system": name, "ahead": ahead, "overall": {"hit_at_1": 0.5}}
            for name in ("tantivy", *others)
        ]
        ours = {"system": "ours", "overall": {"hit_at_1": 0.5 + ahead["mean"]}}
        return {"queries": queries, "systems": [ours, *peers]}

    ours, peer = measuring.together([of_set(1000, 110, 10, "orama"), of_set(100, 10, 10)])
    assert (ours["system"], peer["system"]) == ("ours", "tantivy")
    assert ours["hit_at_1"] == pytest.approx(0.55)
    assert "ahead" not in ours
    ahead = peer["ahead"]
    assert ahead["mean"] == pytest.approx(0.05)
    # Standard deviation √(0.2 / 100) / 2 of the small set, and hardly anything of the large one.
    assert ahead["high"] - ahead["low"] == pytest.approx(2 * 1.96 * 0.0229, rel=0.05)


def test_auroc_counts_a_tie_half() -> None:
    assert measuring.auroc([2.0, 1.0], [1.0, 0.0]) == pytest.approx((4 - 0.5) / 4)


def test_refusals_are_told_apart_by_what_could_have_been_answered(corpus: Any) -> None:
    decisions = measuring.decisions_of(corpus, answers("KB-1", "KB-1", refuses=True))
    assert decisions == {"refused": 1.0, "falsely_refused": 0.0, "auroc": 1.0}


def test_a_query_without_an_answer_does_not_count_as_a_miss(corpus: Any) -> None:
    quality = measuring.quality_of(corpus, answers("KB-1", "KB-1", refuses=True))
    assert quality["overall"]["queries"] == 2
    assert quality["overall"]["hit_at_1"] == 0.5
    assert quality["by_style"]["keyword"]["hit_at_1"] == 0.0
    assert set(quality["by_lang"]) == {"zh-CN", "en"}


def test_the_same_sample_is_drawn_every_time(corpus: Any) -> None:
    assert corpus.sampled(2).queries == corpus.sampled(2).queries
    assert len(corpus.sampled(2).queries) == 2


def test_peers_can_be_given_the_articles_without_further_phrasings(corpus: Any) -> None:
    assert corpus.has_phrasings
    assert [d.asked for d in corpus.without_phrasings().documents] == [("问题",)] * 3


def test_the_page_holds_the_sections_that_were_measured(corpus: Any, tmp_path: Path) -> None:
    ours, peer = answers("KB-1", "KB-2", refuses=True), answers("KB-2", "KB-2", refuses=False)
    hits = [measuring.hits_at_1(corpus, found) for found in (ours, peer)]
    ahead = measuring.ahead_of(*hits)
    facts = {"title": corpus.title, "documents": 3, "queries": 2, "off_topic": 1}
    facts["encoder_bytes"] = 40_000_000
    quality = [
        {"system": "ours", **measuring.quality_of(corpus, ours)},
        {
            "system": "tantivy",
            "variant": "with phrasings",
            "ahead": ahead,
            **measuring.quality_of(corpus, peer),
        },
    ]
    cost = [
        {
            "system": name,
            "where": "server",
            **measuring.cost_of(outcomes.Outcome(found, 1.5, 2_000_000, browser)),
        }
        for name, found, browser in (("ours", ours, 40_000), ("tantivy", peer, None))
    ]
    for name, systems in (("quality", quality), ("cost", cost)):
        figures = {"sampled": 0, "sets": [{**facts, "systems": systems}]}
        if name == "quality":
            figures["together"] = measuring.together(figures["sets"] * 2)
        (tmp_path / f"{name}.json").write_text(json.dumps(figures), encoding="utf-8")

    page = results.assemble(tmp_path)

    assert "| **Wenlu** |  | 100.0 | 100.0 |" in page
    assert "| tantivy + jieba | with phrasings | 50.0 |" in page
    assert "+50.0 [+0.0, +100.0]" in page
    assert "no clear difference, the interval holds 0: tantivy + jieba (-50.0)" in page
    assert "| **Wenlu** | server | 2.00 | 1.5 | 2.0 MB | 40 KB |" in page
    assert "built with less CPU" not in page
    assert "## Scale" not in page
    means = page.split("### The public sets together")[1]
    assert "| **Wenlu** | 100.0 |  |" in means
    assert "| tantivy + jieba | 50.0 | +50.0 [" in means


def test_a_file_that_lies_there_already_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"rows")
    file = _local(tmp_path / "gone", b"rows")
    assert public_data.fetch(file, tmp_path) is False


def test_a_file_is_fetched_once_and_another_one_in_its_place_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"rows")
    assert public_data.fetch(_local(source, b"rows"), tmp_path) is True
    assert (tmp_path / "data").read_bytes() == b"rows"
    with pytest.raises(public_data.DamagedFileError, match="has changed"):
        public_data.fetch(_local(source, b"other rows"), tmp_path)
    assert (tmp_path / "data").read_bytes() == b"rows"


def test_every_public_file_is_pinned() -> None:
    for file in public_data.FILES:
        assert len(file.commit) == 40
        assert len(file.sha256) == 64
        assert file.commit in file.url


def _local(source: Path, content: bytes) -> Any:
    class LocalFile(public_data.PublicFile):  # type: ignore[name-defined, misc]
        @property
        def url(self) -> str:
            return source.as_uri()

    return LocalFile("data", "", "", "", hashlib.sha256(content).hexdigest())
