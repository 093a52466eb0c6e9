from __future__ import annotations

import pytest
from markdown import markdown

from kb_build.glossary_links import MOST_LINKS

EXTENSIONS = ["attr_list", "tables", "kb_build.article_html", "kb_build.glossary_links", "toc"]
TARGETS = {
    "助记词": "/g/#phrase",
    "交易哈希": "/g/#txid",
    "TxID": "/g/#txid",
    "授权": "/g/#approval",
    "P2P": "/g/#p2p",
    "recovery phrase": "/g/#phrase",
    "network fee": "/g/#fee",
}
WORDS = ["取消授权", "助记词泄露"]


def html_of(text: str, targets: dict[str, str] = TARGETS) -> str:
    options = {"kb_build.glossary_links": {"targets": targets, "words": WORDS}}
    return markdown(text, extensions=EXTENSIONS, extension_configs=options)


def link(word: str, href: str) -> str:
    return f'<a class="kb-term" href="{href}">{word}</a>'


def test_the_first_use_is_a_plain_link_and_the_next_ones_are_not() -> None:
    html = html_of("先备份助记词，再核对助记词。\n\n助记词")
    assert html == f"<p>先备份{link('助记词', '/g/#phrase')}，再核对助记词。</p>\n<p>助记词</p>"


def test_two_words_for_one_entry_give_one_link() -> None:
    html = html_of("复制TxID，也就是交易哈希。")
    assert html == f"<p>复制{link('TxID', '/g/#txid')}，也就是交易哈希。</p>"


@pytest.mark.parametrize(
    "text",
    [
        "## 助记词 {#steps}",
        "点**助记词**",
        "看[助记词怎么备份](x.md)",
        "`助记词`",
        "    助记词",
        "| 助记词 |\n|---|\n| x |",
        "## 立即 {#do-now}\n\n停止，助记词",
        "## 安全 {#safety}\n\n不给助记词",
        "## 仍未解决 {#unsolved}\n\n不要发送助记词",
    ],
)
def test_headings_menus_links_code_and_fixed_sections_stay_as_they_are(text: str) -> None:
    assert "kb-term" not in html_of(text)
    assert html_of(text) == html_of(text, {})


def test_a_word_after_one_that_was_left_alone_is_linked() -> None:
    html = html_of("点**助记词**，抄下助记词，再点[下一步](x.md)查交易哈希。")
    assert f"</strong>，抄下{link('助记词', '/g/#phrase')}，再点" in html
    assert f"</a>查{link('交易哈希', '/g/#txid')}。</p>" in html


def test_no_link_begins_inside_another_word_of_the_glossary() -> None:
    html = html_of("取消授权以后，再看助记词泄露，最后看授权。")
    assert html.count("kb-term") == 1
    assert f"最后看{link('授权', '/g/#approval')}" in html


@pytest.mark.parametrize("text", ["aP2P", "P2P-order", "P2PX", "network feel"])
def test_a_latin_word_is_linked_only_as_a_whole(text: str) -> None:
    assert "kb-term" not in html_of(text)


def test_a_latin_word_may_be_capital_plural_or_beside_han() -> None:
    assert link("Recovery phrases", "/g/#phrase") in html_of("Recovery phrases matter.")
    assert link("network fees", "/g/#fee") in html_of("It covers network fees.")
    assert link("P2P", "/g/#p2p") in html_of("在P2P卖币")


def test_there_are_at_most_so_many_links_on_a_page() -> None:
    targets = {f"word{number}": f"#{number}" for number in range(MOST_LINKS + 3)}
    html = html_of(" ".join(targets), targets)
    assert html.count("kb-term") == MOST_LINKS
    assert f'href="#{MOST_LINKS - 1}"' in html


def test_anchors_and_sections_are_the_same_with_and_without_links() -> None:
    text = (
        "## 步骤 {#steps}\n\n1. 抄助记词\n\n### 更多 {#more}\n\n| a | b |\n|---|---|\n| 授权 | x |"
    )
    with_links, without = html_of(text), html_of(text, {})
    assert "kb-term" in with_links
    for found in ('id="steps"', 'id="more"', 'data-section="steps"', 'data-label="a"'):
        assert with_links.count(found) == without.count(found) == 1


def test_without_targets_nothing_is_linked() -> None:
    assert markdown("助记词", extensions=["kb_build.glossary_links"]) == "<p>助记词</p>"
