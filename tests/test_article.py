"""Markdown files to articles: sections, anchors, links and the lines they stand on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from site_folder import DEPOSIT_EN, DEPOSIT_ZH, SiteFolder

from kb_build.article import (
    Article,
    ArticleReader,
    article_url,
    parse_body,
    read_article,
    read_articles,
    substitute_parameters,
)


def article(site: SiteFolder, path: str = DEPOSIT_ZH) -> Article:
    """Read one article that holds no problem."""
    found, problems = read_article(site.root / path, site.settings)
    assert problems == ()
    assert found is not None
    return found


def codes(site: SiteFolder, path: str) -> list[tuple[int, str]]:
    """Return line and code of the problems of one file."""
    _, problems = read_article(site.root / path, site.settings)
    return [(problem.line, problem.code) for problem in problems]


def test_language_category_and_slug_come_from_the_path(site: SiteFolder) -> None:
    found = article(site, DEPOSIT_EN)
    assert (found.lang, found.category, found.slug) == ("en", "transfers", "deposit-not-credited")
    assert found.path == DEPOSIT_EN
    assert found.id == "KB-0019"


def test_addresses_follow_the_path_and_the_short_one_the_number(site: SiteFolder) -> None:
    assert article(site, DEPOSIT_ZH).url == "/transfers/deposit-not-credited/"
    assert article(site, DEPOSIT_EN).url == "/en/transfers/deposit-not-credited/"
    assert article(site, DEPOSIT_EN).short_url == article(site, DEPOSIT_ZH).short_url
    assert article(site).short_url == "/a/KB-0019/"
    assert article_url("zh", "security", "x") == "/security/x/"


def test_sections_know_anchor_heading_and_line(site: SiteFolder) -> None:
    shape = [(s.anchor, s.heading, s.level, s.line) for s in article(site).sections]
    assert shape[:2] == [("applies", "适用情况", 2, 18), ("steps", "操作步骤", 2, 23)]
    assert shape[-1] == ("unsolved", "仍未解决", 2, 44)


def test_section_text_is_plain_with_one_block_a_line(site: SiteFolder) -> None:
    steps = article(site).sections[1]
    assert steps.text.split("\n") == [
        "打开交易详情，复制TxID。",
        "用区块浏览器查询确认数。",
        "确认数足够，就提交工单。",
    ]


def test_steps_bullets_and_rows_are_counted(site: SiteFolder) -> None:
    applies, steps, _, problems, *_ = article(site).sections
    assert (applies.items, applies.ordered_items) == (2, 0)
    assert (steps.items, steps.ordered_items) == (0, 3)
    assert problems.table_rows == 3
    assert problems.text.split("\n")[0] == "显示待处理：等待确认。"


def test_nested_steps_do_not_count_as_steps() -> None:
    (section,), _ = parse_body("## S {#s}\n\n1. a\n   1. b\n   2. c\n2. d\n\n   - e\n")
    assert (section.ordered_items, section.items) == (2, 1)


def test_links_know_their_lines(site: SiteFolder) -> None:
    assert [(link.target, link.line) for link in article(site).links] == [
        ("sent-on-wrong-network.md#steps", 21),
        ("#steps", 46),
    ]


def test_a_link_in_a_wrapped_paragraph_has_the_line_it_stands_on() -> None:
    _, links = parse_body("one [a](a.md)\ntwo\nthree [b](b.md)\n\n- four\n  [c](c.md)\n")
    assert [(link.target, link.line) for link in links] == [("a.md", 1), ("b.md", 3), ("c.md", 6)]


def test_a_link_in_a_table_has_the_line_of_its_row() -> None:
    _, links = parse_body("| a |\n|---|\n| [x](x.md) |\n| [y](y.md) |\n", first_line=10)
    assert [(link.target, link.line) for link in links] == [("x.md", 12), ("y.md", 13)]


def test_code_is_text_but_holds_no_link() -> None:
    (section,), links = parse_body("## S {#s}\n\n`[a](b.md)`\n\n```\n[c](d.md)\n```\n")
    assert section.text == "[a](b.md)\n[c](d.md)"
    assert links == ()


def test_a_heading_in_a_code_block_is_no_section() -> None:
    sections, _ = parse_body("## S {#s}\n\n```\n## no\n```\n")
    assert [section.heading for section in sections] == ["S"]


def test_text_above_the_first_heading_has_the_line_of_the_text() -> None:
    sections, _ = parse_body("\n\nlost text\n\n## S {#s}\n", first_line=17)
    assert [(s.level, s.line, s.text) for s in sections] == [(0, 19, "lost text"), (2, 21, "")]


def test_a_heading_without_an_anchor_has_an_empty_one() -> None:
    (section,), _ = parse_body("## 操作步骤\n")
    assert (section.anchor, section.heading) == ("", "操作步骤")


def test_parameters_are_replaced_in_the_language_of_the_article(site: SiteFolder) -> None:
    path = "docs/{}/transfers/sent-on-wrong-network.md"
    assert article(site, path.format("zh")).head.time == "找回需7–30个工作日"
    assert "7–30 working days" in article(site, path.format("en")).sections[2].text


def test_parameters_are_replaced_in_the_head_too(site: SiteFolder) -> None:
    site.edit(DEPOSIT_ZH, "  - 充值一直不到账", "  - 过了{{ deposit_credit_minutes }}分钟没到账")
    site.edit(DEPOSIT_ZH, "先查TxID：", "等{{deposit_credit_minutes}}分钟：")
    assert article(site).questions[1] == "过了30分钟没到账"
    assert article(site).summary.startswith("等30分钟：")


def test_unknown_parameters_stay_as_they_are() -> None:
    assert substitute_parameters("{{a}} {{ b }} {{c", {"a": "1"}) == "1 {{ b }} {{c"


def test_an_unknown_parameter_is_reported_on_each_line(site: SiteFolder) -> None:
    site.edit(DEPOSIT_ZH, "{{deposit_credit_minutes}}", "{{deposit_minutes}}、{{x}}")
    site.edit(DEPOSIT_ZH, "约10分钟", "{{}}")
    assert codes(site, DEPOSIT_ZH) == [(11, "KB050"), (31, "KB050"), (31, "KB050")]


@pytest.mark.parametrize(
    "path",
    [
        "docs/zh/article.md",
        "docs/zh/cooking/article.md",
        "docs/zh/transfers/more/article.md",
        "docs/zh/transfers/Upper-Case.md",
        "docs/zh/transfers/提币.md",
        "docs/zh/transfers/two--hyphens.md",
    ],
)
def test_a_file_in_the_wrong_place_is_reported(site: SiteFolder, path: str) -> None:
    site.write(path, site.read(DEPOSIT_ZH))
    assert codes(site, path) == [(0, "KB013")]


def test_a_file_that_is_not_utf8_is_reported(site: SiteFolder) -> None:
    (site.root / DEPOSIT_ZH).write_bytes(site.read(DEPOSIT_ZH).encode("gb18030"))
    assert codes(site, DEPOSIT_ZH) == [(3, "KB014")]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(site: SiteFolder) -> None:
    before = article(site)
    data = b"\xef\xbb\xbf" + site.read(DEPOSIT_ZH).replace("\n", "\r\n").encode()
    (site.root / DEPOSIT_ZH).write_bytes(data)
    assert article(site) == before


def test_pages_that_are_no_articles_are_left_out(site: SiteFolder) -> None:
    site.write("docs/zh/support/contact.md", "# 联系\n")
    articles, problems = read_articles(site.settings)
    assert len(articles) == 10
    assert problems == []


def test_one_broken_file_does_not_hide_the_others(site: SiteFolder) -> None:
    site.write(DEPOSIT_ZH, "no head")
    articles, problems = read_articles(site.settings)
    assert len(articles) == 9
    assert [(p.path, p.code) for p in problems] == [(DEPOSIT_ZH, "KB001")]


def test_articles_outside_the_folder_of_kb_toml_are_read(site: SiteFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (site.root / "docs").rename(elsewhere)
    site.edit("kb.toml", "[build]", f"[build]\ndocs = '{elsewhere}'")
    articles, problems = read_articles(site.settings)
    assert (len(articles), problems) == (10, [])


def test_a_reader_parses_again_only_what_changed(site: SiteFolder) -> None:
    reader = ArticleReader(site.settings)
    before = {a.path: a for a in reader.read()[0]}
    site.edit(DEPOSIT_ZH, "不要相信私聊。", "不要相信任何私聊。")
    os.utime(site.root / DEPOSIT_ZH, ns=(1, 1))
    after = {a.path: a for a in reader.read()[0]}
    assert [path for path in after if after[path] is not before[path]] == [DEPOSIT_ZH]
    assert "任何" in after[DEPOSIT_ZH].markdown
