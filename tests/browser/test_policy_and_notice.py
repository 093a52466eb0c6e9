"""Pages run under a strict policy without a single violation, and show the notice at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, free_port, wait_until_ready
from playwright.sync_api import expect
from visitor import PHONE, Visit

Start = Callable[..., Visit]
ZH, EN = "提币暂停，预计18:00恢复。", "Withdrawals are paused until about 18:00."
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.mark.parametrize(
    "path", ["", "en/", "transfers/deposit-not-credited/", "search/", "contact/", "missing/"]
)
def test_no_page_violates_the_policy(visit: Start, path: str) -> None:
    tab = visit()
    tab.may_fail = path == "missing/"  # the browser logs status 404
    tab.page.add_init_script(WATCH)
    page = tab.open(path)
    response = page.request.get(page.url)
    assert "script-src 'self'" in response.headers["content-security-policy"]
    box = page.locator("main [data-kb-search] input, .kb-hero [data-kb-search] input").first
    if box.count():
        box.fill("提币没到账")
        page.wait_for_timeout(1000)
    page.locator(".kb-palette label:not([hidden])").first.click()
    assert page.evaluate("window.violations") == []


def test_what_is_not_ours_does_not_run(visit: Start) -> None:
    tab = visit()
    tab.may_fail = True  # the browser logs what it refused
    page = tab.open()
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          const image = document.createElement("img");
          image.setAttribute("onerror", "window.ran = true");
          image.src = "/nothing.png";
          document.body.append(image);
        }"""
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None


@pytest.fixture
def own_root(built: Path, tmp_path: Path) -> Path:
    """A help centre of its own, so that its notice bothers nobody else."""
    (tmp_path / "kb.toml").write_bytes((ROOT / "kb.toml").read_bytes())
    (tmp_path / "build").mkdir()
    for name in ("snapshots", "site"):
        (tmp_path / "build" / name).symlink_to(ROOT / "build" / name)
    return tmp_path


@pytest.fixture
def own_site(own_root: Path) -> Iterator[str]:
    port, log_path = free_port(), own_root / "log.txt"
    with log_path.open("w") as log:
        command = [sys.executable, "-m", "kb_build.cli", "serve", "--port", str(port)]
        process = subprocess.Popen([*command, "--root", str(own_root)], cwd=ROOT, stderr=log)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log_path)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=10)


def notice(root: Path, *words: str) -> None:
    command = [sys.executable, "-m", "kb_build.cli", "notice", *words, "--root", str(root)]
    subprocess.run(command, check=True, cwd=ROOT, env=dict(os.environ), capture_output=True)


def test_a_notice_shows_without_a_build_and_goes_again(
    visit: Start, own_site: str, own_root: Path
) -> None:
    tab = visit(base=own_site, **PHONE)
    page = tab.open()
    bar = page.locator("#kb-notice")
    expect(bar).to_be_hidden()
    notice(own_root, ZH, EN, "--level", "incident")
    tab.open()
    expect(bar).to_have_text(ZH)
    expect(bar).to_have_attribute("role", "status")
    tab.open("en/transfers/deposit-not-credited/")
    expect(bar).to_have_text(EN)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    notice(own_root, "--off")
    tab.open("en/")
    expect(bar).to_be_hidden()
