"""Markdown files to `Article`s: metadata, sections, anchors, links, source lines.

It knows the shape of one file; rules that compare articles are in `check`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb_build.front_matter import KEYS, FrontMatter, ParsedHead, parse_front_matter
from kb_build.problems import Problem, not_utf8
from kb_build.settings import CATEGORIES, DEFAULT_LANGUAGE, LANGUAGES, KbSettings

PARAMETER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_ANCHOR = re.compile(r"\s*\{#([A-Za-z][\w-]*)\}\s*$")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ID_LINE = re.compile(r"^id:\s*[\"']?(KB-\d{4})\b", re.MULTILINE)

# Pages of the site that are not articles.
NOT_ARTICLES = (
    *("index", "search", "contact", "received", "glossary", "whats-new", "official-channels"),
    "404",
)


@dataclass(frozen=True, slots=True)
class Section:
    """Part of an article from one heading to the next.

    Attributes:
        anchor: explicit id of the heading, shared by all languages; "" when it has none.
        level: 2 for ``##``; 0 for text above the first heading.
        line: 1-based line of the heading in the file.
        text: plain text, one block a line, parameters replaced.
        ordered_items: number of numbered list items on the first level.
        items: number of bullet items.
        table_rows: number of table rows, head included.
    """

    anchor: str
    heading: str
    level: int
    line: int
    text: str
    ordered_items: int = 0
    items: int = 0
    table_rows: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A Markdown link or picture.

    Attributes:
        target: as written.
        line: 1-based line of the file.
        picture: what a picture shows, in words, "" where nothing is said; None if it is a link.
    """

    target: str
    line: int
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One authored file.

    Attributes:
        path: relative to the repository root, forward slashes.
        head: metadata, parameters replaced.
        lines: front matter key → 1-based line; see `ParsedHead`.
        markdown: body, parameters replaced.
        body_line: 1-based line on which the body starts.
        is_whole: False when the head holds errors, so that only the body can be judged.
    """

    path: str
    lang: str
    category: str
    slug: str
    head: FrontMatter
    sections: tuple[Section, ...]
    links: tuple[Link, ...]
    lines: Mapping[str, int] = field(repr=False)
    markdown: str = field(repr=False)
    body_line: int
    is_whole: bool = True

    @property
    def id(self) -> str:
        """Permanent number, the same in all languages."""
        return self.head.id

    @property
    def title(self) -> str:
        """The user's question."""
        return self.head.title

    @property
    def summary(self) -> str:
        """The short answer."""
        return self.head.summary

    @property
    def questions(self) -> tuple[str, ...]:
        """Real phrasings: search aliases and retrieval tests."""
        return self.head.questions

    @property
    def audience(self) -> str:
        """self-custody, exchange, payments or all."""
        return self.head.audience

    @property
    def urgency(self) -> str:
        """general, technical or urgent."""
        return self.head.urgency

    @property
    def time(self) -> str:
        """Expected time for the user and for processing."""
        return self.head.time

    @property
    def related(self) -> tuple[str, ...]:
        """Ids of related articles."""
        return self.head.related

    @property
    def facts_checked(self) -> date:
        """Day on which the facts were last verified."""
        return self.head.facts_checked

    @property
    def review_by(self) -> date:
        """Latest day of the next check."""
        return self.head.review_by

    @property
    def status(self) -> str:
        """draft, reviewed or published."""
        return self.head.status

    @property
    def url(self) -> str:
        """Path from the site's root: ``/transfers/x/``, ``/en/transfers/x/``."""
        return article_url(self.lang, self.category, self.slug)

    @property
    def short_url(self) -> str:
        """Path that never changes and opens in the visitor's language."""
        return f"/a/{self.id}/"


def article_url(lang: str, category: str, slug: str) -> str:
    """Return the path of an article from the site's root."""
    prefix = "/" if lang == DEFAULT_LANGUAGE else f"/{lang}/"
    return f"{prefix}{category}/{slug}/"


def substitute_parameters(text: str, parameters: Mapping[str, str]) -> str:
    """Replace each ``{{name}}`` that is known; unknown ones stay as they are."""
    return PARAMETER.sub(lambda match: parameters.get(match[1], match[0]), text)


