"""The whole build, with the hashing encoder: articles in, one live snapshot out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hashing_kb import run_kb
from hashing_model import OFF_TOPIC, HashingModel
from site_folder import DEPOSIT_EN, DEPOSIT_ZH, SiteFolder

from kb_build import pipeline
from kb_build.pipeline import Builder, build, markdown_files
from kb_build.problems import BuildStoppedError
from search_index.errors import SettingsError, SnapshotError
from search_index.records import Query
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot, current_folder, open_snapshot

pytestmark = pytest.mark.usefixtures("hashing_model")


def search(site: SiteFolder, text: str) -> list[str]:
    """Return the ids that the live snapshot finds."""
    searcher = Searcher.of(open_snapshot(current_folder(site.snapshots)))
    return [hit.article.article_id for hit in searcher.search(Query(text)).hits]


def test_the_report_says_what_was_built(site: SiteFolder) -> None:
    report = build(site.settings)
    assert report.articles == 10
    assert report.snapshot_id == current_folder(site.snapshots).name
    assert report.calibration is not None
    assert report.calibration.questions == 24
    assert report.warnings == ()
    assert report.seconds["encode passages"] >= 0


def test_the_snapshot_opens_and_holds_what_the_report_counts(built_snapshot: Snapshot) -> None:
    parts = built_snapshot.parts
    assert built_snapshot.manifest.counts["passages"] == len(parts.passages)
    assert built_snapshot.manifest.counts["articles"] == len(parts.article_ids) == 5
    assert len(parts.vectors.matrix()) == len(parts.passages)
    assert parts.body.document_count == parts.title.document_count == 5
    assert parts.background.row_count == len(OFF_TOPIC)


@pytest.mark.parametrize(
    ("text", "article_id"),
    [
        ("提币没到账", "KB-0019"),
        ("轉帳選錯鏈了", "KB-0023"),
        ("lost my recovery phrase", "KB-0053"),
        ("钱包被盗", "KB-0035"),
        ("charged but payment failed", "KB-0072"),
    ],
)
def test_questions_find_their_article(built_snapshot: Snapshot, text: str, article_id: str) -> None:
    hits = Searcher.of(built_snapshot).search(Query(text)).hits
    assert hits[0].article.article_id == article_id


def test_a_second_build_encodes_nothing_and_has_the_same_id(site: SiteFolder) -> None:
    first, second = build(site.settings), build(site.settings)
    assert first.encoded > 0
    assert (second.encoded, second.snapshot_id) == (0, first.snapshot_id)


def test_two_clean_builds_have_the_same_id(site: SiteFolder, tmp_path: Path) -> None:
    other = SiteFolder(tmp_path / "elsewhere" / "longer-name")
    assert build(site.settings).snapshot_id == build(other.settings).snapshot_id


def test_an_incremental_build_has_the_id_of_a_clean_one(site: SiteFolder, tmp_path: Path) -> None:
    other = SiteFolder(tmp_path / "clean")
    builder = Builder(site.settings)
    before = builder.build().snapshot_id
    for changed in (site, other):
        changed.edit(DEPOSIT_ZH, "等待确认", "等待更多确认")
    incremental, clean = builder.build(), build(other.settings)
    assert before != incremental.snapshot_id == clean.snapshot_id
    assert incremental.encoded < clean.encoded


def test_the_hash_seed_of_python_changes_nothing(site: SiteFolder, tmp_path: Path) -> None:
    ids = set()
    for seed in ("1", "2"):
        other = SiteFolder(tmp_path / seed)
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        finished = run_kb("build", "--json", "--root", other.root, env=environment)
        ids.add(json.loads(finished.stdout)["snapshot"])
    assert ids == {build(site.settings).snapshot_id}


def test_file_times_change_nothing(site: SiteFolder) -> None:
    before = build(site.settings).snapshot_id
    for path in site.root.rglob("*.md"):
        os.utime(path, (1, 1))
    assert build(site.settings).snapshot_id == before


def test_no_file_of_a_snapshot_names_this_machine(built_site: SiteFolder) -> None:
    for path in current_folder(built_site.snapshots).rglob("*"):
        if path.is_file():
            assert str(built_site.root).encode() not in path.read_bytes(), path.name


def test_one_changed_article_encodes_only_its_changed_texts(
    site: SiteFolder, hashing_model: HashingModel
) -> None:
    build(site.settings)
    site.edit(DEPOSIT_ZH, "等待确认", "等待更多确认")
    del hashing_model.encoded_queries[:], hashing_model.encoded_documents[:]
    report = build(site.settings)
    assert report.encoded == 2
    assert hashing_model.encoded_queries == []
    assert all("等待更多确认" in text for text in hashing_model.encoded_documents)


def test_another_model_encodes_everything_anew(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(site.settings)
    monkeypatch.setattr(pipeline, "open_model", lambda *_, **__: HashingModel(seed=8))
    second = build(site.settings)
    assert second.encoded == first.encoded
    assert second.snapshot_id != first.snapshot_id
    assert search(site, "提币没到账")[0] == "KB-0019"


def test_the_model_of_the_settings_is_opened(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[object, ...]] = []

    def open_model(*arguments: object, **_: object) -> HashingModel:
        opened.append(arguments)
        return HashingModel()

    monkeypatch.setattr(pipeline, "open_model", open_model)
    site.edit("kb.toml", "[build]", '[build]\nmodel = "my/model"')
    build(site.settings)
    assert opened == [("my/model", site.settings.cache_dir)]


def test_errors_stop_the_build_and_leave_the_live_snapshot(site: SiteFolder) -> None:
    before = build(site.settings).snapshot_id
    site.edit(DEPOSIT_ZH, "KB-0023, KB-0035", "KB-0999")
    site.edit(DEPOSIT_EN, "KB-0023, KB-0035", "KB-0999")
    with pytest.raises(BuildStoppedError) as caught:
        build(site.settings)
    assert [p.code for p in caught.value.problems] == ["KB022", "KB022"]
    assert current_folder(site.snapshots).name == before


def test_errors_stop_the_build_before_the_model_is_opened(
    site: SiteFolder, hashing_model: HashingModel
) -> None:
    site.write(DEPOSIT_ZH, "no head")
    with pytest.raises(BuildStoppedError):
        build(site.settings)
    assert hashing_model.encoded == []
    assert not site.snapshots.exists()


def test_warnings_do_not_stop_the_build(site: SiteFolder) -> None:
    for path in (DEPOSIT_ZH, DEPOSIT_EN):
        site.edit(path, "2026-11-21\nreview_by: 2099-12-31", "2024-01-01\nreview_by: 2024-06-01")
    assert [problem.code for problem in build(site.settings).warnings] == ["KB060", "KB060"]


def test_drafts_are_checked_but_not_indexed(site: SiteFolder) -> None:
    for path in (DEPOSIT_ZH, DEPOSIT_EN):
        site.edit(path, "status: published", "status: draft")
    report = build(site.settings)
    assert report.articles == 8
    assert "KB-0019" not in search(site, "提币没到账")
    site.edit(DEPOSIT_ZH, "urgency: technical", "urgency: high")
    with pytest.raises(BuildStoppedError):
        build(site.settings)


def test_a_site_without_published_articles_is_explained(site: SiteFolder) -> None:
    site.write("empty/.keep", "")
    site.edit("kb.toml", "[build]", "[build]\ndocs = 'empty'")
    with pytest.raises(SnapshotError, match="no published article") as caught:
        build(site.settings)
    assert "kb new" in caught.value.remedy


def test_a_folder_of_articles_that_does_not_exist_is_no_empty_site(site: SiteFolder) -> None:
    site.edit("kb.toml", "[build]", "[build]\ndocs = 'nowhere'")
    with pytest.raises(SettingsError, match="no folder 'nowhere'"):
        Builder(site.settings).check()


def test_further_phrasings_are_found(site: SiteFolder) -> None:
    before = build(site.settings).snapshot_id
    site.write("docs/_data/phrasings/transfers.tsv", "KB-0072\tzh\t二维码钱没了\n")
    assert build(site.settings).snapshot_id != before
    assert search(site, "二维码钱没了")[0] == "KB-0072"


def test_progress_names_the_stages_in_order(site: SiteFolder) -> None:
    stages: list[str] = []
    build(site.settings, lambda what, done, total: stages.append(what) if total == 0 else None)
    assert stages == [
        "check articles",
        "open the model",
        "encode passages",
        "index words",
        "export the encoder",
        "calibrate, some minutes the first time",
        "write the snapshot",
    ]


def test_a_preview_keeps_the_thresholds_and_opens_the_model_once(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[HashingModel] = []

    def open_model(*_: object, **__: object) -> HashingModel:
        opened.append(HashingModel())
        return opened[-1]

    monkeypatch.setattr(pipeline, "open_model", open_model)
    preview = Builder(site.settings, recalibrate=False)
    first = preview.build()  # there is nothing to keep yet
    thresholds = open_snapshot(current_folder(site.snapshots)).manifest.calibration
    site.edit(DEPOSIT_ZH, "  - 提币没到账\n", "  - 提现以后钱包里没有\n")
    second = preview.build()
    assert first.calibration is not None
    assert second.calibration is None
    assert open_snapshot(current_folder(site.snapshots)).manifest.calibration == thresholds
    assert len(opened) == 1


def test_addresses_follow_the_public_address(site: SiteFolder) -> None:
    site.edit("kb.toml", "https://help.example.com/", "https://example.com/help/")
    build(site.settings)
    parts = open_snapshot(current_folder(site.snapshots)).parts
    assert all(a.url.startswith("/help/") for a in parts.articles)


def test_so_many_snapshots_are_kept_as_the_settings_say(site: SiteFolder) -> None:
    for number in range(4):
        site.edit(DEPOSIT_ZH, "显示待处理", f"{number}显示待处理")
        build(site.settings)
    assert len([path for path in site.snapshots.iterdir() if path.is_dir()]) == 2


def test_all_markdown_files_are_pages(site: SiteFolder) -> None:
    site.write("docs/_data/notes.md", "# no page")
    assert len(markdown_files(site.root / "docs")) == 12
    assert "zh/index.md" in markdown_files(site.root / "docs")
