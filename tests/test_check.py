"""Scenarios of `kb check`: the tiny site, some edits, and every line that is then printed.

``scenarios/check/*.yml``: each case changes the site (``edits``, ``write``, ``copy``, ``move``,
``delete``, ``encode``); ``problems`` are the beginnings of all lines, in order. A good case has
none at all.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from site_folder import SiteFolder

import kb_build
from kb_build import pipeline
from kb_build.pipeline import Builder

FOLDER = Path(__file__).parent / "scenarios" / "check"
FILES = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))
}
CASES = {
    f"{name}: {case['case']}": case
    for name, content in FILES.items()
    for kind in ("bad", "good")
    for case in content[kind]
}


class FirstOfDecember(date):
    """A day that stays, whenever the tests run."""

    @classmethod
    def today(cls) -> date:
        """Return the day on which scenarios are judged."""
        return date(2026, 12, 1)


def change(site: SiteFolder, case: dict[str, Any]) -> None:
    """Do to the site what the case says."""
    for edit in case.get("edits", ()):
        site.edit(edit["file"], edit["old"], edit["new"])
    for path, text in case.get("write", {}).items():
        site.write(path, text)
    for kind in ("copy", "move"):
        for pair in case.get(kind, ()):
            site.write(pair["to"], site.read(pair["from"]))
            if kind == "move":
                site.delete(pair["from"])
    for path in case.get("delete", ()):
        site.delete(path)
    for path, encoding in case.get("encode", {}).items():
        (site.root / path).write_bytes(site.read(path).encode(encoding))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_scenario(site: SiteFolder, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "date", FirstOfDecember)
    change(site, case)
    problems = Builder(site.settings).check().problems
    lines, expected = [str(problem) for problem in problems], case.get("problems", [])
    assert len(lines) == len(expected), "\n".join(lines)
    for line, beginning in zip(lines, expected, strict=True):
        assert line.startswith(beginning), line
    assert all(problem.remedy for problem in problems)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("KB")])
def test_a_file_of_a_code_shows_it_in_every_bad_case(name: str) -> None:
    code = FILES[name]["code"]
    assert name.startswith(f"{code}-")
    assert FILES[name]["good"]
    for case in FILES[name]["bad"]:
        assert any(f"[{code}]" in line for line in case["problems"]), case["case"]


def test_every_code_of_the_software_has_a_scenario() -> None:
    folder = Path(kb_build.__file__).parent
    used = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r'"(KB[0-9]{3})"', path.read_text("utf-8"))
    }
    names = [path.name for path in FOLDER.parent.glob("*/KB*.yml")]
    assert used == {name.partition("-")[0] for name in names}
