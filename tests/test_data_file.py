from __future__ import annotations

import pytest
from site_folder import SiteFolder

from kb_build.data_file import DataFile, Text, read_data_file
from search_index.settings import Frozen


class Item(Frozen):
    number: str
    text: Text


class Items(Frozen):
    items: tuple[Item, ...]


def read(site: SiteFolder, text: str) -> DataFile[Items]:
    site.write("docs/_data/items.yml", text)
    return read_data_file(site.settings, "items.yml", Items)


def test_no_file_is_no_problem(site: SiteFolder) -> None:
    found = read_data_file(site.settings, "items.yml", Items)
    assert (found.data, found.problems) == (None, ())


def test_values_stay_as_they_are_written(site: SiteFolder) -> None:
    found = read(site, "items:\n  - { number: 0012, text: no }\n")
    assert found.data is not None
    assert (found.data.items[0].number, found.data.items[0].text["en"]) == ("0012", "no")


def test_a_parameter_is_replaced_in_its_language(site: SiteFolder) -> None:
    found = read(
        site,
        'items:\n  - { number: 1, text: "{{recovery_time}}" }\n'
        '  - { number: 2, text: { zh: "约{{recovery_time}}", en: "about {{recovery_time}}" } }\n',
    )
    assert found.data is not None
    plain, table = (item.text for item in found.data.items)
    assert (plain["zh"], plain["en"]) == ("7–30个工作日", "7–30 working days")
    assert (table["zh"], table["en"]) == ("约7–30个工作日", "about 7–30 working days")


def test_an_unknown_parameter_is_told_with_its_line(site: SiteFolder) -> None:
    found = read(site, 'items:\n  - number: 1\n    text: "{{nothing}}"\n')
    assert found.data is None
    assert [str(problem)[:44] for problem in found.problems] == [
        "docs/_data/items.yml:3: error[KB050] unknown"
    ]


@pytest.mark.parametrize("text", ["", "items: 3\n", "- 1\n", "items: [{ number: [1], text: a }]\n"])
def test_whatever_stands_in_the_file_is_a_problem_and_no_crash(site: SiteFolder, text: str) -> None:
    found = read(site, text)
    assert found.data is None
    assert {problem.code for problem in found.problems} == {"KB110"}


def test_a_file_that_is_not_utf8_is_told(site: SiteFolder) -> None:
    site.write("docs/_data/items.yml", "")
    (site.root / "docs/_data/items.yml").write_bytes("items: 中".encode("gbk"))
    found = read_data_file(site.settings, "items.yml", Items)
    assert [problem.code for problem in found.problems] == ["KB014"]


def test_a_place_without_a_line_has_that_of_what_is_around_it(site: SiteFolder) -> None:
    found = read(site, "items:\n  - { number: 1, text: a }\n")
    assert found.line_of(("items", 0, "missing")) == 2
    assert found.line_of(("other",)) == 1
