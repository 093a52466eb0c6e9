"""Reads the operator's glossary, ``docs/_data/glossary.yml``: groups of words for one thing.

Knows nothing of how they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kb_build.problems import Problem, not_utf8
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
    shown = settings.shown(path)
    try:
        source = path.read_text(encoding="utf-8-sig")
        content = yaml.load(source, Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        return (), []
    except UnicodeDecodeError as exc:
        return (), [not_utf8(shown, exc)]
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        reason = getattr(exc, "problem", None) or "cannot be read"
        return (), [_unusable(shown, mark.line + 1 if mark else 0, f"is not valid YAML: {reason}")]
    entries = content.get("groups") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        return (), [_unusable(shown, 0, "has no list 'groups'")]
    groups, problems = [], []
    for number, values in enumerate(entries):
        try:
            groups.append(_group(values))
        except KeyError as exc:
            reason = f"has a group without {exc}"
        except (TypeError, AttributeError, ValueError) as exc:
            reason = f"has a group that cannot be used ({exc})"
        else:
            continue
        problems.append(_unusable(shown, _line_of_group(source, number), reason))
    return (() if problems else tuple(groups)), problems


def _line_of_group(source: str, number: int) -> int:
    """Return the 1-based line of an entry of ``groups``, counted from 0."""
    root: Any = yaml.compose(source, Loader=yaml.CSafeLoader)
    groups = next(value for key, value in root.value if key.value == "groups")
    return int(groups.value[number].start_mark.line) + 1


def _group(values: Any) -> TermGroup:
    for lang, words in values["terms"].items():
        if not isinstance(words, list):
            raise ValueError(f"'terms.{lang}' is no list")
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
