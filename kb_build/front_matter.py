"""YAML head of an article to typed metadata, with line numbers; knows nothing of the body.

MkDocs swallows errors in front matter and builds the page without it; this never does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

import yaml

from kb_build.problems import Problem

AUDIENCES = ("self-custody", "exchange", "payments", "all")
URGENCIES = ("general", "technical", "urgent")
STATUSES = ("draft", "reviewed", "published")

# Width of one line on a 360 px phone in lists and results (content/template.md).
MAX_TITLE = {"zh": 40, "en": 110}
MAX_SUMMARY = {"zh": 90, "en": 220}
QUESTIONS = {"zh": (2, 7), "en": (2, 7)}
RELATED = (1, 10)
_ID = re.compile(r"KB-[0-9]{4}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Metadata of one article; see CONTRIBUTING.md for the meaning of each key."""

    id: str
    title: str
    summary: str
    questions: tuple[str, ...]
    audience: str
    urgency: str
    time: str
    related: tuple[str, ...]
    facts_checked: date
    review_by: date
    status: str


KEYS = tuple(field.name for field in fields(FrontMatter))


@dataclass(frozen=True, slots=True)
class ParsedHead:
    """Result of reading a head.

    Attributes:
        front_matter: the metadata, or None when it holds errors.
        sound: the values in which there is no error, by key.
        lines: key → 1-based line in the file; ``questions.2`` → that of the second question.
        body: text below the head.
        body_line: 1-based line on which the body starts.
        problems: everything that is wrong with the head.
    """

    front_matter: FrontMatter | None
    lines: dict[str, int]
    body: str
    body_line: int
    problems: tuple[Problem, ...]
    sound: Mapping[str, Any] = field(default_factory=dict)


def parse_front_matter(text: str, *, path: str, lang: str) -> ParsedHead:
    """Split ``text`` into typed metadata and body.

    Args:
        text: whole file, parameters not yet replaced.
        path: shown in problems.
        lang: language of the article; limits of length depend on it.
    """
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if lines[0].rstrip() != "---" or end is None:
        problem = Problem(
            path,
            1,
            "KB001",
            "the file has no front matter.",
            "Start it with a block between two lines of '---'; `kb new` writes one.",
        )
        return ParsedHead(None, {}, text, 1, (problem,))
    body, body_line = "\n".join(lines[end + 1 :]), end + 2

    loader = yaml.CSafeLoader("\n".join(lines[1:end]))
    try:
        node = loader.get_single_node()
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        for key, _ in pairs:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key is not a text", problem_mark=key.start_mark
                )
        entries = [
            (str(key.value), key.start_mark.line + 2, _construct(loader, value))
            for key, value in pairs
        ]
        item_lines = {
            f"{key.value}.{number}": item.start_mark.line + 2
            for key, value in pairs
            if isinstance(value, yaml.SequenceNode)
            for number, item in enumerate(value.value, 1)
        }
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        reason = getattr(exc, "problem", None) or getattr(exc, "reason", "cannot be read")
        problem = Problem(
            path,
            line,
            "KB002",
            f"the front matter is not valid YAML: {reason}.",
            "Put the text in double quotes if it holds a colon, a '#' or starts with a sign.",
        )
        return ParsedHead(None, {}, body, body_line, (problem,))
    finally:
        loader.dispose()
    if not entries:
        problem = Problem(
            path, 2, "KB002", "the front matter is not a list of keys.", "Write 'key: value' lines."
        )
        return ParsedHead(None, {}, body, body_line, (problem,))

    values = {key: value for key, _, value in entries}
    key_lines = item_lines | {key: line for key, line, _ in entries}
    problems = [*_repeated_keys(entries, path), *_key_problems(values, key_lines, path)]
    typed: dict[str, Any] = {}
    for key in KEYS:
        if key in values:
            value, complaint, remedy = _VALIDATORS[key](values[key], lang)
            if not complaint:
                typed[key] = value
            else:
                problems.append(
                    Problem(
                        path,
                        key_lines[key],
                        "KB012",
                        f"front matter key '{key}' {complaint}.",
                        remedy,
                    )
                )
    head = None if problems else FrontMatter(**typed)
    return ParsedHead(head, key_lines, body, body_line, tuple(problems), typed)


