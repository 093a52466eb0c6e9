"""The report for programs: one JSON value, and CSV files that a spreadsheet may open safely.

The JSON is a promise (`SCHEMA`): keys are added, never renamed or removed without a new number.
Texts are those of the page: nothing is here that too few sessions typed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from search_index.report.contents import Period, Report
from search_index.report.figures import Figures, Share

SCHEMA = 1
_FORMULA_SIGNS = frozenset("=+-@＝＋－＠\t\r\n")
"""What makes a spreadsheet take a text for a formula. Source: OWASP, CSV injection."""
_COUNTS = ("searches", "sessions", "urgent_visits", "solved_anywhere")

Cell = str | int | float | bool | None


def neutralised(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet computes: an apostrophe before what may be a formula."""
    if isinstance(cell, str) and (cell.lstrip(" \u3000\u00a0") or cell)[:1] in _FORMULA_SIGNS:
        return f"'{cell}"
    return cell


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as plain values; README describes them."""
    figures = report.figures
    return {
        "schema": SCHEMA,
        "lang": report.lang,
        "period": _period(report.period),
        "previous_period": _period(report.period.before()) if report.previous else None,
        "snapshot": report.snapshot_id,
        "least_sessions": report.least_sessions,
        "figures": _figures(figures),
        "previous_figures": _figures(report.previous) if report.previous else None,
        "candidates": [
            {
                "rank": rank,
                "phrases": [{"text": p.text, "sessions": p.sessions} for p in c.phrases],
                "hidden_phrases": c.hidden,
                "words": list(c.words),
                "languages": list(c.languages),
                "sessions": c.sessions,
                "unanswered": c.unanswered,
                "unopened": c.unopened,
                "followed_up": c.followed_up,
                "priority": round(c.priority, 1),
                "category": c.category,
                "nearest": {
                    "article_id": c.nearest_id,
                    "title": _title(report, c.nearest_id),
                    "score": round(c.score, 3),
                    "in_scope": c.in_scope,
                },
                "answered_since": c.answered_since,
            }
            for rank, c in enumerate(report.candidates.groups, 1)
        ],
        "unlisted_sessions": report.candidates.others,
        "topics": [
            {
                "article_id": topic.article_id,
                "title": _title(report, topic.article_id),
                "sessions": topic.sessions,
                "failed": topic.failed,
                "phrases": list(topic.phrases),
            }
            for topic in report.topics
        ],
        "votes": [
            {
                "article_id": votes.article_id,
                "title": _title(report, votes.article_id),
                "helpful": votes.helpful,
                "unhelpful": votes.unhelpful,
                "reasons": dict(sorted(votes.reasons.items())),
                "comments": list(votes.comments),
            }
            for votes in report.voted
        ],
        "load": [list(row) for row in figures.load],
        "days": [
            {"day": day.isoformat(), "searches": searches, "unanswered": unanswered}
            for day, searches, unanswered in figures.days
        ],
        "secrets": [
            {"kind": kind, "where": where, "count": count}
            for (kind, where), count in sorted(figures.secrets.items())
        ],
        "stale": [
            {
                "article_id": stale.article_id,
                "title": _title(report, stale.article_id),
                "facts_checked": stale.facts_checked.isoformat(),
                "review_by": stale.review_by.isoformat() if stale.review_by else None,
                "sessions": stale.sessions,
            }
            for stale in report.stale
        ],
        "first_response_targets": report.targets,
    }


def write_csv(report: Report, folder: Path) -> list[Path]:
    """Write one file a table into ``folder`` and return them.

    UTF-8 with a byte order mark, by which Excel recognises it; formulas are neutralised.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = to_json(report)
    tables: dict[str, list[dict[str, Cell]]] = {
        "figures": _figure_rows(report),
        "candidates": [_flat(row) for row in values["candidates"]],
        "topics": [_flat(row) for row in values["topics"]],
        "votes": [_flat(row) for row in values["votes"]],
        "load": [
            {"weekday": day, "hour": hour, "searches": count}
            for day, row in enumerate(report.figures.load, 1)
            for hour, count in enumerate(row)
        ],
        **{name: values[name] for name in ("days", "secrets", "stale")},
    }
    return [_write(folder / f"{name}.csv", rows) for name, rows in tables.items()]


def _write(path: Path, rows: Sequence[dict[str, Cell]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        if rows:
            writer.writerow(rows[0])
            writer.writerows([neutralised(cell) for cell in row.values()] for row in rows)
    return path


def _flat(row: dict[str, Any]) -> dict[str, Cell]:
    """Return a row with one cell a key: lists as lines, mappings as columns."""
    flat: dict[str, Cell] = {}
    for key, value in row.items():
        if key == "phrases" and value and isinstance(value[0], dict):
            flat[key] = "\n".join(f"{phrase['text']} ({phrase['sessions']})" for phrase in value)
        elif isinstance(value, list):
            flat[key] = "\n".join(value)
        elif key == "reasons":
            flat[key] = "\n".join(f"{reason} ({count})" for reason, count in value.items())
        elif isinstance(value, dict):
            flat.update({f"{key}_{inner}": item for inner, item in value.items()})
        else:
            flat[key] = value
    return flat


def _figure_rows(report: Report) -> list[dict[str, Cell]]:
    before = _figures(report.previous) if report.previous else {}
    rows: list[dict[str, Cell]] = []
    for name, value in _figures(report.figures).items():
        nested = value if isinstance(value, dict) and "whole" not in value else {None: value}
        for key, inner in nested.items():
            old = before.get(name)
            old = old.get(key) if isinstance(old, dict) and key is not None else old
            rows.append(
                {
                    "figure": name if key is None else f"{name}.{key}",
                    "value": inner["part"] if isinstance(inner, dict) else inner,
                    "of": inner["whole"] if isinstance(inner, dict) else None,
                    "previous_value": old["part"] if isinstance(old, dict) else old,
                    "previous_of": old["whole"] if isinstance(old, dict) else None,
                }
            )
    return rows


def _figures(figures: Figures) -> dict[str, Any]:
    shares = [f.name for f in fields(figures) if isinstance(getattr(figures, f.name), Share)]
    per_1000 = figures.tickets_per_1000
    return {
        **{name: getattr(figures, name) for name in _COUNTS},
        **{
            name: {"part": getattr(figures, name).part, "whole": getattr(figures, name).whole}
            for name in shares
        },
        "tickets_per_1000": None if per_1000 is None else round(per_1000, 2),
        "tickets": dict(sorted(figures.tickets.items())),
        "visits": dict(sorted(figures.visits.items())),
        "languages": dict(sorted(figures.languages.items())),
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "days": period.days,
        "time_zone": period.zone.key,
    }


def _title(report: Report, article_id: str) -> str:
    record = report.articles.get(article_id)
    return record.title if record else ""
