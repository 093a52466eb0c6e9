"""Reads the operator's glossary, ``docs/_data/glossary.yml``: groups of words for one thing.

Knows nothing of how they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kb_build.problems import Problem
from kb_build.settings import KbSettings

NAME = "glossary.yml"
_TERM_KEYS = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Words for one thing.

    Attributes:
        heads: language → the word that articles use.
        terms: language → all words, the head included where the glossary lists it.
        said: language → further words that people use but no article does: regional ones, slang.
    """

    group_id: str
    heads: Mapping[str, str]
    terms: Mapping[str, tuple[str, ...]]
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def glossary_path(settings: KbSettings) -> Path:
    """Return where the glossary lies, whether it is there or not."""
    return settings.data_dir / NAME


def read_glossary(settings: KbSettings) -> tuple[tuple[TermGroup, ...], list[Problem]]:
    """Return the groups and what is wrong with the file; no file, no groups."""
    path = glossary_path(settings)
    inside = path.is_relative_to(settings.root)
    shown = (path.relative_to(settings.root) if inside else path).as_posix()
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        return (), []
    except UnicodeDecodeError as exc:
        return (), [
            Problem(
                shown, 0, "KB014", f"the file is not UTF-8 ({exc.reason}).", "Save it as UTF-8."
            )
        ]
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        reason = getattr(exc, "problem", None) or "cannot be read"
        return (), [_unusable(shown, mark.line + 1 if mark else 0, f"is not valid YAML: {reason}")]
    try:
        return tuple(map(_group, content["groups"])), []
    except (KeyError, TypeError, AttributeError) as exc:
        return (), [_unusable(shown, 0, f"has a group that cannot be used ({exc})")]


def _group(values: Any) -> TermGroup:
    slang = tuple(map(str, values["terms"].get("slang", ())))
    regional = tuple(map(str, values["terms"].get("zh-TW", ())))
    return TermGroup(
        group_id=str(values["id"]),
        heads={lang: str(values[f"head_{lang}"]) for lang in _TERM_KEYS},
        terms={
            lang: tuple(map(str, values["terms"].get(key, ()))) for lang, key in _TERM_KEYS.items()
        },
        said={
            "zh": tuple(word for word in (*slang, *regional) if not word.isascii()),
            "en": tuple(word for word in slang if word.isascii()),
        },
    )


def _unusable(path: str, line: int, reason: str) -> Problem:
    return Problem(
        path,
        line,
        "KB089",
        f"the glossary {reason}.",
        "A group has 'id', 'head_zh', 'head_en' and 'terms' by language.",
    )
