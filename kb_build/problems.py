"""What is wrong with the authored files: collected, sorted, printed once. Knows no rule itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from search_index.errors import KbError, line_of


class Severity(StrEnum):
    """How much a problem matters: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing an author has to mend.

    Attributes:
        path: file, relative to the repository root, with forward slashes.
        line: 1-based line in that file; 0 when the whole file is meant.
        code: stable identifier, ``KB001`` … ``KB199``; documented in CONTRIBUTING.md.
        message: what is wrong.
        remedy: what to do about it.
        severity: error or warning.
    """

    path: str
    line: int
    code: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.severity}[{self.code}] {self.message} {self.remedy}"

    def to_json(self) -> dict[str, str | int]:
        """Return the problem as plain values for ``--json``."""
        return asdict(self)


def not_utf8(path: str, error: UnicodeDecodeError) -> Problem:
    """Return the problem of a file that is not UTF-8, at the line of its first wrong byte."""
    return Problem(
        path,
        line_of(error),
        "KB014",
        f"the file is not UTF-8 ({error.reason}).",
        "Save it as UTF-8.",
    )


class BuildStoppedError(KbError):
    """The articles hold errors, so no snapshot was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        errors = sum(problem.severity is Severity.ERROR for problem in self.problems)
        super().__init__(
            f"{errors} error(s) in the articles; the live snapshot was left as it is.",
            code="ARTICLES_INVALID",
            remedy="Mend the lines above and run `kb build` again.",
        )


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that stop a build, sorted by file and line."""
    return sorted(p for p in problems if p.severity is Severity.ERROR)
