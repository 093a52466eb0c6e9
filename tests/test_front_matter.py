"""The head of an article: typed, with lines, and no error swallowed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_build.front_matter import KEYS, ParsedHead, parse_front_matter

GOOD: dict[str, str] = {
    "id": "KB-0019",
    "title": '"充值没到账怎么办？"',
    "summary": '"先查TxID。"',
    "questions": "[提币没到账, 充值不到账]",
    "audience": "all",
    "urgency": "technical",
    "time": '"约10分钟"',
    "related": "[KB-0023]",
    "facts_checked": "2026-11-21",
    "review_by": "2027-05-21",
    "status": "published",
}


def parse(text: str, lang: str = "zh") -> ParsedHead:
    """Parse a whole file."""
    return parse_front_matter(text, path="x.md", lang=lang)


def head(**changes: str | None) -> str:
    """Return a file with a good head, some keys changed; None leaves a key out."""
    values = {**GOOD, **changes}
    lines = [f"{key}: {value}" for key, value in values.items() if value is not None]
    return "\n".join(["---", *lines, "---", "body", ""])


def found(text: str, lang: str = "zh") -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(problem.line, problem.code) for problem in parse(text, lang).problems]


def test_a_good_head_becomes_typed_metadata() -> None:
    parsed = parse(head())
    assert parsed.problems == ()
    assert parsed.front_matter is not None
    assert parsed.front_matter.id == "KB-0019"
    assert parsed.front_matter.questions == ("提币没到账", "充值不到账")
    assert parsed.front_matter.related == ("KB-0023",)
    assert parsed.front_matter.review_by == date(2027, 5, 21)


def test_body_and_keys_know_their_lines() -> None:
    parsed = parse(head())
    assert parsed.lines["id"] == 2
    assert parsed.lines["status"] == 12
    assert (parsed.body, parsed.body_line) == ("body\n", 14)


def test_a_list_over_several_lines_moves_the_lines_below() -> None:
    parsed = parse(head(questions="\n  - 提币没到账\n  - 充值不到账"))
    assert parsed.lines["questions"] == 5
    assert parsed.lines["audience"] == 8


@pytest.mark.parametrize("text", ["", "# 标题\n", "---\nid: KB-0001\n", "\n---\nid: x\n---\n"])
def test_a_file_without_a_head_is_told_so(text: str) -> None:
    assert found(text) == [(1, "KB001")]


@pytest.mark.parametrize(
    ("yaml", "line"),
    [
        ("id: KB-0001\ntitle: [\nstatus: draft", 5),  # noticed where the head ends
        ("id: KB-0001\ntitle: a: b", 3),
        ('id: KB-0001\ntitle: "a', 3),
        ("id: KB-0001\n\ttitle: a", 3),
        ("title: !!python/object:os.system x", 2),
        ("title: *nothing", 2),
        ("- a list", 2),
        ("one text", 2),
        ("", 2),
        ("title: \a", 1),
    ],
)
def test_broken_yaml_is_reported_with_its_line(yaml: str, line: int) -> None:
    parsed = parse(f"---\n{yaml}\n---\nbody")
    assert [(p.line, p.code) for p in parsed.problems] == [(line, "KB002")]
    assert parsed.front_matter is None


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_needed(key: str) -> None:
    parsed = parse(head(**{key: None}))
    assert [(p.code, p.line) for p in parsed.problems] == [("KB010", 1)]
    assert f"'{key}'" in parsed.problems[0].message


def test_an_unknown_key_is_reported_with_the_likely_one() -> None:
    problem = parse(head(title=None, titel='"x？"')).problems[1]
    assert (problem.code, problem.line) == ("KB011", 12)
    assert problem.remedy == "Did you mean 'title'?"


def test_a_key_like_no_other_shows_the_known_ones() -> None:
    assert "review_by" in parse(head(zzz="1")).problems[0].remedy


def test_a_key_that_stands_twice_is_not_silently_dropped() -> None:
    problem = parse(head(status="draft\nid: KB-0020")).problems[0]
    assert (problem.line, problem.code) == (13, "KB012")
    assert "'id' stands twice" in problem.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "19"),
        ("id", "KB-19"),
        ("id", "kb-0019"),
        ("id", "KB-００１９"),
        ("title", '""'),
        ("title", "5"),
        ("title", '"' + "长" * 41 + '"'),
        ("summary", '"' + "长" * 91 + '"'),
        ("questions", "提币没到账"),
        ("questions", "[]"),
        ("questions", "[一个]"),
        ("questions", "[a, A]"),
        ("questions", "[a, 5]"),
        ("questions", "[a, b, c, d, e, f, g, h]"),
        ("audience", "everyone"),
        ("audience", "[all]"),
        ("urgency", "high"),
        ("time", "10"),
        ("related", "KB-0023"),
        ("related", "[23]"),
        ("related", "[]"),
        ("related", "[KB-0023, KB-0023]"),
        ("facts_checked", "yesterday"),
        ("review_by", "2027-13-01"),
        ("review_by", "2027-02-30"),
        ("review_by", "2027-05-21 10:00:00"),
        ("review_by", '"2027-05-21"'),
        ("status", "done"),
        ("status", "null"),
    ],
)
def test_a_value_that_cannot_be_used_is_reported_at_its_line(key: str, value: str) -> None:
    parsed = parse(head(**{key: value}))
    assert [(p.line, p.code) for p in parsed.problems] == [(KEYS.index(key) + 2, "KB012")]
    assert f"'{key}'" in parsed.problems[0].message
    assert parsed.problems[0].remedy


def test_an_impossible_date_is_shown_as_it_was_written() -> None:
    problem = parse(head(review_by="2024-13-01")).problems[0]
    assert problem.message == "front matter key 'review_by' is '2024-13-01', not a date."
    assert problem.remedy == "Write it as YYYY-MM-DD."


def test_lengths_depend_on_the_language() -> None:
    long = head(title='"' + "a" * 100 + '?"')
    assert found(long, "zh") == [(3, "KB012")]
    assert found(long, "en") == []


def test_all_problems_of_a_head_are_reported_at_once() -> None:
    text = head(id="1", time=None, status="done", colour="red")
    assert sorted(found(text)) == [(1, "KB010"), (2, "KB012"), (11, "KB012"), (12, "KB011")]


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_head_makes_the_parser_crash(yaml: str) -> None:
    parsed = parse(f"---\n{yaml}\n---\nbody")
    assert parsed.front_matter is None
    assert parsed.problems


ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda values: st.lists(values) | st.dictionaries(st.text(max_size=3), values),
    max_leaves=4,
)


@given(st.sampled_from(KEYS), ANY_VALUE)
def test_no_value_makes_a_validator_crash(key: str, value: Any) -> None:
    parsed = parse(head(**{key: json.dumps(value)}))
    assert (parsed.front_matter is None) == bool(parsed.problems)
