"""The command line ``kb`` with the hashing encoder in place of the model, as a process."""

from __future__ import annotations

import subprocess
import sys

from hashing_model import make_builds_quick

from kb_build.cli import main


def run_kb(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run ``kb`` with ``arguments`` in a process of its own."""
    return subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,  # type: ignore[call-overload]
    )


if __name__ == "__main__":
    make_builds_quick()
    main()
