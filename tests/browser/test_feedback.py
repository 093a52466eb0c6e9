"""The vote below an article, and "not what I was looking for" below a list of results."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from test_contact_flow import NARROW, PHRASE, posted, told
from test_pages import serious
from visitor import Visit

Start = Callable[..., Visit]

ARTICLE = "transfers/deposit-not-credited/"
languages = pytest.mark.parametrize("prefix", ["", "en/"])


def open_vote(tab: Visit, path: str = ARTICLE) -> Page:
    page = tab.open(path)
    page.locator("[data-kb-feedback]").scroll_into_view_if_needed()
    return page


def test_it_helped_is_one_click(visit: Start) -> None:
    tab = visit()
    page = open_vote(tab)
    page.get_by_role("button", name="有帮助").click()
    expect(page.locator("[data-kb-said]")).to_have_text("谢谢，已收到。")
    expect(page.locator("[data-kb-said]")).to_be_focused()
    assert posted(tab, "events") == [
        {"type": "article_rated", "article_id": "KB-0019", "lang": "zh", "helpful": True}
    ]


@languages
def test_it_did_not_help_asks_why_by_keyboard_alone(visit: Start, prefix: str) -> None:
    tab = visit(**NARROW)
    page = open_vote(tab, prefix + ARTICLE)
    no = page.locator("[data-kb-no]")
    no.press("Enter")
    expect(no).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[name=reason]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.locator("#kb-feedback-comment").fill("step 3 is not there")
    page.locator(".kb-feedback__send button").press("Enter")
    expect(page.locator("[data-kb-next] a")).to_be_visible()
    (vote,) = posted(tab, "events")
    assert (vote["helpful"], vote["reason"]) == (False, "not_my_case")
    assert vote["comment"] == "step 3 is not there"


def test_a_tab_votes_once_for_an_article(visit: Start) -> None:
    tab = visit()
    page = open_vote(tab)
    page.get_by_role("button", name="有帮助").click()
    expect(page.locator("[data-kb-said]")).not_to_be_empty()
    page = tab.open(ARTICLE)
    page.locator("[data-kb-feedback]").scroll_into_view_if_needed()
    expect(page.locator("[data-kb-said]")).to_have_text("谢谢，已收到。")
    expect(page.locator("[data-kb-feedback] form")).to_be_hidden()


def test_a_phrase_in_the_comment_is_taken_away(visit: Start) -> None:
    tab = visit()
    page = open_vote(tab)
    page.locator("[data-kb-no]").click()
    comment = page.locator("#kb-feedback-comment")
    comment.fill(f"see {PHRASE}")
    expect(page.locator("[data-kb-feedback] .kb-secret")).to_be_visible()
    expect(comment).to_have_value("")
    assert told(tab) == ["secret_blocked"]
    assert serious(page) == []


def test_a_vote_that_cannot_be_sent_says_so(visit: Start, static_site: str) -> None:
    tab = visit(base=static_site)
    tab.may_fail = True  # the browser logs status 501
    page = open_vote(tab)
    page.get_by_role("button", name="有帮助").click()
    expect(page.locator("[data-kb-said]")).to_contain_text("没能送出")
    expect(page.get_by_role("button", name="有帮助")).to_be_visible()


@languages
def test_without_javascript_the_vote_comes_back_to_the_article(visit: Start, prefix: str) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(prefix + ARTICLE)
    page.locator(".kb-feedback__reasons label").nth(2).click()
    page.locator(".kb-feedback__send button").click()
    page.wait_for_url(f"**/{prefix}{ARTICLE}#feedback-thanks")
    expect(page.locator("#feedback-thanks")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Start, scheme: str) -> None:
    page = open_vote(visit(color_scheme=scheme, **NARROW))
    page.locator("[data-kb-no]").click()
    assert serious(page) == []


@pytest.mark.parametrize("name", ["home", "page", "dialog"])
def test_every_list_of_results_takes_a_no(visit: Start, name: str) -> None:
    tab = visit(**NARROW)
    page = tab.open({"home": "", "page": "search/", "dialog": ARTICLE}[name])
    if name == "dialog":
        page.locator("[data-kb-open-search]").click()
    box = tab.box(name)
    box.ask("转账显示成功但没到账")
    box.element.get_by_role("button", name="没有我要找的").click()
    expect(box.status).to_contain_text("已记下")
    expect(box.element.locator(".kb-search__notice a")).to_be_focused()
    assert told(tab) == ["not_found"]


def test_an_opened_hit_is_told_with_its_rank(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.ask("转账显示成功但没到账")
    second = urlsplit(box.options.nth(1).get_attribute("href") or "").path
    box.options.nth(1).click()
    page.wait_for_url(f"**{second}*")
    (opened,) = posted(tab, "events")
    assert (opened["type"], opened["rank"]) == ("hit_opened", 2)
    session = [r.headers["x-session"] for r in tab.requests if "x-session" in r.headers]
    assert len(set(session)) == 1
    assert len(session[0]) == 32
