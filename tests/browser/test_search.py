"""Searching in the browser: typing, pasting, input methods, the keyboard, failures."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect
from visitor import PHONE, Visit

Start = Callable[..., Visit]

DEPOSIT = "/transfers/deposit-not-credited/"
# A plain question about it: ranking has its own tests.
ARRIVED_NOT = "转账显示成功但没到账"
TOP = "element => element.getBoundingClientRect().top"


def test_a_typed_question_shows_the_right_article_first(visit: Start) -> None:
    tab = visit()
    tab.open()
    box = tab.box()
    box.input.press_sequentially("提币没到账怎么办", delay=20)
    box.settle("results")
    assert box.first_path() == DEPOSIT
    expect(box.status).to_contain_text("找到")
    assert len(tab.questions_sent) <= 2, "one request for a pause, not one for a letter"


def test_a_hit_shows_title_category_and_marked_excerpt(visit: Start) -> None:
    tab = visit()
    tab.open()
    box = tab.box()
    box.ask(ARRIVED_NOT)
    hit = box.options.first
    expect(hit.locator(".kb-hit__title")).to_have_text("转账显示成功但没到账怎么办？")
    expect(hit.locator(".kb-hit__meta")).to_contain_text("转账与充提")
    assert hit.locator(".kb-hit__excerpt").inner_text().strip()


def test_the_header_finds_articles_on_every_page(visit: Start) -> None:
    tab = visit()
    page = tab.open("support/contact-support-channels-and-hours/")
    page.keyboard.press("/")
    box = tab.box("dialog")
    expect(box.input).to_be_focused()
    box.ask("选错网络了")
    assert box.first_path() == "/transfers/sent-on-wrong-network/"
    page.keyboard.press("Escape")
    expect(page.locator("#kb-search-dialog")).to_be_hidden()


def test_the_english_page_answers_in_english(visit: Start) -> None:
    tab = visit()
    tab.open("en/")
    box = tab.box()
    box.ask("I lost my recovery phrase")
    assert box.first_path().startswith("/en/recovery/")


def test_pasted_text_is_searched(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.input.focus()
    page.keyboard.insert_text("收不到验证码")
    box.settle("results")
    assert box.first_path() == "/registration/verification-code-not-received/"


def test_pinyin_in_an_input_method_is_not_sent_and_the_committed_word_is(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.input.focus()
    keyboard = tab.context.new_cdp_session(page)
    for letters in ("z", "zh", "zhu", "zhu ji", "zhu ji ci"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)},
        )
        page.wait_for_timeout(200)
    assert tab.questions_sent == []
    keyboard.send("Input.insertText", {"text": "助记词丢了"})
    box.settle("results")
    assert tab.questions_sent == ["助记词丢了"]
    assert box.first_path().startswith("/recovery/")


def test_the_keyboard_alone_is_enough(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    page.keyboard.press("/")
    box = tab.box()
    expect(box.input).to_be_focused()
    box.ask(ARRIVED_NOT)
    page.keyboard.press("Enter")
    assert page.url.endswith("/"), "Enter without a selection stays and keeps the list"
    page.keyboard.press("ArrowDown")
    expect(box.options.first).to_have_attribute("aria-selected", "true")
    active = box.input.get_attribute("aria-activedescendant")
    assert active == box.options.first.get_attribute("id")
    page.keyboard.press("ArrowUp")
    expect(box.options.first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{DEPOSIT}**")


def test_escape_empties_the_box(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.ask(ARRIVED_NOT)
    page.keyboard.press("Escape")
    expect(box.input).to_have_value("")
    expect(box.options).to_have_count(0)


def test_an_emergency_is_pinned_on_top_with_what_to_do_now(visit: Start) -> None:
    tab = visit()
    tab.open()
    box = tab.box()
    box.ask("钱包里的币被盗了怎么办")
    first = box.options.first
    expect(first.locator(".kb-hit__now")).to_be_visible()
    assert box.first_path().startswith("/security/")
    titles = box.element.locator(".kb-hit__title").all_inner_texts()
    assert len(titles) == len(set(titles))


def test_a_question_about_something_else_says_so_and_leads_to_a_person(visit: Start) -> None:
    tab = visit()
    tab.open()
    box = tab.box()
    box.ask("今天天气怎么样")
    expect(box.status).to_contain_text("没有找到")
    expect(box.element.locator(".kb-search__notice a")).to_have_text("联系客服")
    assert box.options.count() <= 3


@pytest.mark.parametrize("begun", ["zjc", "tib"])
def test_initials_and_half_a_syllable_are_no_question_that_failed(visit: Start, begun: str) -> None:
    tab = visit(**PHONE)
    tab.open()
    box = tab.box()
    box.ask("提币")
    place = box.options.first.evaluate(TOP)
    box.ask(begun)
    expect(box.status).to_contain_text("请接着写")
    expect(box.element.locator(".kb-search__notice")).to_be_hidden()
    assert box.options.count() > 3
    assert box.options.first.evaluate(TOP) == place, "nothing jumps"
    box.element.locator(".kb-none-fits").click()
    expect(box.element.locator(".kb-search__notice a")).to_have_text("联系客服")


def test_half_a_question_is_not_told_that_nothing_answers_it(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.input.focus()
    page.evaluate(
        """() => {
          const status = document.querySelector("[data-kb-search=home] [role=status]");
          window.said = [];
          const note = () => said.push(status.textContent);
          new MutationObserver(note).observe(status, {childList: true});
        }"""
    )
    with page.expect_response("**/api/search"):
        box.input.fill("今天天气")
    box.ask("今天天气很好，可是我的币被盗了怎么办")
    assert not any("没有找到" in text for text in page.evaluate("said"))
    with page.expect_response("**/api/search"):
        box.input.fill("今天天气")
    page.keyboard.press("Enter")
    expect(box.status).to_contain_text("没有找到")


def test_the_full_search_page_takes_the_question_over_without_an_address(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    tab.box().ask(ARRIVED_NOT)
    page.locator(".kb-more").click()
    page.wait_for_url("**/search/")
    box = tab.box("page")
    box.settle("results")
    expect(box.input).to_have_value(ARRIVED_NOT)
    box.element.locator("select").select_option("payments")
    expect(box.options.first.locator(".kb-hit__meta")).to_contain_text("支付与提现")
    assert "?" not in page.url


PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.mark.parametrize("page_path", ["", "en/"])
def test_a_recovery_phrase_is_never_sent_and_warned_about(visit: Start, page_path: str) -> None:
    tab = visit()
    page = tab.open(page_path)
    box = tab.box()
    before = len(tab.requests)
    box.input.fill(PHRASE)
    box.settle("secret")
    expect(box.alert.locator(".kb-secret")).to_be_visible()
    expect(box.input).to_have_value("")
    expect(box.alert.locator("a")).to_have_attribute("href", re.compile(r"security/"))
    page.wait_for_timeout(400)
    assert tab.questions_sent == []
    posts = [request for request in tab.requests[before:] if request.method != "GET"]
    counted = {"type": "secret_blocked", "kind": "recovery_phrase"}
    assert [request.post_data_json for request in posts] == [counted]
    assert (
        page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])").find("sausage")
        == -1
    )


def test_a_phrase_typed_word_by_word_is_held_back(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    box = tab.box()
    box.input.focus()
    for word in PHRASE.split():
        page.keyboard.type(word + " ")
        page.wait_for_timeout(170)
    expect(box.alert.locator(".kb-secret")).to_contain_text("这看起来是助记词")
    assert "legal" not in box.input.input_value()
    longest = max((len(text.split()) for text in tab.questions_sent), default=0)
    assert longest <= 5


def test_a_transaction_hash_is_asked_about_then_searched(visit: Start) -> None:
    tab = visit()
    tab.open()
    box = tab.box()
    box.input.fill("ab" * 32)
    box.settle("suspect")
    assert tab.questions_sent == []
    box.alert.get_by_role("button", name="不是密钥，继续查找").click()
    box.settle("results")
    assert tab.questions_sent == ["ab" * 32]


def test_search_answers_from_a_static_host_without_endpoint(visit: Start, static_site: str) -> None:
    tab = visit(base=static_site)
    tab.may_fail = True  # the browser logs the refused POST
    tab.open()
    box = tab.box()
    box.ask("轉帳選錯網路了")
    assert box.first_path() == "/transfers/sent-on-wrong-network/"
    expect(box.status).to_contain_text("简易查找")
    box.ask(ARRIVED_NOT)
    assert box.first_path() == DEPOSIT
    assert len(tab.questions_sent) == 1, "a failed endpoint is left alone for a while"


def test_search_answers_when_the_endpoint_hangs(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True
    page = tab.open()
    page.route("**/api/search", lambda route: None)
    box = tab.box()
    box.ask(ARRIVED_NOT)
    assert box.first_path() == DEPOSIT


def test_without_any_connection_the_box_says_so(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True
    page = tab.open()
    box = tab.box()
    box.ask(ARRIVED_NOT)
    tab.context.set_offline(True)
    box.input.fill("选错网络")
    box.settle("unavailable")
    expect(box.status).to_have_text("现在连不上搜索")
    tab.context.set_offline(False)
    page.close()


def test_a_search_that_failed_is_tried_again_on_enter(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True
    page = tab.open()
    box = tab.box()
    page.route("**/api/search", lambda route: route.abort())
    page.route("**/search.zh.json", lambda route: route.abort())
    box.input.fill(ARRIVED_NOT)
    box.settle("unavailable")
    page.unroute_all()
    page.keyboard.press("Enter")
    box.settle("results")
    assert box.first_path() == DEPOSIT


def test_a_search_that_failed_is_tried_again_when_the_connection_returns(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True
    tab.open()
    box = tab.box()
    box.ask("提币")
    tab.context.set_offline(True)
    box.input.fill(ARRIVED_NOT)
    box.settle("unavailable")
    tab.context.set_offline(False)
    box.settle("results")
    assert box.first_path() == DEPOSIT


def test_the_dialog_begins_with_the_best_hit_and_keeps_its_way_out(visit: Start) -> None:
    tab = visit(**PHONE)
    page = tab.open("glossary/")
    page.locator("[data-kb-open-search]").click()
    dialog = page.locator("#kb-search-dialog")
    box = tab.box("dialog")
    box.ask("提币")
    dialog.evaluate("dialog => dialog.scrollTo(0, 400)")
    expect(dialog.locator("[data-kb-close]")).to_be_in_viewport(ratio=1)
    box.ask("选错网络了")
    assert dialog.evaluate("dialog => dialog.scrollTop") == 0
    expect(box.options.first).to_be_in_viewport()


def test_a_section_of_this_page_is_not_left_behind_the_dialog(visit: Start) -> None:
    tab = visit()
    page = tab.open(DEPOSIT.lstrip("/"))

    def name_a_section(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["hits"][0] |= {"url": DEPOSIT, "anchor": "steps"}
        route.fulfill(response=answer, json=body)

    page.route("**/api/search", name_a_section)
    page.locator("[data-kb-open-search]").click()
    box = tab.box("dialog")
    box.ask(ARRIVED_NOT)
    box.options.first.click()
    expect(page.locator("#kb-search-dialog")).to_be_hidden()
    assert page.url.endswith("#steps")


def test_the_home_page_brings_along_all_that_its_search_box_needs(visit: Start) -> None:
    tab = visit()
    page = tab.open()
    announced = page.locator("link[rel=modulepreload]").evaluate_all("all => all.map(a => a.href)")
    before = {request.url for request in tab.requests}
    assert before >= set(announced)
    tab.box().ask(ARRIVED_NOT)
    code = {request.url for request in tab.requests if request.url.endswith(".js")}
    assert code <= before, "nothing more was fetched when the box was used"
    assert any("secret-guard" in url for url in announced)


def test_material_loads_no_index_and_no_worker(visit: Start) -> None:
    tab = visit()
    page = tab.open(DEPOSIT.lstrip("/"))
    page.keyboard.press("s")
    tab.box("dialog").ask("提币")
    loaded = [request.url for request in tab.requests]
    assert not [url for url in loaded if "search_index" in url or "worker" in url]


def test_results_fit_a_phone(visit: Start) -> None:
    tab = visit(**PHONE)
    page = tab.open()
    tab.box().ask("币被盗了")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
