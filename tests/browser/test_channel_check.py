"""The channel check and the contact page in a real browser: verdicts, silence, no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from test_pages import DEVICES, serious
from visitor import PHONE, Visit

Start = Callable[..., Visit]

CHECK = "official-channels/"
CONTACT = "contact/"
BOTH = [CHECK, CONTACT, f"en/{CHECK}", f"en/{CONTACT}"]

# What the page says about this repository's own list.
LISTED = [
    "https://help.example.com",
    "HTTPS://HELP.EXAMPLE.COM/a?b#c",
    "ｈｅｌｐ．ｅｘａｍｐｌｅ．ｃｏｍ",
    "https：／／help.example.com",
    "hxxps://help[.]example[.]com",
    "help . example . com",
    "help.exam\u200bple.com",
    "https://help.example.com:443/",
    "https://help.example.com./",
    "请打开help.example.com查看",
    "shop.pay.example.com",
    "support@example.com",
    "Support <SUPPORT@example.com>",
    "mailto:support@example.com?subject=a",
    "no-reply@notice.example.com",
    "X @example_support",
    "微信：example_support",
    "https://t.me/example_news",
    "https://apps.apple.com/cn/app/x/id0000000001",
    "https://play.google.com/store/apps/details?id=com.example.wallet",
]
NOT_LISTED = [
    "https://help.example.com@evil.test",
    "https://help.example.com:pw@evil.test/",
    "https://help.example.com.evil.test",
    "https://evil.test/help.example.com",
    "https://evil.test/?u=https://help.example.com",
    "https://x.help.example.com",
    "https://help-example.com",
    "https://www.examp1e.com",
    "https://h\u0435lp.example.com",
    "https://ex\u03b1mple.com",
    "https://www.xn--exmple-4nf.com",
    "https://例子.com",
    "help.example.com。网址",
    "https://help.example.com\\@evil.test",
    "https://help.example.com／.evil.test",
    "https://help.example.com%2Fevil.test",
    "https://help.example.com\u202emoc.live",
    "http://192.0.2.1/",
    "http://3221225985/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://bit.ly/example",
    "Support <a@evil.test>",
    "support@example.com <a@evil.test>",
    "mailto:support@example.com?bcc=a@evil.test",
    "support+vip@example.com",
    "support@ex\u0430mple.com",
    "Telegram @example_support",
    "https://t.me/example_support",
    "@examp1e_support",
    "@ex\u0430mple_support",
    "+1 (555) 010-0199",
    "tel:+15550100199",
    "客服电话：010-12345678",
    "https://apps.apple.com/cn/app/x/id0000000002",
]
UNCLEAR = [
    "@example_support",
    "com.example.wallet",
    "https://help.example.com:8443/",
    "https://help.example.com/?next=https://evil.test",
    "这是真的吗？",
]


class Check:
    """The form and its answer."""

    def __init__(self, page: Page) -> None:
        self.form = page.locator("[data-kb-channel-check]")
        self.input = self.form.locator("textarea")
        self.result = self.form.locator("[role=status]")

    def ask(self, text: str) -> str:
        self.input.fill(text)
        self.input.press("Enter")
        return self.form.get_attribute("data-state") or ""


def test_there_are_enough_tricks() -> None:
    assert len(LISTED + NOT_LISTED + UNCLEAR) >= 40


@pytest.mark.parametrize("path", [CHECK, f"en/{CHECK}"])
def test_every_trick_gets_its_verdict_and_nothing_is_sent_or_kept(visit: Start, path: str) -> None:
    tab = visit()
    page = tab.open(path)
    address, before = page.url, len(tab.requests)
    check = Check(page)
    for expected, texts in (
        ("listed", LISTED),
        ("not-listed", NOT_LISTED),
        ("unclear", UNCLEAR),
    ):
        for text in texts:
            assert check.ask(text) == expected, text
            assert check.result.inner_text().strip(), text
    page.wait_for_timeout(300)
    assert [request.url for request in tab.requests[before:]] == []
    assert page.url == address
    kept = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"
    )
    assert "evil" not in kept
    assert "example" not in kept


def test_a_fake_is_called_fake_with_what_to_do_and_where_it_leads(visit: Start) -> None:
    check = Check(visit().open(CHECK))
    check.ask("https://help.example.com@evil.test/login")
    expect(check.result).to_contain_text("当作假的")
    expect(check.result).to_contain_text("它实际打开的是： evil.test")
    expect(check.result).to_contain_text("不回复，不点击")
    links = check.result.locator("a")
    assert "clicked-phishing-link" in (links.first.get_attribute("href") or "")


def test_a_genuine_address_is_no_genuine_message(visit: Start) -> None:
    check = Check(visit().open(f"en/{CHECK}"))
    check.ask("support@example.com")
    expect(check.result).to_contain_text("does not make a message genuine")
    expect(check.result).to_contain_text("Message centre")
    expect(check.result).not_to_contain_text("Only the address above")
    check.ask("Your account is blocked, write to support@example.com at once")
    expect(check.result).to_contain_text("Only the address above was checked")


def test_what_is_pasted_is_shown_as_text(visit: Start) -> None:
    tab = visit()
    check = Check(tab.open(CHECK))
    check.ask("<img src=x onerror=alert(1)> https://evil.test/<b>x</b>")
    assert check.result.locator("img, b").count() == 0
    check.ask("https://evil.test/" + "a" * 3000)
    assert len(check.result.inner_text()) < 1000


def test_an_answer_never_stands_beside_another_text(visit: Start) -> None:
    page = visit().open(CHECK)
    check = Check(page)
    check.ask("help.example.com")
    check.input.press_sequentially("x")
    expect(check.result).to_be_empty()
    check.form.locator("button[type=reset]").click()
    expect(check.input).to_have_value("")
    expect(check.input).to_be_focused()
    assert check.ask("") == "empty"


def test_pasting_is_enough(visit: Start) -> None:
    tab = visit(permissions=["clipboard-read", "clipboard-write"])
    page = tab.open(CHECK)
    page.evaluate("navigator.clipboard.writeText('https://help.example.com.evil.test')")
    check = Check(page)
    check.input.focus()
    page.keyboard.press("Control+V")
    expect(check.form).to_have_attribute("data-state", "not-listed")


def test_a_recovery_phrase_is_taken_away(visit: Start) -> None:
    check = Check(visit().open(CHECK))
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    assert check.ask(phrase) == "secret"
    expect(check.input).to_have_value("")
    assert "sausage" not in check.result.inner_text()


def test_the_answer_is_read_out_and_the_text_stays_with_the_browser(visit: Start) -> None:
    check = Check(visit().open(CHECK))
    expect(check.result).to_have_attribute("aria-live", "polite")
    for name, value in (("spellcheck", "false"), ("autocomplete", "off")):
        expect(check.input).to_have_attribute(name, value)
    assert check.input.get_attribute("name") is None
    assert check.form.get_attribute("action") is None


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", BOTH)
def test_axe_finds_nothing_serious(visit: Start, path: str, scheme: str, device: str) -> None:
    page = visit(color_scheme=scheme, **DEVICES[device]).open(path)
    texts = [NOT_LISTED[0], LISTED[0], UNCLEAR[0]] if CHECK in path else [""]
    for text in texts:
        if text:
            Check(page).ask(text)
        assert serious(page) == []


@pytest.mark.parametrize("path", BOTH)
def test_the_pages_fit_a_phone_and_a_finger(visit: Start, path: str) -> None:
    page = visit(**PHONE).open(path)
    if CHECK in path:
        Check(page).ask(NOT_LISTED[0] + "/" + "a" * 200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button, textarea")]
          .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
          .filter(([, box]) => box.height > 0 && box.height < 43.5)
          .map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize("path", BOTH)
def test_without_javascript_everything_else_is_there(visit: Start, path: str) -> None:
    tab = visit(java_script_enabled=False)
    page = tab.page
    page.goto(path)
    expect(page.locator("main a[href='mailto:support@example.com']")).to_be_visible()
    if CHECK in path:
        expect(page.locator("[data-kb-channel-check]")).to_be_hidden()
        expect(page.locator("main noscript p, main .kb-support__note").first).to_be_visible()
    else:
        expect(page.locator(".kb-urgent a").first).to_be_visible()
        expect(page.locator(".kb-classes dd")).to_have_count(3)


def test_the_contact_page_begins_with_what_cannot_wait(visit: Start) -> None:
    page = visit(**PHONE).open(CONTACT)
    box = page.locator(".kb-urgent")
    assert box.evaluate("element => element.getBoundingClientRect().top") < 300
    expect(box).to_contain_text("冻结账户")
    expect(page.locator(".kb-way--absent")).to_contain_text("没有开通")
    expect(page.locator("main")).to_contain_text("1–3小时")


@pytest.mark.parametrize("path", ["", "transfers/deposit-not-credited/", "search/", "missing/"])
def test_every_way_to_support_leads_to_the_contact_page(visit: Start, path: str) -> None:
    tab = visit()
    tab.may_fail = "missing" in path  # the browser logs status 404
    page = tab.open(path)
    links = page.get_by_role("link", name="联系客服", exact=True)
    hrefs = links.evaluate_all("links => links.map((link) => new URL(link.href).pathname)")
    # The category of that name is not a way to support by itself.
    assert [href for href in hrefs if href != "/support/"]
    assert set(hrefs) <= {"/contact/", "/support/"}
