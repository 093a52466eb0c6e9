"""The command line ``kb``: arguments, progress bars, printing, exit status. Decides nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import click
from tqdm import tqdm

from kb_build.classifier_training import MOST_CELLS, ROWS_AN_ARTICLE
from kb_build.findability import Findability
from kb_build.new_article import write_new_article
from kb_build.pipeline import Builder, BuildReport
from kb_build.problems import BuildStoppedError, Problem, errors_of
from kb_build.settings import CATEGORIES, load_kb_settings
from search_index.cli import COMMANDS
from search_index.command_line import explains_errors, json_option, root_option


class ProgressBars:
    """Shows a build's stages and counts on standard error."""

    def __init__(self) -> None:
        self._bar: Any = None  # tqdm's own type cannot be named without an iterable
        self._stage = ""

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show ``done`` of ``total``; a total of 0 only names the stage."""
        if total == 0:
            self._close()
            click.echo(f"• {stage}", err=True)
            return
        if self._bar is None or stage != self._stage:
            self._close()
            every = 0.1 if sys.stderr.isatty() else 15.0  # seconds; a log file wants few lines
            self._bar = tqdm(
                total=total, desc=f"  {stage}", unit="text", file=sys.stderr, mininterval=every
            )
            self._stage = stage
        self._bar.update(done - self._bar.n)
        if done == total:
            self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wenlu", prog_name="kb")
def main() -> None:
    """Wenlu (问路): a help centre that answers people's own words."""


@main.command()
@click.option("--site", is_flag=True, help="Also render the static site.")
@click.option("--fresh", is_flag=True, help="Build even if nothing has changed.")
@json_option
@root_option
@explains_errors
def build(root: Path, site: bool, fresh: bool, as_json: bool) -> None:
    """Check the articles and write a snapshot. With --site also the pages."""
    settings = load_kb_settings(root)
    try:
        with ProgressBars() as progress:
            report = Builder(settings).build(progress, only_if_changed=not fresh)
    except BuildStoppedError as exc:
        _print_problems(exc.problems, as_json=False, err=True)
        raise
    if site:
        click.echo("• render the site", err=True)
        _render_site(root)
    if as_json:
        click.echo(json.dumps(_report_json(report), ensure_ascii=False, indent=1))
    else:
        _print_report(report)


def _render_site(root: Path) -> None:
    """Run MkDocs in a process of its own: it keeps state between builds."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    environment_flags = ["-f", str(root / "mkdocs.yml")]
    finished = subprocess.run([*command, *environment_flags], check=False)
    if finished.returncode:
        raise click.ClickException("MkDocs could not render the site; see the lines above.")


def _report_json(report: BuildReport) -> dict[str, object]:
    return {
        "snapshot": report.snapshot_id,
        "articles": report.articles,
        "passages": report.passages,
        "encoded": report.encoded,
        "warnings": [problem.to_json() for problem in report.warnings],
        "seconds": dict(report.seconds),
    }


def _print_report(report: BuildReport) -> None:
    _print_problems(report.warnings, as_json=False, err=True)
    click.echo(
        f"snapshot {report.snapshot_id}: {report.articles} articles, {report.passages} passages, "
        f"{report.encoded} texts encoded anew, {sum(report.seconds.values()):.1f} s"
    )
    figures = report.calibration
    if figures:
        click.echo(
            f"leave-one-out over {figures.questions} questions: hit@1 {figures.hit_at_1:.3f}, "
            f"hit@3 {figures.hit_at_3:.3f}; off-topic rejected {figures.rejected_off_topic:.3f} "
            f"at {figures.rejected_questions:.3f} false rejection"
        )
        if not figures.classifier:
            click.echo(
                f"searched without a classifier: it needs {ROWS_AN_ARTICLE} questions or "
                f"phrasings an article, and at most {MOST_CELLS:,} of them times articles"
            )


@main.command()
@click.option(
    "--findability",
    "ask",
    is_flag=True,
    help="Also search the live snapshot for every question without its own words.",
)
@json_option
@root_option
@explains_errors
def check(root: Path, ask: bool, as_json: bool) -> None:
    """Report every problem in the articles, with file, line and remedy."""
    builder = Builder(load_kb_settings(root))
    authored = builder.check()
    problems = authored.problems
    findability = None
    if ask and not errors_of(problems):
        with ProgressBars() as progress:
            findability = builder.findability(authored, progress)
        problems = tuple(sorted([*problems, *findability.problems]))
    if as_json and ask:
        rows = [problem.to_json() for problem in problems]
        figures = findability and findability.to_json()
        report = {"problems": rows, "findability": figures}
        click.echo(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print_problems(problems, as_json=as_json, err=False)
        if findability:
            _print_findability(findability)
    errors = len(errors_of(problems))
    click.echo(
        f"{len(authored.articles)} articles, {errors} errors, {len(problems) - errors} warnings",
        err=True,
    )
    below = findability.below_floor if findability else []
    for line in below:
        click.secho(f"below the floor: {line}", fg="red", err=True)
    if ask and not findability:
        click.echo("Questions were not searched for: mend the errors first.", err=True)
    if errors or below:
        sys.exit(1)


def _print_findability(findability: Findability) -> None:
    click.echo(f"snapshot {findability.snapshot}")
    click.echo(f"{'':14}{'questions':>10}{'first':>8}{'first 3':>9}")
    groups = {"all": findability.overall, **findability.by_lang, **findability.by_category}
    for name, figures in groups.items():
        click.echo(
            f"{name:14}{figures.questions:10}"
            f"{figures.first_share:8.3f}{figures.first_three_share:9.3f}"
        )


def _print_problems(
    problems: list[Problem] | tuple[Problem, ...], *, as_json: bool, err: bool
) -> None:
    if as_json:
        rows = [problem.to_json() for problem in problems]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1), err=err)
        return
    for problem in problems:
        click.echo(str(problem), err=err)


@main.command()
@click.argument("category", type=click.Choice(CATEGORIES), metavar="CATEGORY")
@click.argument("slug")
@root_option
@explains_errors
def new(root: Path, category: str, slug: str) -> None:
    """Write the files of a new article. Both languages, with the next free number.

    CATEGORY is registration, transfers, security, recovery, trading, payments or support. SLUG
    becomes the address: reset-my-pin.
    """
    for path in write_new_article(load_kb_settings(root), category, slug):
        click.echo(path)


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
