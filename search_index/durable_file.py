"""Writes a file that is whole and on disk, or not there at all; also when the power fails."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file, readable by its owner alone; its folder is made if it is missing.

    Raises:
        FileExistsError: there is a file of this name; it was not touched.
        OSError: it cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:  # a file stands where the folder belongs
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename it never replaces a file
    finally:
        part.unlink(missing_ok=True)
    sync_path(path.parent)


def replace_text(path: Path, text: str) -> None:
    """Write a file in place of one of its name, if there is one, at once or not at all.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sync_path(path: Path) -> None:
    """Put a file, or the names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
