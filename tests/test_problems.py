"""How a problem reads, how problems are ordered, and what stops a build."""

from __future__ import annotations

import json

from kb_build.problems import BuildStoppedError, Problem, Severity, errors_of

BAD_DATE = Problem(
    "docs/zh/transfers/x.md",
    4,
    "KB012",
    "front matter key 'review_by' is '2024-13-01', not a date.",
    "Write it as YYYY-MM-DD.",
)
OVERDUE = Problem("docs/zh/transfers/x.md", 12, "KB060", "overdue.", "Check it.", Severity.WARNING)
EARLIER_FILE = Problem("docs/en/transfers/x.md", 90, "KB041", "dead link.", "Mend it.")


def test_a_problem_reads_like_a_compiler_message() -> None:
    assert str(BAD_DATE) == (
        "docs/zh/transfers/x.md:4: error[KB012] front matter key 'review_by' is '2024-13-01', "
        "not a date. Write it as YYYY-MM-DD."
    )


def test_a_problem_of_a_whole_file_shows_no_line() -> None:
    whole = Problem("docs/zh/x.md", 0, "KB013", "wrong place.", "Move it.")
    assert str(whole) == "docs/zh/x.md: error[KB013] wrong place. Move it."


def test_problems_sort_by_file_and_line_as_numbers() -> None:
    assert sorted([OVERDUE, BAD_DATE, EARLIER_FILE]) == [EARLIER_FILE, BAD_DATE, OVERDUE]


def test_a_problem_becomes_plain_json() -> None:
    assert json.loads(json.dumps(OVERDUE.to_json())) == {
        "path": "docs/zh/transfers/x.md",
        "line": 12,
        "code": "KB060",
        "message": "overdue.",
        "remedy": "Check it.",
        "severity": "warning",
    }


def test_only_errors_stop_a_build() -> None:
    assert errors_of([OVERDUE, BAD_DATE]) == [BAD_DATE]
    assert errors_of([OVERDUE]) == []


def test_a_stopped_build_counts_errors_and_keeps_all_problems_in_order() -> None:
    stopped = BuildStoppedError([OVERDUE, BAD_DATE, EARLIER_FILE])
    assert stopped.problems == [EARLIER_FILE, BAD_DATE, OVERDUE]
    assert "2 error(s)" in stopped.message
    assert "live snapshot was left" in stopped.message
    assert "kb build" in stopped.remedy
