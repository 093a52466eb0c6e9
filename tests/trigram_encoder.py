"""An encoder without meaning that exists twice with the same vectors: in numpy and as ONNX files.

A snapshot needs ``encoder.onnx`` and ``tokenizer.json``; with these its tests take milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from search_index.encoder import (
    ENCODER_FILE,
    MAX_QUERY_TOKENS,
    TOKENIZER_FILE,
    EncoderSpec,
    FloatMatrix,
    clean_text,
)

_BINS = 2048
_MAX_TOKENS = 4096
_START = (256, 257, 258)  # so that an empty text has a trigram too
_FACTORS = (7919, 104729, 1299709)


class TrigramEncoder:
    """Sums a random vector for each trigram of UTF-8 bytes; a Han character has three bytes.

    Args:
        dim: width of a vector.
        seed: another seed makes another encoder.
    """

    def __init__(self, dim: int = 64, seed: int = 7) -> None:
        self.spec = EncoderSpec(f"trigrams-{seed}", f"test-{seed}-{dim}", dim, "", "", _MAX_TOKENS)
        table = np.random.default_rng(seed).standard_normal((_BINS, dim))
        self.table = table.astype(np.float32)

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.spec.dim

    def encode_queries(self, texts: Sequence[str], progress: object = None) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        return self._encode(texts, MAX_QUERY_TOKENS)

    def encode_documents(self, texts: Sequence[str], progress: object = None) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        return self._encode(texts, _MAX_TOKENS)

    def _encode(self, texts: Sequence[str], limit: int) -> FloatMatrix:
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = np.array([*_START, *clean_text(text).encode()[:limit]], dtype=np.int64)
            bins = sum(f * ids[i : len(ids) - 2 + i] for i, f in enumerate(_FACTORS)) % _BINS
            total = self.table[bins].sum(axis=0)
            vectors[row] = total / np.linalg.norm(total)
        return vectors

    def export_query_encoder(self, target: Path) -> None:
        """Write the two files from which `OnnxEncoder` makes the same vectors."""
        target.mkdir(parents=True, exist_ok=True)
        _tokenizer().save(str(target / TOKENIZER_FILE))
        onnx.save(_graph(self), target / ENCODER_FILE)


def _tokenizer() -> Tokenizer:
    """Return a tokenizer whose ids are the bytes of the text."""
    symbols = _byte_symbols()
    tokenizer = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(symbols)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return tokenizer


def _byte_symbols() -> list[str]:
    """Return the character that stands for each byte in byte-level tokenizers (GPT-2's table)."""
    kept = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(others)) for byte in range(256)]


def _graph(encoder: TrigramEncoder) -> onnx.ModelProto:
    constants = {
        "start": np.array([_START], dtype=np.int64),
        "bins": np.array(_BINS, dtype=np.int64),
        "table": encoder.table,
        "axis": np.array([1], dtype=np.int64),
    }
    nodes = [helper.make_node("Concat", ["start", "input_ids"], ["ids"], axis=1)]
    for i, (factor, end) in enumerate(zip(_FACTORS, (-2, -1, 1 << 40), strict=True)):
        constants |= {
            f"from{i}": np.array([i], dtype=np.int64),
            f"to{i}": np.array([end], dtype=np.int64),
            f"factor{i}": np.array(factor, dtype=np.int64),
        }
        nodes += [
            helper.make_node("Slice", ["ids", f"from{i}", f"to{i}", "axis"], [f"part{i}"]),
            helper.make_node("Mul", [f"part{i}", f"factor{i}"], [f"product{i}"]),
        ]
    nodes += [
        helper.make_node("Add", ["product0", "product1"], ["two"]),
        helper.make_node("Add", ["two", "product2"], ["three"]),
        helper.make_node("Mod", ["three", "bins"], ["rows"]),
        helper.make_node("Gather", ["table", "rows"], ["vectors"], axis=0),
        helper.make_node("ReduceSum", ["vectors", "axis"], ["total"], keepdims=0),
        helper.make_node("LpNormalization", ["total"], ["sentence_embedding"], axis=1, p=2),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(
        "sentence_embedding", TensorProto.FLOAT, ["batch", encoder.dim]
    )
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "trigrams", inputs, [output], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
