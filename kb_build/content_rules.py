"""Rules on the wording of one article; knows neither other articles nor vectors.

Every rule has a code that stays; CONTRIBUTING.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kb_build.article import Article
from kb_build.blocks import Block, read_blocks
from kb_build.problems import Problem, Severity
from kb_build.terms import TermFinder
from kb_build.unsafe_instructions import (
    asks_for_list,
    find_unsafe,
    is_listed_secret,
    speaks_of_restoring,
)

# Characters and words that a reader on a phone gets through (content/template.md), with some room.
BODY_LENGTH = {"zh": (250, 900), "en": (180, 600)}
# Fewer are too few retrieval tests; more belong into docs/_data/phrasings (issue 3).
QUESTIONS = {"zh": (4, 7), "en": (3, 5)}

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['’.-][A-Za-z0-9]+)*")
_ARTICLE_NUMBER = re.compile(r"(?<![A-Za-z0-9])KB-\d{4}(?!\d)")
_HALF_WIDTH = re.compile(
    rf"(?<=[{_HAN}])\s?[,;:!?](?=\s?[{_HAN}])|(?<=[{_HAN}])\.(?=[{_HAN}])"
    rf"|(?<=[{_HAN}])\((?=[{_HAN}])|(?<=[{_HAN}])\)(?=[{_HAN}])"
)
_FULL_WIDTH = re.compile("[，。、；：？！（）【】《》「」『』]")
_BACKSLASH = re.compile(r"\\|%5c", re.IGNORECASE)
_EXTERNAL = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_DEAD_TAGS = {
    *("script", "iframe", "frame", "object", "embed", "applet"),
    *("form", "style", "link", "meta", "base"),
}
"""What the site's content security policy refuses, or what would change the page around it."""
_HANDLER = re.compile(r"\son[a-z]+\s*=|javascript:", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"""\salt\s*=\s*(?:"[^"]*\w[^"]*"|'[^']*\w[^']*'|\w)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class House:
    """What the operator decides about wording.

    Attributes:
        allowed_hosts: hosts that articles may link to.
        terms: finds words other than the glossary's.
    """

    allowed_hosts: frozenset[str] = frozenset()
    terms: TermFinder = field(default_factory=TermFinder, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """An article as its rules see it.

    Attributes:
        head: title, summary and time, as blocks.
        body: blocks of the body.
    """

    article: Article
    house: House
    head: tuple[Block, ...]
    body: tuple[Block, ...]

    def problem(
        self, line: int, code: str, message: str, remedy: str, severity: Severity = Severity.ERROR
    ) -> Problem:
        """Return a problem in this article's file."""
        return Problem(self.article.path, line, code, message, remedy, severity)


class WordingChecker:
    """Checks wording, and remembers articles that have not changed: a preview asks at each save."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[str, tuple[Article, list[Problem]]] = {}

    def __call__(self, article: Article) -> list[Problem]:
        """Return what `check_content` returns."""
        known = self._known.get(article.path)
        if known is None or known[0] is not article:
            known = (article, check_content(article, self._house))
            self._known[article.path] = known
        return known[1]


def check_content(article: Article, house: House) -> list[Problem]:
    """Return everything that is wrong with the wording of one article."""
    head = tuple(
        Block(text, text, article.lines[key])
        for key, text in (
            ("title", article.title),
            ("summary", article.summary),
            ("time", article.time),
        )
    )
    page = Page(article, house, head, read_blocks(article.markdown, article.body_line))
    return [problem for rule in RULES for problem in rule(page)]


def _unsafe_instructions(page: Page) -> Iterator[Problem]:
    lang = page.article.lang
    restoring = asked = False
    for block in [page.head[1], *page.body]:
        if block.is_heading:
            restoring = asked = False
            continue
        if block.column == 1:  # what the reader sees, not what to do
            continue
        if not block.in_list:
            asked = asks_for_list(block.text, lang)
        found = [
            (block.line_of(unsafe.start), unsafe.sentence)
            for unsafe in find_unsafe(block.text, lang, restoring=restoring)
        ]
        if block.in_list and asked and is_listed_secret(block.text, lang):
            found.append((block.line, block.text))
        for line, sentence in found:
            yield page.problem(
                line,
                "KB080",
                f"this seems to tell readers to hand over a secret or a device: '{sentence}'",
                "Nobody needs a phrase, key, password, code or screen of theirs: delete it, or "
                "say that it must never be done.",
            )
        restoring = restoring or speaks_of_restoring(block.text, lang)


def _foreign_links(page: Page) -> Iterator[Problem]:
    for block in page.body:
        for target, line in block.targets:
            host = _host_of(target)
            if host is not None and host not in page.house.allowed_hosts:
                yield page.problem(
                    line,
                    "KB081",
                    f"link to '{target}': '{host}' is not on the operator's list.",
                    "Name the place without a link, or add the host to links.allowed in kb.toml.",
                )


def _tags(page: Page) -> Iterator[Problem]:
    for block in page.body:
        for tag, line in block.tags:
            name = tag[1:].split(maxsplit=1)[0].rstrip("/>").lower()
            if name == "img" and not _ALTERNATIVE.search(tag):
                yield page.problem(
                    line,
                    "KB042",
                    f"the picture '{tag}' says nothing to readers who cannot see it.",
                    'Write it as ![what it shows](…), or add alt="…".',
                )
            if name in _DEAD_TAGS or _HANDLER.search(tag):
                yield page.problem(
                    line,
                    "KB043",
                    f"'{tag}' does nothing on the site: pages run and show only what is theirs.",
                    "Delete it, and say in Markdown what readers need.",
                )


def _host_of(target: str) -> str | None:
    """Return the host of a target outside this site, the number of a ``tel:``; None inside.

    A browser takes a backslash for a slash, and what stands before an ``@`` for a user's name.
    """
    target = _BACKSLASH.sub("/", target).strip()
    if not _EXTERNAL.match(target):
        return None
    parts = urlsplit(target)
    if parts.scheme in ("", "http", "https"):
        return (parts.hostname or "").rstrip(".")
    if parts.scheme == "mailto":
        return parts.path.rpartition("@")[2].lower()
    return parts.path if parts.scheme == "tel" else f"{parts.scheme}:"


def _failed_bold(page: Page) -> Iterator[Problem]:
    for block in page.body:
        if block.has_literal_bold:
            position = block.text.find("**")
            around = block.text[max(0, position - 4) : position + 12].replace("\n", " ")
            yield page.problem(
                block.line_of(position),
                "KB082",
                f"bold that will not render: '…{around}…'.",
                "Put quotes, brackets, colon or full stop outside of the ** signs.",
            )


def _length(page: Page) -> Iterator[Problem]:
    article = page.article
    if article.status == "draft":  # not finished
        return
    text = "\n".join(block.text for block in page.body if not block.is_heading)
    unit, pattern = {"zh": ("Chinese characters", _HAN_CHARACTER), "en": ("words", _WORD)}[
        article.lang
    ]
    low, high = BODY_LENGTH[article.lang]
    count = len(pattern.findall(text))
    if not low <= count <= high:
        yield page.problem(
            0,
            "KB083",
            f"the body has {count} {unit}; {low} to {high} are read to the end.",
            "Split it into two questions." if count > high else "Say what to do, and what next.",
            Severity.WARNING,
        )


def _terms(page: Page) -> Iterator[Problem]:
    for block in [page.head[1], *page.body]:
        if block.is_heading:
            continue
        for other in page.house.terms.find(block.text, page.article.lang):
            yield page.problem(
                block.line_of(other.start),
                "KB084",
                f"'{other.term}' is called '{other.head}' everywhere else ({other.group_id}).",
                f"Write '{other.head}'; the other word may follow once in brackets.",
                Severity.WARNING,
            )


def _article_numbers(page: Page) -> Iterator[Problem]:
    for block in [*page.head, *page.body]:
        for match in _ARTICLE_NUMBER.finditer(block.unlinked):
            yield page.problem(
                block.line_of(block.text.find(match[0])),
                "KB086",
                f"the number {match[0]} tells a reader nothing.",
                "Link to the article's file, with its question as the text.",
            )


def _punctuation(page: Page) -> Iterator[Problem]:
    pattern, width, remedy = {
        "zh": (_HALF_WIDTH, "half-width", "Write ，；：？！（） in Chinese text."),
        "en": (_FULL_WIDTH, "full-width", "Write , . ; : ? ! ( ) in English text."),
    }[page.article.lang]
    for block in [*page.head, *page.body]:
        for match in pattern.finditer(block.text):
            around = block.text[max(0, match.start() - 3) : match.end() + 3].replace("\n", " ")
            yield page.problem(
                block.line_of(match.start()),
                "KB087",
                f"{width} '{match[0].strip()}' in '…{around}…'.",
                remedy,
                Severity.WARNING,
            )


def _question_count(page: Page) -> Iterator[Problem]:
    article = page.article
    low, high = QUESTIONS[article.lang]
    if article.status != "draft" and not low <= len(article.questions) <= high:
        yield page.problem(
            article.lines["questions"],
            "KB088",
            f"{len(article.questions)} questions; {low} to {high} are wanted in '{article.lang}'.",
            "Add some in people's own words, or move the others to docs/_data/phrasings.",
            Severity.WARNING,
        )


Rule = Callable[[Page], Iterator[Problem]]
SIZE_RULES: tuple[Rule, ...] = (_length, _question_count)
RULES: tuple[Rule, ...] = (
    _unsafe_instructions,
    _foreign_links,
    _tags,
    _failed_bold,
    _terms,
    _article_numbers,
    _punctuation,
    *SIZE_RULES,
)
