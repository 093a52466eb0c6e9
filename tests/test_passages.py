"""Articles to what is shown and what is indexed: records, passages, stable ids."""

from __future__ import annotations

from collections import Counter

import pytest
from site_folder import DEPOSIT_ZH, SiteFolder

from kb_build.article import Article, read_articles
from kb_build.passages import article_records, body_text, split_articles
from search_index.records import Passage


@pytest.fixture
def articles(site: SiteFolder) -> list[Article]:
    """The articles of the tiny site."""
    return read_articles(site.settings)[0]


def by_id(articles: list[Article]) -> dict[str, Passage]:
    """Return the passages of ``articles`` by their id, which is unique."""
    passages = split_articles(articles, {("KB-0019", "zh"): ("提不出来", "币呢")})
    assert len({p.passage_id for p in passages}) == len(passages)
    return {p.passage_id: p for p in passages}


def test_records_are_ordered_by_id_and_language(articles: list[Article]) -> None:
    keys = [(r.article_id, r.lang) for r in article_records(reversed(articles), "/")]
    assert keys == sorted(keys)
    assert keys[:2] == [("KB-0019", "en"), ("KB-0019", "zh")]


def test_a_record_shows_what_the_head_says(articles: list[Article]) -> None:
    record = next(
        r for r in article_records(articles, "/") if (r.article_id, r.lang) == ("KB-0019", "zh")
    )
    assert record.title == "充值没到账怎么办？"
    assert record.related == ("KB-0023", "KB-0035")
    assert record.facts_checked == "2026-11-21"
    assert record.review_by == "2099-12-31"
    assert record.url == "/transfers/deposit-not-credited/"


def test_addresses_start_with_the_path_of_the_site(articles: list[Article]) -> None:
    records = article_records(articles, "/help/")
    assert {r.url for r in records if r.article_id == "KB-0035"} == {
        "/help/security/wallet-stolen/",
        "/help/en/security/wallet-stolen/",
    }
    assert records[0].short_url == "/help/a/KB-0019/"


def test_only_an_urgent_article_has_actions(articles: list[Article]) -> None:
    actions = {r.article_id: r.actions for r in article_records(articles, "/") if r.lang == "zh"}
    assert actions.pop("KB-0035") == ("新建钱包，把剩余资产转过去。", "撤销所有授权。")
    assert set(actions.values()) == {()}


def test_at_most_three_actions_are_shown(site: SiteFolder) -> None:
    path = "docs/zh/security/wallet-stolen.md"
    site.edit(path, "2. 撤销所有授权。", "2. 撤销。\n3. 报警。\n4. 等待。")
    records = article_records(read_articles(site.settings)[0], "/")
    assert [len(r.actions) for r in records if (r.article_id, r.lang) == ("KB-0035", "zh")] == [3]


def test_an_article_is_indexed_whole_by_question_by_phrasing_and_by_section(
    articles: list[Article],
) -> None:
    ids = [i for i in by_id(articles) if i.startswith("KB-0019/zh")]
    assert ids == [
        "KB-0019/zh",
        "KB-0019/zh?1",
        "KB-0019/zh?2",
        "KB-0019/zh?3",
        "KB-0019/zh~1",
        "KB-0019/zh~2",
        "KB-0019/zh#",
        "KB-0019/zh#applies",
        "KB-0019/zh#steps",
        "KB-0019/zh#duration",
        "KB-0019/zh#problems",
        "KB-0019/zh#unsolved",
    ]


def test_passages_hold_the_words_of_their_part(articles: list[Article]) -> None:
    passages = by_id(articles)
    assert passages["KB-0019/zh?1"].text == "提币没到账"
    assert passages["KB-0019/zh~2"].text == "币呢"
    assert passages["KB-0019/zh#"].text.startswith("先查TxID")
    steps = passages["KB-0019/zh#steps"]
    assert (steps.heading, steps.anchor, steps.kind) == ("操作步骤", "steps", "section")


def test_passages_are_grouped_by_kind(articles: list[Article]) -> None:
    kinds = [p.kind for p in by_id(articles).values()]
    assert list(dict.fromkeys(kinds)) == ["article", "question", "phrasing", "section"]
    assert kinds == sorted(kinds, key=["article", "question", "phrasing", "section"].index)
    assert Counter(kinds)["article"] == 10


def test_what_all_articles_share_is_not_indexed(articles: list[Article]) -> None:
    texts = [p.text for p in by_id(articles).values()] + [body_text(a) for a in articles]
    assert not [text for text in texts if "客服绝不会索要" in text or "Support never asks" in text]


def test_order_of_the_articles_changes_nothing(articles: list[Article]) -> None:
    assert split_articles(reversed(articles), {}) == split_articles(articles, {})


def test_a_changed_section_changes_only_its_passages(site: SiteFolder) -> None:
    before = by_id(read_articles(site.settings)[0])
    site.edit(DEPOSIT_ZH, "等待确认", "等待更多确认")
    after = by_id(read_articles(site.settings)[0])
    changed = [i for i in after if after[i] != before[i]]
    assert changed == ["KB-0019/zh", "KB-0019/zh#problems"]


def test_a_section_without_text_or_anchor_is_no_passage(site: SiteFolder) -> None:
    site.edit(DEPOSIT_ZH, "不要相信私聊。", "")
    site.edit(
        DEPOSIT_ZH,
        "## 仍未解决 {#unsolved}",
        "### 空 {#empty}\n\n### 无锚\n\n文字\n\n## 仍未解决 {#unsolved}",
    )
    ids = by_id(read_articles(site.settings)[0])
    assert "KB-0019/zh#empty" not in ids
    assert [p.anchor for p in ids.values() if p.text == "文字"] == []
