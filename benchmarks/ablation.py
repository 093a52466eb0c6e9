"""What each part of the recipe is worth: taken out one at a time, on the development queries.

    .venv/bin/python benchmarks/ablation.py

Needs a built snapshot; parts of the ranking are also taken out on the public sets whose snapshots
benchmarks/peers/run.py has left. Writes build/benchmarks/ablation.json; benchmarks/results.py makes
a table of it. A part that brings nothing is deleted; what was tried and left out stands here too.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and faiss are imported

import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.append(str(Path(__file__).resolve().parent / "peers"))

import corpora
import numpy as np
from figures import FOLDER, write_figures
from remembering import Remembering

from kb_build.calibration import ask_all, fit_scope, read_off_topic
from kb_build.classifier_training import train_classifier
from kb_build.glossary import read_glossary
from kb_build.settings import load_kb_settings
from search_index import analyzer, centroids, searcher
from search_index.analyzer import analyze, normalise
from search_index.dev_set import DevQuery, read_qrels, read_queries
from search_index.lexical import LexicalIndex
from search_index.linear import Features
from search_index.passage_vectors import PassageVectors
from search_index.records import Passage
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts, Snapshot, current_folder, open_snapshot

ROOT = Path(__file__).resolve().parent.parent
RESAMPLES = 10_000
WITHOUT_WHOLE_ARTICLES = "without the vectors of whole articles"
ELSEWHERE = (
    "the whole recipe",
    "without the classifier",
    "without BM25",
    "without cosines",
    "without the closest questions",
    "without centroids",
    "with plain cosines to centroids",
    WITHOUT_WHOLE_ARTICLES,
    "with sections searched beside the questions (left out)",
)
"""Variants also run on the public sets, the first as it is."""
FALSE_REJECTION = 0.03


@dataclass(frozen=True)
class Variant:
    """The recipe with one thing changed.

    Attributes:
        change: makes the index it searches of the snapshot's own.
        patches: module attributes to replace while it runs: (module, name, value).
    """

    name: str
    change: Callable[[IndexParts], IndexParts] = lambda parts: parts
    patches: tuple[tuple[Any, str, Any], ...] = ()


class OtherReadings:
    """A speller that offers only some of the readings, or one more."""

    def __init__(self, readings: Callable[[str], list[str]]) -> None:
        self.readings = readings


def documents_of(parts: IndexParts, kinds: Collection[str]) -> list[list[str]]:
    """Return the terms of each article over its passages of ``kinds``."""
    own = dict.fromkeys(parts.article_ids, "")
    for passage in parts.passages:
        if passage.kind in kinds:
            own[passage.article_id] += f"\n{passage.text}"
    return [analyze(text) for text in own.values()]


def with_vectors(parts: IndexParts, passages: Mapping[int, Passage]) -> IndexParts:
    """Return the index with the vectors of some rows only, as those passages; words as they are."""
    rows = list(passages)
    chosen = tuple(passages.values())
    vectors = PassageVectors.build(chosen, parts.vectors.matrix()[rows])
    return replace(parts, passages=chosen, vectors=vectors)


def with_kinds(parts: IndexParts, kinds: Collection[str]) -> IndexParts:
    """Return the index without the passages of other kinds, in vectors and in words."""
    kept = {row: p for row, p in enumerate(parts.passages) if p.kind in kinds}
    body = LexicalIndex.build(documents_of(parts, kinds))
    return with_classifier(replace(with_vectors(parts, kept), body=body))


def with_classifier(parts: IndexParts) -> IndexParts:
    """Return the index with a classifier of its own passages."""
    return replace(parts, classifier=train_classifier(parts))


def with_plain_centroids(parts: IndexParts) -> IndexParts:
    """Return the index with the means of questions as they are."""
    with patch.object(centroids, "_metric", lambda scatter, _: np.eye(len(scatter), dtype="f")):
        return with_vectors(parts, dict(enumerate(parts.passages)))


def without_whole_articles(parts: IndexParts) -> IndexParts:
    """Return the index without the vectors of articles as a whole."""
    rows = enumerate(parts.passages)
    return with_classifier(with_vectors(parts, {r: p for r, p in rows if p.kind != "article"}))


def with_sections(parts: IndexParts) -> IndexParts:
    """Return the index with sections searched as if they were phrasings."""
    rows = enumerate(parts.passages)
    asked = {r: replace(p, kind="phrasing") if p.kind == "section" else p for r, p in rows}
    return with_vectors(parts, asked)


def unfolded(text: str) -> str:
    """Return the text without Traditional characters and Taiwanese words turned into ours."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def reciprocal_ranks(cosine: Any, coverage: Any, log_share: Any, _: float) -> Any:
    """Fuse by rank, k = 60 (Cormack, Clarke and Büttcher 2009)."""
    parts = (cosine, coverage, log_share)
    return sum(1 / (61 + np.argsort(np.argsort(-part))) for part in parts).astype(np.float32)


