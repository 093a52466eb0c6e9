"""Findability of a tiny site: `scenarios/findability/*.yml`, its figures, and `kb check`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result
from site_folder import DEPOSIT_EN, DEPOSIT_ZH, SiteFolder
from test_check import change

from kb_build import findability
from kb_build.cli import main
from kb_build.findability import (
    FIRST_FLOOR,
    FIRST_THREE_FLOOR,
    MAX_SIMILARITY,
    Figures,
    Findability,
    check_similarity,
)
from kb_build.pipeline import Builder, build
from search_index.errors import SnapshotError
from search_index.passage_vectors import PassageVectors
from search_index.snapshot import Snapshot

pytestmark = pytest.mark.usefixtures("hashing_model")

FOLDER = Path(__file__).parent / "scenarios" / "findability"
CASES = {
    f"{path.stem}: {case['case']}": case
    for path in sorted(FOLDER.glob("*.yml"))
    for content in [yaml.safe_load(path.read_text("utf-8"))]
    for kind in ("bad", "good")
    for case in content[kind]
}


def measure(site: SiteFolder) -> Findability:
    """Return the findability of a site that was just built."""
    builder = Builder(site.settings)
    return builder.findability(builder.check())


def kb(site: SiteFolder, *arguments: str) -> Result:
    """Run `kb check` with ``arguments``."""
    return CliRunner().invoke(main, ["check", *arguments, "--root", str(site.root)])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_scenario(site: SiteFolder, case: dict[str, Any]) -> None:
    change(site, case)
    for double in case.get("double", ()):
        for lang in ("zh", "en"):
            text = site.read(f"docs/{lang}/{double['from']}.md")
            before, _, after = text.partition("\nid: ")
            path = f"docs/{lang}/{double['to']}.md"
            site.write(path, f"{before}\nid: {double['id']}{after[len('KB-0000') :]}")
    warnings = build(site.settings).warnings
    lines, expected = list(map(str, measure(site).problems)), case.get("problems", [])
    assert len(lines) == len(expected), "\n".join(lines)
    for line, beginning in zip(lines, expected, strict=True):
        assert line.startswith(beginning), line
    assert [str(p) for p in warnings] == [line for line in lines if "[KB085]" in line]


def test_every_question_is_counted_once(built_site: SiteFolder) -> None:
    found = measure(built_site)
    assert found.overall.questions == 24
    for groups in (found.by_lang, found.by_category):
        assert sum(figures.questions for figures in groups.values()) == 24
        assert sum(figures.first for figures in groups.values()) == found.overall.first
    assert list(found.by_lang) == ["en", "zh"]
    assert list(found.by_category) == ["payments", "recovery", "security", "transfers"]


def test_what_is_first_is_also_in_the_first_three(built_site: SiteFolder) -> None:
    found = measure(built_site)
    for figures in [found.overall, *found.by_lang.values(), *found.by_category.values()]:
        assert 0 < figures.first <= figures.first_three <= figures.questions


@pytest.mark.parametrize(
    ("first", "first_three", "said"),
    [
        (75, 90, []),
        (74, 90, ["first 0.740 < 0.75"]),
        (75, 89, ["in the first three 0.890 < 0.9"]),
        (0, 0, ["first 0.000 < 0.75", "in the first three 0.000 < 0.9"]),
    ],
)
def test_figures_below_a_floor_are_told(first: int, first_three: int, said: list[str]) -> None:
    found = Findability("x", Figures(100, first, first_three), {}, {}, ())
    assert found.below_floor == said


def test_without_questions_nothing_is_below_a_floor() -> None:
    assert Findability("x", Figures(0, 0, 0), {}, {}, ()).below_floor == []
    assert 0 < FIRST_FLOOR < FIRST_THREE_FLOOR < 1


def test_the_same_words_elsewhere_in_the_article_are_hidden_too(site: SiteFolder) -> None:
    """Else a phrasing or the other language would find what the question alone cannot."""
    words = "xkzz jwqp"
    site.edit(DEPOSIT_ZH, "questions:\n", f"questions:\n  - {words}\n")
    site.edit(DEPOSIT_EN, "questions:\n", f"questions:\n  - {words}\n")
    site.write("docs/_data/phrasings/transfers.tsv", f"KB-0019\tzh\t{words.upper()}\n")
    build(site.settings)
    messages = [p.message for p in measure(site).problems]
    assert [m.endswith("first, this article at rank 4.") for m in messages] == [True, True]


def test_without_a_snapshot_nothing_is_measured(site: SiteFolder) -> None:
    with pytest.raises(SnapshotError) as caught:
        measure(site)
    assert caught.value.code == "SNAPSHOT_MISSING"


@pytest.mark.parametrize("path", [DEPOSIT_ZH, "docs/_data/phrasings/transfers.tsv"])
def test_a_stale_snapshot_is_refused(site: SiteFolder, path: str) -> None:
    build(site.settings)
    if path == DEPOSIT_ZH:
        site.edit(path, "充值没到账怎么办？", "充值还没到账怎么办？")
    else:
        site.write(path, "KB-0019\tzh\t币呢\n")
    with pytest.raises(SnapshotError) as caught:
        measure(site)
    assert caught.value.code == "SNAPSHOT_STALE"
    assert "`kb build`" in caught.value.remedy


def test_a_draft_makes_no_snapshot_stale(site: SiteFolder) -> None:
    build(site.settings)
    for lang in ("zh", "en"):
        text = site.read(f"docs/{lang}/payments/payment-failed.md")
        draft = text.replace("KB-0072", "KB-0998").replace("status: published", "status: draft")
        site.write(f"docs/{lang}/payments/a-draft.md", draft)
    assert measure(site).overall.questions == 24


def test_progress_tells_of_every_question(built_site: SiteFolder) -> None:
    told: list[tuple[str, int, int]] = []
    builder = Builder(built_site.settings)
    builder.findability(builder.check(), lambda *what: told.append(what))
    assert told == [("search for every question", number, 24) for number in range(1, 25)]


def test_articles_count_as_twins_above_the_threshold_only(
    built_site: SiteFolder, built_snapshot: Snapshot
) -> None:
    """Vectors of which the first two have a chosen cosine and all others none."""
    articles = Builder(built_site.settings).check().articles
    parts = built_snapshot.parts
    rows = [r for r, p in enumerate(parts.passages) if p.kind == "article" and p.lang == "zh"]
    for cosine, count in ((MAX_SIMILARITY + 0.01, 1), (MAX_SIMILARITY - 0.01, 0)):
        vectors = np.zeros((len(parts.passages), 64), dtype=np.float32)
        vectors[rows, range(len(rows))] = 0.7  # an article's vector is shorter than 1
        vectors[rows[1], :2] = 0.3 * np.array([cosine, np.sqrt(1 - cosine**2)])
        found = check_similarity(
            articles, replace(parts, vectors=PassageVectors.build(parts.passages, vectors))
        )
        assert [p.code for p in found] == ["KB085"] * count


# -- kb check --findability


def test_check_prints_problems_and_figures(site: SiteFolder) -> None:
    change(site, CASES["KB090-question-not-found: a question that another article answers"])
    build(site.settings)
    result = kb(site, "--findability")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("docs/zh/payments/payment-failed.md:7: warning[KB090]")
    assert lines[1].startswith("snapshot ")
    assert lines[2].split() == ["questions", "first", "first", "3"]
    names = [line.split()[0] for line in lines[3:]]
    assert names == ["all", "en", "zh", "payments", "recovery", "security", "transfers"]
    assert "10 articles, 0 errors, 1 warnings" in result.stderr


@pytest.mark.parametrize(("floor", "status"), [(0.0, 0), (1.1, 1)])
def test_check_fails_below_a_floor(
    built_site: SiteFolder, monkeypatch: pytest.MonkeyPatch, floor: float, status: int
) -> None:
    monkeypatch.setattr(findability, "FIRST_FLOOR", floor)
    monkeypatch.setattr(findability, "FIRST_THREE_FLOOR", floor)
    result = kb(built_site, "--findability")
    assert result.exit_code == status
    assert result.stderr.count("below the floor: ") == 2 * status


def test_check_as_json_holds_problems_and_figures(built_site: SiteFolder) -> None:
    told = json.loads(kb(built_site, "--findability", "--json").stdout)
    assert told["problems"] == []
    assert set(told["findability"]) == {
        *("snapshot", "overall", "by_lang", "by_category", "below_floor"),
    }
    assert set(told["findability"]["by_lang"]["zh"]) == {"questions", "first", "first_three"}


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_check_does_not_search_while_there_are_errors(site: SiteFolder, as_json: list[str]) -> None:
    site.edit(DEPOSIT_ZH, "status: published", "status: no")
    result = kb(site, "--findability", *as_json)
    assert result.exit_code == 1
    assert "Questions were not searched for: mend the errors first." in result.stderr
    if as_json:
        told = json.loads(result.stdout)
        assert told["findability"] is None
        assert told["problems"][0]["code"] == "KB012"


def test_check_without_a_snapshot_says_what_to_do(site: SiteFolder) -> None:
    result = kb(site, "--findability")
    assert result.exit_code == 1
    assert "error[SNAPSHOT_MISSING]" in result.stderr
    assert "`kb build`" in result.stderr
