"""Fixtures that several files share: a tiny help centre, and a snapshot of it without torch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hashing_model import HashingModel
from site_folder import SiteFolder

from kb_build import pipeline
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot, current_folder, open_snapshot


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KB_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def site(tmp_path: Path) -> SiteFolder:
    """Five small articles in two languages and their kb.toml, to be changed at will."""
    return SiteFolder(tmp_path / "site")


@pytest.fixture
def hashing_model(monkeypatch: pytest.MonkeyPatch) -> HashingModel:
    """Make every build use the hashing encoder; tells what it was asked to encode."""
    model = HashingModel()
    monkeypatch.setattr(pipeline, "open_model", lambda *_, **__: model)
    return model


@pytest.fixture(scope="session")
def tiny_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of snapshots with one, live, of the unchanged site; do not change it."""
    site = SiteFolder(tmp_path_factory.mktemp("tiny"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "open_model", lambda *_, **__: HashingModel())
        pipeline.build(site.settings)
    return site.snapshots


@pytest.fixture(scope="session")
def tiny_snapshot(tiny_snapshots: Path) -> Snapshot:
    """The live snapshot of `tiny_snapshots`, open."""
    return open_snapshot(current_folder(tiny_snapshots))


@pytest.fixture
def searcher(tiny_snapshot: Snapshot) -> Searcher:
    """A searcher of the tiny site, nothing in its cache."""
    return Searcher.of(tiny_snapshot)
