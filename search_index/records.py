"""The frozen records that travel between the modules; they know how to be JSON and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Kind = Literal["article", "question", "phrasing", "section"]


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What the read side knows of one article in one language.

    Attributes:
        url: path from the site's root, ``/transfers/x/``.
        short_url: path that never changes, ``/a/KB-0019/``.
        actions: the first actions of an urgent article, in order; empty for others.
        facts_checked: ISO day on which the facts were last verified.
        review_by: ISO day by which they should be again.
    """

    article_id: str
    lang: str
    category: str
    title: str
    summary: str
    url: str
    short_url: str
    urgency: str
    audience: str
    time: str
    questions: tuple[str, ...]
    related: tuple[str, ...]
    actions: tuple[str, ...]
    facts_checked: str
    review_by: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ArticleRecord:
        """Read what `to_json` wrote."""
        lists = {name: tuple(values[name]) for name in ("questions", "related", "actions")}
        texts: dict[str, Any] = {**values, **lists}
        return cls(**texts)


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrieval unit, with one vector.

    Attributes:
        passage_id: ``KB-0019/zh``, ``KB-0019/zh?2`` (third question), ``KB-0019/zh#steps``.
        kind: the whole article, one of its questions, a further phrasing, or one section.
        anchor: heading id in the page; "" for article and question.
        heading: heading of a section; the title otherwise.
        text: plain text, one block a line.
    """

    passage_id: str
    article_id: str
    lang: str
    kind: Kind
    anchor: str
    heading: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Passage:
        """Read what `to_json` wrote."""
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asked.

    Attributes:
        text: as typed.
        lang: language of the answers; detected from the text when None.
        limit: number of hits at most.
        category: only articles of this category, when given.
    """

    text: str
    lang: str | None = None
    limit: int = 5
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Plain text with marked spans ``[start, end)`` in characters."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found.

    Attributes:
        rank: 1-based.
        score: fused score, higher is better; comparable across queries of one snapshot.
        anchor: section that answers best; "" for the top of the page.
    """

    rank: int
    score: float
    article: ArticleRecord
    anchor: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Answer to one query.

    Attributes:
        answered: False when nothing in the index is about the question.
        confidence: estimated probability, 0 to 1, that the first hit is the right one.
        urgent: emergency article to be shown before anything else.
        secret: kind of secret found in the text; then there are no hits.
    """

    snapshot: str
    lang: str
    answered: bool
    confidence: float
    hits: tuple[Hit, ...] = field(default=())
    urgent: ArticleRecord | None = None
    secret: str | None = None
