"""Writing to support in a real browser: articles first, then a ticket, and nothing leaks."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from conftest import Served
from playwright.sync_api import Locator, Page, Route, expect
from test_pages import serious
from visitor import PHONE, Visit

Start = Callable[..., Visit]

NARROW = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CONTACT = {"zh": "contact/", "en": "en/contact/"}
DEPOSIT = {
    "zh": "昨天下午从交易所提了200 USDT到自己的钱包，显示成功，到现在没到账",
    "en": "my withdrawal says completed but it has not arrived in my wallet",
}
STOLEN = {
    "zh": "我的钱包里的币刚刚被人转走了，怎么办",
    "en": "my wallet was hacked, all my coins were stolen just now",
}
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEY = "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TICKET = re.compile(r"T-[2-9A-Z]{4}-[2-9A-Z]{4}")
languages = pytest.mark.parametrize("lang", ["zh", "en"])


class Contact:
    """The contact form of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.section = page.locator("[data-kb-contact]")
        self.body = page.locator("#kb-write-body")
        self.found = self.section.locator("[data-kb-found]")
        self.suggestions = self.found.locator("details")
        self.details = self.section.locator("[data-kb-details]")
        self.go_on = self.section.locator("[data-kb-continue]")
        self.solved = self.section.locator("[data-kb-solved]")
        self.send = self.section.locator("[type=submit]")
        self.alert = self.section.locator("[data-kb-alert]")
        self.failed = self.section.locator("[data-kb-failed]")

    def write(self, text: str, state: str = "found") -> None:
        self.body.fill(text)
        self.page.locator(f"[data-kb-contact][data-state={state}]").wait_for(timeout=8000)

    def field(self, name: str) -> Locator:
        return self.section.locator(f"[name={name}]")

    def error(self, name: str) -> Locator:
        return self.section.locator(f"#kb-write-{name}-error")


def posted(tab: Visit, name: str) -> list[dict[str, object]]:
    return [
        request.post_data_json
        for request in tab.requests
        if urlsplit(request.url).path == f"/api/{name}"
    ]


def told(tab: Visit) -> list[str]:
    return [str(event["type"]) for event in posted(tab, "events")]


# --- articles while somebody writes


@languages
def test_from_a_search_over_an_article_that_did_not_help_to_an_answer(
    visit: Start, lang: str
) -> None:
    tab = visit(**NARROW)
    page = tab.open("" if lang == "zh" else "en/")
    box = tab.box()
    box.ask(DEPOSIT[lang][-20:] if lang == "zh" else "withdrawal has not arrived")
    box.options.first.click()
    page.locator("[data-kb-feedback]").scroll_into_view_if_needed()
    page.locator("[data-kb-no]").click()
    page.locator(".kb-feedback__reasons label").first.click()
    page.locator(".kb-feedback__send button").click()
    page.locator("[data-kb-next] a").click()
    page.wait_for_url(f"**/{CONTACT[lang]}")
    form = Contact(page)
    form.write(DEPOSIT[lang])
    form.suggestions.first.locator("summary").click()
    expect(form.suggestions.first.locator(".kb-answer")).to_be_visible()
    form.solved.click()
    expect(page.locator("[data-kb-done]")).to_be_focused()
    expect(form.body).to_be_hidden()
    assert told(tab) == [
        *("hit_opened", "article_rated", "contact_opened", "hit_opened", "solved"),
    ]
    assert posted(tab, "tickets") == []


@languages
def test_suggestions_come_with_class_target_and_what_to_have_ready(visit: Start, lang: str) -> None:
    page = visit(**NARROW).open(CONTACT[lang])
    form = Contact(page)
    form.write(DEPOSIT[lang])
    expect(form.found.locator(".kb-write__sorted")).to_contain_text(
        "1个工作日" if lang == "zh" else "1 working day"
    )
    expect(form.found.locator(".kb-write__ready")).to_contain_text("TxID")
    assert 1 <= form.suggestions.count() <= 3
    expect(form.go_on).to_be_visible()
    expect(form.solved).to_be_visible()
    expect(form.details).to_be_hidden()


