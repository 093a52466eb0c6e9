"""The read side's encoder, on a tiny graph: the real model is in test_model.py."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from deterministic_encoder import HashingEncoder
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from search_index.encoder import (
    MAX_CHARACTERS,
    MAX_QUERY_TOKENS,
    Encoder,
    EncoderSpec,
    OnnxEncoder,
    clean_text,
)
from search_index.errors import EncoderError

WORDS = ["<s>", "<pad>", "</s>", "<unk>", "q", "d", ":", *"提币没到账怎么办abc", "mask", "<mask>"]
SPEC = EncoderSpec("tiny", "1", 8, "q: ", "d: ", 512)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole encoder: mean of word vectors, `<s> … </s>` around a text."""
    folder = tmp_path_factory.mktemp("encoder")
    tokenizer = Tokenizer(models.WordLevel(dict(zip(WORDS, range(99), strict=False)), "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    tokenizer.add_special_tokens(
        [AddedToken(word, special=True) for word in WORDS if word.startswith("<")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    save_graph(folder / "encoder.onnx")
    return folder


def save_graph(path: Path) -> None:
    table = np.random.default_rng(1).normal(size=(len(WORDS), 8)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("ReduceMean", ["rows", "one"], ["mean"], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["vectors"], axis=1, p=2),
    ]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        ids,
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", 8])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "one")],
    )
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OnnxEncoder:
    return OnnxEncoder.open(folder, SPEC)


# -- text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("提币\ud800没到账", "提币\ufffd没到账"),
        ("a\0b\x1bc", "abc"),
        ("提\u200b币\ufeff没\u202e到\u00ad账", "提币没到账"),
        ("one\r\ntwo\tthree\u3000four", "one  two three four"),
        ("cafe\u0301", "café"),
        ("a <mask> b</s>", "a  mask  b s "),
        ("[MASK] <|endoftext|>", " MASK   endoftext "),
        ("a < b > c", "a < b > c"),
        ("", ""),
    ],
)
def test_text_is_cleaned(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text(st.characters(exclude_categories=[])))
@example("<m\0ask>")
@example("<<s>s>")
@example("\u1100" * (MAX_CHARACTERS + 1))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    clean.encode()


def test_a_long_text_is_cut() -> None:
    assert len(clean_text("币" * 1_000_000)) == MAX_CHARACTERS
    assert len(clean_text("\ufb2c" * MAX_CHARACTERS)) == MAX_CHARACTERS


# -- spec ---------------------------------------------------------------------------------


def test_a_spec_survives_json() -> None:
    assert EncoderSpec.from_json(SPEC.to_json()) == SPEC


@pytest.mark.parametrize("change", [{"dim": "8"}, {"dim": True}, {"pooling": "cls"}, {"id": None}])
def test_a_wrong_description_names_what_is_wrong(change: dict[str, object]) -> None:
    with pytest.raises(EncoderError, match=next(iter(change))):
        EncoderSpec.from_json({**SPEC.to_json(), **change})


def test_a_description_with_a_missing_key_is_refused() -> None:
    with pytest.raises(EncoderError, match="dim, max_tokens"):
        EncoderSpec.from_json(
            {"id": "x", "revision": "1", "query_prefix": "", "document_prefix": ""}
        )


# -- vectors ------------------------------------------------------------------------------


def test_vectors_have_length_one(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_queries(["提币没到账", "", "?"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_no_texts_make_an_empty_matrix(encoder: OnnxEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, 8)


def test_queries_and_documents_get_their_own_prefix(encoder: OnnxEncoder) -> None:
    assert not np.array_equal(encoder.encode_queries(["币"]), encoder.encode_documents(["币"]))


def test_a_vector_does_not_depend_on_its_company(encoder: OnnxEncoder) -> None:
    texts = ["提币", "没到账怎么办", "abc" * 50]
    together = encoder.encode_documents(texts)
    alone = np.concatenate([encoder.encode_documents([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_many_threads_see_the_same_vectors(encoder: OnnxEncoder) -> None:
    texts = [f"{'提币没到账'[i % 5]} {'abc'[i % 3]}" for i in range(64)]
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda text: encoder.encode_queries([text])[0], texts))
    assert np.array_equal(np.stack(rows), encoder.encode_queries(texts))


def test_a_query_is_read_up_to_its_limit_and_a_document_further(encoder: OnnxEncoder) -> None:
    content = MAX_QUERY_TOKENS - 4  # "<s>", "q", ":", "</s>"
    longer, longest = "a" * content + "b", "a" * content + "c"
    assert np.array_equal(*(encoder.encode_queries([text]) for text in (longer, longest)))
    assert not np.array_equal(*(encoder.encode_documents([text]) for text in (longer, longest)))


@pytest.mark.parametrize("marker", ["<mask>", "<s>", "</s><s>", "<pad>", "a<mask>b", "<m\0ask>"])
def test_a_marker_in_a_text_is_no_special_token(encoder: OnnxEncoder, marker: str) -> None:
    ids = encoder._token_ids(f"q: {marker} 币", 64)
    assert (ids[0], ids[-1]) == (0, 2)
    assert not {0, 1, 2, WORDS.index("<mask>")} & set(ids[1:-1])


def test_an_unknown_character_stays_the_unknown_token(encoder: OnnxEncoder) -> None:
    assert encoder._token_ids("币\U0001f600", 64) == [0, WORDS.index("币"), 3, 2]


@given(st.lists(st.text(st.characters(exclude_categories=[])), max_size=3))
@example(["\0" * 100, "\ud800", "<mask>" * 500])
def test_any_string_gets_a_vector(encoder: OnnxEncoder, texts: list[str]) -> None:
    assert np.isfinite(encoder.encode_queries(texts)).all()


# -- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_a_missing_or_damaged_file_is_named(
    folder: Path, tmp_path: Path, name: str, content: bytes | None
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(EncoderError, match=name) as caught:
        OnnxEncoder.open(tmp_path, SPEC)
    assert "kb build" in caught.value.remedy


def test_vectors_of_another_width_are_refused(folder: Path) -> None:
    with pytest.raises(EncoderError, match="width 8, not 384"):
        OnnxEncoder.open(folder, EncoderSpec("x", "1", 384, "", "", 512))


# -- the encoder of other unit tests --------------------------------------------------------


def test_the_hashing_encoder_is_an_encoder_and_its_file_agrees(tmp_path: Path) -> None:
    encoder: Encoder = HashingEncoder()
    question = encoder.encode_queries(["提币没到账"])
    near, far = encoder.encode_documents(["提币没有到账", "忘记登录密码"]) @ question[0]
    assert near > 0.5 > far
    HashingEncoder().export_query_encoder(tmp_path)
    served = OnnxEncoder.open(tmp_path, encoder.spec).encode_queries(["提币没到账"])
    np.testing.assert_allclose(served, question, atol=1e-6)