Entry = tuple[str, int, Any]
"""Key, line and value as YAML reads it."""


def _construct(loader: yaml.CSafeLoader, node: yaml.Node) -> Any:
    """Return the value of a node; a date such as 2024-13-01, which Python refuses, as written."""
    try:
        return loader.construct_document(node)
    except ValueError:
        return node.value


def _repeated_keys(entries: list[Entry], path: str) -> list[Problem]:
    return [
        Problem(
            path, line, "KB012", f"front matter key '{key}' stands twice.", "Delete one of them."
        )
        for number, (key, line, _) in enumerate(entries)
        if key in (earlier for earlier, _, _ in entries[:number])
    ]


def _key_problems(values: dict[Any, Any], lines: dict[str, int], path: str) -> list[Problem]:
    problems = []
    for key in KEYS:
        if key not in values:
            problems.append(
                Problem(
                    path,
                    1,
                    "KB010",
                    f"front matter key '{key}' is missing.",
                    "Add it; CONTRIBUTING.md shows an example of every key.",
                )
            )
    for key in values:
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, n=1)
            remedy = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(KEYS)}."
            problems.append(
                Problem(
                    path,
                    lines.get(str(key), 1),
                    "KB011",
                    f"unknown front matter key '{key}'.",
                    remedy,
                )
            )
    return problems


Verdict = tuple[Any, str, str]
"""Typed value, complaint ('' when it is fine), remedy."""


def _text(limit: dict[str, int] | None = None) -> Callable[[Any, str], Verdict]:
    def validate(value: Any, lang: str) -> Verdict:
        if value is None or (isinstance(value, str) and not value.strip()):
            return value, "is empty", "Write a text, in double quotes."
        if not isinstance(value, str):
            return value, f"is {value!r}, not a text", "Write a text, in double quotes."
        if limit and len(value) > limit[lang]:
            return (
                value,
                f"has {len(value)} characters, at most {limit[lang]} fit",
                "Shorten it; it is shown in lists and results on a phone.",
            )
        return value.strip(), "", ""

    return validate


def _choice(choices: tuple[str, ...]) -> Callable[[Any, str], Verdict]:
    def validate(value: Any, lang: str) -> Verdict:
        if value not in choices:
            return value, f"is {value!r}", f"Use one of: {', '.join(choices)}."
        return value, "", ""

    return validate


def _day(value: Any, lang: str) -> Verdict:
    if type(value) is not date:
        return value, f"is {str(value)!r}, not a date", "Write it as YYYY-MM-DD."
    return value, "", ""


def _id(value: Any, lang: str) -> Verdict:
    if not _is_id(value):
        return value, f"is {value!r}", "Write it as KB-0001: 'KB-' and four digits."
    return value, "", ""


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _ids(value: Any, lang: str) -> Verdict:
    low, high = RELATED
    if not isinstance(value, list) or not all(map(_is_id, value)):
        return value, f"is {value!r}, not a list of ids", "Write it as [KB-0019, KB-0024]."
    if len(set(value)) != len(value):
        return value, "names an article twice", "Name each article once."
    if not low <= len(value) <= high:
        return value, f"names {len(value)} articles", f"Name {low} to {high}."
    return tuple(value), "", ""


def _questions(value: Any, lang: str) -> Verdict:
    low, high = QUESTIONS[lang]
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        return value, "is not a list of texts", "Write one '- question' a line; quote ': '."
    if len({v.strip().lower() for v in value}) != len(value):
        return value, "holds the same question twice", "Delete one of them."
    if not low <= len(value) <= high:
        return value, f"holds {len(value)} questions", f"Give {low} to {high}, as people type them."
    return tuple(v.strip() for v in value), "", ""


_VALIDATORS: dict[str, Callable[[Any, str], Verdict]] = {
    "id": _id,
    "title": _text(MAX_TITLE),
    "summary": _text(MAX_SUMMARY),
    "questions": _questions,
    "audience": _choice(AUDIENCES),
    "urgency": _choice(URGENCIES),
    "time": _text(),
    "related": _ids,
    "facts_checked": _day,
    "review_by": _day,
    "status": _choice(STATUSES),
}