def test_a_suggestion_opens_in_place_with_links_that_leave_the_text_alone(visit: Start) -> None:
    page = visit().open(CONTACT["zh"])
    form = Contact(page)
    form.write(DEPOSIT["zh"])
    first = form.suggestions.first
    first.locator("summary").press("Enter")
    expect(first.locator(".kb-answer")).to_be_visible()
    assert first.locator("script, form, button, [id]").count() == 0
    targets = first.locator("a").evaluate_all("links => links.map((link) => link.target)")
    assert set(targets) == {"_blank"}
    expect(form.body).to_have_value(DEPOSIT["zh"])


@languages
def test_an_emergency_shows_its_first_actions_and_hides_no_form(visit: Start, lang: str) -> None:
    page = visit(**NARROW).open(CONTACT[lang])
    form = Contact(page)
    form.write(STOLEN[lang])
    assert form.found.locator(".kb-write__now li").count() >= 2
    expect(form.found.locator(".kb-write__fast")).to_contain_text(
        "在线客服" if lang == "zh" else "Live chat"
    )
    expect(form.details).to_be_visible()
    expect(form.send).to_be_visible()
    expect(form.field("txid")).to_be_hidden()


def test_pinyin_in_an_input_method_is_not_sent_and_one_pause_is_one_question(
    visit: Start,
) -> None:
    tab = visit()
    page = tab.open(CONTACT["zh"])
    form = Contact(page)
    form.body.focus()
    keyboard = tab.context.new_cdp_session(page)
    for letters in ("w", "wo de", "wo de bi", "wo de bi mei dao"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)},
        )
        page.wait_for_timeout(250)
    assert posted(tab, "deflect") == []
    keyboard.send("Input.insertText", {"text": "我的币没有到账"})
    page.locator("[data-kb-contact][data-state=found]").wait_for(timeout=8000)
    assert [question["body"] for question in posted(tab, "deflect")] == ["我的币没有到账"]


def test_a_question_that_was_searched_is_carried_over_without_an_address(visit: Start) -> None:
    tab = visit()
    page = tab.open("search/")
    box = tab.box("page")
    box.ask("转账显示成功但没到账")
    page.get_by_role("button", name="没有我要找的").click()
    box.element.locator(".kb-search__notice a").click()
    page.wait_for_url("**/contact/")
    expect(page.locator("#kb-write-body")).to_have_value("转账显示成功但没到账")
    page.locator("[data-kb-contact][data-state=found]").wait_for(timeout=8000)
    assert told(tab)[:2] == ["not_found", "contact_opened"]
    kept = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "没到账" not in kept


# --- the ticket


@languages
def test_what_articles_do_not_solve_becomes_a_ticket_with_a_number(visit: Start, lang: str) -> None:
    tab = visit(**NARROW, timezone_id="Asia/Shanghai")
    page = tab.open(CONTACT[lang])
    form = Contact(page)
    form.write(DEPOSIT[lang])
    form.go_on.click()
    expect(form.details.locator("legend")).to_be_focused()
    expect(form.field("time_zone")).to_have_value("Asia/Shanghai")
    form.field("email").fill("name@example.com")
    form.field("txid").fill(HASH)
    form.field("network").fill("USDT TRC20")
    form.field("happened_at").fill("2026-11-20T18:30")
    form.send.click()
    page.wait_for_url("**/contact/received/?ticket=*")
    number = page.locator("[data-kb-ticket]").inner_text()
    assert TICKET.fullmatch(number)
    expect(page.locator("dl [data-kb-class=technical]")).to_be_visible()
    expect(page.locator("dl [data-kb-class=general]")).to_be_hidden()
    (ticket,) = posted(tab, "tickets")
    assert ticket["fields"] == {
        "txid": HASH,
        "network": "USDT TRC20",
        "happened_at": "2026-11-20T18:30",
        "time_zone": "Asia/Shanghai",
    }
    assert told(tab) == ["contact_opened", "still_need_help"]
    page.go_back()
    expect(form.body).to_have_value("")
    expect(form.found).to_be_hidden()


