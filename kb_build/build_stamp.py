"""Tells whether a build would make the snapshot that is already live; knows nothing of articles.

The stamp names the snapshot and the hash of everything that went into it: authored files,
settings, this software and the libraries it calls.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path

import kb_build
import search_index
from kb_build.settings import KbSettings

_STAMP_NAME = "last_build.json"


def input_fingerprint(settings: KbSettings) -> str:
    """Return a hash of all that a snapshot is made from."""
    digest = hashlib.sha256()
    digest.update(repr((settings.site, settings.parameters, settings.build.model)).encode())
    for package in (kb_build, search_index):
        digest.update(_hash_files(Path(str(package.__file__)).parent, (".py", ".txt", ".tsv")))
    digest.update(_hash_files(settings.docs_dir, (".md", ".tsv", ".yml")))
    versions = sorted(f"{d.name}={d.version}" for d in importlib.metadata.distributions())
    digest.update("\n".join(versions).encode())
    return digest.hexdigest()


def read_stamp(settings: KbSettings, fingerprint: str) -> str | None:
    """Return the id of the snapshot that was made from ``fingerprint``, if it is known."""
    try:
        stamp = json.loads((settings.cache_dir / _STAMP_NAME).read_text(encoding="utf-8"))
        return str(stamp["snapshot"]) if stamp["inputs"] == fingerprint else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(settings: KbSettings, fingerprint: str, snapshot_id: str) -> None:
    """Remember what the live snapshot was made from."""
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    stamp = {"inputs": fingerprint, "snapshot": snapshot_id}
    (settings.cache_dir / _STAMP_NAME).write_text(json.dumps(stamp) + "\n", encoding="utf-8")


def _hash_files(folder: Path, endings: Iterable[str]) -> bytes:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in endings and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()
