"""The pages themselves: widths, languages, short links, accessibility, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from visitor import PHONE, Visit

Start = Callable[..., Visit]

URGENT = "security/wallet-stolen-emergency/"
PAGES = ["", "transfers/", "transfers/sent-on-wrong-network/", URGENT, "search/", "missing-page/"]
DEVICES = {"phone": PHONE, "desktop": {}}


@pytest.mark.parametrize("path", [*PAGES, *(f"en/{path}" for path in PAGES)])
def test_no_page_scrolls_sideways_at_360_pixels(visit: Start, path: str) -> None:
    tab = visit(**PHONE)
    tab.may_fail = "missing" in path  # the browser logs status 404
    page = tab.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", ["", "en/", f"en/{URGENT}", "en/search/", "en/official-channels/"])
def test_letters_of_twice_the_size_push_nothing_off_a_phone(visit: Start, path: str) -> None:
    """180 pixels hold as many letters as 360 with letters of twice the size."""
    page = visit(**PHONE | {"viewport": {"width": 180, "height": 370}}).open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 180
    expect(page.locator("[data-kb-open-menu]")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("path", ["", f"en/{URGENT}", "en/security/account-hacked-freeze/"])
def test_nothing_stands_above_the_header(visit: Start, path: str) -> None:
    page = visit().open(path)
    assert page.locator("header.kb-header").evaluate("e => e.getBoundingClientRect().top") == 0


def test_paper_holds_the_article_and_no_buttons(visit: Start) -> None:
    page = visit().open(URGENT)
    page.emulate_media(media="print")
    expect(page.locator("[data-section=do-now]")).to_be_visible()
    for part in (".kb-header", ".kb-feedback", ".kb-turn a", ".kb-permalink button", ".kb-footer"):
        expect(page.locator(part)).to_be_hidden()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "en/", "transfers/", URGENT, f"en/{URGENT}", "search/"])
def test_axe_finds_nothing_serious(visit: Start, path: str, scheme: str, device: str) -> None:
    tab = visit(color_scheme=scheme, **DEVICES[device])
    page = tab.open(path)
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("words", ["提币没到账", "币被盗了怎么办", "今天天气怎么样"])
def test_axe_finds_nothing_serious_in_results(visit: Start, words: str, scheme: str) -> None:
    tab = visit(color_scheme=scheme)
    page = tab.open()
    tab.box().ask(words)
    assert serious(page) == []


def test_axe_finds_nothing_serious_in_the_warning_and_in_the_dialog(visit: Start) -> None:
    tab = visit()
    page = tab.open(URGENT)
    page.keyboard.press("/")
    box = tab.box("dialog")
    box.ask("提币")
    assert serious(page) == []
    box.input.fill("legal winner thank year wave sausage worth useful legal winner thank yellow")
    box.settle("secret")
    assert serious(page) == []


def serious(page: object) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:150]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("path", ["", "transfers/", URGENT])
def test_every_control_on_a_phone_is_large_enough_for_a_finger(visit: Start, path: str) -> None:
    page = visit(**PHONE).open(path)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .kb-tool, .kb-button, .kb-emergency a,"
            + ".kb-categories a, .kb-popular a, .kb-related a, .kb-group a, .kb-crumbs a,"
            + ".kb-footer__links a, .kb-palette label, select")]
          .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
          .filter(([, box]) => box.height > 0 && box.height < 43.5)
          .map(([html]) => html)"""
    )
    assert small == []


