"""Measures whether people's words lead to the right article, on an open index; knows no file.

Every question of the front matter is searched for as if its article did not hold it, and articles
are compared with each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb_build.article import Article
from kb_build.leave_one_out import LeaveOneOut
from kb_build.problems import Problem, Severity
from kb_build.settings import DEFAULT_LANGUAGE
from search_index.errors import SnapshotError
from search_index.manifest import REBUILD
from search_index.records import Passage
from search_index.searcher import Searcher
from search_index.secrets import find_secret
from search_index.snapshot import IndexParts

FIRST_THREE_FLOOR = 0.90
"""Share of questions that must find their article in the first three: more are not seen without
scrolling on a phone (issue 3)."""
FIRST_FLOOR = 0.75
"""Share that must find it first; without their own words, so people with words of the index do
better (issue 3)."""
MAX_SIMILARITY = 0.83
"""Cosine of two whole Chinese articles above which readers cannot tell them apart. Source: our 108
articles, whose closest pair (phrase lost, wallet open or not) has 0.813, 1 of 1000 pairs above
0.742; copies with their title and half of their text have 0.90 to 0.97, the same text under
another title 0.51 to 0.96, median 0.825."""

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many questions there are, and how many find their article."""

    questions: int
    first: int
    first_three: int

    @property
    def first_share(self) -> float:
        """Share whose article comes first; 1.0 without questions."""
        return self.first / self.questions if self.questions else 1.0

    @property
    def first_three_share(self) -> float:
        """Share whose article is in the first three; 1.0 without questions."""
        return self.first_three / self.questions if self.questions else 1.0

    def to_json(self) -> dict[str, float]:
        """Return plain values for ``--json``."""
        return {
            "questions": self.questions,
            "first": round(self.first_share, 4),
            "first_three": round(self.first_three_share, 4),
        }


@dataclass(frozen=True, slots=True)
class Findability:
    """What was measured on one snapshot.

    Attributes:
        problems: a warning a question that does not find its article, and a pair of articles too
            similar.
    """

    snapshot: str
    overall: Figures
    by_lang: Mapping[str, Figures]
    by_category: Mapping[str, Figures]
    problems: tuple[Problem, ...]

    @property
    def below_floor(self) -> list[str]:
        """Figures that are too low, as text."""
        floors = [
            ("first", self.overall.first_share, FIRST_FLOOR),
            ("in the first three", self.overall.first_three_share, FIRST_THREE_FLOOR),
        ]
        return [f"{name} {share:.3f} < {floor}" for name, share, floor in floors if share < floor]

    def to_json(self) -> dict[str, object]:
        """Return plain values for ``--json``."""
        return {
            "snapshot": self.snapshot,
            "overall": self.overall.to_json(),
            "by_lang": {name: f.to_json() for name, f in self.by_lang.items()},
            "by_category": {name: f.to_json() for name, f in self.by_category.items()},
            "below_floor": self.below_floor,
        }


def require_fresh(parts: IndexParts, passages: Iterable[Passage]) -> None:
    """Do nothing when the index holds what the articles say now.

    Raises:
        SnapshotError: they were changed since it was built.
    """
    if tuple(passages) != parts.passages:
        raise SnapshotError(
            "The live snapshot is stale: articles or phrasings were changed since it was built.",
            code="SNAPSHOT_STALE",
            remedy=REBUILD,
        )


def measure_findability(
    articles: Sequence[Article],
    searcher: Searcher,
    documents: Sequence[Sequence[str]],
    progress: Progress | None = None,
) -> Findability:
    """Search for every question without its own words.

    Args:
        articles: those that the index was built from.
        searcher: over that index, with its own encoder and thresholds.
        documents: terms of each document of the body index.
        progress: told of every question.
    """
    by_key = {(article.id, article.lang): article for article in articles}
    leave_one_out = LeaveOneOut(searcher, documents)
    questions = leave_one_out.questions()
    ranks: list[tuple[Article, int]] = []
    problems = []
    for number, (_row, passage) in enumerate(questions, 1):
        article = by_key[passage.article_id, passage.lang]
        order: list[str] = []
        if find_secret(passage.text) is None:
            scored = leave_one_out.score(passage)
            order = [searcher.article_ids[i] for i in scored.order(len(searcher.article_ids))]
        rank = order.index(article.id) + 1 if order else len(searcher.article_ids) + 1
        ranks.append((article, rank))
        if rank > 3:
            first = by_key.get((order[0], article.lang)) if order else None
            problems.append(_not_found(article, passage, rank, first))
        if progress:
            progress("search for every question", number, len(questions))
    problems += check_similarity(articles, searcher.parts)
    return Findability(
        snapshot=searcher.snapshot_id,
        overall=_figures(rank for _, rank in ranks),
        by_lang=_grouped((article.lang, rank) for article, rank in ranks),
        by_category=_grouped((article.category, rank) for article, rank in ranks),
        problems=tuple(sorted(problems)),
    )


def _not_found(article: Article, passage: Passage, rank: int, first: Article | None) -> Problem:
    number = passage.passage_id.rpartition("?")[2]
    instead = "nothing: it looks like a secret"
    if first is not None:
        instead = f"{first.id} '{first.title}' first, this article at rank {rank}"
    return Problem(
        article.path,
        article.lines[f"questions.{number}"],
        "KB090",
        f"without itself, '{passage.text}' finds {instead}.",
        "Say it in these words in title, summary or body, add like phrasings to "
        "docs/_data/phrasings, or give the question to the article that answers it.",
        Severity.WARNING,
    )


def _grouped(ranks: Iterable[tuple[str, int]]) -> dict[str, Figures]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for name, rank in ranks:
        groups[name].append(rank)
    return {name: _figures(groups[name]) for name in sorted(groups)}


def _figures(ranks: Iterable[int]) -> Figures:
    ranks = list(ranks)
    return Figures(len(ranks), sum(r == 1 for r in ranks), sum(r <= 3 for r in ranks))


def check_similarity(articles: Iterable[Article], parts: IndexParts) -> list[Problem]:
    """Return a warning for each pair of articles that readers cannot tell apart.

    Only one language is compared: the other is its translation.
    """
    by_id = {a.id: a for a in articles if a.lang == DEFAULT_LANGUAGE}
    rows = [
        row
        for row, passage in enumerate(parts.passages)
        if passage.kind == "article" and passage.lang == DEFAULT_LANGUAGE
    ]
    if len(rows) < 2:
        return []
    vectors = parts.vectors.asked.vectors(rows)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    problems = []
    for i, j in np.argwhere(np.triu(cosines, 1) > MAX_SIMILARITY):
        first, second = (by_id[parts.passages[rows[k]].article_id] for k in (i, j))
        problems.append(
            Problem(
                second.path,
                second.lines["title"],
                "KB085",
                f"{second.id} and {first.id} ({first.path}) are so similar that readers cannot "
                f"tell them apart (cosine {cosines[i, j]:.2f}).",
                "Join them, or let titles and summaries say when to read which.",
                Severity.WARNING,
            )
        )
    return problems