def glossary_reading() -> Callable[[str], list[str]]:
    """Return a reading in which each word of the glossary is the head word of its group."""
    groups, _ = read_glossary(load_kb_settings(ROOT))
    heads: dict[str, tuple[str, str]] = {}
    for group in groups:
        for words in (*group.terms.values(), *group.said.values()):
            for word in words:
                heads.setdefault(
                    normalise(word), (normalise(group.heads["zh"]), normalise(group.heads["en"]))
                )
    longest_first = sorted((w for w in heads if len(w) > 1), key=len, reverse=True)
    pattern = re.compile(
        "|".join(
            rf"(?<![a-z0-9]){re.escape(w)}(?![a-z0-9])" if w.isascii() else re.escape(w)
            for w in longest_first
        )
    )

    def expand(text: str) -> str:
        han = re.search(r"[\u3400-\u9fff]", text) is not None
        return pattern.sub(lambda m: heads[m[0]][0 if han else 1], text)

    return lambda text: [e for e in (expand(text),) if e != text]


def variants_of(parts: IndexParts) -> Iterator[Variant]:
    """Give every variant, the whole recipe first."""
    speller = parts.speller
    yield Variant("the whole recipe")
    yield Variant(
        "without further phrasings",
        lambda parts: with_kinds(parts, ("article", "question", "section")),
    )
    yield Variant(
        "without any questions or phrasings",
        lambda parts: with_kinds(parts, ("article", "section")),
    )
    fuse = searcher.fuse
    yield Variant("without the classifier", lambda parts: replace(parts, classifier=None))
    yield Variant(
        "the classifier alone",
        patches=((searcher, "fuse", lambda cosine, coverage, log_share, weight: log_share),),
    )
    yield Variant(
        "without BM25",
        patches=((searcher, "fuse", lambda cos, cov, log, weight: fuse(cos, cov, log, 0.0)),),
    )
    yield Variant(
        "without cosines",
        patches=(
            (searcher, "fuse", lambda cos, cov, log, weight: fuse(0 * cos, cov, log, weight)),
        ),
    )
    yield Variant("fused by reciprocal ranks", patches=((searcher, "fuse", reciprocal_ranks),))
    yield Variant(
        "without the closest questions", patches=((searcher, "weigh", lambda near, all_: all_),)
    )
    yield Variant("without centroids", patches=((searcher, "weigh", lambda near, all_: near),))
    yield Variant("with plain cosines to centroids", with_plain_centroids)
    yield Variant(WITHOUT_WHOLE_ARTICLES, without_whole_articles)
    yield Variant("with sections searched beside the questions (left out)", with_sections)
    yield Variant("without other readings", with_readings(lambda text: []))
    yield Variant(
        "without pinyin",
        with_readings(
            lambda text: [r for r in speller.readings(text) if r != speller.read_pinyin(text)],
        ),
    )
    yield Variant(
        "without repair of Han characters",
        with_readings(
            lambda text: [
                r
                for r in (speller.read_pinyin(text), speller.repair_latin(text))
                if r is not None and r != text
            ],
        ),
    )
    yield Variant(
        "without repair of Latin words",
        with_readings(
            lambda text: [
                r
                for r in (speller.read_pinyin(text), speller.repair_han(text))
                if r is not None and r != text
            ],
        ),
    )
    yield Variant(
        "without folding Traditional to Simplified", patches=((searcher, "normalise", unfolded),)
    )
    yield Variant(
        "without Cantonese as Mandarin", patches=((analyzer, "to_mandarin", lambda text: text),)
    )
    yield Variant(
        "without leaving out what a long message says besides",
        patches=((searcher, "without_chatter", lambda text, _: text),),
    )
    yield Variant(
        "without clauses of long messages",
        patches=((searcher, "split_clauses", lambda text: []),),
    )
    yield Variant(
        "words of long messages at their usual weight",
        patches=((searcher, "LONG_LEXICAL_GAIN", 1.0),),
    )
    yield Variant(
        "without naming hashes and addresses",
        patches=((searcher, "describe_references", lambda text: text),),
    )
    more = glossary_reading()
    yield Variant(
        "with glossary expansion as a reading (left out)",
        with_readings(lambda text: [*speller.readings(text), *more(text)]),
    )


