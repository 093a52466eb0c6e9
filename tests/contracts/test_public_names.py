"""What the read side needs at import, and the names that others may use."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest

from search_index.analyzer import ANALYZER_ID
from search_index.api import __all__ as api_names
from search_index.api import create_app
from search_index.cli import COMMANDS
from search_index.errors import EncoderError, KbError, SettingsError, SnapshotError
from search_index.manifest import FORMAT_VERSION, Manifest
from search_index.records import ArticleRecord, Excerpt, Hit, Passage, Query, SearchResult

WRITE_SIDE = {
    *("kb_build", "torch", "sentence_transformers", "transformers", "onnx", "pypinyin"),
    *("mkdocs", "markdown", "markdown_it", "yaml"),
}
LIST_MODULES = """
import json, sys
import {module}
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "module", ["search_index.cli", "search_index.api.app", "search_index.searcher"]
)
def test_the_read_side_imports_nothing_of_the_write_side(module: str) -> None:
    loaded = set(json.loads(run(LIST_MODULES.format(module=module))))
    assert "search_index" in loaded
    assert not loaded & WRITE_SIDE


LOADS_NOTHING = """
import gc
import onnxruntime, tokenizers, faiss
opened = []
def forbid(name):
    def call(*args, **kwargs):
        opened.append(name)
        raise AssertionError(name)
    return call
onnxruntime.InferenceSession = forbid("a model")
tokenizers.Tokenizer.from_file = forbid("a tokenizer")
faiss.read_index = forbid("an index")
import search_index.api.app, search_index.cli
from search_index.live import LiveSearcher
from search_index.searcher import Searcher
import threading
alive = [o for o in gc.get_objects() if isinstance(o, (LiveSearcher, Searcher))]
print(opened, threading.active_count(), alive)
"""


def test_importing_the_endpoint_loads_no_model_and_starts_no_thread() -> None:
    assert run(LOADS_NOTHING).strip() == "[] 1 []"


THREADS = "import search_index, os; print(os.environ['OMP_NUM_THREADS'])"


def test_one_thread_a_query_unless_told_otherwise() -> None:
    assert run(f"import os; os.environ.pop('OMP_NUM_THREADS', None); {THREADS}").strip() == "1"
    assert run(f"import os; os.environ['OMP_NUM_THREADS'] = '3'; {THREADS}").strip() == "3"


def test_the_commands_of_the_read_side_are_these() -> None:
    assert sorted(command.name or "" for command in COMMANDS) == [
        "eval",
        "inspect",
        "notice",
        "report",
        "search",
        "serve",
        "tickets",
    ]
    assert all(command.help for command in COMMANDS)


def test_the_endpoint_offers_one_name() -> None:
    assert api_names == ["create_app"]
    assert create_app.__module__ == "search_index.api.app"


def test_errors_for_people_have_one_base() -> None:
    for error in (SnapshotError, SettingsError, EncoderError):
        assert issubclass(error, KbError)
    shown = KbError("x.md is broken.", code="X", remedy="Mend it.")
    assert (str(shown), shown.code, shown.remedy) == ("x.md is broken. Mend it.", "X", "Mend it.")


@pytest.mark.parametrize(
    "record", [ArticleRecord, Excerpt, Hit, Manifest, Passage, Query, SearchResult]
)
def test_records_cannot_be_changed(record: type) -> None:
    assert dataclasses.is_dataclass(record)
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)


def test_a_snapshot_says_which_format_and_analyzer_it_needs() -> None:
    names = {field.name for field in dataclasses.fields(Manifest)}
    assert {"format_version", "encoder", "analyzer", "calibration", "files"} <= names
    assert isinstance(FORMAT_VERSION, int)
    assert ANALYZER_ID.rsplit("/", 1)[1].isdigit()
