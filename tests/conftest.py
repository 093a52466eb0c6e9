"""Fixtures that several files share: a tiny help centre, and a snapshot of it without torch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from databases import database, database_url, postgres  # noqa: F401
from hashing_model import HashingModel, make_builds_quick
from read_fixtures import (  # noqa: F401
    mini_client,
    mini_parts,
    mini_searcher,
    mini_snapshot,
    own_snapshot,
)
from site_folder import SiteFolder

from kb_build import content_rules, pipeline
from search_index.snapshot import Snapshot, current_folder, open_snapshot


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KB_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _tiny_articles_may_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    of_wording = [r for r in content_rules.RULES if r not in content_rules.SIZE_RULES]
    monkeypatch.setattr(content_rules, "RULES", tuple(of_wording))


@pytest.fixture
def site(tmp_path: Path) -> SiteFolder:
    """Five small articles in two languages and their kb.toml, to be changed at will."""
    return SiteFolder(tmp_path / "site")


@pytest.fixture
def hashing_model(monkeypatch: pytest.MonkeyPatch) -> HashingModel:
    """Make builds quick, by hashing; tells what was encoded."""
    return make_builds_quick(monkeypatch.setattr)


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """The unchanged site with one snapshot, live; do not change it."""
    site = SiteFolder(tmp_path_factory.mktemp("built") / "site")
    with pytest.MonkeyPatch.context() as patch:
        make_builds_quick(patch.setattr)
        pipeline.build(site.settings)
    return site


@pytest.fixture(scope="session")
def built_snapshot(built_site: SiteFolder) -> Snapshot:
    """The live snapshot of `built_site`, open."""
    return open_snapshot(current_folder(built_site.snapshots))
