"""Bodies as blocks of plain text: kinds, lines and link targets."""

from __future__ import annotations

from kb_build.blocks import Block, read_blocks

BODY = """
## Steps {#steps}

First line with [a link](a.md),
second **line**.

- An item
  - one inside

| See | Do |
|---|---|
| `x` | y |

After.
"""


def blocks() -> tuple[Block, ...]:
    return read_blocks(BODY, 10)


def test_blocks_have_their_text_and_line() -> None:
    assert [(block.line, block.text) for block in blocks()] == [
        (11, "Steps {#steps}"),
        (13, "First line with a link,\nsecond line."),
        (16, "An item"),
        (17, "one inside"),
        (19, "See"),
        (19, "Do"),
        (21, "x"),
        (21, "y"),
        (23, "After."),
    ]


def test_blocks_know_where_they_stand() -> None:
    found = blocks()
    assert [block.is_heading for block in found] == [True] + [False] * 8
    assert [block.in_list for block in found[1:5]] == [False, True, True, False]
    assert [block.column for block in found[4:]] == [1, 2, 1, 2, 0]


def test_a_position_has_the_line_of_its_source() -> None:
    paragraph = blocks()[1]
    assert paragraph.line_of(0) == 13
    assert paragraph.line_of(paragraph.text.index("second")) == 14


def test_text_without_links_lacks_theirs_only() -> None:
    assert blocks()[1].unlinked == "First line with ,\nsecond line."


def test_targets_are_those_of_links_pictures_and_html() -> None:
    body = "[a](x.md)\n![b](y.png) <https://z.example>\n\n<img src='w.png'>\n"
    assert [target for block in read_blocks(body, 1) for target in block.targets] == [
        ("x.md", 1),
        ("y.png", 2),
        ("https://z.example", 2),
        ("w.png", 4),
    ]


def test_only_signs_that_commonmark_leaves_are_failed_bold() -> None:
    for text, is_literal in (
        ("点**「确认」**按钮", True),
        ("点 **「确认」** 按钮", False),
        ("**确认**按钮", False),
        ("`**` 和 \\*\\*", False),
    ):
        assert read_blocks(text, 1)[0].has_literal_bold is is_literal, text
