"""What a snapshot holds and how to tell that it is whole; knows nothing of the files' formats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search_index.errors import SnapshotError

FORMAT_VERSION = 5
MANIFEST_NAME = "manifest.json"
REBUILD = "Run `kb build` to make a new snapshot."


@dataclass(frozen=True, slots=True)
class Calibration:
    """Numbers that were measured on the articles at build time.

    Attributes:
        lexical_weight: λ in score = cosine + λ·BM25/upper-bound.
        in_scope: a query is answered when its log-odds of being ours are at least this.
        confidence_intercept, confidence_scope, confidence_gap: logistic model of "the first
            hit is right" over those log-odds and the gap between first and second hit.
    """

    lexical_weight: float
    in_scope: float
    confidence_intercept: float
    confidence_scope: float
    confidence_gap: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """Contents of ``manifest.json``.

    Attributes:
        encoder: `EncoderSpec` of the encoder in the snapshot, as plain values.
        probe: a text and the first values of its query vector, to recognise the encoder.
        analyzer: identifier of the analyzer that made the lexical index.
        counts: articles, passages and so on; for people and for `kb inspect`.
        files: path inside the snapshot → SHA-256.
    """

    format_version: int
    encoder: Mapping[str, Any]
    probe: Mapping[str, Any]
    analyzer: str
    languages: tuple[str, ...]
    calibration: Calibration
    counts: Mapping[str, int]
    files: Mapping[str, str]

    @property
    def snapshot_id(self) -> str:
        """First 16 hex digits of the SHA-256 over the manifest: same content, same id."""
        return _id_of(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the file's bytes: sorted keys, no time, no machine, no path of a machine."""
        values = asdict(self)
        return (json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def save_manifest(manifest: Manifest, folder: Path) -> None:
    """Write ``manifest.json`` into ``folder``."""
    (folder / MANIFEST_NAME).write_bytes(manifest.to_bytes())


def load_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` of ``folder``.

    Raises:
        SnapshotError: it is missing, cannot be read, or has another format version.
    """
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
        values = json.loads(content)
        version = values["format_version"]
        if version != FORMAT_VERSION:
            raise SnapshotError(
                f"{path}: format version {version}, this software reads {FORMAT_VERSION}.",
                code="SNAPSHOT_VERSION",
                remedy=REBUILD,
            )
        values["calibration"] = Calibration(**values["calibration"])
        values["languages"] = tuple(values["languages"])
        manifest = Manifest(**values)
    except FileNotFoundError:
        raise SnapshotError(
            f"{path} is missing.", code="SNAPSHOT_MISSING", remedy=REBUILD
        ) from None
    except (ValueError, TypeError, KeyError) as exc:
        raise SnapshotError(
            f"{path} is damaged ({exc}).", code="SNAPSHOT_CORRUPT", remedy=REBUILD
        ) from exc
    if _id_of(content) != folder.name:
        raise SnapshotError(
            f"{path} is damaged: its content belongs to {_id_of(content)}, "
            f"the folder is {folder.name}.",
            code="SNAPSHOT_CORRUPT",
            remedy=REBUILD,
        )
    return manifest


def _id_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_files(manifest: Manifest, folder: Path) -> None:
    """Check that every file of the manifest is there and unchanged.

    Raises:
        SnapshotError: names every missing and every damaged file.
    """
    complaints = []
    for name, expected in sorted(manifest.files.items()):
        path = folder / name
        if not path.is_file():
            complaints.append(f"{path} is missing")
        elif sha256_of(path) != expected:
            complaints.append(f"{path} is damaged (its SHA-256 is not the manifest's)")
    if complaints:
        raise SnapshotError(
            f"The snapshot cannot be used: {'; '.join(complaints)}.",
            code="SNAPSHOT_CORRUPT",
            remedy=REBUILD,
        )