class ArticleReader:
    """Reads all articles; keeps what it parsed, so that a preview re-reads only changed files."""

    def __init__(self, settings: KbSettings) -> None:
        self._settings = settings
        self._parsed: dict[Path, tuple[tuple[int, int], Article | None, tuple[Problem, ...]]] = {}
        self._unfinished: list[Article] = []
        self._claimed_ids: set[str] = set()

    @property
    def unfinished(self) -> tuple[Article, ...]:
        """The articles of the last `read` whose head holds errors; their bodies can be judged."""
        return tuple(self._unfinished)

    @property
    def claimed_ids(self) -> frozenset[str]:
        """The numbers in the files of the last `read` that hold errors: others may name them."""
        return frozenset(self._claimed_ids)

    def read(self) -> tuple[list[Article], list[Problem]]:
        """Return every article that could be parsed, ordered by path, and all problems."""
        articles: list[Article] = []
        problems: list[Problem] = []
        self._unfinished, self._claimed_ids = [], set()
        for path in article_paths(self._settings.docs_dir):
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._parsed.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, *read_article(path, self._settings))
                self._parsed[path] = known
            if known[1] is None or not known[1].is_whole:
                self._claimed_ids.update(numbers_in(path))
            if known[1] is not None:
                (articles if known[1].is_whole else self._unfinished).append(known[1])
            problems.extend(known[2])
        return articles, problems


def read_articles(settings: KbSettings) -> tuple[list[Article], list[Problem]]:
    """Read all articles once; see `ArticleReader`."""
    return ArticleReader(settings).read()


def article_paths(docs_dir: Path) -> list[Path]:
    """Return the article files below ``docs_dir``, sorted: ``<lang>/<category>/<slug>.md``."""
    return [path for path in page_paths(docs_dir) if path.stem not in NOT_ARTICLES]


def page_paths(docs_dir: Path) -> list[Path]:
    """Return all pages below ``docs_dir``, sorted in each language.

    Hidden files are none: Emacs locks what it edits with a link that leads nowhere.
    """
    return [
        path
        for lang in LANGUAGES
        for path in sorted((docs_dir / lang).glob("**/*.md"))
        if not path.name.startswith(".") and path.is_file()
    ]


def numbers_in(path: Path) -> list[str]:
    """Return the ids that a file claims, whatever else is wrong with it."""
    return _ID_LINE.findall(path.read_text(encoding="utf-8", errors="replace"))


