"""The embedding model of the write side: the only door to sentence-transformers.

It encodes texts for the index and exports the model for the read side; it knows nothing of
articles, caches of vectors, or snapshots.

torch, sentence-transformers and the quantiser are imported inside functions, here and nowhere
else: together they cost five seconds and 400 MB, and a build whose vectors are all cached
needs none of them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np

from kb_build.packaged_weights import ENGLISH_SHA256, WEIGHTS_SHA256, convert_packaged_weights
from search_index.encoder import (
    ENCODER_FILE,
    TOKENIZER_FILE,
    EncoderSpec,
    FloatMatrix,
    OnnxEncoder,
    clean_text,
)
from search_index.errors import EncoderError

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total)."""

PACKAGED: Final = "packaged:multilingual-e5-small"

# Raise it whenever conversion, pruning or export changes: it is part of every fingerprint.
_RECIPE: Final = 3
# Libraries whose next version may compute another last bit, or write another byte.
_LIBRARIES: Final = (
    "onnx",
    "onnxruntime",
    "onnxscript",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "transformers",
)
# First values of the packaged model's query vector of `_GOLDEN_TEXT`. Source: the engine that
# comes with the weights gives the same to .002 (it rounds activations to 8 bits).
_GOLDEN_TEXT: Final = "提币没到账怎么办"
_GOLDEN: Final = (0.08862, -0.02214, -0.00991, -0.03919, 0.07063, -0.04649, -0.00868, 0.07579)
_GOLDEN_TOLERANCE: Final = 1e-3

_SHORT_ROWS: Final = 16
_SHORT_WIDTHS: Final = (16, 24, 32)

_SPEC_FILE: Final = "spec.json"
_SUMS_FILE: Final = "SHA256SUMS.json"
_STALE_S: Final = 3600
_OPSET: Final = 20

# Texts on which an exported graph must agree with the model it came from.
_SAMPLES: Final = (
    "提币没到账怎么办",
    "轉帳選錯鏈了",
    "I lost my RECOVERY phrase",
    "USDT 提到 TRC20 地址，几个小时了还没到账，客服也联系不上，怎么查？",
    "Where do I see how much I may withdraw per day, and why has the limit been lowered?",
)
_LEAST_COSINE: Final = {True: 0.985, False: 0.9999}


