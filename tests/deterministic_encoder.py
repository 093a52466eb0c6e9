"""A fast encoder without meaning: texts that share characters are close. Also as an ONNX file.

`HashingEncoder` and the graph that `save_onnx` writes give the same vectors, so a snapshot
encoded by the one is served by the other. Read side, write side and `test_encoder.py` use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from search_index.encoder import (
    ENCODER_FILE,
    MAX_QUERY_TOKENS,
    TOKENIZER_FILE,
    EncoderSpec,
    clean_text,
)

FloatMatrix = NDArray[np.float32]

_BINS = 2048
_MAX_TOKENS = 4096
_START = (256, 257, 258)  # a text has at least one trigram
_FACTORS = (7919, 104729, 1299709)


class HashingEncoder:
    """Sums one random vector a trigram of UTF-8 bytes (a Han character has three bytes).

    Args:
        dim: width of a vector.
        seed: another seed makes another encoder.
    """

    def __init__(self, dim: int = 64, seed: int = 7) -> None:
        self.spec = EncoderSpec(f"hashing-{seed}", f"test-{seed}-{dim}", dim, "", "", _MAX_TOKENS)
        table = np.random.default_rng(seed).standard_normal((_BINS, dim))
        self._table = table.astype(np.float32)

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.spec.dim

    def encode_queries(
        self, texts: Sequence[str], progress: Callable[[str, int, int], None] | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        return self._encode(texts, MAX_QUERY_TOKENS)

    def encode_documents(
        self, texts: Sequence[str], progress: Callable[[str, int, int], None] | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        return self._encode(texts, _MAX_TOKENS)

    def _encode(self, texts: Sequence[str], limit: int) -> FloatMatrix:
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = np.array([*_START, *clean_text(text).encode()[:limit]], dtype=np.int64)
            bins = sum(f * ids[i : len(ids) - 2 + i] for i, f in enumerate(_FACTORS)) % _BINS
            total = self._table[bins].sum(axis=0)
            vectors[row] = total / np.linalg.norm(total)
        return vectors

    def export_query_encoder(self, target: Path) -> None:
        """Write ``encoder.onnx`` and ``tokenizer.json`` into ``target``, as a model does."""
        save_onnx(self, target)


def save_onnx(encoder: HashingEncoder, folder: Path) -> None:
    """Write the two files from which `OnnxEncoder` makes the same vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    _tokenizer().save(str(folder / TOKENIZER_FILE))
    onnx.save(_graph(encoder), folder / ENCODER_FILE)


def _tokenizer() -> Tokenizer:
    """Return a tokenizer whose ids are the bytes of the text."""
    symbols = _byte_symbols()
    tokenizer = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(symbols)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _byte_symbols() -> list[str]:
    """Return the character that stands for each byte (GPT-2's table)."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(others)) for byte in range(256)]


def _graph(encoder: HashingEncoder) -> onnx.ModelProto:
    constants = {
        "start": np.array([_START], dtype=np.int64),
        "bins": np.array(_BINS, dtype=np.int64),
        "table": encoder._table,
        "axis": np.array([1], dtype=np.int64),
        **{f"from{i}": np.array([i], dtype=np.int64) for i in range(3)},
        **{f"to{i}": np.array([i - 2 or 1 << 40], dtype=np.int64) for i in range(3)},
        **{f"factor{i}": np.array(f, dtype=np.int64) for i, f in enumerate(_FACTORS)},
    }
    nodes = [helper.make_node("Concat", ["start", "input_ids"], ["ids"], axis=1)]
    for i in range(3):
        nodes += [
            helper.make_node("Slice", ["ids", f"from{i}", f"to{i}", "axis"], [f"part{i}"]),
            helper.make_node("Mul", [f"part{i}", f"factor{i}"], [f"product{i}"]),
        ]
    nodes += [
        helper.make_node("Add", ["product0", "product1"], ["sum01"]),
        helper.make_node("Add", ["sum01", "product2"], ["sum"]),
        helper.make_node("Mod", ["sum", "bins"], ["rows"]),
        helper.make_node("Gather", ["table", "rows"], ["gathered"], axis=0),
        helper.make_node("ReduceSum", ["gathered", "axis"], ["total"], keepdims=0),
        helper.make_node("LpNormalization", ["total"], ["sentence_embedding"], axis=1, p=2),
    ]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(
        "sentence_embedding", TensorProto.FLOAT, ["batch", encoder.dim]
    )
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "hashing", ids, [output], initializers)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)
