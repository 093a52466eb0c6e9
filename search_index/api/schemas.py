"""Shapes of requests and answers; the source of /openapi.json. Knows no route."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from search_index.analyzer import has_words
from search_index.deflection import ChecklistItem
from search_index.events import RatingReason, ResponseClass
from search_index.notice import Level
from search_index.secrets import Kind as SecretKind

Lang = Literal["zh", "en"]
QUERY_LENGTH = 2000
PREFIX_LENGTH = 200
SUBJECT_LENGTH = 200
MESSAGE_LENGTH = 8000
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

Subject = Annotated[
    str,
    Field(max_length=SUBJECT_LENGTH, description="Subject of a message to support."),
    AfterValidator(_no_control_characters),
]
Message = Annotated[
    str,
    Field(min_length=1, max_length=MESSAGE_LENGTH, description="A message to support."),
    AfterValidator(_no_control_characters),
    AfterValidator(_says_something),
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
    source: Literal["search", "suggestions"] = Field(
        "search", description="suggestions: sent while the person is still typing"
    )


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


class NoticeBody(BaseModel):
    """What every page says at the top; plain text."""

    text: str
    level: Level


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
    notice: NoticeBody | None
    took_ms: float


class DeflectRequest(Request):
    """Body of ``POST /api/deflect``."""

    subject: Subject = ""
    body: Message
    lang: Lang | None = Field(None, description="Language of the answer; detected if missing.")


class ChecklistItemBody(BaseModel):
    """One thing to have ready; ``id`` is also the name of the ticket's field, if it has one."""

    id: ChecklistItem
    text: str


class DeflectResponse(BaseModel):
    """Answer of ``POST /api/deflect``; ``class`` is null when a secret was found."""

    query_id: str
    snapshot: str
    lang: str
    response_class: ResponseClass | None = Field(serialization_alias="class")
    response_target: str = Field(description="how soon support answers; empty if not promised")
    answered: bool = Field(description="false: nothing in the index is about the message")
    urgent: UrgentBody | None = Field(description="set exactly when the class is urgent")
    secret: SecretBody | None
    hits: list[HitBody]
    checklist: list[ChecklistItemBody]
    notice: NoticeBody | None


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


QueryId = Annotated[
    str, Field(pattern="^[0-9a-f]{32}$", description="`query_id` of the answer it is about.")
]
ArticleId = Annotated[str, Field(min_length=1, max_length=32, description="KB-0019")]


class HitOpenedBody(Request):
    """Somebody opened a hit."""

    type: Literal["hit_opened"]
    query_id: QueryId
    article_id: ArticleId
    rank: int = Field(ge=1, le=100, description="1-based")


class NotFoundBody(Request):
    """Somebody said of the hits: not what I was looking for."""

    type: Literal["not_found"]
    query_id: QueryId


class ArticleRatedBody(Request):
    """Somebody said whether an article helped."""

    type: Literal["article_rated"]
    article_id: ArticleId
    lang: Lang
    helpful: bool
    reason: RatingReason | None = None
    comment: str | None = Field(None, max_length=1000)


class ContactOpenedBody(Request):
    """Somebody opened the contact page."""

    type: Literal["contact_opened"]
    lang: Lang | None = None


class SolvedBody(Request):
    """Somebody said: this solved it."""

    type: Literal["solved"]
    query_id: QueryId | None = None
    article_id: ArticleId | None = None


class StillNeedHelpBody(Request):
    """Somebody saw the articles and said: I still need help."""

    type: Literal["still_need_help"]
    query_id: QueryId


class SecretBlockedBody(Request):
    """The page itself found a secret and sent nothing of it."""

    type: Literal["secret_blocked"]
    kind: SecretKind


EventBody = Annotated[
    HitOpenedBody
    | NotFoundBody
    | ArticleRatedBody
    | ContactOpenedBody
    | SolvedBody
    | StillNeedHelpBody
    | SecretBlockedBody,
    Field(discriminator="type"),
]


class EventResponse(BaseModel):
    """Answer of ``POST /api/events``."""

    accepted: bool
    secret: SecretBody | None = Field(
        default=None, description="found in the comment: nothing was stored"
    )


class NoticeTextsBody(BaseModel):
    """The notice in both languages, as a page asks for it."""

    zh: str
    en: str
    level: Level
    until_s: float | None = Field(description="seconds since 1970; null: until it is taken off")


class NoticeResponse(BaseModel):
    """Answer of ``GET /api/notice``; the built site holds a file of the same shape there."""

    notice: NoticeTextsBody | None


class StatusResponse(BaseModel):
    """Answer of ``/healthz`` and ``/readyz``."""

    status: str
    snapshot: str | None = None
    events: Literal["stored", "unavailable", "off"] | None = Field(
        default=None, description="unavailable: the database is away; searches do not need it"
    )


class ErrorBody(BaseModel):
    """What went wrong and what to do."""

    code: str
    message: str
    remedy: str
    field: str | None = None


class ErrorResponse(BaseModel):
    """The one shape of every failure."""

    error: ErrorBody
