"""Links the first use of an explained word in a page to the glossary.

A Python-Markdown extension, listed in mkdocs.yml as ``kb_build.glossary_links``; what it links
is set for each page. A plain link works with touch, keyboard and screen reader, which a tooltip
does not. It knows nothing of MkDocs and of where the words come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

MOST_LINKS = 6
# After MkDocs (0) has resolved the links that authors wrote: ours are addresses already, and its
# check of anchors knows only those of Markdown pages.
_PRIORITY = -1
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "th"})
# Menu names are bold; what is bold or code has to be found again on the screen as it is.
_LEFT_ALONE = _HEADINGS | {"a", "b", "strong", "code", "pre", "kbd", "script", "style"}
# In an emergency nobody should be led away; the other two repeat the same words everywhere.
_SECTIONS_LEFT_ALONE = frozenset({"do-now", "safety", "unsolved"})
_LATIN = "[A-Za-z0-9_-]"


class GlossaryLinksTreeprocessor(Treeprocessor):
    """Links each target once, in the order of the page, until there are enough links."""

    def __init__(self, md: Markdown, targets: Mapping[str, str], words: Iterable[str]) -> None:
        super().__init__(md)
        self._targets = {word.lower(): href for word, href in targets.items()}
        self._pattern = words_pattern({*self._targets, *(word.lower() for word in words)})
        self._linked: set[str] = set()

    def run(self, root: ElementTree.Element) -> None:
        """Add the links below ``root``."""
        self._linked = set()
        if self._targets:
            self._visit(root)

    def _visit(self, element: ElementTree.Element) -> None:
        if element.tag in _LEFT_ALONE or element.get("data-section") in _SECTIONS_LEFT_ALONE:
            return
        children = list(element)
        element.text, links = self._split(element.text)
        element[:] = links
        for child in children:
            self._visit(child)
            child.tail, links = self._split(child.tail)
            element.append(child)
            element.extend(links)

    def _split(self, text: str | None) -> tuple[str | None, list[ElementTree.Element]]:
        """Return the text before the first link, and the links with what follows each."""
        links: list[ElementTree.Element] = []
        if not text:
            return text, links
        before, end = text, 0
        for match in self._pattern.finditer(text):
            href = self._target_of(match[0])
            if href is None or href in self._linked or len(self._linked) == MOST_LINKS:
                continue
            self._linked.add(href)
            gap = text[end : match.start()]
            if links:
                links[-1].tail = gap
            else:
                before = gap
            link = ElementTree.Element("a", {"class": "kb-term", "href": href})
            link.text, end = match[0], match.end()
            links.append(link)
        if links:
            links[-1].tail = text[end:]
        return before, links

    def _target_of(self, found: str) -> str | None:
        word = found.lower()
        return self._targets.get(word) or self._targets.get(word.removesuffix("s"))


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for the longest of ``words`` at each place, and the plural of Latin ones.

    A Latin word ends where no Latin letter, digit or hyphen follows; Han has no such limits.
    """
    parts = []
    for word in sorted(words, key=lambda w: (-len(w), w)):
        starts = f"(?<!{_LATIN})" if re.match(_LATIN, word) else ""
        ends = f"s?(?!{_LATIN})" if re.match(_LATIN, word[-1]) else ""
        parts.append(f"{starts}{re.escape(word)}{ends}")
    return re.compile("|".join(parts) or "(?!)", re.IGNORECASE)


class GlossaryLinksExtension(Extension):
    """Registers it.

    Options:
        targets: word → address that it links to.
        words: further words, which no link may begin or end inside.
    """

    def __init__(self, **options: Any) -> None:
        self.config = {
            "targets": [{}, "word → address that it links to"],
            "words": [(), "further words, which no link may begin or end inside"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Called by Python-Markdown."""
        links = GlossaryLinksTreeprocessor(md, self.getConfig("targets"), self.getConfig("words"))
        md.treeprocessors.register(links, "kb_glossary_links", _PRIORITY)


def makeExtension(**options: Any) -> GlossaryLinksExtension:  # noqa: N802 - the library's name
    """Entry point that Python-Markdown looks for."""
    return GlossaryLinksExtension(**options)
