"""The commands of the read side: data to stdout, messages to stderr, and an exit status."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from read_fixtures import SECRET

from search_index.cli import COMMANDS

Kb = Callable[..., Result]
BY_NAME = {command.name: command for command in COMMANDS}
QUERIES = (
    "query_id\tlang\tstyle\ttext\n"
    "q1\tzh-CN\tquestion\t转账选错链了\n"
    "q2\ten\tkeyword\tlost seed phrase\n"
    "x1\tzh-CN\tofftopic\t今天天气怎么样\n"
)
QRELS = "query_id\tarticle_id\tgrade\nq1\tKB-0024\t2\nq2\tKB-0052\t2\n"


@pytest.fixture
def root(own_snapshot: Path) -> Path:
    """A folder with a live snapshot and a query set."""
    root = own_snapshot.parents[2]
    (root / "benchmarks").mkdir()
    (root / "benchmarks" / "dev_queries.tsv").write_text(QUERIES, encoding="utf-8")
    (root / "benchmarks" / "dev_qrels.tsv").write_text(QRELS, encoding="utf-8")
    return root


@pytest.fixture
def kb(root: Path) -> Kb:
    """Runs a command in ``root``."""

    def run(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(BY_NAME[name], [*arguments, "--root", str(root)])

    return run


def check_failure(result: Result, code: str) -> str:
    """A failure is told on stderr with its code and remedy, without a traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    first, remedy = result.stderr.rsplit("\n  → ", 1)
    assert first.startswith(f"error[{code}]: ")
    assert remedy.strip()
    return result.stderr


def test_search_prints_title_number_link_and_excerpt(kb: Kb) -> None:
    result = kb("search", "轉帳選錯鏈了")
    assert result.exit_code == 0
    assert "1. 转账选错网络怎么办？  KB-0024  " in result.stdout
    assert "   /transfers/kb-0024/" in result.stdout
    assert "confidence 0." in result.stdout
    assert result.stderr == ""


def test_search_prints_json_that_a_program_can_read(kb: Kb) -> None:
    result = json.loads(kb("search", "lost seed phrase", "--limit", "2", "--json").stdout)
    assert (result["lang"], result["answered"], len(result["hits"])) == ("en", True, 2)
    assert result["hits"][0]["article"]["article_id"] == "KB-0052"


def test_search_takes_the_language_of_the_answers(kb: Kb) -> None:
    assert "I lost my recovery phrase" in kb("search", "助记词丢了", "--lang", "en").stdout


def test_search_puts_an_emergency_and_its_actions_first(kb: Kb) -> None:
    lines = kb("search", "钱包被盗了").stdout.splitlines()
    assert lines[0].startswith("! 钱包被盗了怎么办？  /security/kb-0038/")
    assert lines[1:4] == ["  1. 新建钱包。", "  2. 转走剩余资产。", "  3. 撤销授权。"]


def test_search_says_when_nothing_is_about_the_question(kb: Kb) -> None:
    assert kb("search", "今天天气怎么样").stdout.startswith("No article is about this. Perhaps:")


def test_search_does_not_repeat_a_secret(kb: Kb) -> None:
    for arguments in ([SECRET], [SECRET, "--json"]):
        result = kb("search", *arguments)
        assert result.exit_code == 0
        assert "sausage" not in result.output
    assert "Nothing was searched or stored" in kb("search", SECRET).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["🙂"],
        ["？？"],
        ["x", "y"],
        ["x", "--limit", "0"],
        ["x", "--lang", "fr"],
        ["x", "--jsn"],
    ],
)
def test_a_wrong_use_of_search_exits_with_2(kb: Kb, arguments: list[str]) -> None:
    result = kb("search", *arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["search", "eval", "inspect", "serve"])
def test_without_a_snapshot_each_command_says_what_to_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "kb.toml").touch()
    arguments = ["验证码"] if name == "search" else []
    result = CliRunner().invoke(BY_NAME[name], [*arguments, "--root", str(tmp_path)])
    assert "`kb build`" in check_failure(result, "SNAPSHOT_MISSING")


