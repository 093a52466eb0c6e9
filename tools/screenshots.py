"""Takes screenshots of the site: phone and desktop, light and dark, the states that matter.

It builds nothing. Without an address it serves what was built; without names of shots it makes
the README's picture:

    .venv/bin/python tools/screenshots.py
    .venv/bin/python tools/screenshots.py all
    .venv/bin/python tools/screenshots.py --base http://127.0.0.1:8000/ home urgent
"""

from __future__ import annotations

import argparse
import base64
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


README_PICTURE = ROOT / "docs" / "_data" / "screenshots" / "readme.png"
README_SHOTS = (("home", "desktop", "light"), ("found", "phone", "light"),
                ("urgent_article", "phone", "dark"))  # fmt: skip
README_PAGE = """<body style="margin:0;padding:40px;display:flex;gap:32px;align-items:center;
background:#dfe8e6">{}"""
README_IMAGE = """<img src="data:image/png;base64,{data}" style="height:{height}px;
border-radius:14px;box-shadow:0 8px 30px rgb(16 42 48 / 25%)">"""


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
    """Put the README's shots side by side into one picture."""
    images = []
    for name, device, scheme in README_SHOTS:
        context = browser.new_context(base_url=base, color_scheme=scheme, **DEVICES[device])
        page = context.new_page()
        SHOTS[name](page)
        data = base64.b64encode(page.screenshot(animations="disabled")).decode()
        height = 620 if device == "desktop" else 720
        images.append(README_IMAGE.format(data=data, height=height))
        context.close()
    page = browser.new_page(viewport={"width": 1690, "height": 800})
    page.set_content(README_PAGE.format("".join(images)))
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=README_PICTURE)
    print(README_PICTURE)


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
    parser.add_argument("shots", nargs="*", metavar="shot", help=f"all, or: {' '.join(SHOTS)}")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with (
        nullcontext(arguments.base) if arguments.base else served() as base,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if arguments.shots:
            names = list(SHOTS) if arguments.shots == ["all"] else arguments.shots
            take(browser, base, arguments.folder, names, arguments.full)
        else:
            take_readme(browser, base)
        browser.close()


if __name__ == "__main__":
    main()
