"""The notice at the top of every page: set at once, in both languages, without any link."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient
from read_fixtures import SECRET, make_parts, make_searcher

from search_index.api import create_app
from search_index.errors import NoticeError, SettingsError
from search_index.notice import FILE_NAME, Notice, NoticeBoard, check_notice, notice_of
from search_index.notice_command import notice as notice_command
from search_index.settings import NoticeSettings, ReadSettings, ServerSettings, load_settings

ZH, EN = "提币暂停，预计18:00恢复。", "Withdrawals are paused until about 18:00."
INCIDENT = Notice(ZH, EN, "incident")
OLD = Notice("旧通知", "Old notice")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "build" / FILE_NAME


def board_of(
    file: Path, configured: Notice | None = None, clock: Clock | None = None
) -> NoticeBoard:
    return NoticeBoard(file, configured, clock=clock or Clock())


# --- what it may say


@pytest.mark.parametrize(
    "text",
    [
        ZH,
        EN,
        "USDT（TRC20）充值延迟30分钟，资产安全。",
        "Fees fell to 0.05%, e.g. on version 2.1.",
        "请勿相信主动联系您的“客服”。",
    ],
)
def test_plain_text_is_shown(text: str) -> None:
    assert check_notice(text, text, "info", None).zh == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        (" ", "missing"),
        ("长" * 301, "longer"),
        ("看 https://help.example.com/", "link"),
        ("看 help.example.com", "link"),
        ("看ｈｅｌｐ．ｅｘａｍｐｌｅ．ｃｏｍ", "link"),
        ("看 例子.中国", "link"),
        ("加群 t.me/help", "link"),
        ("加 @help_desk", "link"),
        ("写信 help@example.com", "link"),
        ("打开 192.0.2.7", "link"),
        ("打 +86 138 0013 8000", "number"),
        (f"说 {SECRET}", "recovery phrase"),
        ("两\n行", "control"),
        ("倒\u202e着", "invisible"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_thief_would_write_there_is_refused(text: str, why: str, lang: str) -> None:
    texts = {"zh": "中文", "en": "English"} | {lang: text}
    with pytest.raises(NoticeError, match=why) as caught:
        check_notice(**texts, level="info", until=None)
    assert caught.value.remedy
    assert "winner" not in str(caught.value)


def test_kb_toml_needs_both_languages(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(f'[notice]\nzh = "{ZH}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="both zh and en"):
        load_settings(ReadSettings, tmp_path)


def test_kb_toml_gives_a_notice_with_its_end(tmp_path: Path) -> None:
    text = f'[notice]\nzh = "{ZH}"\nen = "{EN}"\nlevel = "warning"\nuntil = 2026-11-21T18:00:00Z\n'
    (tmp_path / "kb.toml").write_text(text, encoding="utf-8")
    end_s = datetime(2026, 11, 21, 18, tzinfo=UTC).timestamp()
    settings = load_settings(ReadSettings, tmp_path).notice
    assert notice_of(settings) == Notice(ZH, EN, "warning", end_s)
    assert notice_of(NoticeSettings()) is None


# --- the board


def test_a_running_server_sees_a_change_within_a_second(file: Path) -> None:
    clock = Clock()
    server = board_of(file, clock=clock)
    assert server.current() is None
    board_of(file).put(INCIDENT)
    clock.now += 1.1
    assert server.current() == INCIDENT


def test_a_notice_goes_by_itself(file: Path) -> None:
    clock = Clock()
    board = board_of(file, clock=clock)
    board.put(Notice(ZH, EN, "info", clock.now + 10))
    assert board.current() is not None
    clock.now += 10
    assert board.current() is None


def test_the_command_overrides_kb_toml(file: Path) -> None:
    board = board_of(file, OLD)
    assert board.current() == OLD
    board.put(INCIDENT)
    assert board.current() == INCIDENT


def test_off_silences_kb_toml_until_that_says_something_else(file: Path) -> None:
    board_of(file, OLD).take_off()
    assert board_of(file, OLD).current() is None
    assert board_of(file, INCIDENT).current() == INCIDENT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"notice": null}',
        json.dumps(
            {"notice": {"zh": "看 t.me/x", "en": "x", "level": "info", "until_s": None}}
        ).encode(),
        b'{"notice": {"zh": "x", "en": "x", "level": "<script>", "until_s": null}}',
    ],
)
def test_a_file_that_somebody_tampered_with_shows_nothing(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert board_of(file).current() is None


# --- the endpoint


def test_answers_carry_the_notice_in_their_language(file: Path) -> None:
    clock = Clock()
    live = SimpleNamespace(searcher=make_searcher(make_parts()))
    app = create_app(live, ServerSettings(), notices=board_of(file, clock=clock))
    with TestClient(app) as client:

        def told(query: str) -> object:
            return client.post("/api/search", json={"query": query}).json()["notice"]

        assert told("选错网络") is None
        board_of(file).put(INCIDENT)
        clock.now += 2
        assert told("选错网络") == {"text": ZH, "level": "incident"}
        assert told("wrong network") == {"text": EN, "level": "incident"}
        body = client.get("/api/notice").json()
    assert body == {"notice": {"zh": ZH, "en": EN, "level": "incident", "until_s": None}}


# --- the command

Kb = Callable[..., Result]


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    (tmp_path / "kb.toml").touch()
    return lambda *words: CliRunner().invoke(notice_command, [*words, "--root", str(tmp_path)])


def test_the_command_sets_shows_and_takes_off(kb: Kb, file: Path) -> None:
    assert kb().output == "no notice\n"
    assert kb(ZH, EN, "--level", "incident", "--until", "2099-01-01T00:00+08:00").exit_code == 0
    assert board_of(file).current() == Notice(ZH, EN, "incident", 4070880000.0)
    assert ZH in kb().output
    assert json.loads(kb("--json").output)["en"] == EN
    assert kb("--off").output == "no notice\n"
    assert [path.name for path in file.parent.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ((ZH,), 2, "both languages"),
        ((ZH, EN, "--off"), 2, "not both"),
        (("", ""), 1, "is missing"),
        (("--level", "incident"), 2, "need the texts"),
        (("--until", "2099-01-01T00:00+08:00"), 2, "need the texts"),
        ((ZH, EN, "--level", "panic"), 2, "panic"),
        ((ZH, EN, "--until", "tomorrow"), 1, "NOTICE_UNTIL"),
        ((ZH, EN, "--until", "2099-01-01T00:00"), 1, "time zone"),
        ((ZH, EN, "--until", "2001-01-01T00:00Z"), 1, "future"),
        (("看 t.me/x", EN), 1, "NOTICE_TEXT"),
    ],
)
def test_the_command_says_what_is_wrong(
    kb: Kb, file: Path, words: tuple[str, ...], status: int, told: str
) -> None:
    done = kb(*words)
    assert done.exit_code == status
    assert told in done.output
    assert not file.exists()
