"""Engines that search in the visitor's browser, each run by node in a process of its own.

MkDocs and Pagefind build their index from pages here; the others build it in node. It knows the
form of a job (node/protocol.mjs), nothing of how an engine searches.
"""

from __future__ import annotations

import html
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpora import Corpus, Document
from outcomes import DEPTH, Answer, Outcome

NODE = Path(__file__).parent / "node"
_TIMEOUT_S = 900
_PAGEFIND = NODE / "node_modules" / "pagefind" / "lib" / "runner" / "bin.cjs"
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>&|~])")


def run_node(script: str, corpus: Corpus, folder: Path, **options: Any) -> Outcome:
    """Run ``script`` on ``corpus`` and read its answers.

    Raises:
        subprocess.CalledProcessError: the engine failed; its own message stands above.
    """
    job = {
        "options": options,
        "languages": corpus.languages,
        "documents": [
            {
                "article": d.article_id,
                "lang": d.lang,
                "title": d.title,
                "summary": d.summary,
                "body": d.body,
                "asked": "\n".join(d.asked),
            }
            for d in corpus.documents
        ],
        "queries": [{"id": q.query_id, "lang": q.lang, "text": q.text} for q in corpus.queries],
    }
    job_path, answer_path = folder / "job.json", folder / "answers.json"
    job_path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    subprocess.run(
        ["node", str(NODE / script), str(job_path), str(answer_path)],
        check=True,
        timeout=_TIMEOUT_S,
    )
    found = json.loads(answer_path.read_text(encoding="utf-8"))
    return Outcome(
        answers={
            a["id"]: Answer(tuple(a["ids"])[:DEPTH], a["score"], a["cpu_ms"], bool(a["ids"]))
            for a in found["answers"]
        },
        build_s=found["build_s"],
        index_bytes=found["index_bytes"],
        browser_bytes=found["browser_bytes"],
    )


def run_material(corpus: Corpus, folder: Path) -> Outcome:
    """Run Material's search: MkDocs builds the index, with jieba, its own worker searches it."""
    docs, site = folder / "docs", folder / "site"
    articles = {}
    for number, document in enumerate(corpus.documents):
        page = docs / f"p{number}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(_markdown(document), encoding="utf-8")
        articles[f"p{number}/"] = document.article_id
    (docs / "index.md").write_text("---\nsearch:\n  exclude: true\n---\n# .\n", encoding="utf-8")
    config = {
        "site_name": "peers",
        "docs_dir": "docs",
        "site_dir": "site",
        "theme": {
            "name": "material",
            "language": corpus.languages[0],
            "font": False,
            "features": ["navigation.prune"],
        },
        # The separator is the one its documentation gives for Chinese.
        "plugins": [{"search": {"lang": list(corpus.languages), "separator": r"[\s\u200b\-]"}}]
        if "zh" in corpus.languages
        else ["search"],
    }
    (folder / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", str(folder / "mkdocs.yml")]
    seconds = _run_timed(command)
    return run_node(
        "material.mjs", corpus, folder, site=str(site), articles=articles, buildSeconds=seconds
    )


def run_pagefind(corpus: Corpus, folder: Path, *, language: str = "") -> Outcome:
    """Run Pagefind extended.

    Args:
        corpus: the set.
        folder: for pages and bundle.
        language: one index of all pages with this language; "" for one index a language, of
            which a visitor's page loads its own.
    """
    site, bundle = folder / "site", folder / "bundle"
    for number, document in enumerate(corpus.documents):
        page = site / f"p{number}" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(_html(document), encoding="utf-8")
    command = ["node", str(_PAGEFIND), "--site", str(site), "--output-path", str(bundle)]
    if language:
        command += ["--force-language", language]
    seconds = _run_timed(command)
    (bundle / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return run_node(
        "pagefind.mjs",
        corpus,
        folder,
        bundle=str(bundle),
        language=language,
        buildSeconds=seconds,
    )


def _run_timed(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _markdown(document: Document) -> str:
    def plain(text: str) -> str:
        return _MARKUP.sub(r"\\\1", text)

    blocks = [f"# {plain(document.title)}", plain(document.summary)]
    blocks += ["\n".join(f"- {plain(text)}" for text in document.asked)]
    blocks += [plain(line) for line in document.body.split("\n")]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _html(document: Document) -> str:
    asked = "".join(f"<li>{html.escape(text)}</li>" for text in document.asked)
    blocks = "".join(f"<p>{html.escape(line)}</p>" for line in document.body.split("\n"))
    return (
        f'<!doctype html><html lang="{document.lang}"><head><title>{html.escape(document.title)}'
        f'</title></head><body><main data-pagefind-body data-pagefind-meta="article:'
        f'{html.escape(document.article_id)}"><h1>{html.escape(document.title)}</h1>'
        f"<p>{html.escape(document.summary)}</p><ul>{asked}</ul>{blocks}</main></body></html>"
    )