def with_readings(
    readings: Callable[[str], list[str]],
) -> Callable[[IndexParts], IndexParts]:
    """Return what gives an index other readings of a query."""
    return lambda parts: replace(parts, speller=OtherReadings(readings))  # type: ignore[arg-type]


def first_hits(
    variant: Variant,
    snapshot: Snapshot,
    encoder: Any,
    queries: Sequence[DevQuery],
    qrels: Mapping[str, Mapping[str, int]],
) -> tuple[Any, Any]:
    """Return whether a right article came first, and among the first three, for each query."""
    parts = variant.change(snapshot.parts)
    one, three = [], []
    with ExitStack() as stack:
        for change in variant.patches:
            stack.enter_context(patch.object(*change))
        searching = Searcher(parts, encoder, snapshot.manifest.calibration, "", cache_entries=0)
        for query in queries:
            order = searching.score(query.text).order(3)
            right = [searching.article_ids[i] in qrels[query.query_id] for i in order]
            one.append(right[0])
            three.append(any(right))
    return np.array(one), np.array(three)


def measure_recipe(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return figures of every variant."""
    queries = [
        q for q in read_queries(ROOT / "benchmarks/dev_queries.tsv") if q.style != "offtopic"
    ]
    qrels = read_qrels(ROOT / "benchmarks/dev_qrels.tsv")
    encoder = Remembering(snapshot.encoder)
    rng = np.random.default_rng(20261122)
    sample = rng.integers(0, len(queries), (RESAMPLES, len(queries)))
    rows: list[dict[str, Any]] = []
    whole = None
    for variant in variants_of(snapshot.parts):
        one, three = first_hits(variant, snapshot, encoder, queries, qrels)
        whole = one if whole is None else whole
        change = one.astype(float) - whole
        styles = {q.style for q in queries}
        by_style = {
            style: float(
                np.mean([c for c, q in zip(change, queries, strict=True) if q.style == style])
            )
            for style in sorted(styles)
        }
        rows.append(
            {
                "name": variant.name,
                "hit_at_1": float(one.mean()),
                "hit_at_3": float(three.mean()),
                "change": mean_and_interval(change, sample),
                "by_style": by_style,
            }
        )
        print(f"{variant.name}: {one.mean():.3f} {three.mean():.3f}", flush=True)
    return rows


def mean_and_interval(change: Any, sample: Any) -> list[float]:
    """Return the mean of ``change`` and its 95% interval over the resamples ``sample``."""
    low, high = np.quantile(change[sample].mean(axis=1), (0.025, 0.975))
    return [float(change.mean()), float(low), float(high)]


def measure_elsewhere() -> list[dict[str, Any]]:
    """Return figures of some variants on the public sets, by set."""
    found = []
    for name, load in corpora.PUBLIC_SETS.items():
        folder = FOLDER / name / "snapshots"
        if not folder.is_dir():
            continue
        corpus, snapshot = load(), open_snapshot(current_folder(folder))
        encoder = Remembering(snapshot.encoder)
        left_out = set()
        if all(passage.kind in ("article", "section") for passage in snapshot.parts.passages):
            left_out.add(WITHOUT_WHOLE_ARTICLES)  # there is nothing else to search
        rng = np.random.default_rng(20261122)
        sample = rng.integers(0, len(corpus.answerable), (RESAMPLES, len(corpus.answerable)))
        hits = {
            variant.name: first_hits(variant, snapshot, encoder, corpus.answerable, corpus.qrels)[0]
            for variant in variants_of(snapshot.parts)
            if variant.name in ELSEWHERE and variant.name not in left_out
        }
        whole = hits.pop(ELSEWHERE[0]).astype(float)
        changes = {
            variant_name: mean_and_interval(one - whole, sample)
            for variant_name, one in hits.items()
        }
        found.append({"set": name, "hit_at_1": float(whole.mean()), "changes": changes})
        print(found[-1], flush=True)
    return found


def measure_scope(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return how well models with less to go by tell what is ours."""
    parts = snapshot.parts
    encoder = Remembering(snapshot.encoder)
    searching = Searcher(parts, encoder, snapshot.manifest.calibration, "", cache_entries=0)
    documents = documents_of(parts, ("article", "question", "phrasing"))
    asked = ask_all(searching, documents, read_off_topic())

    def features_of(texts: Sequence[str]) -> list[Features]:
        scored = [searching.score(text) for text in texts]
        return [s.scope_features(s.order(1)[0]) for s in scored]

    queries = read_queries(ROOT / "benchmarks/dev_queries.tsv")
    ours = features_of([q.text for q in queries if q.style != "offtopic"])
    theirs = features_of([q.text for q in queries if q.style == "offtopic"])
    cosine, coverage, own, foreign = range(4)  # as `Scored.scope_features` gives them
    rows = []
    for name, scores, vector, words in (
        ("score of the first article", [cosine], False, False),
        ("… and its share of words", [cosine, coverage], False, False),
        ("… and closeness to off-topic examples", [cosine, coverage, foreign], False, False),
        ("… and closeness to questions as a whole", range(4), False, False),
        ("… and the query's vector", range(4), True, False),
        ("… and the query's words: all of it", range(4), True, True),
        ("the query's vector alone", (), True, False),
        ("the query's words alone", (), False, True),
        ("both scores of closeness, vector and words", [own, foreign], True, True),
    ):

        def seen(
            examples: Sequence[Features],
            scores: Sequence[int] = scores,
            vector: bool = vector,
            words: bool = words,
        ) -> list[Features]:
            return [
                Features(
                    example.vector if vector else example.vector[:0],
                    tuple(example.scores[i] for i in scores),
                    example.terms if words else frozenset(),
                )
                for example in examples
            ]

        model, _ = fit_scope(seen(asked.own), asked.owners, seen(asked.foreign))
        mine = np.array([model.logit(example) for example in seen(ours)])
        other = np.array([model.logit(example) for example in seen(theirs)])
        refused = float(np.mean(other < np.quantile(mine, FALSE_REJECTION)))
        auroc = float(np.mean(mine[:, None] > other[None]))
        rows.append({"name": name, "refused": refused, "auroc": auroc})
        print(f"{name}: {refused:.3f} {auroc:.4f}", flush=True)
    return rows


def render_ablation(figures: Mapping[str, Any]) -> str:
    """Return both tables."""
    lines = [
        "One part changed at a time, on the development queries. *Change* is points of hit@1 with",
        "the 95% interval of a paired bootstrap; *where* names the styles that lose or gain most.",
        "",
        "| variant | hit@1 | hit@3 | change | where |",
        "| --- | --: | --: | --: | --- |",
    ]
    for row in figures["recipe"]:
        most = sorted(row["by_style"].items(), key=lambda item: -abs(item[1]))[:2]
        where = ", ".join(
            f"{style} {100 * value:+.1f}" for style, value in most if abs(value) > 0.005
        )
        change = "" if row is figures["recipe"][0] else _change(row["change"])
        lines.append(
            f"| {row['name']} | {100 * row['hit_at_1']:.1f} | {100 * row['hit_at_3']:.1f} "
            f"| {change} | {where} |"
        )
    if figures["elsewhere"]:
        sets = figures["elsewhere"]
        firsts = [f"{100 * row['hit_at_1']:.1f}" for row in sets]
        lines += [
            "",
            "The same on the public sets, which have few questions a document or none:",
            "",
            f"| variant | {' | '.join(row['set'] for row in sets)} |",
            f"| --- |{' --: |' * len(sets)}",
            f"| {ELSEWHERE[0]} | {' | '.join(firsts)} |",
        ]
        for name in ELSEWHERE[1:]:
            cells = [_change(row["changes"].get(name)) for row in sets]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        "Whether a question is ours at all: share of the off-topic development queries refused if",
        f"{FALSE_REJECTION:.0%} of the others are, by what the linear model may look at.",
        "",
        "| the model sees | refused | AUROC |",
        "| --- | --: | --: |",
    ]
    lines += [
        f"| {row['name']} | {100 * row['refused']:.1f} | {row['auroc']:.4f} |"
        for row in figures["scope"]
    ]
    return "\n".join(lines)


def _change(found: Sequence[float] | None) -> str:
    """Return mean and interval in points; – where there was nothing to leave out."""
    if found is None:
        return "–"
    mean, low, high = (100 * value for value in found)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def main() -> None:
    """Measure and write."""
    snapshot = open_snapshot(current_folder(ROOT / "build" / "snapshots"))
    figures = {
        "recipe": measure_recipe(snapshot),
        "elsewhere": measure_elsewhere(),
        "scope": measure_scope(snapshot),
    }
    write_figures("ablation", figures)


if __name__ == "__main__":
    main()