@pytest.mark.parametrize("name", ["search", "eval", "serve"])
def test_a_damaged_snapshot_is_refused_by_the_name_of_the_file(
    kb: Kb, own_snapshot: Path, name: str
) -> None:
    (own_snapshot / "vectors.faiss").write_bytes(b"")
    result = kb(name, *(["验证码"] if name == "search" else []))
    told = check_failure(result, "SNAPSHOT_CORRUPT")
    assert str(own_snapshot / "vectors.faiss") in told
    assert "`kb build`" in told


def test_a_damaged_manifest_is_refused_by_inspect(kb: Kb, own_snapshot: Path) -> None:
    (own_snapshot / "manifest.json").write_text("{")
    assert "manifest.json" in check_failure(kb("inspect"), "SNAPSHOT_CORRUPT")


@pytest.mark.parametrize("name", ["search", "eval", "inspect", "serve"])
def test_a_misspelt_setting_is_named_with_the_right_spelling(kb: Kb, root: Path, name: str) -> None:
    (root / "kb.toml").write_text("[server]\nprot = 8001\n")
    result = kb(name, *(["验证码"] if name == "search" else []))
    assert "server.prot: unknown key. Did you mean 'port'?" in check_failure(
        result, "SETTINGS_INVALID"
    )


def test_broken_toml_is_told_by_line(kb: Kb, root: Path) -> None:
    (root / "kb.toml").write_text("[server\n")
    assert "line 1" in check_failure(kb("search", "验证码"), "SETTINGS_SYNTAX")


def test_a_folder_that_does_not_exist_is_a_wrong_use() -> None:
    result = CliRunner().invoke(BY_NAME["inspect"], ["--root", "/nowhere/at/all"])
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_eval_prints_figures_by_language_and_style(kb: Kb) -> None:
    result = kb("eval")
    assert result.exit_code == 0
    rows = {
        line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line.strip()
    }
    assert rows["all"] == ["2", "1.000", "1.000", "1.000", "1.000"]
    assert rows["zh-CN"][0] == rows["en"][0] == rows["question"][0] == rows["keyword"][0] == "1"
    assert "off-topic rejected 1.000 of 1; questions falsely rejected 0.000" in result.stdout


def test_eval_prints_json_that_a_program_can_read(kb: Kb) -> None:
    figures = json.loads(kb("eval", "--json").stdout)
    assert figures["overall"]["hit_at_1"] == 1.0
    assert figures["off_topic_rejected"] == 1.0


def test_eval_lists_the_misses(kb: Kb, root: Path) -> None:
    path = root / "benchmarks" / "dev_qrels.tsv"
    path.write_text(QRELS.replace("KB-0024", "KB-0078"), encoding="utf-8")
    lines = kb("eval", "--misses").stdout.splitlines()
    assert lines[-1].startswith("q1\t转账选错链了\tfound KB-0024")
    assert lines[-1].endswith("wanted KB-0078")


def floor(root: Path, text: str) -> list[str]:
    (root / "floor.toml").write_text(text)
    return ["--floor", str(root / "floor.toml")]


def test_eval_passes_above_its_floor(kb: Kb, root: Path) -> None:
    text = (
        "[at_least.all]\nhit_at_1 = 1.0\n[at_least.zh-CN]\nndcg_at_10 = 0.9\n"
        "[decisions_at_least]\noff_topic_rejected = 1.0\n"
        "[decisions_at_most]\nfalsely_rejected = 0.0\n"
    )
    assert kb("eval", *floor(root, text)).exit_code == 0


def test_eval_fails_below_its_floor_and_names_the_figure(kb: Kb, root: Path) -> None:
    (root / "benchmarks" / "dev_qrels.tsv").write_text(QRELS.replace("KB-0024", "KB-0078"))
    text = "[at_least.all]\nhit_at_1 = 0.9\n[decisions_at_most]\nfalsely_rejected = -0.1\n"
    result = kb("eval", *floor(root, text))
    assert result.exit_code == 1
    assert "below the floor: all hit_at_1 0.500 < 0.9" in result.stderr
    assert "below the floor: falsely_rejected 0.000 > -0.1" in result.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[at_least.zh-HK]\nhit_at_1 = 0.5\n", "at_least.zh-HK"),
        ("[at_least.all]\nhit_at_7 = 0.5\n", "at_least.all.hit_at_7"),
        ("[decisions_at_least]\nrejected = 0.5\n", "decisions_at_least.rejected"),
        ("[decisions_at_most]\nrejected = 0.5\n", "decisions_at_most.rejected"),
        ("[atleast.all]\nhit_at_1 = 0.5\n", "atleast"),
        ("[at_least\n", "line 1"),
    ],
)
def test_a_floor_that_names_no_figure_is_refused(kb: Kb, root: Path, text: str, told: str) -> None:
    result = kb("eval", "--json", *floor(root, text))
    assert result.exit_code == 1
    assert "error[FILE_INVALID]" in result.stderr
    assert told in result.stderr


