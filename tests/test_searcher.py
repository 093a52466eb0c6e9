"""What a searcher answers: the recipe, its decisions, and what it never does."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from read_fixtures import CALIBRATION, SECRET, CountingEncoder, make_parts, make_searcher

from search_index.analyzer import normalise, terms_of
from search_index.fusion import CENTROID_WEIGHT, CLOSEST_WEIGHT, confidence
from search_index.records import Query, SearchResult
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts

PARTS = make_parts()


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def searcher(mini_parts: IndexParts, encoder: CountingEncoder) -> Searcher:
    """A searcher with nothing in its cache."""
    return make_searcher(mini_parts, encoder)


def ids(result: SearchResult) -> list[str]:
    return [hit.article.article_id for hit in result.hits]


def exact_scores(
    parts: IndexParts, text: str, hidden_rows: Collection[int] = ()
) -> dict[str, float]:
    """The recipe written out, without index, cache or readings."""
    vector = CountingEncoder().encode_queries([normalise(text)])[0] - parts.query_mean
    vector /= np.linalg.norm(vector)
    matrix, metric = parts.vectors.matrix(), parts.vectors.centroids.metric
    terms = terms_of(normalise(text))
    lexical = parts.body.scores(terms) + 0.5 * parts.title.scores(terms)
    bound = parts.body.upper_bound(terms) + 0.5 * parts.title.upper_bound(terms)
    scores = CALIBRATION.lexical_weight * lexical / bound
    for number, article_id in enumerate(parts.article_ids):
        own = [
            matrix[row]
            for row, p in enumerate(parts.passages)
            if p.article_id == article_id and p.kind != "section" and row not in hidden_rows
        ]
        best = sorted((float(row @ vector) for row in own), reverse=True)
        scores[number] += CLOSEST_WEIGHT * (best[0] + best[1]) / 2
        mean = np.mean(own, axis=0)
        scores[number] += CENTROID_WEIGHT * vector @ metric @ mean / np.sqrt(mean @ metric @ mean)
    return dict(zip(parts.article_ids, scores.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "article_id"),
    [
        ("提币没到账怎么办", "KB-0019"),
        ("轉帳選錯鏈了", "KB-0024"),
        ("I lost my recovery phrase", "KB-0052"),
        ("zhujici diule", "KB-0052"),
        ("收不到验正码", "KB-0008"),
        ("verfication code never came", "KB-0008"),
        ("提領成功但是沒有入帳", "KB-0019"),
        ("USDT 选错 network", "KB-0024"),
        ("客服", "KB-0078"),
    ],
)
def test_people_find_the_article_in_their_own_words(
    searcher: Searcher, text: str, article_id: str
) -> None:
    result = searcher.search(Query(text))
    assert ids(result)[0] == article_id
    assert result.answered


@pytest.mark.parametrize("text", ["今天天气怎么样", "weather in paris", "红烧肉要炖多久", "🙂", ""])
def test_what_no_article_is_about_is_not_answered(searcher: Searcher, text: str) -> None:
    result = searcher.search(Query(text))
    assert not result.answered
    assert result.urgent is None
    assert result.confidence < 0.5


@pytest.mark.parametrize("text", ["转账选错网络", "wrong network usdt", "我的钱包 wallet 不见了"])
def test_scores_are_those_of_the_recipe_written_out(searcher: Searcher, text: str) -> None:
    scored = searcher.score(text)
    assert scored.readings == (normalise(text),)
    found = dict(zip(searcher.article_ids, scored.scores.tolist(), strict=True))
    assert found == pytest.approx(exact_scores(searcher.parts, text), abs=1e-5)


def test_the_best_reading_counts_and_none_can_harm(searcher: Searcher) -> None:
    scored = searcher.score("收不到验正码")
    assert scored.readings == ("收不到验正码", "收不到验证码")
    assert scored.best_reading == 1
    for reading in scored.readings:
        exact = list(exact_scores(searcher.parts, reading).values())
        assert (scored.scores >= np.array(exact) - 1e-5).all()


def test_hits_come_once_for_each_article_in_order_of_score(searcher: Searcher) -> None:
    result = searcher.search(Query("转账没到账", limit=20))
    assert sorted(ids(result)) == searcher.article_ids
    assert [hit.rank for hit in result.hits] == [1, 2, 3, 4, 5, 6]
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)


def test_a_hidden_row_takes_no_part(searcher: Searcher) -> None:
    text = "选错链了"
    row = next(i for i, p in enumerate(searcher.parts.passages) if p.text == text)
    number = searcher.article_ids.index("KB-0024")
    hidden = searcher.score(text, hidden_rows=(row,)).scores
    exact = exact_scores(searcher.parts, text, hidden_rows=(row,))
    assert hidden.tolist() == pytest.approx(list(exact.values()), abs=1e-5)
    assert hidden[number] < searcher.score(text).scores[number]


class NoWords:
    """A lexical index that knows no word."""

    def scores(self, terms: object) -> np.ndarray:
        return np.zeros(6, dtype=np.float32)

    def upper_bound(self, terms: object) -> float:
        return 1.0


def test_another_lexical_index_can_take_the_place_of_its_own(searcher: Searcher) -> None:
    without = searcher.score("转账选错网络", body=NoWords()).scores
    assert (without <= searcher.score("转账选错网络").scores + 1e-6).all()
    assert without.max() < searcher.score("转账选错网络").scores.max()


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_no_more_hits_than_the_limit(searcher: Searcher, limit: int) -> None:
    assert len(searcher.search(Query("转账", limit=limit)).hits) == min(limit, 6)


def test_a_category_leaves_only_its_articles_ranked_anew(searcher: Searcher) -> None:
    result = searcher.search(Query("转账没到账", category="transfers", limit=20))
    assert ids(result) == ["KB-0019", "KB-0024"]
    assert [hit.rank for hit in result.hits] == [1, 2]


def test_an_unknown_category_holds_nothing(searcher: Searcher) -> None:
    result = searcher.search(Query("转账没到账", category="pizza"))
    assert (result.hits, result.answered, result.confidence) == ((), False, 0.0)


def test_a_category_without_the_answer_does_not_answer_nor_alarm(searcher: Searcher) -> None:
    assert searcher.search(Query("收不到验证码")).answered
    result = searcher.search(Query("收不到验证码", category="security"))
    assert ids(result) == ["KB-0038"]
    assert not result.answered
    assert result.urgent is None


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("提币没到账", "zh"),
        ("轉帳選錯鏈了", "zh"),
        ("lost seed phrase", "en"),
        ("USDT没到账", "zh"),
        ("zhujici diule", "zh"),
        ("verfication code", "en"),
        (SECRET, "en"),
    ],
)
def test_the_language_of_the_answer_is_that_of_the_question(
    searcher: Searcher, text: str, lang: str
) -> None:
    result = searcher.search(Query(text))
    assert result.lang == lang
    assert {hit.article.lang for hit in result.hits} <= {lang, "zh"}


def test_a_language_asked_for_is_given(searcher: Searcher) -> None:
    hit = searcher.search(Query("助记词丢了", lang="en")).hits[0]
    assert (hit.article.lang, hit.article.title) == ("en", "I lost my recovery phrase")
    assert hit.excerpt.text.isascii()


def test_an_article_without_that_language_is_shown_in_another(searcher: Searcher) -> None:
    record = searcher.article("KB-0078", "en")
    assert record is not None
    assert record.lang == "zh"
    assert searcher.article("KB-9999", "zh") is None


def test_an_emergency_is_named_before_the_hits(searcher: Searcher) -> None:
    result = searcher.search(Query("钱包被盗了"))
    assert result.urgent is not None
    assert result.urgent.article_id == "KB-0038"
    assert result.urgent.actions == ("新建钱包。", "转走剩余资产。", "撤销授权。")


def test_an_ordinary_question_is_no_emergency(searcher: Searcher) -> None:
    assert searcher.search(Query("收不到验证码")).urgent is None


def test_the_hit_says_which_section_answers_and_marks_the_words(searcher: Searcher) -> None:
    hit = searcher.search(Query("在区块浏览器查转账状态")).hits[0]
    assert (hit.article.article_id, hit.anchor) == ("KB-0019", "steps")
    assert "在区块浏览器查这笔转账的状态" in hit.excerpt.text
    marked = [hit.excerpt.text[start:end] for start, end in hit.excerpt.marks]
    assert marked[:3] == ["在区块浏览器查", "转账", "状态"]


def test_initials_that_nothing_answers_show_what_they_may_start(searcher: Searcher) -> None:
    result = searcher.search(Query("zjc", limit=3))
    assert (ids(result)[0], result.answered, result.lang) == ("KB-0052", False, "zh")
    assert ids(searcher.search(Query("zjc", "en")))[0] != "KB-0052"


def test_confidence_is_the_calibrated_probability(searcher: Searcher) -> None:
    scored = searcher.score("lost seed phrase")
    first, second = sorted(scored.scores.tolist(), reverse=True)[:2]
    number = scored.order(1)[0]
    cosine, coverage = float(scored.cosine[number]), float(scored.coverage[number])
    scope = cosine + 0.5 * coverage - 0.5 * scored.foreign
    result = searcher.search(Query("lost seed phrase"))
    assert result.confidence == pytest.approx(confidence(CALIBRATION, scope, first - second))
    assert 0.5 < result.confidence < 1


def test_the_clauses_that_ask_count_beside_the_whole_message(
    searcher: Searcher, encoder: CountingEncoder
) -> None:
    long = (
        "你好，我今年六十三岁了，儿子在外地没有空，邻居也不懂这些东西，我自己慢慢弄，"
        "昨天下午三点多钟给老同学转账，显示成功但是对方没有到账，今天我还要买菜做饭接孙子放学，谢谢你们"
    )
    scored = searcher.score(long)
    assert len(encoder.asked) > 2
    assert searcher.article_ids[scored.order(1)[0]] == "KB-0019"


def test_an_off_topic_example_can_be_left_out_of_the_background(searcher: Searcher) -> None:
    whole = searcher.score("红烧肉怎么做").foreign
    without = [searcher.score("红烧肉怎么做", hidden_background=n).foreign for n in range(4)]
    assert min(without) < whole
    assert int(np.argmin(without)) == 2


def test_a_secret_is_neither_searched_nor_encoded(
    searcher: Searcher, encoder: CountingEncoder
) -> None:
    result = searcher.search(Query(f"my phrase is {SECRET} please help"))
    assert result.secret == "recovery_phrase"
    assert (result.hits, result.answered, result.urgent) == ((), False, None)
    assert encoder.asked == []


def test_a_secret_is_not_completed(searcher: Searcher, encoder: CountingEncoder) -> None:
    assert searcher.suggest(SECRET, "en", 5) == []
    assert encoder.asked == []


def test_completions_need_no_encoder(searcher: Searcher, encoder: CountingEncoder) -> None:
    assert [s.article_id for s in searcher.suggest("zjc", "zh", 5)] == ["KB-0052"]
    assert encoder.asked == []


def test_completions_come_in_the_language_that_has_them(searcher: Searcher) -> None:
    assert searcher.suggest("shou", None, 5)[0].lang == "zh"
    assert searcher.suggest("network", None, 5)[0].lang == "en"


def test_a_query_asked_again_is_not_encoded_again(
    searcher: Searcher, encoder: CountingEncoder
) -> None:
    first = searcher.search(Query("转账选错网络"))
    asked = len(encoder.asked)
    assert searcher.search(Query("转账选错网络")) == first
    assert searcher.search(Query("轉帳選錯網路")).hits == first.hits
    assert len(encoder.asked) == asked == 1


def test_the_oldest_vector_is_forgotten_first(mini_parts: IndexParts) -> None:
    encoder = CountingEncoder()
    searcher = make_searcher(mini_parts, encoder, cache_entries=2)
    for text in ("验证码", "助记词", "验证码", "网络", "验证码", "助记词"):
        searcher.score(text)
    assert encoder.asked == ["验证码", "助记词", "网络", "助记词"]


def test_the_first_few_are_the_first_of_all(searcher: Searcher) -> None:
    scored = searcher.score("怎么办")
    everything = scored.order(len(scored.scores))
    assert [scored.scores[i] for i in everything] == sorted(scored.scores, reverse=True)
    assert [scored.order(n) for n in range(1, 4)] == [everything[:n] for n in range(1, 4)]
    among = np.array(sorted(everything[1::2]))
    assert scored.order(2, among) == everything[1::2][:2]
    assert scored.order(2, among[:0]) == []


def test_the_same_query_again_is_answered_from_memory(searcher: Searcher) -> None:
    first = searcher.search(Query("转账选错网络", limit=3))
    assert searcher.search(Query("转账选错网络", limit=3)) is first
    assert len(searcher.search(Query("转账选错网络", limit=1)).hits) == 1


def test_a_text_with_a_secret_is_not_remembered(searcher: Searcher) -> None:
    first = searcher.search(Query(SECRET))
    assert searcher.search(Query(SECRET)) is not first


def test_no_cache_is_no_problem(mini_parts: IndexParts) -> None:
    encoder = CountingEncoder()
    searcher = make_searcher(mini_parts, encoder, cache_entries=0)
    results = [searcher.search(Query("zhujici diule")) for _ in range(2)]
    assert results[0] == results[1]
    assert len(encoder.asked) == 4  # the query and its reading, twice


def test_many_threads_get_what_one_gets(mini_parts: IndexParts) -> None:
    texts = [
        "转账选错网络",
        "zhujici diule",
        "lost seed phrase",
        "收不到验正码",
        "钱包被盗",
        SECRET,
    ]
    alone = make_searcher(mini_parts)
    expected = {text: alone.search(Query(text)) for text in texts}
    shared = make_searcher(mini_parts, cache_entries=3)
    with ThreadPoolExecutor(8) as pool:
        asked = texts * 20
        found = pool.map(lambda text: shared.search(Query(text)), asked)
        assert all(result == expected[text] for text, result in zip(asked, found, strict=True))


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=150))
@example("\ud800")
@example("\x00" * 20)
@example("🙂" * 3000)
@example("提" * 10_000)
@settings(deadline=None)
def test_no_query_is_too_strange(text: str) -> None:
    searcher = make_searcher(PARTS)
    result = searcher.search(Query(text))
    assert 0 <= result.confidence <= 1
    assert result.secret or len(result.hits) == 5
    assert all(np.isfinite(hit.score) for hit in result.hits)


def test_texts_of_many_unknown_words_stay_quick(searcher: Searcher) -> None:
    assert len(searcher.search(Query("qwxzv " * 300)).hits) == 5
