"""Settings: defaults < kb.toml < KB_* variables < flags; every bad value named at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kb_build.settings import KbSettings, load_kb_settings
from search_index.errors import SettingsError
from search_index.settings import ReadSettings, load_settings


def load(root: Path, toml: str = "", **flags: dict[str, Any]) -> KbSettings:
    """Return the settings that a kb.toml of this content gives."""
    (root / "kb.toml").write_text(toml, encoding="utf-8")
    return load_kb_settings(root, flags=flags)


def complaint(root: Path, toml: str, **flags: dict[str, Any]) -> str:
    """Return what is said of a kb.toml that cannot be used."""
    with pytest.raises(SettingsError) as caught:
        load(root, toml, **flags)
    assert caught.value.code == "SETTINGS_INVALID"
    return str(caught.value)


def test_without_kb_toml_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_kb_settings(tmp_path)
    assert settings.server.port == 8000
    assert settings.build.model == "packaged:multilingual-e5-small"
    assert settings.docs_dir == tmp_path / "docs"


def test_kb_toml_goes_before_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "[server]\nport = 8001").server.port == 8001


def test_a_variable_goes_before_kb_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_SERVER_PORT", "8002")
    settings = load(tmp_path, "[server]\nport = 8001\nhost = '0.0.0.0'")
    assert (settings.server.port, settings.server.host) == (8002, "0.0.0.0")


def test_a_flag_goes_before_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_SERVER_PORT", "8002")
    assert load(tmp_path, server={"port": 8003}).server.port == 8003


def test_a_flag_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "[server]\nport = 8001", server={"port": None}).server.port == 8001


def test_a_variable_serves_every_table_of_plain_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_BUILD_KEEP_SNAPSHOTS", "7")
    monkeypatch.setenv("KB_SITE_URL", "https://a.example/help/")
    settings = load(tmp_path)
    assert settings.build.keep_snapshots == 7
    assert settings.base_path == "/help/"


def test_the_read_side_passes_over_the_write_sides_tables(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text("[site]\nx = 1\n[server]\nport = 8001\n", encoding="utf-8")
    assert load_settings(ReadSettings, tmp_path, environ={}).server.port == 8001


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[server]\nprot = 1", "server.prot: unknown key. Did you mean 'port'?"),
        ("[biuld]\ndocs = 'd'", "biuld: unknown key. Did you mean 'build'?"),
        ("[build]\nkeep_snapshot = 1", "Did you mean 'keep_snapshots'?"),
        ("[site]\nnmae = 1", "site.nmae: unknown key. Did you mean 'name'?"),
        ("[site.name]\nzh='a'\nen='b'\nfr='c'", "site.name.fr: unknown key. Known here: en, zh."),
        ("[site]\nzzz = 1", "site.zzz: unknown key. Known here: name, product, url."),
    ],
)
def test_an_unknown_key_is_refused_with_the_likely_one(
    tmp_path: Path, toml: str, said: str
) -> None:
    assert said in complaint(tmp_path, toml)


def test_all_bad_values_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_BUILD_KEEP_SNAPSHOTS", "none")
    toml = """
        [site]
        url = "help.example.com"
        name = { zh = "站" }
        [parameters]
        fee = ""
        hours = { zh = "7×24小时" }
        days = [3, 7]
        [server]
        port = 99999
        prot = 8000
    """
    said = complaint(tmp_path, toml, server={"host": 5})
    bad = ("site.url:", "site.name.en:", "parameters.fee:", "parameters.hours.en:")
    bad += ("parameters.days:", "server.port:", "server.prot:", "server.host:")
    assert [name for name in (*bad, "build.keep_snapshots:") if name not in said] == []
    assert said.count("\n  ") == 9  # one line for each
    assert "got 99999" in said


def test_a_variable_of_no_setting_is_refused_like_an_unknown_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_PRIVACY_STOREQUERIES", "false")
    monkeypatch.setenv("KB_TICKETS_WEBHOOK_SECRET", "0123456789abcdef")  # the connector reads it
    monkeypatch.setenv("KB_SERVICE_HOST", "10.0.0.1")  # of no table of ours
    said = complaint(tmp_path, "")
    assert "privacy.storequeries: unknown key. Did you mean 'store_queries'?" in said
    assert said.count("\n  ") == 1


def test_a_secret_in_kb_toml_is_refused_with_its_variable(tmp_path: Path) -> None:
    said = complaint(tmp_path, "[tickets]\nwebhook_secret = '0123456789abcdef'")
    assert "Set the variable KB_TICKETS_WEBHOOK_SECRET." in said
    assert "0123456789abcdef" not in said


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[server]\nport = 'x'", "server.port: must be a whole number (got 'x')"),
        ("[server]\nhost = 5", "server.host: must be a text (got 5)"),
        ("[server]\nport = 70000", "server.port: must be at most 65535 (got 70000)"),
        ("server = 3", "server: must be a table (got 3)"),
        ("[notice]\nlevel = 'x'", "notice.level: must be 'info', 'warning' or 'incident'"),
        ("[notice]\nuntil = 2026-11-21T18:00:00", "notice.until: needs a time zone"),
        ("[site]\nname = { zh = '站' }", "site.name.en: is missing."),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_plain_words(
    tmp_path: Path, toml: str, said: str
) -> None:
    told = complaint(tmp_path, toml)
    assert said in told
    assert "Input should" not in told


def test_one_name_serves_both_languages(tmp_path: Path) -> None:
    name = load(tmp_path, "[site]\nname = 'Acme'").site.name
    assert (name.zh, name.en) == ("Acme", "Acme")


def test_kb_toml_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff[server]\nport = 8001").server.port == 8001


@pytest.mark.parametrize(
    "address", ["", "/help/", "help.example.com/", "https://a.example", "ftp://a/"]
)
def test_the_public_address_is_absolute_and_ends_with_a_slash(tmp_path: Path, address: str) -> None:
    assert "site.url" in complaint(tmp_path, f"[site]\nurl = '{address}'")


@pytest.mark.parametrize(
    "key", ["port = -1", "search_threads = 0", "deadline_ms = 1", "queue_length = 0"]
)
def test_numbers_out_of_range_are_refused(tmp_path: Path, key: str) -> None:
    assert f"server.{key.split()[0]}" in complaint(tmp_path, f"[server]\n{key}")


@pytest.mark.parametrize("value", ["''", "'  '", "true", "[1]", "{ zh = '', en = 'x' }"])
def test_a_parameter_that_would_show_nothing_sensible_is_refused(
    tmp_path: Path, value: str
) -> None:
    assert "parameters.fee" in complaint(tmp_path, f"[parameters]\nfee = {value}")


def test_a_table_that_is_no_table_is_named_not_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_SITE_URL", "https://a.example/")
    said = complaint(tmp_path, "site = 3\nserver = 'x'", server={"port": 1})
    assert "site:" in said
    assert "server:" in said


@pytest.mark.parametrize("text", [b"[site\n", b"a = \xff\n"])
def test_broken_toml_is_explained(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "kb.toml").write_bytes(text)
    with pytest.raises(SettingsError) as caught:
        load_kb_settings(tmp_path)
    assert caught.value.code == "SETTINGS_SYNTAX"
    assert "kb.toml" in caught.value.message


def test_parameters_are_texts_by_language(tmp_path: Path) -> None:
    settings = load(tmp_path, "[parameters]\nmin_age = 18\ndays = { zh = '7天', en = '7 days' }")
    assert settings.parameters_by_language == {
        "zh": {"min_age": "18", "days": "7天"},
        "en": {"min_age": "18", "days": "7 days"},
    }


def test_paths_start_from_the_folder_of_kb_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(Path(), "[build]\ncache = '/tmp/kb-cache'\n[server]\nsnapshots = 's'")
    assert settings.snapshots_dir == tmp_path / "s"
    assert settings.cache_dir == Path("/tmp/kb-cache")
    assert settings.data_dir == tmp_path / "docs" / "_data"


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.server.port = 1  # type: ignore[misc]


def test_the_repositorys_own_kb_toml_is_valid() -> None:
    settings = load_kb_settings(Path(__file__).parents[1])
    assert (
        settings.parameters_by_language["zh"].keys() == settings.parameters_by_language["en"].keys()
    )


def test_a_password_in_a_value_that_cannot_be_used_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('database = "postgresql://kb:kx81@host/name"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(ReadSettings, tmp_path)
    assert "kx81" not in str(caught.value)


def test_a_trusted_proxy_is_an_address_or_a_network(tmp_path: Path) -> None:
    trusted = {"KB_SERVER_TRUSTED_PROXIES": "10.0.0.5, 10.1.0.0/16"}
    server = load_settings(ReadSettings, tmp_path, environ=trusted).server
    assert server.trusted_proxies == ("10.0.0.5", "10.1.0.0/16")
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings(ReadSettings, tmp_path, environ={"KB_SERVER_TRUSTED_PROXIES": "*"})
