"""Glossary, its links in articles, and what's new: by touch, by keyboard, without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from visitor import PHONE, Visit

Start = Callable[..., Visit]

ARTICLE = "transfers/deposit-not-credited/"
PAGES = ["glossary/", "en/glossary/", "whats-new/", "en/whats-new/"]
DEVICES = {"phone": PHONE, "desktop": {}}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, ARTICLE])
def test_axe_finds_nothing_serious(
    visit: Start, static_site: str, path: str, scheme: str, device: str
) -> None:
    page = visit(base=static_site, color_scheme=scheme, **DEVICES[device]).open(path)
    unfold(page)
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scrolling_and_no_small_finger(
    visit: Start, static_site: str, path: str
) -> None:
    page = visit(base=static_site, **PHONE).open(path)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """() => [...document.querySelectorAll(".md-content a, summary, .kb-footer__links a")]
          .filter((element) => element.getBoundingClientRect().height < 43.5)
          .map((element) => element.outerHTML)"""
    )
    assert small == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


@pytest.mark.parametrize("prefix", ["", "en/"])
def test_a_word_in_an_article_leads_to_its_explanation(
    visit: Start, static_site: str, prefix: str
) -> None:
    page = visit(base=static_site, **PHONE).open(f"{prefix}{ARTICLE}")
    link = page.locator(".kb-term[href$='#txid']")
    expect(link).to_have_count(1)
    link.tap()
    page.wait_for_url(f"**/{prefix}glossary/#txid")
    entry = page.locator(".kb-entry:target")
    expect(entry.locator("h3")).to_contain_text("TxID")
    expect(entry).to_be_in_viewport()
    assert entry.evaluate("element => element.getBoundingClientRect().top") >= 60, "header above"
    page.go_back()
    page.wait_for_url(f"**/{prefix}{ARTICLE}")


def test_the_keyboard_reaches_a_word(visit: Start, static_site: str) -> None:
    page = visit(base=static_site).open(ARTICLE)
    link = page.locator(".kb-term").first
    link.focus()
    assert link.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary/#*")


def test_the_language_switch_keeps_the_glossary(visit: Start, static_site: str) -> None:
    page = visit(base=static_site).open("glossary/#txid")
    page.locator("header [data-kb-lang=en]").click()
    page.wait_for_url("**/en/glossary/**")
    expect(page.locator("#txid h3")).to_contain_text("TxID")


def test_a_topic_of_the_glossary_is_one_tap_away(visit: Start, static_site: str) -> None:
    page = visit(base=static_site, **PHONE).open("en/glossary/")
    page.locator(".kb-topics a", has_text="Common scams").tap()
    expect(page.locator("h2#fraud")).to_be_in_viewport()


def test_whats_new_opens_without_script(visit: Start, static_site: str) -> None:
    page = visit(base=static_site, java_script_enabled=False).open("whats-new/")
    page.locator("summary").first.click()
    expect(page.locator("details a").first).to_be_visible()


@pytest.mark.parametrize("path", ["", "en/", "en/glossary/"])
def test_the_link_to_the_feed_makes_the_theme_ask_for_nothing(
    visit: Start, static_site: str, path: str
) -> None:
    tab = visit(base=static_site)
    page = tab.open(path)
    feed = page.locator("link[type='application/atom+xml']")
    assert "alternate" in str(feed.get_attribute("rel")).split()
    assert page.request.get(str(feed.evaluate("element => element.href"))).ok
    assert not [request.url for request in tab.requests if "sitemap" in request.url]