def test_a_double_click_and_a_lost_answer_make_one_ticket(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs the broken request
    page = tab.open(CONTACT["zh"])
    form = Contact(page)
    form.write(DEPOSIT["zh"])
    form.go_on.click()
    form.field("email").fill("name@example.com")
    numbers: list[str] = []

    def lose(route: Route) -> None:
        numbers.append(route.fetch().json()["ticket_id"])
        route.abort()

    page.route("**/api/tickets", lose, times=1)
    form.send.dblclick()
    expect(form.failed).to_contain_text("不会产生两张工单")
    expect(form.failed.locator("a")).to_have_attribute("href", "#ways")
    expect(form.body).to_have_value(DEPOSIT["zh"])
    form.failed.locator("button").click()
    page.wait_for_url("**/contact/received/?ticket=*")
    assert [page.locator("[data-kb-ticket]").inner_text()] == numbers
    assert len(posted(tab, "tickets")) == 2


def test_on_a_phone_a_ticket_that_was_not_sent_is_told_where_the_person_looks(visit: Start) -> None:
    tab = visit(**PHONE)
    tab.may_fail = True
    page = tab.open(CONTACT["zh"])
    form = Contact(page)
    form.write(DEPOSIT["zh"])
    form.go_on.click()
    form.field("email").fill("name@example.com")
    page.route("**/api/tickets", lambda route: route.abort())
    form.send.evaluate("button => scrollTo(0, scrollY + button.getBoundingClientRect().top - 80)")
    form.send.click()
    expect(form.failed.locator("p").first).to_be_in_viewport(ratio=1)


@languages
def test_problems_stand_at_their_fields_and_the_first_has_the_focus(
    visit: Start, lang: str
) -> None:
    tab = visit(**NARROW)
    form = Contact(tab.open(CONTACT[lang]))
    form.write(DEPOSIT[lang])
    form.go_on.click()
    form.field("email").fill("name@")
    form.field("txid").fill("abc")
    form.send.click()
    expect(form.field("email")).to_be_focused()
    expect(form.error("email")).to_contain_text("name@example.org")
    expect(form.field("txid")).to_have_attribute("aria-invalid", "true")
    described = form.field("txid").get_attribute("aria-describedby") or ""
    assert described.split()[0] == "kb-write-txid-error"
    form.field("txid").fill("")
    expect(form.error("txid")).to_have_count(0)
    assert posted(tab, "tickets") == []
    assert serious(form.page) == []


def test_what_the_server_says_of_a_field_stands_there(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs status 422
    form = Contact(tab.open(CONTACT["zh"]))
    form.write(DEPOSIT["zh"])
    form.go_on.click()
    form.field("uid").fill("not a number")
    form.send.click()
    expect(form.error("uid")).to_contain_text("这不像UID")
    expect(form.field("uid")).to_be_focused()


def test_too_many_tickets_say_when_to_try_again(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs status 429
    page = tab.open(CONTACT["en"])
    form = Contact(page)
    error = {"error": {"code": "TOO_MANY", "message": "x", "remedy": "x"}}
    page.route(
        "**/api/tickets",
        lambda route: route.fulfill(status=429, headers={"Retry-After": "120"}, json=error),
    )
    form.write(DEPOSIT["en"])
    form.go_on.click()
    form.field("email").fill("name@example.com")
    form.send.click()
    expect(form.failed).to_contain_text("in about 2 minutes")
    expect(form.body).to_have_value(DEPOSIT["en"])


def test_the_receipt_shows_nothing_that_somebody_put_into_the_address(visit: Start) -> None:
    page = visit().open("contact/received/?ticket=call-us-at-example&class=urgent")
    expect(page.locator("[data-kb-known]")).to_be_hidden()
    expect(page.locator("[data-kb-missing]")).to_be_visible()
    assert "example" not in page.locator("main").inner_text()


def test_the_number_can_be_copied(visit: Start) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open(
        "contact/received/?ticket=T-7F3K-9Q2M&class=general"
    )
    page.locator("[data-kb-copy-ticket]").click()
    expect(page.locator("[data-kb-copied]")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "T-7F3K-9Q2M"


# --- when something is away


@languages
def test_without_the_endpoint_every_channel_is_there_and_the_form_says_so(
    visit: Start, static_site: str, lang: str
) -> None:
    tab = visit(base=static_site, **NARROW)
    tab.may_fail = True  # the browser logs status 501
    page = tab.open(CONTACT[lang])
    form = Contact(page)
    form.write(DEPOSIT[lang], "away")
    expect(form.found.locator(".kb-write__away")).to_be_visible()
    assert form.suggestions.count() >= 1, "the index of the static site still finds articles"
    assert page.locator(".kb-way").count() >= 4
    expect(page.locator("main a[href='mailto:support@example.com']")).to_be_visible()
    form.field("email").fill("name@example.com")
    form.send.click()
    expect(form.failed.locator("a")).to_have_attribute("href", "#ways")
    expect(form.body).to_have_value(DEPOSIT[lang])


@languages
def test_without_javascript_the_form_gives_a_number(visit: Start, lang: str) -> None:
    tab = visit(java_script_enabled=False, **NARROW)
    page = tab.page
    page.goto(CONTACT[lang])
    form = Contact(page)
    expect(form.go_on).to_be_hidden()
    form.body.fill(DEPOSIT[lang] + " no script")
    form.field("uid").fill("20481024")
    form.send.click()
    page.wait_for_url("**/api/tickets/receipt?*")
    assert TICKET.search(page.locator("main").inner_text())


# --- secrets


@languages
def test_a_phrase_in_the_form_is_taken_away_and_only_counted(visit: Start, lang: str) -> None:
    tab = visit(**NARROW)
    page = tab.open(CONTACT[lang])
    form = Contact(page)
    form.body.fill(f"help me {PHRASE}")
    expect(form.alert.locator(".kb-secret")).to_be_visible()
    expect(form.alert.locator("a")).to_have_attribute("href", re.compile("leaked"))
    expect(form.body).to_have_value("")
    page.wait_for_timeout(800)
    assert posted(tab, "deflect") == []
    assert posted(tab, "events")[-1] == {"type": "secret_blocked", "kind": "recovery_phrase"}
    assert all("sausage" not in (request.post_data or "") for request in tab.requests)
    assert serious(page) == []


def test_a_key_in_any_field_is_taken_away_before_anything_is_sent(visit: Start) -> None:
    tab = visit()
    page = tab.open(CONTACT["zh"])
    form = Contact(page)
    form.write(DEPOSIT["zh"])
    form.go_on.click()
    form.field("wallet_address").fill(KEY)
    expect(form.alert.locator(".kb-secret")).to_be_visible()
    expect(form.field("wallet_address")).to_have_value("")
    assert all(KEY not in (request.post_data or "") for request in tab.requests)


def test_a_hash_in_the_message_is_asked_about(visit: Start) -> None:
    tab = visit()
    form = Contact(tab.open(CONTACT["zh"]))
    form.body.fill(f"请帮我查一下 {HASH}")
    question = form.alert.locator(".kb-secret--ask")
    expect(question).to_be_visible()
    assert posted(tab, "deflect") == []
    question.locator("button").first.click()
    form.page.locator("[data-kb-contact][data-state=found]").wait_for(timeout=8000)
    expect(form.alert).to_be_empty()


def test_planted_secrets_reach_neither_database_nor_log_nor_address(
    visit: Start, served: Served
) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs status 422
    page = tab.open()
    box = tab.box()
    for secret in (PHRASE, KEY):
        box.input.fill(secret)
        box.settle("secret")
    page.goto("transfers/deposit-not-credited/")
    page.locator("[data-kb-feedback]").scroll_into_view_if_needed()
    page.locator("[data-kb-no]").click()
    page.locator("#kb-feedback-comment").fill(f"my words are {PHRASE}")
    page.goto(CONTACT["zh"])
    form = Contact(page)
    form.write(f"{DEPOSIT['zh']}，我的邮箱canary.person@example.com")
    form.body.fill(f"{DEPOSIT['zh']} {KEY}")
    # Whoever has no script, or another program, sends it all the same.
    for route, body in (
        ("search", {"query": PHRASE}),
        ("deflect", {"body": f"我的钱包 {KEY}"}),
        ("tickets", {"body": PHRASE, "contact": {"email": "a@b.example"}}),
        ("suggest", {"prefix": KEY}),
    ):
        page.request.post(f"api/{route}", data=body, headers={"Idempotency-Key": "canary-canary"})
    page.request.post("api/tickets/form", form={"body": PHRASE, "email": "a@b.example"})
    page.wait_for_timeout(1500)  # the event log writes behind the answers
    kept = served.everything_kept()
    assert b"search" in kept, "the log of events is what was looked at"
    for secret in (PHRASE, KEY, "canary.person@example.com"):
        for form_of_it in forms_of(secret):
            assert form_of_it not in kept, form_of_it
    assert all(quote(PHRASE) not in request.url for request in tab.requests)


def forms_of(secret: str) -> list[bytes]:
    plain = secret.encode()
    return [
        plain,
        quote(secret).encode(),
        quote(secret, safe="").replace("%20", "+").encode(),
        base64.b64encode(plain)[:-4],
        json.dumps(secret).encode(),
        plain[::-1],
        " ".join(secret.split()[:6]).encode(),
    ]


def test_the_counts_of_secrets_are_there(visit: Start, served: Served) -> None:
    tab = visit()
    form = Contact(tab.open(CONTACT["zh"]))
    form.body.fill(PHRASE)
    expect(form.alert.locator(".kb-secret")).to_be_visible()
    tab.page.wait_for_timeout(1000)
    with sqlite3.connect(served.database) as database:
        (count,) = database.execute(
            "SELECT count(*) FROM events WHERE type = 'secret_blocked'"
        ).fetchone()
    assert count >= 1


# --- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@languages
def test_axe_finds_nothing_serious(visit: Start, lang: str, scheme: str) -> None:
    page = visit(color_scheme=scheme, **NARROW).open(CONTACT[lang])
    form = Contact(page)
    assert serious(page) == []
    form.write(DEPOSIT[lang])
    form.suggestions.first.locator("summary").click()
    expect(form.suggestions.first.locator(".kb-answer")).to_be_visible()
    form.go_on.click()
    assert serious(page) == []
    form.body.fill(STOLEN[lang])
    form.found.locator(".kb-write__now").wait_for(timeout=8000)
    assert serious(page) == []
    page.goto(f"{CONTACT[lang]}received/?ticket=T-7F3K-9Q2M&class=urgent")
    assert serious(page) == []


@languages
def test_everything_fits_a_phone_and_a_finger(visit: Start, lang: str) -> None:
    page = visit(**NARROW).open(CONTACT[lang])
    form = Contact(page)
    form.write(DEPOSIT[lang])
    form.suggestions.first.locator("summary").click()
    form.go_on.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = form.section.evaluate(
        """(section) => [...section.querySelectorAll("button, input:not([type=hidden]), summary")]
          .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
          .filter(([, box]) => box.height > 0 && box.height < 43.5)
          .map(([html]) => html)"""
    )
    assert small == []
