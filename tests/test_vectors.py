"""Passages to a matrix: which text is encoded how, and what the cache saves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hashing_model import HashingModel
from site_folder import DEPOSIT_ZH, SiteFolder

from kb_build.article import read_articles
from kb_build.passages import split_articles
from kb_build.vectors import VectorCache, encode_passages, encode_texts
from search_index.analyzer import normalise
from search_index.dense import centred
from search_index.records import Kind, Passage


def passages_of(site: SiteFolder) -> list[Passage]:
    """Return the passages of the site as it is now."""
    return split_articles(read_articles(site.settings)[0], {})


def passage(kind: Kind, text: str, heading: str = "充值没到账怎么办？") -> Passage:
    """Return a passage of one kind."""
    return Passage(f"x-{kind}", "KB-0019", "zh", kind, "", heading, text)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the cache is going to be."""
    return tmp_path / "cache" / "vectors.sqlite"


def test_every_passage_gets_a_row_of_the_models_width(site: SiteFolder, cache: Path) -> None:
    passages = passages_of(site)
    encoded = encode_passages(passages, HashingModel(dim=32), cache)
    assert encoded.matrix.shape == (len(passages), 32)
    assert encoded.matrix.dtype == np.float32
    assert encoded.query_mean.shape == (32,)
    assert np.isfinite(encoded.matrix).all()


def test_questions_are_queries_and_sections_documents(cache: Path) -> None:
    model = HashingModel()
    items = [
        passage("question", "帳號"),
        passage("phrasing", "币呢"),
        passage("section", "正文", "操作步骤"),
    ]
    encode_passages(items, model, cache)
    assert model.encoded_queries == [normalise("帳號"), "币呢"]
    assert model.encoded_documents == ["操作步骤 正文"]


def test_a_row_is_the_centred_vector_of_its_text(cache: Path) -> None:
    model = HashingModel()
    items = [passage("question", text) for text in ("提币没到账", "忘记密码", "被盗了")]
    encoded = encode_passages([*items, passage("section", "正文")], model, cache)
    vectors = model.encode_queries([p.text for p in items])
    assert encoded.query_mean == pytest.approx(vectors.mean(axis=0), abs=1e-6)
    assert encoded.matrix[:3] == pytest.approx(centred(vectors, encoded.query_mean), abs=1e-6)


def test_an_article_is_half_its_title_and_half_its_text(cache: Path) -> None:
    titles, texts = ["充值没到账怎么办？", "忘记密码怎么办？"], ["先查确认数。", "用手机号重设。"]
    items = [passage("article", text, title) for title, text in zip(titles, texts, strict=True)]
    encoded = encode_passages(items, HashingModel(), cache)
    queries = HashingModel().encode_queries([normalise(title) for title in titles])
    documents = HashingModel().encode_documents(texts)
    halves = centred(queries, queries.mean(axis=0)), centred(documents, documents.mean(axis=0))
    assert encoded.matrix == pytest.approx((halves[0] + halves[1]) / 2, abs=1e-6)


def test_a_second_build_encodes_nothing(site: SiteFolder, cache: Path) -> None:
    first = encode_passages(passages_of(site), HashingModel(), cache)
    model = HashingModel()
    second = encode_passages(passages_of(site), model, cache)
    assert first.encoded > 0
    assert (second.encoded, model.encoded) == (0, [])
    assert second.matrix.tobytes() == first.matrix.tobytes()


def test_one_changed_article_encodes_only_that_article(site: SiteFolder, cache: Path) -> None:
    encode_passages(passages_of(site), HashingModel(), cache)
    site.edit(DEPOSIT_ZH, "等待确认", "等待更多确认")
    model = HashingModel()
    encoded = encode_passages(passages_of(site), model, cache)
    assert encoded.encoded == len(model.encoded) == 2  # the whole article and one section
    assert all("等待更多确认" in text for text in model.encoded)


def test_a_partly_cached_build_gives_the_same_bytes_as_a_clean_one(
    site: SiteFolder, cache: Path, tmp_path: Path
) -> None:
    encode_passages(passages_of(site), HashingModel(), cache)
    site.edit(DEPOSIT_ZH, "等待确认", "等待更多确认")
    partly = encode_passages(passages_of(site), HashingModel(), cache)
    clean = encode_passages(passages_of(site), HashingModel(), tmp_path / "other.sqlite")
    assert partly.matrix.tobytes() == clean.matrix.tobytes()
    assert partly.query_mean.tobytes() == clean.query_mean.tobytes()


def test_another_fingerprint_encodes_everything_again(site: SiteFolder, cache: Path) -> None:
    first = encode_passages(passages_of(site), HashingModel(seed=7), cache)
    second = encode_passages(passages_of(site), HashingModel(seed=8), cache)
    assert second.encoded == first.encoded
    assert not np.allclose(first.matrix, second.matrix)
    again = encode_passages(passages_of(site), HashingModel(seed=7), cache)
    assert again.encoded == 0
    assert again.matrix.tobytes() == first.matrix.tobytes()


def test_the_same_text_as_query_and_document_is_two_texts(cache: Path) -> None:
    wanted = [("query", "提币"), ("document", "提币"), ("query", "提币")]
    vectors, encoded = encode_texts(wanted, HashingModel(), cache)  # type: ignore[arg-type]
    assert encoded == 2
    assert vectors.shape[0] == 3
    assert (vectors[0] == vectors[2]).all()


def test_vectors_come_back_in_the_order_asked_for(cache: Path) -> None:
    model = HashingModel()
    texts = ["b", "a", "c"]
    encode_texts([("query", "c")], model, cache)
    vectors, _ = encode_texts([("query", text) for text in texts], model, cache)
    assert vectors.tobytes() == model.encode_queries(texts).tobytes()


def test_what_was_encoded_before_a_crash_is_kept(cache: Path) -> None:
    class Crashing(HashingModel):
        def encode_documents(self, texts, progress=None):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    items = [passage("question", "提币"), passage("section", "正文")]
    with pytest.raises(KeyboardInterrupt):
        encode_passages(items, Crashing(), cache)
    assert encode_passages(items, HashingModel(), cache).encoded == 1


def test_a_cache_that_is_no_database_is_replaced(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_bytes(b"rubbish " * 1000)
    encode_texts([("query", "a")], HashingModel(), cache)
    assert encode_texts([("query", "a")], HashingModel(), cache)[1] == 0


def test_progress_is_passed_on_to_the_model(cache: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    model = HashingModel()
    encode_texts([("query", "a")], model, cache, lambda *step: seen.append(step))
    assert seen == [("encode query texts", 1, 1)]


def test_the_cache_returns_what_was_written_exactly(cache: Path) -> None:
    vector = np.random.default_rng(1).standard_normal(8).astype(np.float32)
    store = VectorCache(cache)
    store.write({b"k": vector})
    assert store.read([b"k", b"absent"])[b"k"].tobytes() == vector.tobytes()
    assert store.read([b"absent"]) == {}
    store.close()
