"""A visitor's tab and the search boxes in it; notes every request and every error."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, Request

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


class Visit:
    """One visitor's tab; notes what it asked for and what went wrong."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.requests: list[Request] = []
        self.errors: list[str] = []
        self.may_fail = False
        context.on("request", lambda request: self.requests.append(request))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda line: (
                self.errors.append(f"{line.text} {line.location.get('url', '')}".strip())
                if line.type == "error"
                else None
            ),
        )

    def open(self, path: str = "") -> Page:
        self.page.goto(path or "./", wait_until="networkidle")
        return self.page

    @property
    def questions_sent(self) -> list[str]:
        return [
            request.post_data_json["query"]
            for request in self.requests
            if urlsplit(request.url).path == "/api/search"
        ]

    def box(self, name: str = "home") -> Box:
        return Box(self.page, name)


class Box:
    """A search box on the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.element = page.locator(f"[data-kb-search={name}]")
        self.input: Locator = self.element.locator("input")
        self.options: Locator = self.element.locator("[role=option]")
        self.status: Locator = self.element.locator("[role=status]")
        self.alert: Locator = self.element.locator("[role=alert]")

    def ask(self, words: str) -> None:
        self.input.fill(words)
        self.settle("results")

    def settle(self, state: str) -> None:
        self.page.locator(
            f"[data-kb-search={self.element.get_attribute('data-kb-search')}][data-state={state}]"
        ).wait_for(timeout=5000)

    def first_path(self) -> str:
        return urlsplit(self.options.first.get_attribute("href") or "").path