def read_article(path: Path, settings: KbSettings) -> tuple[Article | None, tuple[Problem, ...]]:
    """Parse one file.

    Returns:
        The article, not whole when its head holds errors, None when it has no head that can be
        read or lies in the wrong place; and its problems.
    """
    shown = settings.shown(path)
    relative = PurePosixPath(path.relative_to(settings.docs_dir).as_posix())
    lang, *folders = relative.parts
    problems: list[Problem] = []
    if len(folders) != 2 or folders[0] not in CATEGORIES or not _SLUG.fullmatch(relative.stem):
        problems.append(
            Problem(
                shown,
                0,
                "KB013",
                "an article must lie at docs/<language>/<category>/<lower-case-slug>.md.",
                f"Categories: {', '.join(CATEGORIES)}.",
            )
        )
        return None, tuple(problems)
    try:
        source = path.read_text(encoding="utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        problems.append(not_utf8(shown, exc))
        return None, tuple(problems)
    parameters = settings.parameters_by_language[lang]
    problems.extend(unknown_parameters(source, parameters, shown))
    parsed = parse_front_matter(source, path=shown, lang=lang)
    problems.extend(parsed.problems)
    if not parsed.sound:
        return None, tuple(problems)

    markdown = substitute_parameters(parsed.body, parameters)
    head = parsed.front_matter or _stand_in(parsed)
    head = replace(
        head,
        title=substitute_parameters(head.title, parameters),
        summary=substitute_parameters(head.summary, parameters),
        time=substitute_parameters(head.time, parameters),
        questions=tuple(substitute_parameters(q, parameters) for q in head.questions),
    )
    sections, links = parse_body(markdown, first_line=parsed.body_line)
    article = Article(
        path=shown,
        lang=lang,
        category=folders[0],
        slug=relative.stem,
        head=head,
        sections=sections,
        links=links,
        lines=dict.fromkeys(KEYS, 1) | dict(parsed.lines),
        markdown=markdown,
        body_line=parsed.body_line,
        is_whole=parsed.front_matter is not None,
    )
    return article, tuple(problems)


def _stand_in(parsed: ParsedHead) -> FrontMatter:
    """Return a head that says nothing wrong where the real one does, so that the body is judged."""
    neutral = {
        **dict.fromkeys(("id", "title", "summary", "audience", "time"), ""),
        "questions": (),
        "related": (),
        "urgency": "urgent" if "{#do-now}" in parsed.body else "general",
        "facts_checked": date.min,
        "review_by": date.max,
    }
    return FrontMatter(**(neutral | dict(parsed.sound) | {"status": "draft"}))


def check_other_pages(settings: KbSettings) -> list[Problem]:
    """Return what is wrong with the pages that are no articles: MkDocs shows them as they are."""
    problems: list[Problem] = []
    for path in page_paths(settings.docs_dir):
        if path.stem not in NOT_ARTICLES:
            continue
        shown = settings.shown(path)
        lang = path.relative_to(settings.docs_dir).parts[0]
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as exc:
            problems.append(not_utf8(shown, exc))
            continue
        problems += unknown_parameters(source, settings.parameters_by_language[lang], shown)
    return problems


def unknown_parameters(source: str, parameters: Container[str], path: str) -> list[Problem]:
    """Return a problem for each place of ``source`` that names no parameter of kb.toml."""
    return [
        Problem(
            path,
            number,
            "KB050",
            f"unknown parameter {{{{{name}}}}}.",
            "Add it to [parameters] in kb.toml or correct the name.",
        )
        for number, line in enumerate(source.split("\n"), 1)
        for name in PARAMETER.findall(line)
        if name not in parameters
    ]


_MARKDOWN = MarkdownIt("commonmark").enable("table")


def parse_body(
    markdown: str, *, first_line: int = 1
) -> tuple[tuple[Section, ...], tuple[Link, ...]]:
    """Split a Markdown body into sections and collect its links.

    Args:
        markdown: text below the front matter.
        first_line: 1-based line of the file on which ``markdown`` starts.
    """
    sections: list[Section] = []
    links: list[Link] = []
    current = Section("", "", 0, first_line, "")
    blocks: list[str] = []
    counts = {"ordered_items": 0, "items": 0, "table_rows": 0}
    row: list[str] | None = None
    lists: list[str] = []
    in_heading: Token | None = None
    line = first_line

    def close() -> None:
        if current.level or blocks:
            sections.append(
                replace(
                    current,
                    text="\n".join(blocks),
                    ordered_items=counts["ordered_items"],
                    items=counts["items"],
                    table_rows=counts["table_rows"],
                )
            )

    for token in _MARKDOWN.parse(markdown):
        if token.map:
            line = token.map[0] + first_line
        match token.type:
            case "heading_open":
                close()
                in_heading, blocks = token, []
                counts = dict.fromkeys(counts, 0)
            case "heading_close":
                in_heading = None
            case "ordered_list_open" | "bullet_list_open":
                lists.append(token.type)
            case "ordered_list_close" | "bullet_list_close":
                lists.pop()
            case "list_item_open":
                if lists[-1] == "bullet_list_open":
                    counts["items"] += 1
                elif len(lists) == 1:
                    counts["ordered_items"] += 1
            case "tr_open":
                row = []
                counts["table_rows"] += 1
            case "thead_close":
                blocks.pop()  # "what you see, why, what to do" heads a thousand tables
            case "tr_close":
                blocks.append(_row_text(row or []))
                row = None
            case "inline":
                text = _plain_text(token)
                links.extend(_links(token, line))
                if in_heading is not None:
                    anchor = _ANCHOR.search(text)
                    current = Section(
                        anchor=anchor[1] if anchor else "",
                        heading=_ANCHOR.sub("", text),
                        level=int(in_heading.tag[1]),
                        line=line,
                        text="",
                    )
                elif row is not None:
                    row.append(text)
                elif text:
                    if not current.level and not blocks:
                        current = replace(current, line=line)
                    blocks.append(text)
            case "fence" | "code_block":
                blocks.append(token.content.strip())
            case _:
                pass
    close()
    return tuple(sections), tuple(links)


def _row_text(cells: list[str]) -> str:
    """Return a table row as a sentence: what you see, a colon, the rest."""
    first, rest = cells[0], [cell for cell in cells[1:] if cell]
    if not rest:
        return first
    han = any("\u4e00" <= character <= "\u9fff" for character in first)
    colon, semicolon = ("：", "；") if han else (": ", "; ")
    return (
        first + colon + semicolon.join(cell.rstrip("。.") for cell in rest) + ("。" if han else ".")
    )


def _plain_text(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts).strip()


def _links(token: Token, line: int) -> list[Link]:
    links = []
    for child in token.children or ():
        if child.type == "link_open":
            links.append(Link(str(child.attrs.get("href", "")), line))
        elif child.type == "image":
            links.append(Link(str(child.attrs.get("src", "")), line, child.content.strip()))
        elif child.type in ("softbreak", "hardbreak"):
            line += 1
    return links