class Model:
    """A sentence-transformers model, loaded when the first text has to be encoded."""

    def __init__(self, spec: EncoderSpec, folder: Path, home: Path) -> None:
        """Use `open_model`.

        Args:
            spec: what was read from the model's own configuration.
            folder: sentence-transformers folder.
            home: folder for what is made from this model; its name is the revision.
        """
        self.spec = spec
        self._folder = folder
        self._home = home
        self._loaded: Any = None
        self._loading = Lock()

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1, with the query prefix.

        The same text gives the same bytes in every call, whatever else is encoded with it.
        """
        return self._encode(texts, "query", progress)

    def encode_documents(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1, with the document prefix."""
        return self._encode(texts, "document", progress)

    def export_query_encoder(self, target: Path, *, quantise: bool = True) -> None:
        """Write ``encoder.onnx`` and ``tokenizer.json`` for `search_index.encoder.OnnxEncoder`.

        Made once for a model and then copied. Copied, not linked: a snapshot that somebody
        damages must not damage the cache.

        Args:
            target: existing folder, a snapshot in the making.
            quantise: int8 products and a packed word table: a quarter of the size, three
                times the speed, cosine .997 to the exact vectors.

        Raises:
            EncoderError: the model cannot be exported, or its export makes other vectors.
        """
        made = self._home / ("encoder-int8" if quantise else "encoder-fp32")
        if not _is_whole(made):
            with _fresh_folder(made) as work:
                self._export(work, quantise)
        for name in (ENCODER_FILE, TOKENIZER_FILE):
            shutil.copyfile(made / name, target / name)

    def _encode(self, texts: Sequence[str], role: str, progress: Progress | None) -> FloatMatrix:
        """Encode so that the bytes of a vector depend on its text only.

        The last bits of a matrix product depend on its shape and on the number of threads, so
        in ordinary batches a vector depends on its company, and a cached vector would differ
        from a fresh one. Rounding would not help: some value always lies on a rounding edge.
        Here each shape depends on the text alone (see `_plan_batches`), each product has one
        thread, and as many run side by side as there are cores.

        Measured on one thread (AVX-512, quiet): long texts alone 22/s, in batches of 32 the
        same; short ones alone 70/s, in full batches about 300/s. bfloat16 would be 2.7 times
        as fast in batches, on processors with AMX only.
        """
        vectors = np.empty((len(texts), self.spec.dim), dtype=np.float32)
        if not texts:
            return vectors
        model = self._load()
        encode = model.encode_query if role == "query" else model.encode_document
        prefix = self.spec.query_prefix if role == "query" else self.spec.document_prefix
        cleaned = [clean_text(text) for text in texts]
        lengths = [_count_tokens(model, prefix + text) for text in cleaned]

        def encode_batch(batch: _Batch) -> Any:
            padding = {"padding": "max_length", "max_length": batch.width} if batch.width else {}
            filled = (*batch.rows, *batch.rows[-1:] * (batch.size - len(batch.rows)))
            return encode(
                [cleaned[row] for row in filled],
                prompt=prefix,
                batch_size=batch.size,
                normalize_embeddings=True,
                show_progress_bar=False,
                processing_kwargs={"text": padding},
            )[: len(batch.rows)]

        done = 0
        with _workers() as workers:
            for batches in _plan_batches(lengths):
                # The first alone: it sets the tokenizer's padding, which threads must not do.
                first = encode_batch(batches[0])
                others = workers.map(encode_batch, batches[1:])
                for batch, found in zip(batches, chain([first], others), strict=True):
                    vectors[list(batch.rows)] = found
                    done += len(batch.rows)
                    if progress:
                        progress(f"encode {role} texts", done, len(texts))
        return vectors

    def _load(self) -> Any:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load_transformer(self._folder)
        return self._loaded

    def _export(self, work: Path, quantise: bool) -> None:
        import onnx

        from kb_build.query_graph import pack_word_table, quantize_products, strip_traces

        path = work / ENCODER_FILE
        try:
            _trace_graph(_load_transformer(self._folder, attn_implementation="eager"), path)
            _save_tokenizer(self._load(), work / TOKENIZER_FILE)
            if quantise:
                quantize_products(path, path)
            graph = onnx.load(path)
            if quantise:
                pack_word_table(graph)
            strip_traces(graph)
            onnx.save(graph, path)
        except Exception as fault:  # anything: exporters raise whatever the model provokes
            raise EncoderError(
                f"The model {self.spec.id} cannot be exported to ONNX: "
                f"{type(fault).__name__}: {fault}.",
                code="MODEL_NOT_EXPORTABLE",
                remedy=f"Set [build] model in kb.toml to another one, e.g. {PACKAGED}.",
            ) from fault
        self._check_export(work, quantise)

    def _check_export(self, work: Path, quantise: bool) -> None:
        exported = OnnxEncoder.open(work, self.spec)
        least = min(
            np.sum(self.encode_queries(_SAMPLES) * exported.encode_queries(_SAMPLES), axis=1).min(),
            np.sum(
                self.encode_documents(_SAMPLES) * exported.encode_documents(_SAMPLES), axis=1
            ).min(),
        )
        if not least >= _LEAST_COSINE[quantise]:
            raise EncoderError(
                f"The ONNX export of the model {self.spec.id} makes other vectors than the model "
                f"itself: cosine {least:.3f}.",
                code="MODEL_EXPORT_INEXACT",
                remedy=f"Set [build] model in kb.toml to another one, e.g. {PACKAGED}.",
            )


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a model comes from.

    Attributes:
        id: name for people, without a path of this machine.
        fingerprint: of the weights and everything else in the source.
        folder: sentence-transformers folder; None when it has to be converted first.
    """

    id: str
    fingerprint: str
    folder: Path | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts that are computed together.

    Attributes:
        rows: which texts.
        size: rows of the matrix; the last text is repeated until it is full.
        width: tokens to which each text is padded; 0 for no padding.
    """

    rows: tuple[int, ...]
    size: int
    width: int


