"""Commands of the read side: serve, search, eval, inspect. Arguments in, text out."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import uvicorn

from search_index.analyzer import has_words
from search_index.api import create_app
from search_index.command_line import explains_errors, json_option, root_option
from search_index.database import open_database
from search_index.dev_set import Evaluation, evaluate, read_qrels, read_queries
from search_index.errors import KbError
from search_index.evaluation import Measures
from search_index.event_log import EventLog
from search_index.live import LiveSearcher
from search_index.manifest import load_manifest
from search_index.notice import NoticeBoard
from search_index.notice_command import notice
from search_index.records import Query, SearchResult
from search_index.report_command import report
from search_index.settings import ReadSettings, load_settings
from search_index.snapshot import current_folder
from search_index.ticket_commands import tickets as tickets_command
from search_index.ticket_service import TicketService


def _open_live(root: Path, settings: ReadSettings) -> LiveSearcher:
    live = LiveSearcher(
        root / settings.server.snapshots, cache_entries=settings.server.vector_cache_entries
    )
    live.open()
    return live


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 is any.")
@root_option
@explains_errors
def serve(root: Path, host: str | None, port: int | None) -> None:
    """Serve the site and the search endpoint from one process."""
    settings = load_settings(ReadSettings, root, flags={"server": {"host": host, "port": port}})
    server = settings.server
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    live = _open_live(root, settings)
    assert live.searcher is not None
    site = root / server.site
    if not (site / "index.html").is_file():
        raise KbError(
            f"There is no site: {site / 'index.html'} is missing.",
            code="SITE_MISSING",
            remedy="Run `kb build --site`.",
        )
    notices = NoticeBoard.beside(root / server.snapshots, settings.notice)
    database = open_database(settings.database.url, root=root)
    event_log = EventLog(database, settings.privacy)
    tickets = TicketService(settings.tickets, settings.privacy, root, database, os.environ)
    listener = _listen(server.host, server.port)
    live.watch()
    event_log.start()
    tickets.start()
    app = create_app(
        live,
        server,
        site=site,
        targets=settings.parameters,
        event_log=event_log,
        notices=notices,
        limits=settings.limits,
        tickets=tickets,
    )
    config = uvicorn.Config(
        app,
        access_log=False,  # an access log is one more place for what people type
        log_level="warning",
        timeout_graceful_shutdown=5,
        proxy_headers=False,  # the app has its own rule: server.trusted_proxies
    )
    click.echo(
        f"Help centre and search: http://{server.host}:{listener.getsockname()[1]}/  "
        f"(snapshot {live.searcher.snapshot_id}; stop with Ctrl-C)",
        err=True,
    )
    # uvicorn shuts down, then sends itself the signal again: that must not skip what follows.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        tickets.close()
        event_log.close()
        database.close()
        live.close()


def _listen(host: str, port: int) -> socket.socket:
    """Take the address before anything is announced."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).partition(" (while")[0]  # what follows repeats us
        raise KbError(
            f"Cannot listen on {host}:{port}: {reason}.",
            code="CANNOT_LISTEN",
            remedy="Choose another address with --port or --host, or end the program that has it.",
        ) from exc


@click.command()
@click.argument("text")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the answers.")
@click.option(
    "--limit", type=click.IntRange(1, 20), default=5, help="Hits at most.", show_default=True
)
@json_option
@root_option
@explains_errors
def search(root: Path, text: str, lang: str | None, limit: int, as_json: bool) -> None:
    """Search the live snapshot for TEXT, as the endpoint does."""
    if not has_words(text):
        raise click.UsageError("TEXT holds no word that could be searched for.")
    settings = load_settings(ReadSettings, root)
    searcher = _open_live(root, settings).searcher
    assert searcher is not None
    result = searcher.search(Query(text, lang, limit))
    if as_json:
        click.echo(json.dumps(_result_json(result), ensure_ascii=False, indent=1))
    else:
        _print_result(result)


def _result_json(result: SearchResult) -> dict[str, Any]:
    return asdict(result)


def _print_result(result: SearchResult) -> None:
    if result.secret:
        click.secho(
            "This looks like a recovery phrase or key. Nothing was searched or stored. "
            "Treat it as leaked: move the assets to a new wallet now (KB-0094).",
            fg="red",
            bold=True,
        )
        return
    if result.urgent:
        click.secho(f"! {result.urgent.title}  {result.urgent.url}", fg="red", bold=True)
        for number, action in enumerate(result.urgent.actions, 1):
            click.secho(f"  {number}. {action}", fg="red")
    if not result.answered:
        click.secho("No article is about this. Perhaps:", fg="yellow")
    for hit in result.hits:
        anchor = f"#{hit.anchor}" if hit.anchor else ""
        click.echo(
            f"{hit.rank}. {click.style(hit.article.title, bold=True)}  "
            f"{hit.article.article_id}  {hit.score:.3f}"
        )
        click.echo(f"   {hit.article.url}{anchor}")
        click.echo(f"   {_marked(hit.excerpt.text, hit.excerpt.marks)}")
    click.secho(f"confidence {result.confidence:.2f}, snapshot {result.snapshot}", dim=True)


def _marked(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    shown, position = "", 0
    for start, end in marks:
        shown += text[position:start] + click.style(text[start:end], underline=True)
        position = end
    return shown + text[position:]


@click.command(name="eval")
@click.option(
    "--queries",
    type=click.Path(path_type=Path),
    default="benchmarks/dev_queries.tsv",
    help="TSV of queries: id, language, style, text.",
    show_default=True,
)
@click.option(
    "--qrels",
    type=click.Path(path_type=Path),
    default="benchmarks/dev_qrels.tsv",
    help="TSV of the articles that answer them.",
    show_default=True,
)
@click.option(
    "--floor",
    type=click.Path(exists=True, path_type=Path),
    help="TOML file of lowest figures; exit 1 below any of them.",
)
@click.option("--misses", is_flag=True, help="Also print every query without a hit at rank 1.")
@json_option
@root_option
@explains_errors
def evaluate_command(
    root: Path, queries: Path, qrels: Path, floor: Path | None, misses: bool, as_json: bool
) -> None:
    """Measure the live snapshot on a query set with qrels."""
    settings = load_settings(ReadSettings, root)
    searcher = _open_live(root, settings).searcher
    assert searcher is not None
    evaluation = evaluate(
        searcher, read_queries(root / queries), read_qrels(root / qrels), _progress
    )
    if as_json:
        click.echo(json.dumps(asdict(evaluation), ensure_ascii=False, indent=1))
    else:
        _print_evaluation(evaluation, misses)
    if floor:
        below = _below_floor(evaluation, _read_floor(floor))
        for line in below:
            click.secho(f"below the floor: {line}", fg="red", err=True)
        if below:
            sys.exit(1)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{total}", nl=done == total, err=True)


def _print_evaluation(evaluation: Evaluation, misses: bool) -> None:
    click.echo(f"snapshot {evaluation.snapshot}")
    click.echo(f"{'':14}{'queries':>8}{'hit@1':>8}{'hit@3':>8}{'MRR@10':>8}{'nDCG@10':>9}")
    groups = [("all", evaluation.overall)]
    groups += evaluation.by_lang.items()
    groups += evaluation.by_style.items()
    for name, m in groups:
        click.echo(
            f"{name:14}{m.queries:8}{m.hit_at_1:8.3f}{m.hit_at_3:8.3f}"
            f"{m.mrr_at_10:8.3f}{m.ndcg_at_10:9.3f}"
        )
    click.echo(
        f"off-topic rejected {evaluation.off_topic_rejected:.3f} of {evaluation.off_topic}; "
        f"questions falsely rejected {evaluation.falsely_rejected:.3f}"
    )
    if misses:
        for query_id, text, found, wanted in evaluation.misses:
            click.echo(f"{query_id}\t{text}\tfound {' '.join(found)}\twanted {' '.join(wanted)}")


def _read_floor(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise _bad_floor(f"{path}: {exc}.") from exc


def _below_floor(evaluation: Evaluation, floor: dict[str, Any]) -> list[str]:
    unknown = floor.keys() - {"at_least", "decisions_at_least", "decisions_at_most"}
    if unknown:
        raise _bad_floor(f"The floor has unknown tables: {', '.join(sorted(unknown))}.")
    below = []
    groups: dict[str, Measures] = {
        "all": evaluation.overall,
        **evaluation.by_lang,
        **evaluation.by_style,
    }
    for group, limits in floor.get("at_least", {}).items():
        for name, limit in limits.items():
            value = _figure(groups.get(group), name, f"at_least.{group}.{name}")
            if value < limit:
                below.append(f"{group} {name} {value:.3f} < {limit}")
    for name, limit in floor.get("decisions_at_least", {}).items():
        value = _figure(evaluation, name, f"decisions_at_least.{name}")
        if value < limit:
            below.append(f"{name} {value:.3f} < {limit}")
    for name, limit in floor.get("decisions_at_most", {}).items():
        value = _figure(evaluation, name, f"decisions_at_most.{name}")
        if value > limit:
            below.append(f"{name} {value:.3f} > {limit}")
    return below


def _figure(figures: Measures | Evaluation | None, name: str, where: str) -> float:
    value = getattr(figures, name, None)
    if not isinstance(value, float):
        raise _bad_floor(f"The floor names {where}, which this evaluation does not have.")
    return value


def _bad_floor(message: str) -> KbError:
    return KbError(
        message, code="FILE_INVALID", remedy="Correct the file; `kb eval` prints every figure."
    )


@click.command()
@json_option
@root_option
@explains_errors
def inspect(root: Path, as_json: bool) -> None:
    """Show what the live snapshot holds."""
    settings = load_settings(ReadSettings, root)
    folder = current_folder(root / settings.server.snapshots)
    manifest = load_manifest(folder)
    if as_json:
        click.echo(manifest.to_bytes().decode(), nl=False)
        return
    size = sum((folder / name).stat().st_size for name in manifest.files)
    click.echo(f"snapshot   {manifest.snapshot_id}  ({size / 1e6:.1f} MB)")
    click.echo(f"encoder    {manifest.encoder['id']}  dim {manifest.encoder['dim']}")
    click.echo(f"analyzer   {manifest.analyzer}")
    for name, count in sorted(manifest.counts.items()):
        click.echo(f"{name:10} {count}")
    for name, value in asdict(manifest.calibration).items():
        click.echo(f"{name:22} {value}")


COMMANDS: tuple[click.Command, ...] = (
    serve,
    search,
    evaluate_command,
    inspect,
    report,
    notice,
    tickets_command,
)
