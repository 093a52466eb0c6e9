"""What a system under test is: built from documents, asked one query at a time, and its cost.

It knows no particular engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from corpora import Corpus

DEPTH = 10
Ranked = list[tuple[str, float]]
"""Article ids and scores, best first; an id may stand there twice (two languages)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system found for one query.

    Attributes:
        ids: article ids by rank, each once, `DEPTH` at most.
        score: of the first hit, higher is better; None without a hit or without scores.
        cpu_ms: CPU time of the query, all threads and processes of the engine.
        answered: what the system itself says; a peer answers when it finds anything.
    """

    ids: tuple[str, ...]
    score: float | None
    cpu_ms: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One variant of one system on one set.

    Attributes:
        build_s: CPU seconds from documents to an index that answers.
        index_bytes: of the index on disk or as it is sent, unpacked.
        browser_bytes: packed script and index a visitor downloads before the first answer;
            None for engines behind a server, whose page is their operator's.
    """

    answers: Mapping[str, Answer]
    build_s: float
    index_bytes: int
    browser_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way its documentation sets a system up; without phrasings or with them."""

    label: str
    run: Callable[[Corpus], Outcome]


@dataclass(frozen=True, slots=True)
class System:
    """A system under test; the best of its variants is reported.

    Attributes:
        where: ``browser``, ``server`` or ``library``.
    """

    name: str
    where: str
    variants: tuple[Variant, ...] = field(default=())


def best_ids(ranked: Iterable[tuple[str, float]]) -> tuple[str, ...]:
    """Return the first `DEPTH` different article ids."""
    return tuple(dict.fromkeys(article_id for article_id, _ in ranked))[:DEPTH]


def ask_all(corpus: Corpus, search: Callable[[str], Ranked]) -> dict[str, Answer]:
    """Ask an engine of this process every query and time each."""
    answers = {}
    for query in corpus.queries:
        started = time.process_time()
        ranked = search(query.text)
        spent = (time.process_time() - started) * 1000
        ids = best_ids(ranked)
        answers[query.query_id] = Answer(ids, ranked[0][1] if ranked else None, spent, bool(ids))
    return answers
