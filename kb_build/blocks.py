"""Body of an article to blocks of plain text with their lines; knows no rule about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Escaped signs stay apart (`text_special`), so that `\*\*` is no bold that failed.
_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("text_join")
_LISTS = ("bullet_list_open", "ordered_list_open")
_HREF = re.compile(r"""(?:href|src)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_TAG = re.compile(r"<[a-z][^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item or table cell.

    Attributes:
        text: plain text; a line break of the source is kept.
        unlinked: the same without the text of links.
        line: 1-based line of the file on which it begins.
        is_heading: it is a heading.
        in_list: it stands in a list.
        column: 1-based column of a table; 0 outside of tables.
        has_literal_bold: ``**`` that CommonMark does not take for bold.
        targets: what its links and pictures point at, and their lines.
        tags: what it holds of HTML, as written, and the lines.
    """

    text: str
    unlinked: str
    line: int
    is_heading: bool = False
    in_list: bool = False
    column: int = 0
    has_literal_bold: bool = False
    targets: tuple[tuple[str, int], ...] = ()
    tags: tuple[tuple[str, int], ...] = ()

    def line_of(self, position: int) -> int:
        """Return the line of the character at ``position`` of the text."""
        return self.line + self.text.count("\n", 0, position)


@lru_cache(maxsize=1024)  # a preview checks every article again after each edit
def read_blocks(markdown: str, first_line: int) -> tuple[Block, ...]:
    """Return the blocks of a body in their order.

    Args:
        markdown: text below the front matter.
        first_line: 1-based line of the file on which ``markdown`` starts.
    """
    return tuple(_blocks(_MARKDOWN.parse(markdown), first_line))


def _blocks(tokens: list[Token], line: int) -> Iterator[Block]:
    first_line, lists, column, is_heading = line, 0, 0, False
    for token in tokens:
        if token.map:
            line = token.map[0] + first_line
        if token.type in _LISTS:
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif token.type in ("heading_open", "heading_close"):
            is_heading = token.nesting == 1
        elif token.type in ("tr_open", "table_close"):
            column = 0
        elif token.type in ("td_open", "th_open"):
            column += 1
        elif token.type == "inline":
            yield _block(token, line, is_heading=is_heading, in_list=lists > 0, column=column)
        elif token.type == "html_block":
            targets = _HREF.findall(token.content)
            tags = _TAG.finditer(token.content)
            yield Block(
                "",
                "",
                line,
                targets=tuple((target, line) for target in targets),
                tags=tuple((m[0], line + token.content.count("\n", 0, m.start())) for m in tags),
            )


def _block(token: Token, line: int, *, is_heading: bool, in_list: bool, column: int) -> Block:
    text, unlinked, depth, literal = "", "", 0, False
    targets: list[tuple[str, int]] = []
    tags: list[tuple[str, int]] = []
    for child in token.children or ():
        piece, here = "", line + text.count("\n")
        if child.type in ("text", "text_special", "code_inline"):
            piece = child.content
            literal = literal or (child.type == "text" and "**" in piece)
        elif child.type in ("softbreak", "hardbreak"):
            piece = "\n"
        elif child.type in ("link_open", "link_close"):
            depth += child.nesting
            if child.nesting == 1:
                targets.append((str(child.attrs.get("href", "")), here))
        elif child.type == "image":
            targets.append((str(child.attrs.get("src", "")), here))
        elif child.type == "html_inline":
            targets += [(target, here) for target in _HREF.findall(child.content)]
            tags.append((child.content, here))
        text += piece
        unlinked += piece if not depth else ""
    return Block(
        text, unlinked, line, is_heading, in_list, column, literal, tuple(targets), tuple(tags)
    )
