from __future__ import annotations

import re
from pathlib import Path

from site_folder import SiteFolder

import kb_build
from kb_build.channels import PLATFORMS, read_channels
from kb_build.settings import load_kb_settings

ROOT = Path(__file__).parents[1]
CHECK = Path(kb_build.__file__).parent / "theme" / "assets" / "kb" / "channel-check.js"
# Names that nobody can own: RFC 2606.
RESERVED = re.compile(r"(?:^|[.@])example\.(?:com|org|net)$|^example_|^id0{6,}|^com\.example\.")


def test_no_file_is_no_list(site: SiteFolder) -> None:
    assert read_channels(site.settings, []).data is None


def test_browser_and_build_know_the_same_platforms() -> None:
    table = CHECK.read_text("utf-8").split("export const PLATFORMS = {")[1].split("\n};")[0]
    assert sorted(re.findall(r"^  (\w+): \{", table, re.MULTILINE)) == sorted(PLATFORMS)


def test_the_list_of_this_repository_holds_only_reserved_names() -> None:
    listed = read_channels(load_kb_settings(ROOT), _services()).data
    assert listed is not None
    assert all(RESERVED.search(channel.value) for channel in listed.channels)


def test_the_list_of_this_repository_holds_its_own_address() -> None:
    settings = load_kb_settings(ROOT)
    listed = read_channels(settings, _services()).data
    assert listed is not None
    host = settings.site_url.split("/")[2]
    assert host in [channel.value for channel in listed.channels if channel.kind == "domain"]


def _services() -> list[str]:
    text = (ROOT / "docs/_data/service_levels.yml").read_text("utf-8")
    return re.findall(r"^  - id: (\w+)", text, re.MULTILINE)
