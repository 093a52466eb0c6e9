from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from hashing_model import HashingModel
from markupsafe import escape
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from site_folder import DEPOSIT_ZH, SiteFolder

from kb_build.plugin import HelpCentrePlugin

ROOT = Path(__file__).parents[1]
HOME = "---\ntemplate: home.html\ntitle: 帮助中心\n---\n"
CATEGORY = "---\ntemplate: category.html\ntitle: 转账与充提\nlead: 没到账\n---\n"


@pytest.fixture
def pages(site: SiteFolder) -> SiteFolder:
    """The small site with this repository's mkdocs.yml and theme."""
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    config["theme"]["custom_dir"] = str(ROOT / config["theme"]["custom_dir"])
    site.write("mkdocs.yml", yaml.safe_dump(config, allow_unicode=True))
    for lang in ("zh", "en"):
        site.write(f"docs/{lang}/index.md", HOME)
        site.write(f"docs/{lang}/transfers/index.md", CATEGORY)
    site.write("docs/_data/notes.yml", "secret: yes\n")
    return site


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    yield
    # MkDocs hangs handlers on its logger and leaves them there.
    logging.getLogger("mkdocs").handlers.clear()


def render(site: SiteFolder, *, strict: bool = True) -> Path:
    build(load_config(str(site.root / "mkdocs.yml"), strict=strict))
    return site.root / "build" / "site"


def test_a_page_that_is_not_listed_is_there_but_not_in_the_sitemap(pages: SiteFolder) -> None:
    for lang in ("zh", "en"):
        head = "---\ntitle: 已收到\ntemplate: received.html\nlisted: false\n---\n"
        pages.write(f"docs/{lang}/contact/received.md", head)
    out = render(pages)
    page = (out / "contact/received/index.html").read_text("utf-8")
    assert '<meta name="robots" content="noindex">' in page
    assert "received" not in (out / "sitemap.xml").read_text("utf-8")


def test_the_site_has_both_languages_short_links_and_a_fallback_index(pages: SiteFolder) -> None:
    out = render(pages)
    for name in (
        "index.html",
        "en/index.html",
        "404.html",
        "en/404.html",
        "transfers/deposit-not-credited/index.html",
        "en/transfers/deposit-not-credited/index.html",
        "a/KB-0019/index.html",
        "assets/kb/search.en.json",
        "sitemap.xml",
    ):
        assert (out / name).is_file(), name


def test_what_an_article_says_is_text_and_never_markup(pages: SiteFolder) -> None:
    said = '先按“设置” > "冻结账户"，TRX < 30 & 收款方<b>'
    pages.edit(DEPOSIT_ZH, '"先查TxID：链上成功且确认数足够，就联系收款平台。"', f"'{said}'")
    out = render(pages)
    page = (out / "transfers/deposit-not-credited/index.html").read_text("utf-8")
    assert f'<meta name="description" content="{escape(said)}">' in page
    assert f'<p class="kb-answer__text">{escape(said)}</p>' in page
    assert "收款方<b>" not in (out / "transfers/index.html").read_text("utf-8")


def test_the_notice_of_kb_toml_stands_on_every_page_and_beside_them(pages: SiteFolder) -> None:
    table = '\n[notice]\nzh = "提币暂停"\nen = "Withdrawals paused"\nlevel = "incident"\n'
    pages.write("kb.toml", pages.read("kb.toml") + table)
    out = render(pages)
    for name, text in (
        ("index.html", "提币暂停"),
        ("404.html", "提币暂停"),
        ("en/transfers/deposit-not-credited/index.html", "Withdrawals paused"),
    ):
        page = (out / name).read_text("utf-8")
        assert f"<p data-kb-notice-text>{text}</p>" in page
        assert 'role="status" data-level="incident">' in page
    beside = json.loads((out / "api/notice").read_text("utf-8"))["notice"]
    assert (beside["zh"], beside["en"]) == ("提币暂停", "Withdrawals paused")


def test_without_a_notice_its_place_is_hidden(pages: SiteFolder) -> None:
    out = render(pages)
    assert 'data-level="info" hidden>' in (out / "index.html").read_text("utf-8")
    assert json.loads((out / "api/notice").read_text("utf-8")) == {"notice": None}


