"""Builds sites in turn for ever, in a child meant to be killed: test_snapshot_writer_kill.py.

Usage: endless_build.py SNAPSHOTS SITE…   All sites write into the folder SNAPSHOTS. For each line
on standard input it starts a child, which prints its process id and then each stage of a build as
it begins; when the child is gone it prints "gone".
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from hashing_model import make_builds_quick

from kb_build import pipeline
from kb_build.pinyin import syllables_of_characters
from kb_build.settings import load_kb_settings


def hurry() -> None:
    """Put quick parts in place of those that take long and write nothing."""
    make_builds_quick()
    table = syllables_of_characters(["充值没到账"])
    os.fsync = lambda _: None  # slow, and of use only when power fails
    pipeline.syllables_of_characters = lambda _: table  # type: ignore[assignment]


def say(text: object, *_: object) -> None:
    """Print one line in one piece: parent and child share the pipe."""
    os.write(1, f"{text}\n".encode())


def main(snapshots: str, *sites: str) -> None:
    """Serve until standard input ends."""
    hurry()
    os.environ["KB_SERVER_SNAPSHOTS"] = snapshots
    builders = [pipeline.Builder(load_kb_settings(Path(site))) for site in sites]
    for turn, _ in enumerate(sys.stdin):
        child = os.fork()
        if child == 0:
            say(os.getpid())
            for number in itertools.count(turn):
                builders[number % len(builders)].build(say)
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main(*sys.argv[1:])