def _count_tokens(loaded: Any, text: str) -> int:
    """Return the tokens of a text with special ones; counts no further than is of interest."""
    limit = _SHORT_WIDTHS[-1] + 1
    return len(loaded.tokenizer(text, truncation=True, max_length=limit)["input_ids"])


def _plan_batches(lengths: Sequence[int]) -> Iterator[list[_Batch]]:
    """Give groups of batches; all batches of a group have the same width.

    Short texts go into batches of always 16 rows and always one of three widths, because alone
    they spend their time fetching weights. In a product of fixed shape each row is computed
    alike whatever the other rows hold: identical bytes for 1,152 placements each with AVX-512,
    AVX2 and SSE4 kernels (tests/test_model.py repeats it). Long texts gain nothing from company.

    Args:
        lengths: tokens of each text.
    """
    widths = [next((w for w in _SHORT_WIDTHS if length <= w), 0) for length in lengths]
    for width in (*_SHORT_WIDTHS, 0):
        size = _SHORT_ROWS if width else 1
        rows = [row for row, w in enumerate(widths) if w == width]
        if rows:
            yield [
                _Batch(tuple(rows[start : start + size]), size, width)
                for start in range(0, len(rows), size)
            ]


def open_model(name: str, cache_dir: Path, *, progress: Progress | None = None) -> Model:
    """Open an embedding model; cheap when it has been opened before.

    Args:
        name: ``packaged:multilingual-e5-small``, the folder of a sentence-transformers model,
            or the id of one on the Hugging Face hub: the only case that uses the network.
        cache_dir: where converted models and exports are kept; safe to delete.
        progress: told what takes long.

    Raises:
        EncoderError: there is no such model, or it cannot be loaded.
    """
    source = _find_source(name, progress)
    home = cache_dir / "models" / _revision(source)
    if not _is_whole(home):
        if progress:
            progress("prepare the model", 0, 0)
        with _fresh_folder(home) as work:
            _prepare(source, work, home.name)
    spec = EncoderSpec.from_json(json.loads((home / _SPEC_FILE).read_text(encoding="utf-8")))
    return Model(replace(spec, id=source.id), source.folder or home / "model", home)


def _find_source(name: str, progress: Progress | None) -> _Source:
    if name == PACKAGED:
        return _Source(PACKAGED, f"{WEIGHTS_SHA256} {ENGLISH_SHA256}", None)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _Source(f"folder:{folder.resolve().name}", _sum_folder(folder), folder)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not name.startswith("."):
        if progress:
            progress(f"download {name}", 0, 0)
        downloaded = _download(name)
        return _Source(name, _sum_folder(downloaded), downloaded)
    raise EncoderError(
        f"There is no model {name!r}: it is neither {PACKAGED}, nor a folder, nor a hub id.",
        code="MODEL_NOT_FOUND",
        remedy="Correct [build] model in kb.toml.",
    )


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                name, ignore_patterns=["onnx/*", "openvino/*", "*.h5", "*.msgpack", "*.ot"]
            )
        )
    except Exception as fault:  # the hub's, the network's and the disk's errors alike
        raise EncoderError(
            f"The model {name} cannot be downloaded: {type(fault).__name__}: {fault}.",
            code="MODEL_NOT_FOUND",
            remedy=f"Set [build] model in kb.toml to a model folder or to {PACKAGED}.",
        ) from fault


def _sum_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            digest.update(f"{name} {_sum_file(path)}\n".encode())
    return digest.hexdigest()


