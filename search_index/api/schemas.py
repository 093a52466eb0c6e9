"""Shapes of requests and answers; the source of /openapi.json. Knows no route."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from search_index.analyzer import has_words

Lang = Literal["zh", "en"]
QUERY_LENGTH = 2000
PREFIX_LENGTH = 200
_CONTROL = frozenset(map(chr, [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F]))


def _no_control_characters(text: str) -> str:
    if _CONTROL.intersection(text):
        raise ValueError("holds control characters")
    return text


def _says_something(text: str) -> str:
    if not has_words(text):
        raise ValueError("holds no word, only signs or emoji")
    return text


Question = Annotated[
    str,
    Field(min_length=1, max_length=QUERY_LENGTH, description="What the person typed."),
    AfterValidator(_no_control_characters),
    AfterValidator(_says_something),
]
Prefix = Annotated[
    str,
    Field(min_length=1, max_length=PREFIX_LENGTH, description="What was typed so far."),
    AfterValidator(_no_control_characters),
]


class Request(BaseModel):
    """Base of all bodies: an unknown field is an error, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SearchRequest(Request):
    """Body of ``POST /api/search``."""

    query: Question
    lang: Lang | None = Field(None, description="Language of the answers; detected if missing.")
    limit: int = Field(5, ge=1, le=20)
    category: str | None = Field(None, min_length=1, max_length=64)


class SuggestRequest(Request):
    """Body of ``POST /api/suggest``."""

    prefix: Prefix
    lang: Lang | None = None
    limit: int = Field(6, ge=1, le=20)


class ExcerptBody(BaseModel):
    """Plain text and the spans ``[start, end)`` to mark, in Unicode characters."""

    text: str
    marks: list[tuple[int, int]]


class HitBody(BaseModel):
    """One article found."""

    rank: int = Field(description="1-based")
    score: float = Field(description="higher is better; comparable within one snapshot")
    article_id: str
    lang: str
    title: str
    summary: str
    url: str
    short_url: str
    anchor: str = Field(description="section that answers best; empty for the top of the page")
    category: str
    urgency: str
    excerpt: ExcerptBody


class UrgentBody(BaseModel):
    """The emergency article, to be shown before anything else."""

    article_id: str
    title: str
    url: str
    actions: list[str] = Field(description="what to do in the next minute, in order")


class SecretBody(BaseModel):
    """A secret was found in the text: nothing was searched, stored or logged."""

    kind: str


class SearchResponse(BaseModel):
    """Answer of ``POST /api/search``."""

    query_id: str
    snapshot: str
    lang: str
    answered: bool = Field(description="false: nothing in the index is about the question")
    confidence: float = Field(ge=0, le=1, description="that the first hit is the right one")
    urgent: UrgentBody | None
    secret: SecretBody | None
    hits: list[HitBody]
    took_ms: float


class SuggestionBody(BaseModel):
    """One completion."""

    text: str
    article_id: str
    url: str


class SuggestResponse(BaseModel):
    """Answer of ``POST /api/suggest``."""

    suggestions: list[SuggestionBody]


class ArticleBody(BaseModel):
    """Facts of one article, for agents and tools."""

    article_id: str
    lang: str
    languages: list[str]
    category: str
    title: str
    summary: str
    url: str
    short_url: str
    urgency: str
    audience: str
    time: str
    actions: list[str]
    related: list[str]
    facts_checked: str


class ArticleListResponse(BaseModel):
    """Answer of ``GET /api/articles``."""

    snapshot: str
    articles: list[ArticleBody]


class StatusResponse(BaseModel):
    """Answer of ``/healthz`` and ``/readyz``."""

    status: str
    snapshot: str | None = None


class ErrorBody(BaseModel):
    """What went wrong and what to do."""

    code: str
    message: str
    remedy: str
    field: str | None = None


class ErrorResponse(BaseModel):
    """The one shape of every failure."""

    error: ErrorBody
