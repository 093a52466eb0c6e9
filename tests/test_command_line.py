"""What commands share: failures without a traceback, whatever fails."""

from __future__ import annotations

import errno
import os

import click
import pytest
from click.testing import CliRunner

from search_index.command_line import explains_errors


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device."),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), "a/b: Permission denied."),
        (TimeoutError("timed out"), "timed out."),
        (
            OSError(errno.ENOSPC, "No space left on device", "from", None, "to"),
            "to: No space left on device.",
        ),
    ],
)
def test_a_failure_of_the_system_is_told_with_what_to_do(error: OSError, told: str) -> None:
    @click.command()
    @explains_errors
    def fail() -> None:
        raise error

    result = CliRunner().invoke(fail)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error[FILE_ERROR]: {told}\n  → ")
