"""What a long message says besides its question is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb_build.chatter_training import read_chatter, train_chatter
from search_index.analyzer import analyze, normalise
from search_index.chatter import without_chatter
from search_index.linear import LinearModel
from search_index.records import Passage

CHATTER = ["您好打扰了", "谢谢你们", "我都快急死了", "我是老用户了", "孩子要交学费", "真让人失望"]
ASKED = [
    "转账一直没有到账",
    "提币没到账怎么办",
    "对方收不到币",
    "收不到验证码",
    "换了手机进不去账号",
]
MODEL = LinearModel(
    LinearModel.of_scores(0, ()).weights,
    0.0,
    {term: -9.0 for text in CHATTER for term in analyze(text)}
    | {term: 9.0 for text in ASKED for term in analyze(text)},
)
STORY = normalise(
    "您好打扰了，我是老用户了，孩子要交学费，昨天转账一直没有到账，我都快急死了，真让人失望，"
    "今天下午还是没有到账，谢谢你们！"
)


def passage(text: str, number: int) -> Passage:
    article_id = f"KB-{number:04}"
    return Passage(f"{article_id}/zh?1", article_id, "zh", "question", "", "", text)


def test_greetings_and_anger_are_left_out_and_the_trouble_stays() -> None:
    told = without_chatter(STORY, MODEL)
    assert told == "昨天转账一直没有到账,今天下午还是没有到账,"


def test_a_short_message_stays_as_it_is() -> None:
    short = normalise("您好打扰了，提币没到账，谢谢你们")
    assert without_chatter(short, MODEL) == short


def test_a_message_of_nothing_but_chatter_stays_as_it_is() -> None:
    only = normalise("，".join(CHATTER * 4))
    assert without_chatter(only, MODEL) == only


def test_what_the_model_does_not_know_is_kept() -> None:
    foreign = normalise("，".join(["Das Wetter war schön", "der Zug kam pünktlich"] * 4))
    assert without_chatter(foreign, MODEL) == foreign


@given(st.text(alphabet="币到账谢您好。，. a1", min_size=60, max_size=400))
def test_nothing_is_added_and_the_order_stays(text: str) -> None:
    told = iter(without_chatter(text, MODEL))
    rest = iter(text)
    assert all(character in rest for character in told)


def test_a_model_learns_what_is_chatter_from_both_kinds() -> None:
    asked = [passage(text, i) for i, text in enumerate(ASKED * 6)]
    told = without_chatter(STORY, train_chatter(asked, CHATTER * 4))
    assert "昨天转账一直没有到账" in told
    assert "急死" not in told
    assert "学费" not in told


def test_without_questions_or_examples_nothing_is_left_out() -> None:
    for model in (train_chatter([], CHATTER), train_chatter([passage("转账", 1)], [])):
        assert without_chatter(STORY, model) == STORY


def test_the_clauses_that_ship_are_many_and_none_stands_twice() -> None:
    clauses = read_chatter()
    assert len(clauses) >= 800
    assert len(set(map(normalise, clauses))) == len(clauses)
