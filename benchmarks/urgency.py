"""Precision and recall of the urgency lane, by five-fold cross-validation over the examples.

    .venv/bin/python benchmarks/urgency.py

Each example is judged by a model that has not seen its fold. Needs a built snapshot; writes
build/benchmarks/urgency.json.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from figures import write_figures

from kb_build.calibration import read_off_topic
from kb_build.learning import OFF_TOPIC_SAMPLED
from kb_build.linear_training import fit_linear
from kb_build.urgency_training import (
    RIDGE,
    UrgencyExample,
    read_urgency_examples,
    urgency_features,
)
from search_index.searcher import URGENT_LOGIT, Searcher
from search_index.snapshot import current_folder, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
FOLDS = 5
BASELINE = "the first hit is an emergency article"


def figures_of(found: np.ndarray, wanted: np.ndarray) -> dict[str, int]:
    """Return how many were found, how many should have been, and how many are both."""
    right = found & wanted
    return {
        "examples": len(wanted),
        "found": int(found.sum()),
        "wanted": int(wanted.sum()),
        "right": int(right.sum()),
    }


def measure_urgency() -> dict[str, dict[str, int]]:
    """Return the figures of all examples, by language, and of a baseline."""
    searcher = Searcher.of(open_snapshot(current_folder(ROOT / "build" / "snapshots")))
    examples: list[UrgencyExample] = read_urgency_examples()
    foreign = urgency_features(searcher, read_off_topic()[::OFF_TOPIC_SAMPLED])
    features = urgency_features(searcher, [example.text for example in examples])
    wanted = np.array([example.urgent for example in examples])
    # Neighbouring lines may be variants of one text: they stay in one fold.
    order = np.random.default_rng(20261121).permutation(len(examples) // 2 + 1)
    fold = np.repeat(order, 2)[: len(examples)] % FOLDS
    logits = np.zeros(len(examples))
    for k in range(FOLDS):
        seen = fold != k
        weights = np.ones(seen.sum() + len(foreign))
        weights[seen.sum() :] = seen.sum() / 2 / len(foreign)
        labels = np.concatenate([wanted[seen].astype(float), np.zeros(len(foreign))])
        model = fit_linear([*compress(features, seen), *foreign], labels, weights, RIDGE)
        logits[~seen] = [model.logit(example) for example in compress(features, ~seen)]
    found = logits > URGENT_LOGIT
    by_lang: defaultdict[str, list[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        by_lang[example.lang].append(number)
    leads = np.array([feature.scores[0] for feature in features])  # of emergency articles
    return {
        "all": figures_of(found, wanted),
        **{lang: figures_of(found[n], wanted[n]) for lang, n in sorted(by_lang.items())},
        BASELINE: figures_of(leads > 0, wanted),
    }


def render_urgency(figures: Mapping[str, Any]) -> str:
    """Return the Markdown table of what this benchmark wrote."""
    lines = [
        "Messages of people who are losing coins right now, and of people who ask or tell",
        f"something near it, each judged by a model that has not seen it ({FOLDS} folds). Beside",
        "it stands showing the emergency card whenever the first hit is an emergency article:",
        "",
        "| examples | number | emergencies | precision | recall |",
        "| --- | --: | --: | --: | --: |",
    ]
    for name, found in figures.items():
        precision = found["right"] / max(1, found["found"])
        recall = found["right"] / max(1, found["wanted"])
        lines.append(
            f"| {name} | {found['examples']} | {found['wanted']} | {precision:.3f} | {recall:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    figures = measure_urgency()
    write_figures("urgency", figures)
    print(render_urgency(figures))


if __name__ == "__main__":
    main()
