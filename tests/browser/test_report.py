"""The report in a real browser: it asks nobody, fits a phone, and can be read by everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from report_samples import report_snapshot, sample_report  # noqa: F401
from visitor import DESKTOP, PHONE

from search_index.report import Report
from search_index.report.page import render_page


@pytest.fixture(params=["zh", "en"])
def report_file(
    request: pytest.FixtureRequest,
    sample_report: Callable[..., Report],  # noqa: F811
    tmp_path: Path,
) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render_page(sample_report(request.param)), encoding="utf-8")
    return path


@pytest.fixture(params=["phone-light", "phone-dark", "desktop-light", "desktop-dark"])
def tab(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A tab, and everything that it asked for or complained of."""
    device, scheme = request.param.split("-")
    options = PHONE if device == "phone" else DESKTOP
    context = browser.new_context(**{**options, "color_scheme": scheme}, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    noted: list[str] = []
    page.on(
        "request", lambda r: None if r.url.startswith(("file:", "data:")) else noted.append(r.url)
    )
    page.on("console", lambda message: noted.append(message.text))
    page.on("pageerror", lambda error: noted.append(str(error)))
    yield page, noted
    context.close()


def test_the_report_can_be_read_by_everybody_anywhere(
    tab: tuple[Page, list[str]], report_file: Path
) -> None:
    page, noted = tab
    page.goto(report_file.as_uri())
    assert noted == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []


def test_its_policy_allows_its_own_style_and_no_script(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(**DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(report_file.as_uri())
    assert (
        page.evaluate("getComputedStyle(document.querySelector('section')).borderRadius") == "12px"
    )
    assert complaints == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.ran = true'}))"
    )
    assert not page.evaluate("'ran' in window")
    context.close()
