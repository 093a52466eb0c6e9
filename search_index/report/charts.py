"""Charts as inline SVG, coloured by the page's style sheet; knows only numbers and labels."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from search_index.report.markup import element

_STEPS = 6
"""Shades of the heat map; CSS has a class for each."""
_CELL, _GAP, _LEFT, _TOP = 24, 2, 44, 20
_BAR_WIDTH, _BAR_HEIGHT = 600, 150


def heat_map(
    load: Sequence[Sequence[float]], weekdays: Sequence[str], title: str, tip: str
) -> Element:
    """Return seven rows of 24 hours, the darker the busier.

    Args:
        load: shape ``[7, 24]``.
        weekdays: Monday first.
        title: what is shown, for those who do not see it.
        tip: shown on a cell, with ``{day}``, ``{hour}`` and ``{value}``.
    """
    most = max((value for row in load for value in row), default=0)
    parts = [
        element("text", f"{hour:02}", x=_LEFT + hour * _CELL, y=12, class_="axis")
        for hour in range(0, 24, 3)
    ]
    for day, (name, row) in enumerate(zip(weekdays, load, strict=True)):
        y = _TOP + day * _CELL
        parts.append(element("text", name, x=0, y=y + 16, class_="axis"))
        for hour, value in enumerate(row):
            parts.append(
                element(
                    "rect",
                    element("title", tip.format(day=name, hour=f"{hour:02}", value=f"{value:.1f}")),
                    x=_LEFT + hour * _CELL,
                    y=y,
                    width=_CELL - _GAP,
                    height=_CELL - _GAP,
                    rx=3,
                    class_=f"heat{_shade(value, most)}",
                )
            )
    return _svg(_LEFT + 24 * _CELL, _TOP + 7 * _CELL, title, parts)


def day_bars(
    rows: Sequence[tuple[str, int, int]], title: str, tip: str, most_bars: int = 92
) -> Element:
    """Return a bar for each day, or for several days together, with its unanswered part.

    Args:
        rows: label, searches, unanswered; in order, without gaps.
        title: see `heat_map`.
        tip: with ``{label}``, ``{value}`` and ``{part}``.
        most_bars: more days than this are put together by sevens.
    """
    if len(rows) > most_bars:
        rows = [
            (week[0][0], sum(row[1] for row in week), sum(row[2] for row in week))
            for week in (rows[i : i + 7] for i in range(0, len(rows), 7))
        ]
    most = max((value for _, value, _ in rows), default=0) or 1
    step = _BAR_WIDTH / max(1, len(rows))
    parts = []
    for number, (label, value, part) in enumerate(rows):
        x = round(number * step, 1)
        for amount, name in ((value, "bar"), (part, "bar-part")):
            height = round(_BAR_HEIGHT * amount / most, 1)
            parts.append(
                element(
                    "rect",
                    element("title", tip.format(label=label, value=value, part=part)),
                    x=x,
                    y=round(_BAR_HEIGHT - height, 1),
                    width=round(max(step - 1.5, 1), 1),
                    height=height,
                    class_=name,
                )
            )
    if rows:
        y = _BAR_HEIGHT + 16
        parts.append(element("text", rows[0][0], x=0, y=y, class_="axis"))
        parts.append(element("text", rows[-1][0], x=_BAR_WIDTH, y=y, class_="axis end"))
    return _svg(_BAR_WIDTH, _BAR_HEIGHT + 22, title, parts)


def share_bar(shares: Sequence[tuple[float, str]], title: str) -> Element:
    """Return one bar of several parts.

    Args:
        shares: part of the whole, from 0 to 1, and its CSS class.
        title: see `heat_map`.
    """
    parts, x = [], 0.0
    for share, name in shares:
        parts.append(element("rect", x=round(x, 2), y=0, width=round(share * 100, 2), height=4,
                             class_=name))  # fmt: skip
        x += share * 100
    drawing = _svg(100, 4, title, parts)
    drawing.set("preserveAspectRatio", "none")
    drawing.set("class", "share")
    return drawing


def _svg(width: int, height: int, title: str, parts: Sequence[Element]) -> Element:
    return element("svg", parts, viewBox=f"0 0 {width} {height}", role="img", aria_label=title)


def _shade(value: float, most: float) -> int:
    return 0 if not value else 1 + min(_STEPS - 2, int((_STEPS - 1) * value / most))
