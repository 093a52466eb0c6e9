"""Rules of wording: articles of `scenarios/content/*.yml` and every line that is then printed.

A case gives a text for an article's steps and, if it matters, keys of the head; ``problems`` are
``line: beginning``. The text starts on line 26. ``{h9}`` and ``{w9}`` stand for nine Han characters
and nine words.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kb_build import content_rules
from kb_build.article import read_article
from kb_build.content_rules import RULES, SIZE_RULES, House, check_content
from kb_build.glossary import read_glossary
from kb_build.pipeline import Builder
from kb_build.problems import Problem
from kb_build.settings import load_kb_settings
from kb_build.terms import GROUPS, TermFinder
from search_index.errors import SettingsError

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "scenarios" / "content"
FILES = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))
}
CASES = {
    f"{name}: {case['case']}": (content["code"], case)
    for name, content in FILES.items()
    if isinstance(content["bad"], list)
    for kind in ("bad", "good")
    for case in content[kind]
}
UNSAFE = FILES["KB080-unsafe-instruction"]
LANGUAGES = ("zh", "en")
QUESTIONS = {"zh": ["甲", "乙", "丙", "丁"], "en": ["a", "b", "c"]}
TITLES = {"zh": "怎么办？", "en": "What now?"}
HEADING = {"zh": "操作步骤", "en": "Steps"}


def article_text(case: dict[str, Any]) -> str:
    """Return a file with the case's text in its steps."""
    lang = case["lang"]
    questions = case.get("questions", QUESTIONS[lang])
    lines = [
        "---",
        "id: KB-0001",
        f'title: "{case.get("title", TITLES[lang])}"',
        f'summary: "{case.get("summary", "x")}"',
        f"questions: [{', '.join(questions)}]",
        "audience: all",
        "urgency: general",
        "related: [KB-0002]",
        "facts_checked: 2026-11-21",
        "review_by: 2027-05-21",
        f"status: {case.get('status', 'published')}",
        f'time: "{case.get("time", "x")}"',
        "---",
    ]
    lines += [""] * (23 - len(lines))
    body = re.sub(r"\{h(\d+)\}", lambda m: "字" * int(m[1]), case.get("body", ""))
    body = re.sub(r"\{w(\d+)\}", lambda m: "word " * int(m[1]), body)
    return "\n".join([*lines, f"## {HEADING[lang]} {{#steps}}", "", body.strip(), ""])


def problems_of(case: dict[str, Any], folder: Path) -> list[Problem]:
    """Return what is wrong with the wording of the case's article."""
    path = folder / "docs" / case["lang"] / "security" / "x.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(article_text(case), encoding="utf-8")
    article, problems = read_article(path, load_kb_settings(folder))
    assert article is not None, problems
    house = House(frozenset(case.get("allowed", ())), terms())
    return sorted(check_content(article, house))


def glossary() -> tuple[Any, ...]:
    """Return the groups of the operator's glossary."""
    groups, problems = read_glossary(load_kb_settings(ROOT))
    assert not problems
    return groups


@cache
def terms() -> TermFinder:
    """Return a finder over that glossary; compiling its patterns takes a moment."""
    return TermFinder(glossary())


@pytest.fixture
def _every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_rules, "RULES", RULES)


def is_unsafe(text: str, lang: str, folder: Path) -> bool:
    """Tell whether KB080 is reported for a text."""
    return "KB080" in {p.code for p in problems_of({"lang": lang, "body": text}, folder)}


