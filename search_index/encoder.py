"""Text to unit vectors on the read side, by an ONNX graph and its tokenizer.

It knows nothing of torch, of how the graph was made, or of where queries come from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from search_index.errors import EncoderError

FloatMatrix = NDArray[np.float32]

ENCODER_FILE: Final = "encoder.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"

# A question has about 16 tokens; what stands after 128 is a story, and its cost is not bounded.
MAX_QUERY_TOKENS: Final = 128
# Longest piece of a sentencepiece vocabulary; what cannot be read need not be cleaned.
_CHARACTERS_PER_TOKEN: Final = 16
MAX_CHARACTERS: Final = 10_000

_REBUILD: Final = "Run `kb build` to make a new snapshot."
# A cuneiform sign: no vocabulary we met has it, so it becomes the token for the unknown, the
# one special token that ordinary text may yield.
_UNKNOWN: Final = "\U00012000"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPECIAL_TOKEN: Final = re.compile(
    r"[<＜](/?s|pad|mask|unk)[>＞]|\[(CLS|SEP|PAD|MASK|UNK)\]|<\|(\w+)\|>"
)


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """Which model makes the vectors, and how texts are handed to it.

    Attributes:
        id: name from the settings, for people.
        revision: fingerprint of weights, conversion and libraries; same revision, same vectors.
        dim: width of a vector.
        query_prefix: put before every query, e.g. ``"query: "``; often empty.
        document_prefix: put before every document, e.g. ``"passage: "``; often empty.
        max_tokens: what the model reads of a text, special tokens included.
    """

    id: str
    revision: str
    dim: int
    query_prefix: str
    document_prefix: str
    max_tokens: int

    def to_json(self) -> dict[str, str | int]:
        """Return the attributes as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Make a spec of what `to_json` returned.

        Raises:
            EncoderError: a key is missing, unknown, or of the wrong type.
        """
        types = {"str": str, "int": int}
        wrong = {field.name for field in fields(cls)} ^ values.keys()
        wrong |= {
            field.name
            for field in fields(cls)
            if field.name in values and type(values[field.name]) is not types[str(field.type)]
        }
        if wrong:
            raise EncoderError(
                f"The encoder's description is invalid at: {', '.join(sorted(wrong))}.",
                code="ENCODER_INVALID",
                remedy=_REBUILD,
            )
        return cls(**values)


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their cosine, from -1 to 1."""

    @property
    def spec(self) -> EncoderSpec:
        """Which model this is."""

    @property
    def dim(self) -> int:
        """Width of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1, for what people ask."""

    def encode_documents(self, texts: Sequence[str]) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1, for what answers them."""


def clean_text(text: str) -> str:
    """Return ``text`` without what an encoder trips over; a clean text stays as it is.

    Half surrogates become U+FFFD, whitespace and line ends one space each, control and format
    characters (NUL, zero-width and direction marks, tags) nothing, letters with combining
    marks their composed form (NFC), and markers such as ``<mask>`` plain words. Cut to
    `MAX_CHARACTERS`.

    Source: findings/models.md, "Hazards"; zero-width characters are what jieba's separators and
    copied messages hold, and they would cut words in two.
    """
    text = _SURROGATE.sub("\ufffd", text[:MAX_CHARACTERS])
    text = "".join(map(_keep, text))
    text = unicodedata.normalize("NFC", text)
    return _SPECIAL_TOKEN.sub(_unmark, text)[:MAX_CHARACTERS]


def _keep(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cf"} else character


def _unmark(match: re.Match[str]) -> str:
    return f" {match[match.lastindex or 0].strip('/')} "


class OnnxEncoder:
    """The encoder that stands in a snapshot; safe to use from many threads.

    Every text is computed alone. The int8 graph scales activations over the whole batch, so a
    vector would otherwise depend on the company it was computed in; alone, the evaluation
    sees the vectors that production sees. One query takes 2–3 ms on one thread.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, spec: EncoderSpec
    ) -> None:
        self.spec = spec
        self._session = session
        self._tokenizer = tokenizer
        self._special_count = int(tokenizer.num_special_tokens_to_add(False))
        self._special_ids = frozenset(
            token_id
            for token_id, token in tokenizer.get_added_tokens_decoder().items()
            if token.special
        ) - set(tokenizer.encode(_UNKNOWN, add_special_tokens=False).ids)

    @classmethod
    def open(cls, folder: Path, spec: EncoderSpec, *, threads: int = 1) -> Self:
        """Open ``encoder.onnx`` and ``tokenizer.json``; takes about a quarter of a second.

        Args:
            folder: a snapshot.
            spec: which model the snapshot's manifest says this is.
            threads: threads that compute one text; one a worker is by far the fastest.

        Raises:
            EncoderError: a file is missing or damaged, or vectors have another width.
        """
        tokenizer = _open_tokenizer(folder / TOKENIZER_FILE)
        session = _open_session(folder / ENCODER_FILE, threads)
        encoder = cls(session, tokenizer, spec)
        width = session.get_outputs()[0].shape[-1]
        if width != spec.dim:
            raise EncoderError(
                f"{folder / ENCODER_FILE} makes vectors of width {width}, not {spec.dim}.",
                code="ENCODER_MISMATCH",
                remedy=_REBUILD,
            )
        return encoder

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.spec.dim

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1.

        Args:
            texts: any strings; what stands after `MAX_QUERY_TOKENS` tokens is not read.
        """
        limit = min(MAX_QUERY_TOKENS, self.spec.max_tokens)
        return self._encode(self.spec.query_prefix, texts, limit)

    def encode_documents(self, texts: Sequence[str]) -> FloatMatrix:
        """Return float32 ``[len(texts), dim]``, rows of length 1.

        Args:
            texts: any strings; what stands after the model's ``max_tokens`` is not read.
        """
        return self._encode(self.spec.document_prefix, texts, self.spec.max_tokens)

    def _encode(self, prefix: str, texts: Sequence[str], limit: int) -> FloatMatrix:
        vectors = np.empty((len(texts), self.spec.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            readable = clean_text(text[: limit * _CHARACTERS_PER_TOKEN])
            ids = np.array([self._token_ids(prefix + readable, limit)], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            vectors[row] = self._session.run(None, feed)[0][0]
        return vectors

    def _token_ids(self, text: str, limit: int) -> list[int]:
        """Return the ids of ``text``; special tokens only where the model's template has them.

        Unigram vocabularies contain their special tokens as ordinary pieces, so even a
        full-width ``＜mask＞`` would become one.
        """
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(limit - self._special_count)
        encoding = self._tokenizer.post_process(encoding)
        return [
            token_id
            for token_id, from_template in zip(
                encoding.ids, encoding.special_tokens_mask, strict=True
            )
            if from_template or token_id not in self._special_ids
        ]


def _open_tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as fault:  # tokenizers raises bare Exception
        raise _unreadable(path, fault) from fault
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena keeps the memory of the longest text for ever and gains no time here.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # onnxruntime's exceptions share no base class but this
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: Exception) -> EncoderError:
    problem = "cannot be read" if path.is_file() else "is missing"
    return EncoderError(
        f"{path} {problem}: {fault}.".replace("\n", " "),
        code="ENCODER_UNREADABLE",
        remedy=_REBUILD,
    )
