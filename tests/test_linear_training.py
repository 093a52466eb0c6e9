"""The fit of a linear model to examples."""

from __future__ import annotations

import numpy as np
import pytest

from kb_build.linear_training import fit_linear
from search_index.linear import Features

NO_VECTOR = np.zeros(0, dtype=np.float32)


def of_vectors(*rows: list[float]) -> list[Features]:
    return [Features(np.array(row, dtype=np.float32), ()) for row in rows]


def of_words(*texts: str) -> list[Features]:
    return [Features(NO_VECTOR, (), frozenset(text.split())) for text in texts]


VECTORS = of_vectors([2.0, 0.1], [1.5, -0.2], [-1.8, 0.3], [-2.2, 0.0])
LABELS = np.array([1.0, 1.0, 0.0, 0.0])


def test_the_fit_separates_what_can_be_separated() -> None:
    model = fit_linear(VECTORS, LABELS, np.ones(4), 0.1)
    assert [model.logit(example) > 0 for example in VECTORS] == [True, True, False, False]


def test_a_larger_penalty_makes_smaller_weights() -> None:
    loose, tight = (fit_linear(VECTORS, LABELS, np.ones(4), ridge) for ridge in (0.01, 1.0))
    assert np.abs(tight.weights).sum() < np.abs(loose.weights).sum()


def test_weight_decides_between_examples_that_contradict_each_other() -> None:
    same = of_vectors([1.0], [1.0])
    model = fit_linear(same, np.array([1.0, 0.0]), np.array([3.0, 1.0]), 0.001)
    assert model.logit(same[0]) > 0


def test_words_alone_tell_what_they_stand_beside() -> None:
    examples = of_words("just stolen", "just now stolen", "how stolen prevent", "how prevent")
    model = fit_linear(examples, LABELS, np.ones(4), 0.01)
    assert model.words["just"] > 0 > model.words["how"]
    assert model.logit(of_words("just lost")[0]) > 0 > model.logit(of_words("how lost")[0])


def test_a_word_of_one_example_or_of_all_gets_no_weight() -> None:
    examples = of_words("coins just now", "coins just here", "coins how there", "coins how")
    model = fit_linear(examples, LABELS, np.ones(4), 0.01)
    assert set(model.words) == {"just", "how"}


def test_the_same_examples_in_another_order_give_the_same_model() -> None:
    rng = np.random.default_rng(5)
    words = [" ".join(rng.choice(list("abcdefgh"), 3)) for _ in range(40)]
    examples = [
        Features(rng.standard_normal(6).astype(np.float32), (0.1,), frozenset(text.split()))
        for text in words
    ]
    labels = (rng.random(40) < 0.5).astype(float)
    order = rng.permutation(40)
    one = fit_linear(examples, labels, np.ones(40), 0.05)
    other = fit_linear([examples[i] for i in order], labels[order], np.ones(40), 0.05)
    assert one.words == pytest.approx(other.words, abs=1e-3)
    assert one.weights == pytest.approx(other.weights, abs=2e-5)
