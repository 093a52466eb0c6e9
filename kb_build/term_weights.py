"""Words of texts as numbers that a model can weigh: rare ones more; knows no model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from scipy.sparse import csr_array

_LEAST_TEXTS = 2
"""A word of one text alone tells what that text is, nothing of others."""


def weigh_terms(
    texts: Sequence[Collection[str]], word_scale: float
) -> tuple[dict[str, float], csr_array]:
    """Return the scale of each term that can be learned from, and what it weighs in each text.

    A term weighs its scale, which is ``word_scale`` times its inverse document frequency, over the
    root of the number of terms of the text.

    Args:
        texts: distinct terms of each, at least one text.
        word_scale: of a word beside other features.

    Returns:
        Scales in the order of the columns, and a matrix ``[texts, terms]``.
    """
    counts = Counter(term for terms in texts for term in terms)
    scales = {
        term: word_scale * math.log(len(texts) / count)
        for term, count in sorted(counts.items())
        if count >= _LEAST_TEXTS
    }
    number_of = {term: number for number, term in enumerate(scales)}
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for terms in texts:
        known = sorted(filter(scales.__contains__, terms))
        share = math.sqrt(max(1, len(terms)))
        values += [scales[term] / share for term in known]
        columns += [number_of[term] for term in known]
        ends.append(len(columns))
    return scales, csr_array((values, columns, ends), shape=(len(texts), len(scales)))
