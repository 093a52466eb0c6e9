"""The examples of emergencies, and the fit to them."""

from __future__ import annotations

import numpy as np

from kb_build.calibration import read_off_topic
from kb_build.urgency_training import (
    UrgencyExample,
    read_urgency_examples,
    train_urgency,
)
from search_index.analyzer import has_words
from search_index.searcher import Searcher
from search_index.secrets import find_secret
from search_index.snapshot import Snapshot

EXAMPLES = [
    UrgencyExample("钱包里的币被盗了怎么办", "zh-CN", True),
    UrgencyExample("my coins were stolen from the wallet", "en", True),
    UrgencyExample("币被转走了 被盗", "zh-CN", True),
    UrgencyExample("收不到验证码", "zh-CN", False),
    UrgencyExample("no verification code", "en", False),
    UrgencyExample("转账没到账", "zh-CN", False),
]


def test_the_examples_are_many_of_both_kinds_and_hold_no_secret() -> None:
    examples = read_urgency_examples()
    urgent = [e for e in examples if e.urgent]
    assert min(len(urgent), len(examples) - len(urgent)) >= 150
    assert len({e.text.lower() for e in examples}) == len(examples)
    assert all(has_words(e.text) and find_secret(e.text) is None for e in examples)
    assert not {e.text for e in examples} & set(read_off_topic())


def test_the_same_examples_give_the_same_model(built_snapshot: Snapshot) -> None:
    searcher = Searcher.of(built_snapshot)
    one, other = (train_urgency(searcher, EXAMPLES, ["天气"]) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert (one.intercept, one.words) == (other.intercept, other.words)


def test_without_an_urgent_example_nothing_is_urgent(built_snapshot: Snapshot) -> None:
    searcher = Searcher.of(built_snapshot)
    model = train_urgency(searcher, EXAMPLES[3:], [])
    assert model.logit(searcher.urgency_features(searcher.score("被盗"))) < 0
