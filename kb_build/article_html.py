"""Shapes the HTML of a page for the theme: a section per heading, labelled table cells.

A Python-Markdown extension, listed in mkdocs.yml as ``kb_build.article_html``. It knows
nothing of MkDocs, of the theme's looks or of what the sections mean.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

# After attr_list (8) has read `{#steps}` and before toc (5) has numbered headings by itself.
_PRIORITY = 6


class SectionTreeprocessor(Treeprocessor):
    """Wraps each ``h2`` and what follows it in ``<section data-section="steps">``."""

    def run(self, root: ElementTree.Element) -> None:
        """Rebuild the children of ``root``."""
        children = list(root)
        root[:] = []
        target = root
        for child in children:
            if child.tag == "h2":
                target = ElementTree.SubElement(root, "section", {"class": "kb-section"})
                if anchor := child.get("id"):
                    target.set("data-section", anchor)
            target.append(child)


class TableLabelTreeprocessor(Treeprocessor):
    """Repeats the column heading on each cell, so that a phone can stack the cells."""

    def run(self, root: ElementTree.Element) -> None:
        """Label the cells of every table below ``root``."""
        for table in root.iter("table"):
            labels = ["".join(cell.itertext()) for cell in table.iter("th")]
            for row in table.iterfind("tbody/tr"):
                for label, cell in zip(labels, row, strict=False):
                    cell.set("data-label", label)


class ArticleHtmlExtension(Extension):
    """Registers both."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Called by Python-Markdown."""
        md.treeprocessors.register(SectionTreeprocessor(md), "kb_sections", _PRIORITY)
        md.treeprocessors.register(TableLabelTreeprocessor(md), "kb_table_labels", _PRIORITY)


def makeExtension(**options: Any) -> ArticleHtmlExtension:  # noqa: N802 - the library's name
    """Entry point that Python-Markdown looks for."""
    return ArticleHtmlExtension(**options)