def test_the_language_switch_keeps_the_article(visit: Start) -> None:
    tab = visit()
    page = tab.open(URGENT)
    page.locator("header [data-kb-lang=en]").click()
    page.wait_for_url(f"**/en/{URGENT}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("header [data-kb-lang=zh]").click()
    page.wait_for_url(f"**/{URGENT}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize(("locale", "prefix"), [("zh-CN", "/"), ("en-GB", "/en/"), ("fr", "/")])
def test_a_short_link_opens_in_the_visitors_language(
    visit: Start, locale: str, prefix: str
) -> None:
    tab = visit(locale=locale)
    page = tab.page
    page.goto("a/KB-0019/?from=ticket#steps")
    page.wait_for_url(f"**{prefix}transfers/deposit-not-credited/?from=ticket#steps")
    assert page.url.split("8", 1)[0]


def test_a_short_link_remembers_the_language_that_was_chosen(visit: Start) -> None:
    tab = visit(locale="zh-CN")
    page = tab.open()
    page.locator("header [data-kb-lang=en]").click()
    page.wait_for_url("**/en/")
    page.goto("a/KB-0019/")
    page.wait_for_url("**/en/transfers/deposit-not-credited/")


def test_a_short_link_with_a_language_opens_in_it(visit: Start) -> None:
    page = visit(locale="zh-CN").page
    page.goto("a/KB-0019/en/#steps")
    page.wait_for_url("**/en/transfers/deposit-not-credited/#steps")


def test_without_javascript_the_categories_are_there_and_no_dead_box(visit: Start) -> None:
    tab = visit(java_script_enabled=False)
    page = tab.page
    page.goto("./")
    expect(page.locator(".kb-search").first).to_be_hidden()
    expect(page.locator(".kb-categories a").first).to_be_visible()
    expect(page.locator(".kb-emergency a").first).to_be_visible()
    page.goto("search/")
    expect(page.locator(".kb-list a")).to_have_count(7)
    page.goto("a/KB-0019/")
    page.wait_for_url("**/transfers/deposit-not-credited/")


def test_an_urgent_article_begins_with_what_to_do_now(visit: Start) -> None:
    page = visit(**PHONE).open(URGENT)
    sections = page.locator(".kb-body section")
    assert sections.first.get_attribute("data-section") == "do-now"
    assert sections.first.evaluate("element => element.getBoundingClientRect().top") < 740


def test_an_article_shows_what_its_front_matter_says(visit: Start) -> None:
    page = visit().open("transfers/sent-on-wrong-network/")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".kb-answer__text")).not_to_be_empty()
    expect(page.locator(".kb-head time")).to_have_attribute("datetime", "2026-11-21")
    expect(page.locator(".kb-turn")).to_contain_text("技术故障：1个工作日内完成初步分析")
    assert page.locator(".kb-related a").count() >= 2
    assert "{{" not in page.content()


def test_the_short_link_is_copied_whole(visit: Start) -> None:
    tab = visit(permissions=["clipboard-read", "clipboard-write"])
    page = tab.open(URGENT)
    page.locator("[data-kb-copy]").click()
    expect(page.locator("[data-kb-copy] span")).to_have_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/a/KB-0038/")


def test_the_menu_works_on_a_phone(visit: Start) -> None:
    page = visit(**PHONE).open()
    page.locator("[data-kb-open-menu]").click()
    menu = page.locator("#kb-menu")
    expect(menu).to_be_visible()
    expect(menu.locator(".kb-menu__contact")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.locator("[data-kb-open-menu]").click()
    menu.get_by_text("转账与充提").click()
    page.wait_for_url("**/transfers/")


def test_the_colours_can_be_switched_by_keyboard_and_stay(visit: Start) -> None:
    tab = visit(color_scheme="light")
    page = tab.open()
    switch = page.locator(".kb-palette label:not([hidden])")
    switch.focus()
    page.keyboard.press("Enter")  # system → light
    expect(page.locator(".kb-palette label[for=__palette_2]")).to_be_focused()
    page.keyboard.press("Space")  # light → dark
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    tab.open("transfers/")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")


def test_an_unknown_address_offers_the_search_in_its_language(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs status 404
    page = tab.open("en/transfers/never-written/")
    expect(page.locator("h1")).to_have_text("This page does not exist")
    box = tab.box("missing")
    box.ask("my transfer shows success but has not arrived")
    assert box.first_path() == "/en/transfers/deposit-not-credited/"
