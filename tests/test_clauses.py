"""Long messages cut into clauses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search_index.clauses import LONG_WIDTH, split_clauses

STORY = (
    "您好，我今年六十三了，儿子在外地没空教我。昨天给老同学转账，显示成功但是对方没有到账，"
    "到底怎么回事？客服一直不理人，急死我了！"
)


def test_a_short_text_is_not_cut() -> None:
    assert split_clauses("提币，三小时了，没到账。怎么办？") == []


def test_a_story_is_cut_at_its_marks_and_nothing_is_lost() -> None:
    clauses = split_clauses(STORY)
    assert clauses[0] == "您好 我今年六十三了 儿子在外地没空教我"
    assert [c for c in clauses if "没有到账" in c] == ["昨天给老同学转账 显示成功但是对方没有到账"]
    letters = [c for c in STORY if c.isalnum()]
    assert [c for clause in clauses for c in clause if c.isalnum()] == letters


def test_a_space_between_han_characters_is_a_border() -> None:
    spoken = STORY.replace("，", " ").replace("。", " ")
    assert split_clauses(spoken)[1] == "昨天给老同学转账 显示成功但是对方没有到账"


def test_a_full_stop_inside_a_number_is_no_border() -> None:
    text = (
        "i sent 0.105 eth from the exchange to my own wallet yesterday evening. "
        "the status says done but nothing came, what now?"
    )
    assert any("0.105" in clause for clause in split_clauses(text))


def test_a_long_text_without_marks_is_not_cut() -> None:
    assert split_clauses("没" * LONG_WIDTH) == []


@given(st.text(alphabet="币到账。，. a", max_size=3000))
def test_the_number_of_clauses_is_bounded(text: str) -> None:
    assert len(split_clauses(text)) <= 17
