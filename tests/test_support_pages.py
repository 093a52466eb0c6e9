from __future__ import annotations

import json
from pathlib import Path

import pytest
from site_folder import SiteFolder

from kb_build.settings import load_kb_settings
from kb_build.support_pages import Support, read_support

ROOT = Path(__file__).parents[1]
DATA = ("channels.yml", "service_levels.yml")


@pytest.fixture
def data(site: SiteFolder) -> SiteFolder:
    """The small site with this repository's data and parameters."""
    for name in DATA:
        text = (ROOT / "docs/_data" / name).read_text("utf-8")
        site.write(f"docs/_data/{name}", text)
    site.write("kb.toml", (ROOT / "kb.toml").read_text("utf-8"))
    return site


def support(site: SiteFolder) -> Support:
    found, problems = read_support(site.settings, ["zh/contact.md"])
    assert problems == []
    return found


def test_only_these_pages_get_the_data(data: SiteFolder) -> None:
    found = support(data)
    assert set(found.context("zh/contact/received.md", "zh")) == {"contact"}
    assert set(found.context("zh/contact.md", "zh")) == {"contact"}
    assert set(found.context("en/official-channels.md", "en")) == {"official"}
    assert found.context("zh/index.md", "zh") == {}
    assert Support().context("zh/contact.md", "zh") == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_parameter_is_left_over(data: SiteFolder, lang: str) -> None:
    for page in ("contact", "official-channels"):
        shown = json.dumps(support(data).context(f"{lang}/{page}.md", lang), ensure_ascii=False)
        assert "{{" not in shown


def test_a_channel_without_address_says_so_until_there_is_one(data: SiteFolder) -> None:
    ways = {
        way["id"]: way for way in support(data).context("zh/contact.md", "zh")["contact"]["ways"]
    }
    assert "没有开通" in ways["hotline"]["absent"]
    assert "community" not in ways, "nothing to say and nowhere to go"
    data.write(
        "docs/_data/channels.yml",
        data.read("docs/_data/channels.yml")
        + "  - { kind: phone, value: +44 20 7946 0000, service: hotline, name: A, purpose: A }\n",
    )
    ways = {
        way["id"]: way for way in support(data).context("zh/contact.md", "zh")["contact"]["ways"]
    }
    assert ways["hotline"]["absent"] == ""
    assert ways["hotline"]["addresses"][0]["href"] == "tel:+442079460000"


def test_every_kind_has_its_place_on_the_list_even_without_entries(data: SiteFolder) -> None:
    official = support(data).context("en/official-channels.md", "en")["official"]
    kinds = {group["kind"]: group["entries"] for group in official["groups"]}
    assert kinds["phone"] == []
    assert kinds["email"][0]["first_response"] == "30 to 60 minutes (target)"


def test_the_check_gets_what_it_needs_and_no_more(data: SiteFolder) -> None:
    entries = support(data).context("en/official-channels.md", "en")["official"]["list"]
    keys = {"kind", "value", "platform", "store", "name", "purpose", "place"}
    assert all(set(entry) <= keys for entry in entries)


def test_a_broken_service_levels_file_blames_no_reference(data: SiteFolder) -> None:
    data.edit("docs/_data/service_levels.yml", "\nhours:\n", "\nhour:\n")
    _, problems = read_support(data.settings, ["zh/contact.md"])
    assert {problem.path for problem in problems} == {"docs/_data/service_levels.yml"}


def test_pages_without_their_data_are_a_problem(site: SiteFolder) -> None:
    assert read_support(site.settings, ["zh/index.md"])[1] == []
    _, problems = read_support(site.settings, ["zh/official-channels.md"])
    assert [problem.code for problem in problems] == ["KB110", "KB110"]


def test_the_data_of_this_repository_are_fine() -> None:
    found, problems = read_support(load_kb_settings(ROOT), ["zh/contact.md"])
    assert problems == []
    assert found.levels is not None
    assert found.channels is not None
