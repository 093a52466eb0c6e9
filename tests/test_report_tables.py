"""JSON that keeps its promise, and CSV that no spreadsheet computes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from report_samples import HOSTILE, RARE, report_snapshot, sample_report  # noqa: F401

from search_index.report import Report
from search_index.report.tables import neutralised, to_json, write_csv

Make = Callable[..., Report]
KEYS = {
    "schema", "lang", "period", "previous_period", "snapshot", "least_sessions", "figures",
    "previous_figures", "candidates", "unlisted_sessions", "topics", "votes", "load", "days",
    "secrets", "stale", "first_response_targets",
}  # fmt: skip
FIGURES = {
    "searches", "sessions", "urgent_visits", "solved_anywhere", "texts", "no_answer", "no_click",
    "rejected", "reformulated", "contact_after", "suggested", "solved", "left_opened", "left",
    "gave_up", "submitted", "tickets_per_1000", "tickets", "visits", "languages",
}  # fmt: skip


@pytest.mark.parametrize("sign", list("=+-@＝＋－＠\t\r\n"))
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(sign: str) -> None:
    assert neutralised(f"{sign}1+1") == f"'{sign}1+1"
    assert neutralised(f" \u3000{sign}1+1") == f"' \u3000{sign}1+1"


@pytest.mark.parametrize("cell", ["充值没到账", "a=b", "", " ", -3, 0.5, None, True])
def test_other_cells_stay_as_they_are(cell: str | float | None) -> None:
    assert neutralised(cell) == cell


def test_the_json_has_the_promised_keys(sample_report: Make) -> None:  # noqa: F811
    values = json.loads(json.dumps(to_json(sample_report())))
    assert set(values) == KEYS
    assert set(values["figures"]) == set(values["previous_figures"]) == FIGURES
    assert values["schema"] == 1
    assert values["figures"]["no_answer"] == {"part": 10, "whole": 50}
    assert values["candidates"][0]["phrases"] == [{"text": "怎么跟单", "sessions": 5}]
    assert values["period"] == {
        "from": "2026-11-16",
        "to": "2026-11-29",
        "days": 14,
        "time_zone": "Asia/Shanghai",
    }


def test_csv_opens_in_a_spreadsheet_as_chinese_and_computes_nothing(
    sample_report: Make,  # noqa: F811
    tmp_path: Path,
) -> None:
    paths = write_csv(sample_report(), tmp_path / "tables")
    for path in paths:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") or not path.stat().st_size
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not any(cell[:1] in "=+-@" for cell in row if cell)
    candidates = (tmp_path / "tables" / "candidates.csv").read_text("utf-8-sig")
    assert f"'{HOSTILE.lower()}" in candidates
    assert "怎么跟单 (5)" in candidates


def test_no_table_holds_what_too_few_typed(sample_report: Make, tmp_path: Path) -> None:  # noqa: F811
    report = sample_report()
    assert RARE not in json.dumps(to_json(report), ensure_ascii=False)
    for path in write_csv(report, tmp_path):
        assert RARE not in path.read_text("utf-8-sig")


def test_figures_stand_beside_those_before(sample_report: Make, tmp_path: Path) -> None:  # noqa: F811
    write_csv(sample_report(), tmp_path)
    with (tmp_path / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    assert (rows["no_answer"]["value"], rows["no_answer"]["of"]) == ("10", "50")
    assert (rows["searches"]["value"], rows["searches"]["previous_value"]) == ("50", "1")
    assert rows["tickets.technical"]["value"] == "10"