@pytest.mark.usefixtures("_every_rule")
@pytest.mark.parametrize(("code", "case"), CASES.values(), ids=CASES.keys())
def test_scenario(code: str, case: dict[str, Any], tmp_path: Path) -> None:
    problems = [p for p in problems_of(case, tmp_path) if p.code in (code, "KB080")]
    lines = [f"{p.line}: {p.severity}[{p.code}] {p.message} {p.remedy}" for p in problems]
    expected = case.get("problems", [])
    assert len(lines) == len(expected), "\n".join(lines)
    for line, beginning in zip(lines, expected, strict=True):
        assert line.startswith(beginning), line
    assert all(p.path == f"docs/{case['lang']}/security/x.md" and p.remedy for p in problems)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_code_has_good_and_bad_examples_of_it(name: str) -> None:
    content = FILES[name]
    assert name.startswith(f"{content['code']}-")
    assert content["bad"]
    assert content["good"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unsafe_instructions_are_reported(lang: str, tmp_path: Path) -> None:
    slipped = [t for t in UNSAFE["bad"][lang] if not is_unsafe(t, lang, tmp_path)]
    assert slipped == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nine_of_ten_unsafe_instructions_are_caught(lang: str, tmp_path: Path) -> None:
    caught, missed = UNSAFE["bad"][lang], UNSAFE["missed"][lang]
    assert len(set(caught + missed)) >= 40
    assert len(caught) / len(caught + missed) >= 0.9
    assert not any(is_unsafe(text, lang, tmp_path) for text in missed), "move it to bad"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_warnings_reports_and_the_readers_own_steps_are_left_alone(
    lang: str, tmp_path: Path
) -> None:
    alarms = [t for t in UNSAFE["good"][lang] if is_unsafe(t, lang, tmp_path)]
    assert len(UNSAFE["good"][lang]) >= 60
    assert alarms == []


def test_an_unsafe_instruction_is_an_error_with_its_line_and_sentence(tmp_path: Path) -> None:
    text = "先停下。\n不要慌。把验证码告诉客服。再等。"
    problem = problems_of({"lang": "zh", "body": text}, tmp_path)[0]
    assert str(problem).startswith(
        "docs/zh/security/x.md:27: error[KB080] this seems to tell readers to hand over a secret "
        "or a device: '把验证码告诉客服。' Nobody needs"
    )


def test_the_summary_is_read_too_but_not_what_people_ask(tmp_path: Path) -> None:
    case = {"lang": "zh", "title": "把验证码告诉客服可以吗？", "summary": "把验证码告诉客服。"}
    assert [p.line for p in problems_of(case, tmp_path)] == [4]


RESTORE = "1. 打开官方App，选择**导入钱包**。\n2. 按顺序输入助记词。"


def test_a_phrase_may_be_typed_where_a_wallet_is_restored(tmp_path: Path) -> None:
    assert not is_unsafe(RESTORE, "zh", tmp_path)
    assert is_unsafe("1. 打开首页。\n2. 按顺序输入助记词。", "zh", tmp_path)
    elsewhere = f"{RESTORE}\n\n### 充币 {{#deposit}}\n\n输入助记词。"
    assert is_unsafe(elsewhere, "zh", tmp_path)


def test_a_draft_is_checked_but_not_for_size(tmp_path: Path) -> None:
    case = {"lang": "zh", "status": "draft", "questions": ["一", "二"], "body": "把密码发给客服。"}
    assert [p.code for p in problems_of(case, tmp_path)] == ["KB080"]


def test_hosts_come_from_kb_toml_and_from_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_kb_settings(tmp_path).links.allowed == ()
    (tmp_path / "kb.toml").write_text("[links]\nallowed = ['Ok.example']\n", encoding="utf-8")
    assert load_kb_settings(tmp_path).links.allowed == ("ok.example",)
    monkeypatch.setenv("KB_LINKS_ALLOWED", "a.example, b.example")
    assert load_kb_settings(tmp_path).links.allowed == ("a.example", "b.example")


@pytest.mark.parametrize("entry", ["https://ok.example", "ok.example/x", ""])
def test_an_entry_that_is_no_host_is_refused(entry: str, tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(f"[links]\nallowed = ['{entry}']\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"links\.allowed"):
        load_kb_settings(tmp_path)


def test_groups_of_words_exist_in_the_glossary_and_name_their_head() -> None:
    groups = {group.group_id: group for group in glossary()}
    for lang, wanted in GROUPS.items():
        assert {i: groups[i].heads[lang] for i in wanted} == wanted


def test_size_rules_are_rules() -> None:
    assert set(SIZE_RULES) < set(RULES)


@pytest.mark.usefixtures("_every_rule")
def test_the_articles_of_this_repository_hold_no_error_of_wording() -> None:
    problems = Builder(load_kb_settings(ROOT)).check().problems
    found = [str(p) for p in problems if "KB080" <= p.code <= "KB088" and p.code != "KB084"]
    assert found == []
