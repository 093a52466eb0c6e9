"""Explained words for users: ``docs/_data/glossary_explanations.yml`` joined with the glossary.

It knows no page and no article's text: `page_data` shows the words, `glossary_links` links them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from kb_build.data_file import DataFile, Place, read_data_file
from kb_build.glossary import TermGroup
from kb_build.problems import Problem
from kb_build.settings import LANGUAGES, KbSettings, NonEmpty
from search_index.analyzer import normalise
from search_index.settings import Frozen

NAME = "glossary_explanations.yml"
# Two lines on a 360 px phone: what is longer belongs into the article.
MAX_LENGTH = {"zh": 60, "en": 160}
_MOST_OTHER_WORDS = 6

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = tuple[NonEmpty, ...]


class _LinkWords(Frozen):
    zh: Words | None = None
    en: Words | None = None


class _Term(Frozen):
    group: NonEmpty
    anchor: Slug
    # Empty where it is missing, which has a problem code of its own.
    zh: str = ""
    en: str = ""
    article: NonEmpty
    link: _LinkWords = _LinkWords()


class _Topic(Frozen):
    id: Slug
    zh: NonEmpty
    en: NonEmpty
    terms: tuple[_Term, ...]


class _Explanations(Frozen):
    topics: tuple[_Topic, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One explained word; the mappings are by language.

    Attributes:
        anchor: where it stands on the glossary page, the same in all languages.
        heads: the word itself.
        others: what else people call it.
        texts: the explanation, one line.
        article_id: the article that says more.
        link_words: what links to the entry where an article says it.
    """

    anchor: str
    heads: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    article_id: str
    link_words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Topic:
    """Entries about one thing, under one heading."""

    topic_id: str
    titles: Mapping[str, str]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ExplainedGlossary:
    """All topics in their order.

    Attributes:
        words: language → every word of the glossary, explained or not: a link begins or ends
            inside none of them.
    """

    topics: tuple[Topic, ...] = ()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)

    @property
    def entries(self) -> Iterator[Entry]:
        """All entries, topic by topic."""
        for topic in self.topics:
            yield from topic.entries


def read_explanations(
    settings: KbSettings, groups: Iterable[TermGroup], article_ids: Collection[str]
) -> tuple[ExplainedGlossary, list[Problem]]:
    """Return the explained words and everything that is wrong with their file.

    Args:
        settings: where the file lies; without it there are neither words nor problems.
        groups: the operator's glossary.
        article_ids: ids that exist.
    """
    read = read_data_file(settings, NAME, _Explanations)
    if read.data is None:
        return ExplainedGlossary(), list(read.problems)
    known = {group.group_id: group for group in groups}
    problems = [
        *read.problems,
        *_wrong_names(read, known, article_ids),
        *_repetitions(read),
        *_wrong_texts(read),
    ]
    topics = tuple(
        Topic(
            topic.id,
            {"zh": topic.zh, "en": topic.en},
            tuple(_entry(term, known[term.group]) for term in topic.terms if term.group in known),
        )
        for topic in read.data.topics
    )
    words = {
        lang: frozenset(
            word for group in known.values() for word in (group.heads[lang], *group.terms[lang])
        )
        for lang in LANGUAGES
    }
    return ExplainedGlossary(topics, words), sorted(problems)


def _terms(read: DataFile[_Explanations]) -> Iterator[tuple[Place, _Term]]:
    for number, topic in enumerate(read.data.topics if read.data else ()):
        for place, term in enumerate(topic.terms):
            yield ("topics", number, "terms", place), term


def _wrong_names(
    read: DataFile[_Explanations], groups: Collection[str], article_ids: Collection[str]
) -> Iterator[Problem]:
    for place, term in _terms(read):
        for key, name, ids, file in (
            ("group", term.group, groups, "group of glossary.yml"),
            ("article", term.article, article_ids, "article"),
        ):
            if name not in ids:
                yield Problem(
                    read.path,
                    read.line_of((*place, key)),
                    "KB100",
                    f"'{name}' is no {file}.",
                    "Correct the id, or delete the entry.",
                )


def _repetitions(read: DataFile[_Explanations]) -> Iterator[Problem]:
    places: list[tuple[str, Place, str]] = []
    for place, term in _terms(read):
        places.append(("group", (*place, "group"), term.group))
        places.append(("anchor", (*place, "anchor"), term.anchor))
    for number, topic in enumerate(read.data.topics if read.data else ()):
        places.append(("anchor", ("topics", number, "id"), topic.id))
    seen: dict[tuple[str, str], int] = {}
    for key, place, name in places:
        line = read.line_of(place)
        first = seen.setdefault((key, name), line)
        if first != line:
            yield Problem(
                read.path,
                line,
                "KB100",
                f"{key} '{name}' stands already in line {first}.",
                "Delete one of them, or give it another name.",
            )


def _wrong_texts(read: DataFile[_Explanations]) -> Iterator[Problem]:
    for place, term in _terms(read):
        for lang in LANGUAGES:
            text, longest = getattr(term, lang).strip(), MAX_LENGTH[lang]
            line = read.line_of((*place, lang))
            if not text:
                yield Problem(
                    read.path,
                    line,
                    "KB101",
                    f"'{term.anchor}' has no explanation in '{lang}'.",
                    f"Write one plain line of at most {longest} characters.",
                )
            elif len(text) > longest or "\n" in text:
                yield Problem(
                    read.path,
                    line,
                    "KB101",
                    f"the explanation has {len(text)} characters, at most {longest} fit.",
                    "Keep one plain line; the article says more.",
                )


def _entry(term: _Term, group: TermGroup) -> Entry:
    links = {lang: getattr(term.link, lang) for lang in LANGUAGES}
    return Entry(
        anchor=term.anchor,
        heads=group.heads,
        others={lang: other_words(group, lang) for lang in LANGUAGES},
        texts={"zh": term.zh.strip(), "en": term.en.strip()},
        article_id=term.article,
        link_words={
            lang: (group.heads[lang],) if words is None else words for lang, words in links.items()
        },
    )


def other_words(group: TermGroup, lang: str) -> tuple[str, ...]:
    """Return what else people call it, without mere spellings of what stands there already."""
    shown = {_spelling(group.heads[lang])}
    others = []
    for word in (*group.terms[lang], *group.said.get(lang, ())):
        spelling = _spelling(word)
        if spelling not in shown:
            shown.add(spelling)
            others.append(word)
    return tuple(others[:_MOST_OTHER_WORDS])


def _spelling(word: str) -> str:
    """Return the same text for spellings of one word: 助記詞 and 助记词, sign-up and signup."""
    return normalise(word).replace(" ", "").replace("-", "").removesuffix("s")
