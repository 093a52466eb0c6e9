"""`kb build`, `kb check` and `kb new`: exit status, what goes to which stream, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hashing_kb import run_kb
from site_folder import DEPOSIT_EN, DEPOSIT_ZH, SiteFolder

from kb_build import classifier_training
from kb_build.cli import ProgressBars, main
from search_index.snapshot import current_folder

pytestmark = pytest.mark.usefixtures("hashing_model")


def kb(*arguments: object) -> Result:
    """Run ``kb``; whatever it raises besides an exit status is an error of the test."""
    return CliRunner(catch_exceptions=False).invoke(main, [str(a) for a in arguments])


def break_one(site: SiteFolder) -> str:
    """Give an article a bad date and return the beginning of what is said of it."""
    site.edit(DEPOSIT_ZH, "2099-12-31", "2024-13-01")
    return f"{DEPOSIT_ZH}:14: error[KB012]"


# -- kb build


def test_build_prints_one_summary_to_standard_output(site: SiteFolder) -> None:
    result = kb("build", "--root", site.root)
    assert result.exit_code == 0
    first, second = result.stdout.strip().split("\n")
    assert first.startswith(f"snapshot {current_folder(site.snapshots).name}: 10 articles, ")
    assert second.startswith("leave-one-out over 24 questions: hit@1 ")


def test_build_says_when_a_site_is_searched_without_a_classifier(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier_training, "MOST_CELLS", 10)
    last = kb("build", "--root", site.root).stdout.strip().split("\n")[-1]
    assert last.startswith("searched without a classifier: ")


def test_build_shows_its_stages_on_standard_error(site: SiteFolder) -> None:
    result = kb("build", "--root", site.root)
    assert "• encode passages" in result.stderr
    assert "encode document texts: 100%" in result.stderr
    assert "•" not in result.stdout


def test_build_as_json_prints_nothing_else_to_standard_output(site: SiteFolder) -> None:
    result = kb("build", "--json", "--root", site.root)
    report = json.loads(result.stdout)
    assert report["snapshot"] == current_folder(site.snapshots).name
    assert (report["articles"], report["warnings"]) == (10, [])
    assert report["encoded"] > 0


def test_build_prints_warnings_to_standard_error(site: SiteFolder) -> None:
    for path in (DEPOSIT_ZH, DEPOSIT_EN):
        site.edit(path, "2026-11-21\nreview_by: 2099-12-31", "2024-01-01\nreview_by: 2024-06-01")
    result = kb("build", "--json", "--root", site.root)
    assert result.exit_code == 0
    assert [w["code"] for w in json.loads(result.stdout)["warnings"]] == ["KB060", "KB060"]
    assert "warning[KB060]" in kb("build", "--root", site.root).stderr


def test_build_of_bad_articles_is_status_1_with_every_problem(site: SiteFolder) -> None:
    line = break_one(site)
    result = kb("build", "--root", site.root)
    assert (result.exit_code, result.stdout) == (1, "")
    assert line in result.stderr
    assert "error[ARTICLES_INVALID]: 1 error(s)" in result.stderr
    assert "kb build" in result.stderr


def test_build_without_articles_is_status_1_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").touch()
    result = kb("build", "--root", tmp_path)
    assert result.exit_code == 1
    assert "error[NO_ARTICLES]" in result.stderr
    assert "kb new" in result.stderr


def test_build_with_bad_settings_is_status_1_with_every_value(site: SiteFolder) -> None:
    site.edit("kb.toml", "keep_snapshots = 2", "keep_snapshots = 0\nmodell = 'x'")
    result = kb("build", "--root", site.root)
    assert result.exit_code == 1
    assert "build.keep_snapshots" in result.stderr
    assert "Did you mean 'model'?" in result.stderr


def test_build_into_a_place_that_is_no_folder_is_explained(site: SiteFolder) -> None:
    site.write("build/snapshots", "a file")
    result = kb("build", "--root", site.root)
    assert result.exit_code == 1
    assert "build/snapshots" in result.stderr


def test_build_with_the_site_runs_mkdocs_strictly_and_reports_its_failure(site: SiteFolder) -> None:
    finished = run_kb("build", "--site", "--root", site.root)  # the tiny site has no mkdocs.yml
    assert finished.returncode == 1
    assert "mkdocs.yml" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert current_folder(site.snapshots).is_dir()


# -- kb check


def test_check_of_good_articles_is_status_0(site: SiteFolder) -> None:
    result = kb("check", "--root", site.root)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "10 articles, 0 errors, 0 warnings\n"


def test_check_prints_every_problem_to_standard_output(site: SiteFolder) -> None:
    line = break_one(site)
    site.edit(DEPOSIT_EN, "sent-on-wrong-network.md#steps", "nowhere.md")
    result = kb("check", "--root", site.root)
    assert result.exit_code == 1
    lines = result.stdout.strip().split("\n")
    assert lines[0].startswith(f"{DEPOSIT_EN}:21: error[KB040]")
    assert lines[1].startswith(line)
    assert "9 articles, 2 errors, 0 warnings" in result.stderr


def test_check_with_warnings_only_is_status_0(site: SiteFolder) -> None:
    for path in (DEPOSIT_ZH, DEPOSIT_EN):
        site.edit(path, "2026-11-21\nreview_by: 2099-12-31", "2024-01-01\nreview_by: 2024-06-01")
    result = kb("check", "--root", site.root)
    assert result.exit_code == 0
    assert "0 errors, 2 warnings" in result.stderr


@pytest.mark.parametrize("broken", [True, False])
def test_check_as_json_is_json_whatever_it_finds(site: SiteFolder, broken: bool) -> None:
    if broken:
        break_one(site)
    result = kb("check", "--json", "--root", site.root)
    problems = json.loads(result.stdout)
    assert (result.exit_code, len(problems)) == ((1, 1) if broken else (0, 0))
    assert not broken or set(problems[0]) == {
        "path",
        "line",
        "code",
        "message",
        "remedy",
        "severity",
    }


# -- kb new


def test_new_prints_the_files_it_wrote(site: SiteFolder) -> None:
    result = kb("new", "payments", "raise-my-limit", "--root", site.root)
    assert result.exit_code == 0
    assert [Path(line).is_file() for line in result.stdout.split()] == [True, True]


def test_new_with_a_taken_slug_is_status_1(site: SiteFolder) -> None:
    result = kb("new", "payments", "payment-failed", "--root", site.root)
    assert result.exit_code == 1
    assert "error[ARTICLE_EXISTS]" in result.stderr
    assert "Choose another slug" in result.stderr


def test_new_with_a_slug_of_another_category_is_status_1(site: SiteFolder) -> None:
    result = kb("new", "support", "payment-failed", "--root", site.root)
    assert result.exit_code == 1
    assert "docs/zh/payments/payment-failed.md exists already" in result.stderr


def test_new_names_the_categories_when_it_is_given_another(site: SiteFolder) -> None:
    stderr = kb("new", "cooking", "eggs", "--root", site.root).stderr
    assert "Invalid value for 'CATEGORY': 'cooking' is not one of 'registration'" in stderr


# -- all commands


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["build", "--nothing"],
        ["build", "surplus"],
        ["build", "--root", "/nowhere"],
        ["new", "cooking", "eggs"],
        ["new", "payments"],
        ["search"],
        ["search", "x", "--limit", "0"],
        ["search", "x", "--lang", "de"],
        ["serve", "--port", "many"],
    ],
)
def test_wrong_usage_is_status_2_and_tells_how(arguments: list[str]) -> None:
    result = kb(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(option: str) -> None:
    result = kb(option)
    assert result.exit_code == 0
    for command in ("build", "check", "new", "serve", "search", "eval", "inspect"):
        assert f"\n  {command} " in result.stdout


def test_every_command_has_help_and_a_root() -> None:
    for name, command in main.commands.items():
        for words in [[name, sub] for sub in getattr(command, "commands", {})] or [[name]]:
            assert "--root" in kb(*words, "--help").stdout


@pytest.mark.parametrize(
    "command", ["build", "check", "new payments x", "search x", "report", "notice", "tickets list"]
)
def test_in_a_folder_without_kb_toml_nothing_is_found_or_written(
    tmp_path: Path, command: str
) -> None:
    result = kb(*command.split(), "--root", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no kb.toml in" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["search x", "eval", "inspect", "serve"])
def test_before_the_first_build_a_command_says_to_build(site: SiteFolder, command: str) -> None:
    result = kb(*command.split(), "--root", site.root)
    assert result.exit_code == 1
    assert "error[SNAPSHOT_MISSING]" in result.stderr
    assert "kb build" in result.stderr


# -- real processes


def test_the_installed_command_answers() -> None:
    command = [Path(sys.executable).with_name("kb"), "--version"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.startswith("kb, version ")


def test_a_process_ends_with_the_status_and_keeps_streams_apart(site: SiteFolder) -> None:
    built = run_kb("build", "--json", "--root", site.root)
    assert built.returncode == 0
    assert json.loads(built.stdout)["articles"] == 10
    assert "• calibrate" in built.stderr
    break_one(site)
    stopped = run_kb("build", "--json", "--root", site.root)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "error[KB012]" in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_a_process_without_a_utf8_locale_prints_chinese(site: SiteFolder) -> None:
    site.edit(DEPOSIT_ZH, "## 操作步骤", "## 步骤")
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))
    }
    finished = run_kb("check", "--root", site.root, env={**environment, "LC_ALL": "C"})
    assert finished.returncode == 1
    assert "'步骤'" in finished.stdout


def test_no_model_is_loaded_by_a_command_that_needs_none(site: SiteFolder) -> None:
    code = (
        "import sys; from kb_build.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'sentence_transformers', 'mkdocs'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, "check", "--root", str(site.root)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "set()"


# -- progress


def test_a_bar_is_shown_for_counts_and_a_line_for_stages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ProgressBars() as progress:
        progress("open the model", 0, 0)
        progress("encode", 1, 3)
        progress("encode", 3, 3)
        progress("write", 0, 0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "• open the model\n" in shown.err
    assert "encode: 100%" in shown.err
    assert shown.err.endswith("• write\n")


def test_an_interrupted_bar_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBars() as progress:
        progress("encode", 1, 3)
    shown = capsys.readouterr().err
    assert "1/3" in shown
    assert shown.endswith("\n")
