"""The pages of the speed benchmarks, and the parts of them that could be wrong unnoticed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from read_fixtures import make_articles

from kb_build.pinyin import suggestions_of
from search_index.suggestions import SuggestionIndex

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))  # scripts, not packages

engines = importlib.import_module("engines")
left_out = importlib.import_module("left_out")
scale = importlib.import_module("scale")
speed = importlib.import_module("speed")
suggest = importlib.import_module("suggest")
urgency = importlib.import_module("urgency")

PHRASES = suggestions_of(make_articles())


def engine(name: str, p50_ms: float, hit_1: float) -> dict[str, Any]:
    times = {"p50_ms": p50_ms, "p95_ms": 2 * p50_ms}
    three = {"three_in_one_call_ms": 3 * p50_ms, "three_calls_ms": 3 * p50_ms}
    return {"engine": name, "load_s": 1.0, "rss_mb": 200, "hit_1": hit_1, **times, **three}


ENGINES = [
    engine("ONNX Runtime fp32", 7.0, 0.870),
    engine("small", 3.0, 0.866),
    engine("smaller", 1.0, 0.864),
]


def test_the_engine_that_is_chosen_is_the_fastest_that_loses_no_quality() -> None:
    assert engines.choose(ENGINES) == "small"


def test_the_page_of_engines_names_the_floor_and_the_choice() -> None:
    machine = {
        "tokens": 16,
        "gflop_a_query": 0.7,
        "fp32_gflops": 100,
        "int8_gops": 400,
        "fp32_floor_ms": 7.0,
        "int8_floor_ms": 1.75,
        "int8_weights_mb": 21.2,
    }
    page = engines.render_engines(
        {"queries": 9, "engines": ENGINES, "machine": machine, "chosen": "small"}
    )
    assert page.count("\n| ") == len(ENGINES) + 1
    assert "7.00 and 1.75 ms" in page
    assert "**small**" in page


def test_time_inside_a_stage_counts_once() -> None:
    clock = speed.Clock()
    inner = clock.around("inner", lambda: sum(range(200_000)))
    clock.around("outer", lambda: inner())()
    assert clock.spent["outer"] > 0
    assert "inner" not in clock.spent


def test_hits_in_another_order_have_another_digest() -> None:
    assert speed.digest([["a", "b"]]) == speed.digest([["a", "b"]])
    assert speed.digest([["a", "b"]]) != speed.digest([["b", "a"]])


def test_copies_of_phrases_are_completed_beside_the_originals() -> None:
    index = SuggestionIndex(suggest.copies_of(PHRASES, 3))
    found = {s.article_id for s in index.complete("zjc", "zh", 8)}
    assert found == {"KB-0052", "KB-0052-1", "KB-0052-2"}


def test_the_page_of_completions_has_a_row_for_each_size() -> None:
    index = SuggestionIndex(PHRASES)
    size = {"articles": 4, "phrases": len(PHRASES), "open_s": 0.1}
    cost = suggest.measure_cost(index, ["zhuji", "助记", "my tr"])
    typed = suggest.typed_until_shown(index, PHRASES[:5])
    page = suggest.render_suggest(
        {"prefixes": 3, "sizes": [{**size, **cost}], "typed_until_shown": typed}
    )
    assert cost["answered_share"] == 1.0
    assert page.count("\n| 4 |") == 1


def test_moved_rows_of_an_article_stay_near_each_other_and_the_others_stay_where_they_are() -> None:
    start = np.random.default_rng(0).standard_normal((60, 384)).astype(np.float32)
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    start[20:40] = start[0]
    groups = np.repeat(np.arange(3), 20)
    moved = scale.move(start.copy(), groups, groups == 1)
    assert np.array_equal(moved[groups != 1], start[groups != 1])
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1, abs=1e-5)
    among = (moved[20:40] @ moved[20:40].T)[~np.eye(20, dtype=bool)]
    assert among.mean() > (moved[20:40] @ start[0]).mean() > 0.7
    assert among.max() < 0.999


def test_copied_terms_are_a_stretch_of_the_text_with_names_in_it() -> None:
    text = [str(i) for i in range(400)]
    first, second = scale.copy_terms([text], 2)
    names = [term for term in first if term.startswith("name")]
    assert 1 <= len(names) <= scale.NAMES
    assert len(first) == len(second) == scale.TERMS
    assert first != second


def test_the_page_of_emergencies_says_precision_and_recall() -> None:
    found, wanted = np.array([True, True, False, False]), np.array([True, False, True, False])
    page = urgency.render_urgency({"all": urgency.figures_of(found, wanted)})
    assert "| all | 4 | 2 | 0.500 | 0.500 |" in page


def test_the_page_of_what_is_left_out_has_both_runs_side_by_side() -> None:
    whole = {"queries": 2, "hit_at_1": 1.0, "hit_at_3": 1.0}
    less = {"queries": 2, "hit_at_1": 0.5, "hit_at_3": 1.0}
    page = left_out.render_left_out({"all": {"all": whole, "left_out": less}})
    assert "| all | 2 | 100.0 | 100.0 | 50.0 | 100.0 |" in page
