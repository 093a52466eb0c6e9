"""Words of texts as a matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kb_build.term_weights import weigh_terms


def test_a_rare_word_of_a_short_text_weighs_most_and_a_word_of_one_text_nothing() -> None:
    scales, matrix = weigh_terms([{"a", "b"}, {"a", "b"}, {"a", "c", "d", "e"}, set()], 10.0)
    assert scales == pytest.approx({"a": 10 * math.log(4 / 3), "b": 10 * math.log(2)})
    wanted = np.array(
        [
            [scales["a"] / math.sqrt(2), scales["b"] / math.sqrt(2)],
            [scales["a"] / math.sqrt(2), scales["b"] / math.sqrt(2)],
            [scales["a"] / 2, 0],
            [0, 0],
        ]
    )
    assert matrix.toarray() == pytest.approx(wanted)
