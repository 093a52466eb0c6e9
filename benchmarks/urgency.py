"""Precision and recall of the urgency lane, by five-fold cross-validation over the examples.

    .venv/bin/python benchmarks/urgency.py

Each example is judged by a model that has not seen its fold. Needs a built snapshot.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import compress
from pathlib import Path

import numpy as np

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

FOLDS = 5


def report(name: str, found: np.ndarray, wanted: np.ndarray) -> None:
    """Print precision and recall with the counts behind them."""
    right = int((found & wanted).sum())
    print(
        f"{name:10} precision {right / max(1, found.sum()):.3f} ({right}/{found.sum()})  "
        f"recall {right / max(1, wanted.sum()):.3f} ({right}/{wanted.sum()})"
    )


def main() -> None:
    """Measure and print."""
    searcher = Searcher.of(open_snapshot(current_folder(Path("build/snapshots"))))
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
    report("all", found, wanted)
    by_lang: defaultdict[str, list[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        by_lang[example.lang].append(number)
    for lang, numbers in sorted(by_lang.items()):
        report(lang, found[numbers], wanted[numbers])
    first = np.array([searcher.score(example.text).order(1)[0] for example in examples])
    urgent_first = np.array(
        [searcher.article(searcher.article_ids[i], "zh").urgency == "urgent" for i in first]
    )
    print("baseline: the first hit is an emergency article")
    report("all", urgent_first, wanted)


if __name__ == "__main__":
    main()
