"""Pages run their own scripts and nothing else."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from search_index.api import create_app
from search_index.api.content_policy import hashes_of
from search_index.settings import ServerSettings

SCRIPT = 'var a = "</p>" && 1 < 2'
PAGE = f"""<script type="module" src="a.js"></script><script>{SCRIPT}</script>
<script id="c" type="application/json">{{}}</script><style>p {{}}</style><p>帮助</p>"""


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def directives(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.split(";"))
    return {name: values for name, *values in parts}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "en").mkdir()
    for name in ("index.html", "404.html", "en/404.html"):
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    app = create_app(SimpleNamespace(searcher=None), ServerSettings(), site=tmp_path)
    return TestClient(app)


@pytest.mark.parametrize("path", ["/", "/nothing", "/en/nothing", "/index.html"])
def test_a_page_allows_its_own_scripts_by_their_hash(client: TestClient, path: str) -> None:
    policy = directives(client.get(path).headers["Content-Security-Policy"])
    assert policy["script-src"] == ["'self'", f"'{sha256(SCRIPT)}'"]
    assert policy["style-src"] == ["'self'", f"'{sha256('p {}')}'"]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]


def test_no_policy_lets_strangers_scripts_in(client: TestClient) -> None:
    for path in ("/", "/a.js", "/healthz", "/api/nothing"):
        policy = client.get(path).headers["Content-Security-Policy"]
        scripts = directives(policy).get("script-src", directives(policy)["default-src"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & set(scripts)


def test_a_page_that_was_built_anew_has_a_policy_of_its_own(
    client: TestClient, tmp_path: Path
) -> None:
    client.get("/")
    (tmp_path / "index.html").write_text("<script>another()</script>", encoding="utf-8")
    policy = client.get("/").headers["Content-Security-Policy"]
    assert f"'{sha256('another()')}'" in policy
    assert sha256(SCRIPT) not in policy


def test_a_page_the_browser_has_keeps_its_policy(client: TestClient) -> None:
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    name = "Content-Security-Policy"
    assert again.headers[name] == first.headers[name]


def test_line_ends_count_as_the_browser_reads_them() -> None:
    assert hashes_of("script", "<script>a\r\nb</script>") == [sha256("a\nb")]


def test_the_same_script_twice_is_listed_once() -> None:
    assert hashes_of("script", "<script>a</script><SCRIPT defer>a</SCRIPT>") == [sha256("a")]