def test_eval_without_its_files_names_them(kb: Kb, root: Path) -> None:
    (root / "benchmarks" / "dev_qrels.tsv").unlink()
    assert "dev_qrels.tsv is missing" in check_failure(kb("eval"), "FILE_MISSING")


def test_eval_of_a_broken_file_names_the_line(kb: Kb, root: Path) -> None:
    (root / "benchmarks" / "dev_queries.tsv").write_text(QUERIES + "q3\ten\n")
    assert "dev_queries.tsv:5: 2 columns, not 4" in check_failure(kb("eval"), "FILE_INVALID")


def test_inspect_tells_what_the_snapshot_holds(kb: Kb, own_snapshot: Path) -> None:
    result = kb("inspect")
    assert result.exit_code == 0
    for part in (own_snapshot.name, "hashing-7", "dim 64", "articles   6", "lexical_weight"):
        assert part in result.stdout


def test_inspect_prints_the_manifest_as_json(kb: Kb, own_snapshot: Path) -> None:
    manifest = json.loads(kb("inspect", "--json").stdout)
    assert manifest == json.loads((own_snapshot / "manifest.json").read_bytes())


def test_serve_without_a_site_says_what_to_run(kb: Kb) -> None:
    told = check_failure(kb("serve"), "SITE_MISSING")
    assert "build/site/index.html is missing" in told
    assert "kb build --site" in told


def test_serve_refuses_a_port_that_cannot_be(kb: Kb) -> None:
    for port in ("70000", "-1", "eighty"):
        result = kb("serve", "--port", port)
        assert result.exit_code == 2
        assert "'--port'" in result.stderr


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def serve(root: Path, port: int) -> subprocess.Popen[str]:
    code = "from search_index.cli import serve; serve()"
    command = [sys.executable, "-c", code, "--root", str(root), "--port", str(port)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_where_answers_and_ends_when_told(root: Path, told: signal.Signals) -> None:
    site, port = root / "build" / "site", free_port()
    site.mkdir()
    (site / "index.html").write_text("<p>home</p>")
    process = serve(root, port)
    try:
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}/" in process.stderr.readline()
        assert "<p>home</p>" in fetch(f"http://127.0.0.1:{port}/")
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/search",
            data=json.dumps({"query": "zhujici diule"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert json.loads(fetch(request))["hits"][0]["article_id"] == "KB-0052"
        process.send_signal(told)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""  # no access log, no traceback
        with closing(sqlite3.connect(root / "data" / "wenlu.sqlite")) as database:
            kept = database.execute("SELECT user_text FROM events").fetchall()
        assert kept == [("zhujici diule",)]
    finally:
        process.kill()
        process.communicate()


def test_serve_answers_without_a_database_and_says_what_to_do(root: Path) -> None:
    site, port = root / "build" / "site", free_port()
    site.mkdir()
    (site / "index.html").write_text("<p>home</p>")
    (root / "data").write_text("in the way")
    process = serve(root, port)
    try:
        assert "<p>home</p>" in fetch(f"http://127.0.0.1:{port}/")
        ready = json.loads(fetch(f"http://127.0.0.1:{port}/readyz"))
        assert (ready["status"], ready["events"]) == ("ready", "unavailable")
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=20)[1]
        assert "cannot be made" in told
        assert "Check its permissions" in told
    finally:
        process.kill()
        process.communicate()


def fetch(request: str | urllib.request.Request) -> str:
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            assert time.monotonic() < end, "the server did not answer"
            time.sleep(0.02)


def test_serve_on_a_port_in_use_fails_and_says_so(root: Path) -> None:
    (root / "build" / "site").mkdir()
    (root / "build" / "site" / "index.html").write_text("<p>home</p>")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = serve(root, taken.getsockname()[1])
        _, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "error[CANNOT_LISTEN]" in told
    assert "--port" in told
    assert "http://" not in told
