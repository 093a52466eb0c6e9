"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_index.durable_file import replace_text


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for text in ("旧", "新"):
        replace_text(tmp_path / "report.html", text)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "新"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_cannot_be_written_leaves_the_file_before_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    replace_text(tmp_path / "report.html", "old")
    with pytest.raises(UnicodeEncodeError):
        replace_text(tmp_path / "report.html", "half of a character: \ud800")
    assert (tmp_path / "report.html").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