def test_each_language_carries_the_operators_name_and_its_own_code(pages: SiteFolder) -> None:
    out = render(pages)
    zh = (out / "index.html").read_text("utf-8")
    en = (out / "en/index.html").read_text("utf-8")
    assert '<html lang="zh-CN"' in zh
    assert "小站" in zh
    assert '<html lang="en"' in en
    assert "Tiny Site" in en
    assert "问路" not in zh + en


def test_parameters_are_replaced_in_text_and_summary(pages: SiteFolder) -> None:
    page = render(pages) / "transfers/deposit-not-credited/index.html"
    html = page.read_text("utf-8")
    assert "通常30分钟内入账" in html
    assert "{{" not in html


def test_the_operators_data_and_materials_search_stay_out(pages: SiteFolder) -> None:
    out = render(pages)
    assert not (out / "_data").exists()
    assert not list(out.glob("assets/javascripts/lunr"))
    assert not list(out.rglob("search_index.json"))


def test_a_draft_is_not_published(pages: SiteFolder) -> None:
    pages.edit(DEPOSIT_ZH, "status: published", "status: draft")
    out = render(pages, strict=False)
    assert not (out / "transfers/deposit-not-credited").exists()
    index = json.loads((out / "assets/kb/search.zh.json").read_text("utf-8"))
    assert "KB-0019" not in [entry["id"] for entry in index["articles"]]


def test_a_wrong_article_stops_a_strict_build_with_file_line_and_remedy(
    pages: SiteFolder, caplog: pytest.LogCaptureFixture
) -> None:
    pages.edit(DEPOSIT_ZH, "review_by: 2099-12-31", "review_by: someday")
    with pytest.raises(Abort):
        render(pages)
    assert "docs/zh/transfers/deposit-not-credited.md:14: error[KB" in caplog.text


@pytest.fixture
def explained(pages: SiteFolder) -> SiteFolder:
    """The small site with one explained word, the pages made from data, and two wanted articles."""
    for lang in ("zh", "en"):
        for name in ("glossary", "whats-new"):
            head = f"---\ntemplate: {name}.html\ntitle: {name} {lang}\n---\n"
            pages.write(f"docs/{lang}/{name}.md", head)
    pages.write(
        "docs/_data/glossary.yml",
        "groups: [{id: G1, head_zh: 区块浏览器, head_en: block explorer, terms: {en: [explorer]}}]",
    )
    pages.write(
        "docs/_data/glossary_explanations.yml",
        "topics: [{id: t, zh: 转账, en: Transfers, terms: [{group: G1, anchor: block-explorer,"
        " zh: 查转账的网站。, en: A website., article: KB-0023}]}]",
    )
    pages.write("docs/_data/most_wanted.yml", "articles: [KB-0023, KB-0019]\n")
    return pages


@pytest.mark.parametrize(("prefix", "word"), [("", "区块浏览器"), ("en/", "block explorer")])
def test_an_article_links_an_explained_word_to_its_place_in_the_glossary(
    explained: SiteFolder, prefix: str, word: str
) -> None:
    path = f"docs/{'en' if prefix else 'zh'}/transfers/deposit-not-credited.md"
    explained.edit(path, "{#steps}\n", f"{{#steps}}\n\n{word}, {word}\n")
    out = render(explained)
    html = (out / f"{prefix}transfers/deposit-not-credited/index.html").read_text("utf-8")
    link = f'<a class="kb-term" href="../../glossary/#block-explorer">{word}</a>'
    assert html.count(link) == html.count("kb-term") == 1
    glossary = (out / f"{prefix}glossary/index.html").read_text("utf-8")
    assert '<div class="kb-entry" id="block-explorer">' in glossary
    # The article that the glossary itself points to explains the word; it has no link.
    other = (out / f"{prefix}transfers/sent-on-wrong-network/index.html").read_text("utf-8")
    assert "kb-term" not in other


def test_every_page_leads_to_glossary_news_and_feed(explained: SiteFolder) -> None:
    out = render(explained)
    html = (out / "en/transfers/deposit-not-credited/index.html").read_text("utf-8")
    assert '<a href="../../glossary/">glossary en</a>' in html
    assert '<a href="../../whats-new/">whats-new en</a>' in html
    assert (
        '<link rel="alternate feed" type="application/atom+xml" title="Tiny Site" '
        'href="../../feed.xml">' in html
    )
    for name in ("feed.xml", "en/feed.xml"):
        assert ElementTree.parse(out / name).getroot().tag.endswith("feed")