def _sum_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _revision(source: _Source) -> str:
    versions = [f"{library}=={importlib.metadata.version(library)}" for library in _LIBRARIES]
    text = "\n".join([str(_RECIPE), source.fingerprint, *versions])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _prepare(source: _Source, work: Path, revision: str) -> None:
    folder = source.folder or work / "model"
    if source.folder is None:
        folder.mkdir()
        convert_packaged_weights(folder)
    loaded = _load_transformer(folder)
    spec = EncoderSpec(
        id=source.id,
        revision=revision,
        dim=int(loaded.get_embedding_dimension()),
        query_prefix=_prompt(loaded, "query"),
        document_prefix=_prompt(loaded, "document", "passage", "corpus"),
        max_tokens=int(loaded.max_seq_length or 512),
    )
    if source.folder is None:
        _check_golden(Model(spec, folder, work))
    text = json.dumps(spec.to_json(), ensure_ascii=False, indent=1, sort_keys=True)
    (work / _SPEC_FILE).write_text(text + "\n", encoding="utf-8")


def _prompt(loaded: Any, *names: str) -> str:
    """Return the model's own prompt for a role, else its default prompt, else nothing."""
    for name in (*names, loaded.default_prompt_name):
        if loaded.prompts.get(name):
            return str(loaded.prompts[name])
    return ""


def _check_golden(model: Model) -> None:
    found = model.encode_queries([_GOLDEN_TEXT])[0][: len(_GOLDEN)]
    if not np.allclose(found, _GOLDEN, rtol=0, atol=_GOLDEN_TOLERANCE):
        raise EncoderError(
            f"The converted model {PACKAGED} makes wrong vectors on this machine.",
            code="MODEL_CORRUPT",
            remedy="Run `make install`; if that does not help, please report it.",
        )


def _load_transformer(folder: Path, **model_kwargs: Any) -> Any:
    """Load a sentence-transformers folder on the CPU, in float32, without the network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(1)
    try:
        loaded = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.float32, **model_kwargs},
        )
    except Exception as fault:  # transformers, safetensors and torch share no base class
        raise EncoderError(
            f"{folder} cannot be loaded by sentence-transformers: {type(fault).__name__}: {fault}.",
            code="MODEL_UNREADABLE",
            remedy=f"Set [build] model in kb.toml to another one, e.g. {PACKAGED}.",
        ) from fault
    return loaded.eval()


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Give a thread per core; on an error or Ctrl-C texts that wait are dropped."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield workers
    finally:
        workers.shutdown(cancel_futures=True)


def _trace_graph(loaded: Any, path: Path) -> None:
    """Write transformer, pooling and normalisation as one ONNX graph.

    Inputs int64 ``[batch, tokens]``: input_ids, attention_mask; output float32 ``[batch, dim]``.
    """
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.loaded = loaded

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            vectors = self.loaded(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, p=2, dim=1)

    sample = loaded.preprocess(list(_SAMPLES[:2]))
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens")
    with _silence(), torch.inference_mode():
        program = torch.onnx.export(
            Graph().eval(),
            (sample["input_ids"], sample["attention_mask"]),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_shapes={
                name: {0: batch, 1: tokens} for name in ("input_ids", "attention_mask")
            },
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx made no graph")
    program.save(path, external_data=False)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep back what the exporter says to its own developers."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _save_tokenizer(loaded: Any, path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(loaded.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(path), pretty=False)


@contextmanager
def _fresh_folder(home: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``home`` when the block ends well, and only then."""
    home.parent.mkdir(parents=True, exist_ok=True)
    for stale in home.parent.glob(".tmp-*"):
        with suppress(FileNotFoundError):
            if time.time() - stale.stat().st_mtime > _STALE_S:
                shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=".tmp-", dir=home.parent, ignore_cleanup_errors=True
    ) as outer:
        work = Path(outer) / home.name
        work.mkdir()
        yield work
        sums = {
            path.relative_to(work).as_posix(): _sum_file(path)
            for path in sorted(work.rglob("*"))
            if path.is_file()
        }
        (work / _SUMS_FILE).write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        # Another process may have been faster; what it made is the same.
        with suppress(FileExistsError, OSError):
            work.rename(home)


def _is_whole(home: Path) -> bool:
    """Tell whether ``home`` holds every file that was written there, unchanged."""
    try:
        sums = json.loads((home / _SUMS_FILE).read_text(encoding="utf-8"))
        return all(_sum_file(home / name) == sha256 for name, sha256 in sums.items())
    except (OSError, ValueError, AttributeError):
        return False
