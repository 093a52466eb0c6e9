from __future__ import annotations

from markdown import markdown

EXTENSIONS = ["attr_list", "tables", "kb_build.article_html", "toc"]


def html_of(text: str) -> str:
    return markdown(text, extensions=EXTENSIONS)


def test_each_heading_begins_a_section_that_carries_its_anchor() -> None:
    html = html_of("## 立即 {#do-now}\n\n1. 一\n\n## 步骤 {#steps}\n\n文字")
    assert html.count("<section") == 2
    assert '<section class="kb-section" data-section="do-now"><h2 id="do-now">' in html
    assert "<p>文字</p>\n</section>" in html


def test_text_above_the_first_heading_stays_outside() -> None:
    assert html_of("前言\n\n## 步骤 {#steps}").startswith("<p>前言</p>\n<section")


def test_sub_headings_stay_in_their_section() -> None:
    html = html_of("## 步骤 {#steps}\n\n### 苹果手机 {#iphone}\n\n文字")
    assert html.count("<section") == 1
    assert html.rstrip().endswith("</section>")


def test_each_cell_repeats_its_column_heading() -> None:
    html = html_of("| 现象 | 怎么办 |\n|---|---|\n| 待处理 | **等** |")
    assert '<td data-label="现象">待处理</td>' in html
    assert '<td data-label="怎么办"><strong>等</strong></td>' in html