def test_the_home_page_lists_the_wanted_articles_in_their_order(explained: SiteFolder) -> None:
    html = (render(explained) / "index.html").read_text("utf-8").partition("kb-popular-title")[2]
    wrong, missing = (
        html.find(f'href="transfers/{slug}/"')
        for slug in ("sent-on-wrong-network", "deposit-not-credited")
    )
    assert 0 < wrong < missing


def test_whats_new_names_the_day_and_every_article(explained: SiteFolder) -> None:
    html = (render(explained) / "whats-new/index.html").read_text("utf-8")
    assert '<time datetime="2026-11-21">2026年11月21日</time> <span>5篇</span>' in html
    assert 'href="../transfers/deposit-not-credited/"' in html


class FakeServer:
    """What `mkdocs serve` hands to the plugin."""

    def __init__(self) -> None:
        self.app: Any = lambda environ, start_response: [b"page"]
        self.watched: list[str] = []

    def get_app(self) -> Any:
        return self.app

    def set_app(self, app: Any) -> None:
        self.app = app

    def watch(self, path: str) -> None:
        self.watched.append(path)

    def ask(self, path: str, body: dict[str, object] | None = None) -> tuple[str, Any]:
        sent = json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
        }
        statuses: list[str] = []
        body_sent = b"".join(self.app(environ, lambda status, *_: statuses.append(status)))
        return (statuses or [""])[0], body_sent


@pytest.fixture
def preview(
    pages: SiteFolder, hashing_model: HashingModel
) -> tuple[SiteFolder, FakeServer, HelpCentrePlugin]:
    """A preview as `mkdocs serve` starts it, without its port."""
    targets = '[parameters]\nresponse_technical = { zh = "一天内", en = "within a day" }'
    pages.edit("kb.toml", "[parameters]", targets)
    config = load_config(str(pages.root / "mkdocs.yml"))
    plugin = config.plugins["kb"]
    assert isinstance(plugin, HelpCentrePlugin)
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    server = FakeServer()
    plugin.on_serve(server, config=config, builder=None)  # type: ignore[arg-type]
    return pages, server, plugin


def rebuild(site: SiteFolder, plugin: HelpCentrePlugin) -> None:
    """What `mkdocs serve` does after a save: a new configuration, the same plugin."""
    config = load_config(str(site.root / "mkdocs.yml"))
    plugin.on_config(config)
    plugin.on_pre_build(config=config)


def test_a_preview_answers_on_the_same_port_as_its_pages(preview: Any) -> None:
    _, server, _ = preview
    status, body = server.ask("/api/search", {"query": "提币没到账", "lang": "zh"})
    assert status.startswith("200")
    assert json.loads(body)["hits"][0]["article_id"] == "KB-0019"
    assert server.ask("/index.html")[1] == b"page"


def test_a_preview_says_how_soon_support_answers(preview: Any) -> None:
    _, server, _ = preview
    _, body = server.ask("/api/deflect", {"body": "提币没到账", "lang": "zh"})
    assert json.loads(body)["response_target"] == "一天内"


def test_an_edit_can_be_searched_for_after_the_rebuild(preview: Any) -> None:
    site, server, plugin = preview
    site.edit(DEPOSIT_ZH, "  - 提币没到账\n", "  - 小明的神奇土豆\n")
    rebuild(site, plugin)
    _, body = server.ask("/api/search", {"query": "小明的神奇土豆", "lang": "zh"})
    assert json.loads(body)["hits"][0]["article_id"] == "KB-0019"


def test_a_preview_goes_on_answering_while_an_article_is_wrong(
    preview: Any, caplog: pytest.LogCaptureFixture
) -> None:
    site, server, plugin = preview
    site.edit(DEPOSIT_ZH, "id: KB-0019", "id: nineteen")
    rebuild(site, plugin)
    assert "Search still answers from the last good articles." in caplog.text
    _, body = server.ask("/api/search", {"query": "提币没到账", "lang": "zh"})
    assert json.loads(body)["hits"][0]["article_id"] == "KB-0019"
