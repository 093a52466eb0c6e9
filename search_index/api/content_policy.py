"""The Content-Security-Policy of each answer: scripts and styles of this site only.

Those that the theme writes into a page itself are allowed by their hash, page by page. It knows
nothing of what they do.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import lru_cache

_INLINE = {
    tag: re.compile(rf"<{tag}(?![^>]*\ssrc=)([^>]*)>(.*?)</{tag}>", re.DOTALL | re.I)
    for tag in ("script", "style")
}
_DATA = re.compile(r"\stype=[\"']?application/(?:ld\+)?json", re.I)  # never run
_PAGES_KEPT = 1024

ANSWER_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Of what the endpoint itself answers: no script at all."""

FILE_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'"
"""Of pictures, style sheets and scripts of the site; a picture may bring styles of its own."""


def page_policy(path: str, stat: os.stat_result) -> str:
    """Return the policy of an HTML file.

    Args:
        path: of the file.
        stat: of the file; a page that was built anew is read anew.
    """
    return _page_policy(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=_PAGES_KEPT)
def _page_policy(path: str, mtime_ns: int, size: int) -> str:
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        page = file.read()
    scripts, styles = (
        "".join(f" '{found}'" for found in hashes_of(tag, page)) for tag in ("script", "style")
    )
    return (
        f"default-src 'self'; script-src 'self'{scripts}; style-src 'self'{styles}; "
        "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'"
    )


def hashes_of(tag: str, page: str) -> list[str]:
    """Return ``sha256-…`` of every script or style that stands in ``page`` itself, once each."""
    # A browser hashes what it parsed, and parsing makes CR LF a LF.
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    found = dict.fromkeys(
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for attributes, text in _INLINE[tag].findall(page)
        if not _DATA.search(attributes)
    )
    return list(found)
