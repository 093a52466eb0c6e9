"""Measure completions while typing: processor time of a request, and how soon the wanted one comes.

    python benchmarks/suggest.py [--copies 10] [--prefixes 3000]

Prefixes are the first 1 to 12 characters of the development queries, as typed, in pinyin and in
initials. Time is that of the thread for what ``/api/suggest`` asks of the searcher: secret guard,
normalisation, look-up in one language or both. Larger sites are made of copies of the real titles
and questions that differ at their end: every prefix then has as many more completions, which is
harder than real growth. How soon: characters typed of a phrase until its article is among the
eight that are shown.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from figures import write_figures
from pypinyin import lazy_pinyin

from kb_build.pinyin import suggestions_of
from search_index.dev_set import read_queries
from search_index.records import ArticleRecord
from search_index.secrets import find_secret
from search_index.snapshot import current_folder
from search_index.suggestions import Suggestion, SuggestionIndex

ROOT = Path(__file__).resolve().parents[1]
SHOWN = 8
TARGET_MS = 1.0


def suggest(index: SuggestionIndex, prefix: str) -> list[Suggestion]:
    """Do what `Searcher.suggest` does when the language is not given."""
    if find_secret(prefix) is not None:
        return []
    return index.complete(prefix, "zh", SHOWN) or index.complete(prefix, "en", SHOWN)


def read_phrases() -> list[Suggestion]:
    lines = (current_folder(ROOT / "build" / "snapshots") / "articles.jsonl").read_text("utf-8")
    records = (ArticleRecord.from_json(json.loads(line)) for line in lines.split("\n") if line)
    return suggestions_of(records)


def copies_of(phrases: Sequence[Suggestion], copies: int) -> list[Suggestion]:
    return [
        phrase
        if copy == 0
        else replace(
            phrase,
            text=f"{phrase.text}{copy}",
            article_id=f"{phrase.article_id}-{copy}",
            syllables=(*phrase.syllables, "") if any(phrase.syllables) else (),
        )
        for copy in range(copies)
        for phrase in phrases
    ]


def read_prefixes(count: int) -> list[str]:
    random_order = random.Random(5)
    prefixes: list[str] = []
    for query in read_queries(ROOT / "benchmarks" / "dev_queries.tsv"):
        syllables = lazy_pinyin(query.text)
        forms = (query.text, "".join(syllables), "".join(s[:1] for s in syllables))
        for form in forms if query.lang.startswith("zh") else forms[:1]:
            prefixes.append(form[: random_order.randint(1, 12)])
    random_order.shuffle(prefixes)
    return prefixes[:count]


def measure_cost(index: SuggestionIndex, prefixes: Sequence[str]) -> dict[str, float]:
    for prefix in prefixes[:50]:
        suggest(index, prefix)
    spent = []
    answered = 0
    for prefix in prefixes:
        started = time.thread_time()
        found = suggest(index, prefix)
        spent.append((time.thread_time() - started) * 1e3)
        answered += bool(found)
        assert len({s.article_id for s in found}) == len({s.text for s in found}) == len(found)
    return {
        "p50_ms": round(float(np.percentile(spent, 50)), 4),
        "p95_ms": round(float(np.percentile(spent, 95)), 4),
        "max_ms": round(max(spent), 4),
        "answered_share": round(answered / len(prefixes), 3),
    }


def typed_until_shown(index: SuggestionIndex, phrases: Sequence[Suggestion]) -> dict[str, float]:
    """Return the median number of keys until the phrase's article is shown, by way of typing."""
    needed: dict[str, list[int]] = {"Han": [], "pinyin": [], "initials": [], "English": []}
    for phrase in phrases:
        if phrase.lang == "en":
            forms = {"English": phrase.text}
        else:
            syllables = lazy_pinyin(phrase.text)
            initials = "".join(s[:1] for s in syllables)
            forms = {"Han": phrase.text, "pinyin": "".join(syllables), "initials": initials}
        for way, form in forms.items():
            shown = (
                length
                for length in range(1, len(form) + 1)
                if any(
                    s.article_id == phrase.article_id
                    for s in index.complete(form[:length], phrase.lang, SHOWN)
                )
            )
            needed[way].append(next(shown, len(form) + 1))
    return {way: float(np.median(counts)) for way, counts in needed.items()}


def render_suggest(result: dict[str, Any]) -> str:
    """Return the Markdown tables of what this benchmark wrote."""
    lines = [
        f"{result['prefixes']} prefixes of the development queries; milliseconds of processor "
        f"time a request, secret guard included; target below {TARGET_MS:.0f} ms.",
        "",
        "| articles | phrases | p50 ms | p95 ms | most ms | open s |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['articles']} | {row['phrases']} | {row['p50_ms']:.3f} | {row['p95_ms']:.3f} "
        f"| {row['max_ms']:.2f} | {row['open_s']:.1f} |"
        for row in result["sizes"]
    ]
    typed = ", ".join(f"{way} {count:.0f}" for way, count in result["typed_until_shown"].items())
    lines += [
        "",
        f"Characters typed of a title or question until its article is among {SHOWN} (median): "
        f"{typed}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--prefixes", type=int, default=3000)
    options = parser.parse_args()

    phrases, prefixes = read_phrases(), read_prefixes(options.prefixes)
    sizes = []
    for copies in sorted({1, options.copies}):
        many = copies_of(phrases, copies)
        started = time.process_time()
        index = SuggestionIndex(many)
        opened = time.process_time() - started
        sizes.append(
            {
                "articles": len({phrase.article_id for phrase in many}),
                "phrases": len(many),
                "open_s": round(opened, 2),
                **measure_cost(index, prefixes),
            }
        )
    real = SuggestionIndex(phrases)
    result = {
        "prefixes": len(prefixes),
        "sizes": sizes,
        "typed_until_shown": typed_until_shown(real, phrases[::3]),
    }
    write_figures("suggest", result)
    print(render_suggest(result))
    return 0 if sizes[-1]["p95_ms"] < TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
