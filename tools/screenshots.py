"""Takes screenshots of the site: phone and desktop, light and dark, the states that matter.

It builds nothing. Without an address it serves what was built; without shots it takes all:

    .venv/bin/python tools/screenshots.py --folder build/screenshots
    .venv/bin/python tools/screenshots.py --base http://127.0.0.1:8000/ home urgent
    .venv/bin/python tools/screenshots.py --readme
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
DEVICES = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
}
# The first words of BIP-39's own test vector; it guards nothing.
PUBLIC_PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def home(page: Page) -> None:
    page.goto("./")


def home_en(page: Page) -> None:
    page.goto("en/")


def category(page: Page) -> None:
    page.goto("transfers/")


def article(page: Page) -> None:
    page.goto("transfers/sent-on-wrong-network/")


def urgent_article(page: Page) -> None:
    page.goto("security/wallet-stolen-emergency/")


def ask(page: Page, words: str) -> None:
    home(page)
    page.locator("[data-kb-search=home] input").fill(words)
    page.locator("[data-kb-search=home][data-state]").wait_for()
    page.wait_for_timeout(300)


def found(page: Page) -> None:
    ask(page, "提币没到账怎么办")


def urgent(page: Page) -> None:
    ask(page, "币被盗了怎么办")


def no_answer(page: Page) -> None:
    ask(page, "今天天气怎么样")


def secret(page: Page) -> None:
    ask(page, PUBLIC_PHRASE)


def dialog(page: Page) -> None:
    article(page)
    page.locator("[data-kb-open-search]").click()
    page.wait_for_timeout(300)


def dialog_found(page: Page) -> None:
    dialog(page)
    page.locator("dialog input").fill("选错网络")
    page.locator("dialog [data-state=results]").wait_for()
    page.wait_for_timeout(300)


SHOTS: dict[str, Callable[[Page], None]] = {
    shot.__name__: shot
    for shot in (
        home, home_en, category, article, urgent_article, found, urgent, no_answer, secret,
        dialog, dialog_found,
    )
}  # fmt: skip


README_FOLDER = ROOT / "pictures"
README_SHOTS = {
    "home": ("home", "desktop", "light"),
    "search": ("found", "phone", "light"),
    "urgent": ("urgent", "phone", "light"),
    "article": ("urgent_article", "phone", "dark"),
}


def take(browser: Browser, base: str, folder: Path, names: list[str], full: bool) -> None:
    """Take every named shot on each device in each colour scheme."""
    for device, options in DEVICES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(base_url=base, color_scheme=scheme, **options)
            page = context.new_page()
            for name in names:
                SHOTS[name](page)
                path = folder / f"{name}-{device}-{scheme}.png"
                page.screenshot(path=path, full_page=full, animations="disabled")
                print(path)
            context.close()


def take_readme(browser: Browser, base: str) -> None:
    """Take the pictures that the README shows."""
    README_FOLDER.mkdir(exist_ok=True)
    for name, (shot, device, scheme) in README_SHOTS.items():
        context = browser.new_context(base_url=base, color_scheme=scheme, **DEVICES[device])
        page = context.new_page()
        SHOTS[shot](page)
        page.screenshot(path=README_FOLDER / f"{name}.png", animations="disabled")
        print(README_FOLDER / f"{name}.png")
        context.close()


@contextmanager
def served() -> Iterator[str]:
    """Serve what was built on a free port; yield the address."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "kb_build.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    base = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{base}readyz", timeout=1).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Read the arguments and take the shots."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", help="address of a served site, with the closing slash")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--full", action="store_true", help="the whole page, not the window")
    parser.add_argument("--readme", action="store_true", help="only the pictures of the README")
    parser.add_argument("shots", nargs="*", default=list(SHOTS), metavar="shot")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (
        nullcontext(arguments.base) if arguments.base else served() as base,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if arguments.readme:
            take_readme(browser, base)
        else:
            take(browser, base, arguments.folder, arguments.shots, arguments.full)
        browser.close()


if __name__ == "__main__":
    main()
