"""A small help centre on disk that a test may change: five articles in two languages."""

from __future__ import annotations

import shutil
from pathlib import Path

from kb_build.settings import KbSettings, load_kb_settings

TINY_SITE = Path(__file__).parent / "tiny_site"

DEPOSIT_ZH = "docs/zh/transfers/deposit-not-credited.md"
DEPOSIT_EN = "docs/en/transfers/deposit-not-credited.md"


class SiteFolder:
    """A copy of ``tests/tiny_site`` below ``root``; paths are relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(TINY_SITE, root, dirs_exist_ok=True)

    @property
    def settings(self) -> KbSettings:
        """What kb.toml says now."""
        return load_kb_settings(self.root)

    @property
    def snapshots(self) -> Path:
        """Folder of the snapshots."""
        return self.root / "build" / "snapshots"

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace ``old``, which stands in the file exactly once."""
        text = self.read(path)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def delete(self, path: str) -> None:
        """Delete a file."""
        (self.root / path).unlink()
