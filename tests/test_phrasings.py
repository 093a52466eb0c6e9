"""Further phrasings from the operator's files; what is wrong with them is in scenarios/check."""

from __future__ import annotations

from site_folder import SiteFolder

from kb_build.phrasings import phrasing_paths, read_phrasings

IDS = ["KB-0019", "KB-0072"]


def test_no_files_are_no_phrasings(site: SiteFolder) -> None:
    assert read_phrasings(site.settings, IDS) == ({}, [])


def test_phrasings_are_read_by_article_and_language_in_order(site: SiteFolder) -> None:
    site.write("docs/_data/phrasings/b.tsv", "KB-0019\tzh\t 提不出来 \nKB-0019\ten\tnever came\n")
    site.write("docs/_data/phrasings/a.tsv", "KB-0072\tzh\t钱扣了\nKB-0019\tzh\t币呢\n")
    phrasings, problems = read_phrasings(site.settings, IDS)
    assert problems == []
    assert phrasings == {
        ("KB-0072", "zh"): ("钱扣了",),
        ("KB-0019", "zh"): ("币呢", "提不出来"),
        ("KB-0019", "en"): ("never came",),
    }


def test_other_files_of_the_folder_are_passed_over(site: SiteFolder) -> None:
    site.write("docs/_data/phrasings/notes.txt", "not a phrasing")
    assert phrasing_paths(site.settings) == []


def test_good_lines_are_kept_beside_bad_ones(site: SiteFolder) -> None:
    site.write("docs/_data/phrasings/a.tsv", "rubbish\nKB-0072\tzh\t钱扣了\n\nKB-0999\tzh\t?\n")
    phrasings, problems = read_phrasings(site.settings, IDS)
    assert phrasings == {("KB-0072", "zh"): ("钱扣了",)}
    assert [(p.line, p.code) for p in problems] == [(1, "KB070"), (3, "KB070"), (4, "KB071")]
