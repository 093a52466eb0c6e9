"""Elements of a page, built as a tree so that every text is escaped; knows no page.

`xml.etree` does the escaping and the writing.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Content = Element | str | Iterable["Element | str"] | None


def element(name: str, /, *contents: Content, **attributes: str | int | float | None) -> Element:
    """Return ``<name>`` with its contents in order.

    Args:
        contents: elements and texts, or several of them; None is nothing.
        attributes: ``class_`` is ``class`` and ``stroke_width`` is ``stroke-width``; None leaves
            one out.
    """
    made = Element(name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key.rstrip("_").replace("_", "-"), str(value))
    for content in contents:
        if content is None:
            continue
        for part in [content] if isinstance(content, Element | str) else content:
            _append(made, part)
    return made


def to_html(root: Element) -> str:
    """Return the text of an HTML page."""
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html")


def _append(parent: Element, part: Element | str) -> None:
    if isinstance(part, Element):
        parent.append(part)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + part
    else:
        parent.text = (parent.text or "") + part
