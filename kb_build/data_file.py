"""YAML file of the operator's data to a typed object, with the line of everything that is wrong.

It knows nothing of what the data mean: the caller brings the type.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import ErrorDetails

from kb_build.article import PARAMETER, substitute_parameters, unknown_parameters
from kb_build.problems import Problem, not_utf8
from kb_build.settings import LANGUAGES, KbSettings, PerLanguage

Data = TypeVar("Data", bound=BaseModel)
Place = tuple[str | int, ...]
"""Keys and 0-based places that lead to a value: ``("channels", 2, "name", "zh")``."""


def _in_both_languages(value: Any) -> Any:
    """Return a plain text once for each language; a table stays as it is."""
    return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


Text = Annotated[PerLanguage, BeforeValidator(_in_both_languages)]
"""A text in both languages; a plain one, such as a brand, serves both."""


@dataclass(frozen=True, slots=True)
class DataFile(Generic[Data]):
    """What was read from one file.

    Attributes:
        path: shown in problems.
        data: the typed object, parameters replaced; None when there is no file or it is wrong.
        lines: place → 1-based line.
        problems: what is wrong.
    """

    path: str
    data: Data | None
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it; 0 when there is none."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)


def read_data_file(settings: KbSettings, name: str, data_type: type[Data]) -> DataFile[Data]:
    """Read ``docs/_data/<name>``; without such a file there are neither data nor problems.

    Every value is read as text and given its type by ``data_type``: YAML on its own would take
    ``0012`` for ten and ``no`` for false.
    """
    path = settings.data_dir / name
    shown = settings.shown(path)
    if not path.exists():
        return DataFile(shown, None, {})
    try:
        source = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(source, Loader=yaml.CSafeLoader)
    except UnicodeDecodeError as exc:
        return DataFile(shown, None, {}, (not_utf8(shown, exc),))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        reason = getattr(exc, "problem", None) or "cannot be read"
        problem = Problem(
            shown,
            mark.line + 1 if mark else 0,
            "KB110",
            f"the file is not valid YAML: {reason}.",
            "Put the text in double quotes if it holds a colon, a '#' or starts with a sign.",
        )
        return DataFile(shown, None, {}, (problem,))

    lines: dict[Place, int] = {}
    problems = unknown_parameters(source, settings.parameters, shown)
    values = _plain(node, (), lines, problems, settings, shown) if node else {}
    try:
        data = data_type.model_validate(values)
    except ValidationError as exc:
        read: DataFile[Data] = DataFile(shown, None, lines)
        names = sorted(_keys_of(data_type))
        problems += [_problem(error, read, names) for error in _causes(exc.errors())]
        return DataFile(shown, None, lines, tuple(sorted(problems)))
    return DataFile(shown, None if problems else data, lines, tuple(sorted(problems)))


def _plain(
    node: yaml.Node,
    place: Place,
    lines: dict[Place, int],
    problems: list[Problem],
    settings: KbSettings,
    shown: str,
) -> Any:
    """Return dicts, lists and texts; note the line of each, and keys that stand twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in values:
                problems.append(
                    Problem(
                        shown, line, "KB110", f"key '{name}' stands twice.", "Delete one of them."
                    )
                )
            lines[(*place, name)] = line
            values[name] = _plain(value, (*place, name), lines, problems, settings, shown)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(item, (*place, number), lines, problems, settings, shown)
            for number, item in enumerate(node.value)
        ]
    lang = place[-1] if place and place[-1] in LANGUAGES else None
    if PARAMETER.search(node.value) and lang is None:
        return {
            lang: substitute_parameters(node.value, settings.parameters_by_language[lang])
            for lang in LANGUAGES
        }
    if lang is None:
        return node.value
    return substitute_parameters(node.value, settings.parameters_by_language[str(lang)])


def _keys_of(data_type: type[BaseModel]) -> Iterator[str]:
    """Yield the keys of a type and of everything inside it."""
    for name, field in data_type.model_fields.items():
        yield name
        for inner in _models_in(field.annotation):
            yield from _keys_of(inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are too short only because their entries are wrong."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(
            len(place) > len(error["loc"]) and place[: len(error["loc"])] == error["loc"]
            for place in places
        )
    ]


def _problem(error: ErrorDetails, read: DataFile[Any], names: list[str]) -> Problem:
    place, kind = error["loc"], error["type"]
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    match kind:
        case "missing":
            message, remedy = f"key '{key}' is missing.", "Add it; CONTRIBUTING.md lists the keys."
        case "extra_forbidden":
            close = difflib.get_close_matches(key, names, n=1)
            message = f"key '{key}' is unknown."
            remedy = f"Did you mean '{close[0]}'?" if close else "Delete it."
        case "string_too_short" | "too_short":
            message, remedy = f"key '{key}' is empty.", "Fill it in, or delete the entry."
        case "literal_error":
            expected = error.get("ctx", {}).get("expected", "")
            message, remedy = f"key '{key}' is '{error['input']}'.", f"Choose {expected}."
        case _:
            reason = error["msg"].removeprefix("Value error, ").rstrip(".")
            message, remedy = f"key '{key}' cannot be used: {reason}.", "Correct the value."
    return Problem(read.path, read.line_of(place), "KB110", message, remedy)
