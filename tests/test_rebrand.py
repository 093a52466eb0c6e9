"""The help centre of another operator: everything that is theirs is in kb.toml and docs/_data/."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from hashing_kb import run_kb

ROOT = Path(__file__).parents[1]
HOST = "hilfe.anderswo.test"
# The other operator offers a telephone and no social media.
ADDRESSES = [
    ("domain", HOST, "help_centre", "帮助", "Help"),
    ("email", "rat@anderswo.test", "email", "邮箱", "Mailbox"),
    ("phone", "+44 20 7946 0000", "hotline", "热线", "Hotline"),
]
CHANNELS = {
    "reviewed_on": "2027-01-02",
    "channels": [
        {"kind": kind, "value": value, "service": service, "name": name, "purpose": name}
        for kind, value, service, zh, en in ADDRESSES
        for name in [{"zh": zh, "en": en}]
    ],
}
# Shorter values, and plain times, stand in articles for other reasons: banks take a working day.
DISTINCTIVE = 8
PLAIN_TIME = re.compile(r"\d+ (?:working )?(?:hours?|days?)")


def first_brand() -> list[str]:
    """Return every text that belongs to the operator of this repository."""
    config = tomllib.loads((ROOT / "kb.toml").read_text("utf-8"))
    channels = yaml.safe_load((ROOT / "docs/_data/channels.yml").read_text("utf-8"))["channels"]
    words = [*config["site"]["name"].values(), *config["site"]["product"].values()]
    words.append(urlsplit(config["site"]["url"]).netloc)
    words += [str(channel["value"]).removeprefix("*.") for channel in channels]
    for value in config["parameters"].values():
        texts = value.values() if isinstance(value, dict) else [value]
        words += [str(text) for text in texts if is_distinctive(str(text))]
    return sorted(set(words))


def is_distinctive(value: str) -> bool:
    return len(value) >= DISTINCTIVE and not PLAIN_TIME.fullmatch(value)


def other_config() -> str:
    """Return kb.toml with other names, another address and another value for every parameter."""
    lines = ["[site]", 'name = { zh = "远山帮助", en = "Yonder Help" }']
    lines += [
        'product = { zh = "远山", en = "Yonder" }',
        f'url = "https://{HOST}/"',
        "[parameters]",
    ]
    config = tomllib.loads((ROOT / "kb.toml").read_text("utf-8"))
    for number, name in enumerate(config["parameters"]):
        lines.append(f'{name} = {{ zh = "甲{number}", en = "v{number}" }}')
    lines += ["[links]", f"allowed = {config.get('links', {}).get('allowed', [])!r}"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def rebranded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The articles and the theme of this repository, built for somebody else."""
    root = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "docs", root / "docs", ignore=shutil.ignore_patterns("screenshots"))
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    config["theme"]["custom_dir"] = str(ROOT / config["theme"]["custom_dir"])
    (root / "mkdocs.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    (root / "kb.toml").write_text(other_config(), encoding="utf-8")
    channels = root / "docs/_data/channels.yml"
    channels.unlink()
    channels.write_text(yaml.safe_dump(CHANNELS, allow_unicode=True), encoding="utf-8")
    built = run_kb("build", "--site", "--root", root)
    assert built.returncode == 0, built.stderr
    yield root / "build"
    shutil.rmtree(root)


def test_nothing_of_the_first_operator_is_left(rebranded: Path) -> None:
    words = [(word, word.lower().encode()) for word in first_brand()]
    assert len(words) > 20
    found = []
    for path in sorted(p for p in rebranded.rglob("*") if p.is_file()):
        if "cache" in path.relative_to(rebranded).parts:
            continue
        content = path.read_bytes().lower()
        found += [f"{path.relative_to(rebranded)}: {w}" for w, raw in words if raw in content]
    assert found == [], "\n".join(found)


def test_the_new_operator_is_everywhere(rebranded: Path) -> None:
    site = rebranded / "site"
    assert "远山帮助" in (site / "index.html").read_text("utf-8")
    assert "Yonder Help" in (site / "en/index.html").read_text("utf-8")
    assert f"https://{HOST}/contact/" in (site / "sitemap.xml").read_text("utf-8")
    contact = (site / "contact/index.html").read_text("utf-8")
    assert 'href="mailto:rat@anderswo.test"' in contact
    assert 'href="tel:+442079460000"' in contact
    assert "没有开通" not in contact
    official = (site / "en/official-channels/index.html").read_text("utf-8")
    assert "+44 20 7946 0000" in official
