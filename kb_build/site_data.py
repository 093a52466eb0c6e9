"""Small files that the static site needs beside its pages: fallback, short links, sitemap, feeds.

Pure functions make the contents, `write_site_data` puts them into the site's folder. It knows
nothing of MkDocs and of the snapshot that the endpoint searches.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kb_build.article import Article
from kb_build.feed import atom_feed, feed_url
from kb_build.phrasings import Phrasings
from kb_build.settings import DEFAULT_LANGUAGE, HTML_LANG, LANGUAGES, KbSettings
from search_index.analyzer import normalise
from search_index.notice import notice_of

FALLBACK_VERSION = 1
_FIRST_ACTIONS = 3
_MOST_PHRASINGS = 12_000
"""Of a language, shared by its articles: two hundred kilobytes on their way to the browser, which
asks for them only when the endpoint is away. Measured by benchmarks/fallback.mjs."""
_HAN = range(0x4E00, 0xA000)


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page as the sitemap lists it.

    Attributes:
        url: path from the site's root, without the leading slash.
        alternates: language → path of the same page in that language, itself included.
        lastmod: ISO day of the last change, or "".
    """

    url: str
    alternates: Mapping[str, str] = field(default_factory=dict)
    lastmod: str = ""


def fallback_index(
    articles: Sequence[Article], lang: str, phrasings: Phrasings, *, base_path: str = "/"
) -> dict[str, Any]:
    """Return what the browser searches when the endpoint is away: one entry per article."""
    each = _MOST_PHRASINGS // max(1, sum(article.lang == lang for article in articles))
    entries = [
        {
            "id": article.id,
            "url": base_path + article.url.lstrip("/"),
            "category": article.category,
            "urgency": article.urgency,
            "title": article.title,
            "summary": article.summary,
            "questions": list(article.questions),
            "phrasings": phrasings.get((article.id, lang), ())[:each],
            **({"actions": actions} if (actions := first_actions(article)) else {}),
        }
        for article in sorted(articles, key=lambda item: item.id)
        if article.lang == lang
    ]
    fields = ("title", "summary", "questions", "phrasings")
    words = "".join("".join(entry[name]) for entry in entries for name in fields)
    return {
        "version": FALLBACK_VERSION,
        "lang": lang,
        "variants": variants_of(words),
        "articles": entries,
    }


def first_actions(article: Article) -> list[str]:
    """Return what an urgent article says to do now, at most three actions."""
    for section in article.sections:
        if section.anchor == "do-now":
            return section.text.split("\n")[:_FIRST_ACTIONS]
    return []


def variants_of(words: str) -> dict[str, str]:
    """Return the Traditional and variant characters of those in ``words``: 轉 → 转.

    The browser has no OpenCC; a table of the characters in use is a few kilobytes.
    """
    characters = [chr(code) for code in _HAN]
    in_use = {character for character in normalise(words) if ord(character) in _HAN}
    # Apart from each other, or neighbours would be converted as words.
    converted = normalise(" ".join(characters)).split(" ")
    return {
        character: plain
        for character, plain in zip(characters, converted, strict=True)
        if character != plain and plain in in_use
    }


def short_link_page(
    targets: Mapping[str, str], *, lang: str | None, depth: int, site_url: str
) -> str:
    """Return a page that leads to an article and keeps query and fragment.

    Args:
        targets: language → path of the article from the site's root, with leading slash.
        lang: language to open, or None for the visitor's: chosen before, else the browser's.
        depth: how many folders the page lies below the site's root.
        site_url: public address, for the canonical link.
    """
    up = "../" * depth
    default = lang or (DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in targets else min(targets))
    relative = {code: up + path.lstrip("/") for code, path in targets.items()}
    canonical = html.escape(site_url + targets[default].lstrip("/"))
    to_default = html.escape(relative[default])
    choice = "" if lang else _LANGUAGE_CHOICE
    script = (
        f"var targets={json.dumps(relative)},lang={json.dumps(default)};{choice}"
        "location.replace(targets[lang]+location.search+location.hash)"
    )
    return (
        f'<!doctype html>\n<html lang="{HTML_LANG[default]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>→</title><link rel="canonical" href="{canonical}">'
        '<meta name="robots" content="noindex">'
        '<link rel="icon" href="data:,">'  # else a slow browser asks for /favicon.ico meanwhile
        f"<script>{script}</script>"
        f'<noscript><meta http-equiv="refresh" content="0; url={to_default}"></noscript></head>'
        f'<body><p><a href="{to_default}">{canonical}</a></p></body></html>\n'
    )


# Storage may be forbidden; then the browser's languages decide.
_LANGUAGE_CHOICE = (
    'var wished=[];try{wished.push(localStorage.getItem("kb-lang"))}catch(e){}'
    "wished=wished.concat(navigator.languages||[navigator.language]);"
    "for(var i=0;i<wished.length;i++){"
    'var code=String(wished[i]||"").slice(0,2);if(targets[code]){lang=code;break}}'
)


def short_links(articles: Iterable[Article], site_url: str) -> dict[str, str]:
    """Return path below the site's folder → page, for ``/a/<id>/`` and ``/a/<id>/<lang>/``."""
    pages: dict[str, str] = {}
    for article_id, targets in sorted(urls_by_id(articles).items()):
        folder = f"a/{article_id}"
        pages[f"{folder}/index.html"] = short_link_page(
            targets, lang=None, depth=2, site_url=site_url
        )
        for lang in targets:
            pages[f"{folder}/{lang}/index.html"] = short_link_page(
                targets, lang=lang, depth=3, site_url=site_url
            )
    return pages


def redirects(
    moved: Mapping[str, str], articles: Iterable[Article], site_url: str
) -> dict[str, str]:
    """Return path below the site's folder → page, for addresses that articles once had.

    Args:
        moved: old path below a language (``transfers/old-slug``) → article id.
        articles: all articles.
        site_url: public address.

    Raises:
        KeyError: an id that no article has.
    """
    pages: dict[str, str] = {}
    by_id = urls_by_id(articles)
    for old, article_id in sorted(moved.items()):
        for lang in by_id[article_id]:
            prefix = "" if lang == DEFAULT_LANGUAGE else f"{lang}/"
            path = f"{prefix}{old.strip('/')}"
            pages[f"{path}/index.html"] = short_link_page(
                by_id[article_id], lang=lang, depth=path.count("/") + 1, site_url=site_url
            )
    return pages


def urls_by_id(articles: Iterable[Article]) -> dict[str, dict[str, str]]:
    """Return article id → language → path of the article."""
    urls: dict[str, dict[str, str]] = {}
    for article in articles:
        urls.setdefault(article.id, {})[article.lang] = article.url
    return urls


def sitemap(pages: Iterable[SitePage], site_url: str) -> str:
    """Return sitemap.xml: each page with its translations; x-default is the default language."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:xhtml="http://www.w3.org/1999/xhtml">',
    ]
    for page in sorted(pages, key=lambda item: item.url):
        lines.append(f"<url><loc>{html.escape(site_url + page.url)}</loc>")
        if page.lastmod:
            lines.append(f"<lastmod>{page.lastmod}</lastmod>")
        alternates = [(HTML_LANG[lang], url) for lang, url in sorted(page.alternates.items())]
        if DEFAULT_LANGUAGE in page.alternates:
            alternates.append(("x-default", page.alternates[DEFAULT_LANGUAGE]))
        lines.extend(
            f'<xhtml:link rel="alternate" hreflang="{code}" href="{html.escape(site_url + url)}"/>'
            for code, url in alternates
        )
        lines.append("</url>")
    return "\n".join([*lines, "</urlset>", ""])


def load_redirects(data_dir: Path) -> dict[str, str]:
    """Read ``redirects.yml`` (old path → article id); empty when there is no such file."""
    path = data_dir / "redirects.yml"
    if not path.exists():
        return {}
    return {
        str(old): str(new) for old, new in (yaml.safe_load(path.read_text("utf-8")) or {}).items()
    }


def write_site_data(
    articles: Sequence[Article],
    phrasings: Phrasings,
    pages: Iterable[SitePage],
    settings: KbSettings,
    site_dir: Path,
) -> None:
    """Write all of it below ``site_dir``."""
    files = {}
    for lang in LANGUAGES:
        index = fallback_index(articles, lang, phrasings, base_path=settings.base_path)
        files[f"assets/kb/search.{lang}.json"] = json.dumps(
            index, ensure_ascii=False, separators=(",", ":")
        )
        files[feed_url(lang)] = atom_feed(articles, lang, settings.site)
    files |= redirects(load_redirects(settings.data_dir), articles, settings.site_url)
    files |= short_links(articles, settings.site_url)
    # Where there is no endpoint to say more, this file is what pages get in its place.
    notice = notice_of(settings.notice)
    files["api/notice"] = json.dumps({"notice": notice and asdict(notice)}, ensure_ascii=False)
    files["sitemap.xml"] = sitemap(pages, settings.site_url)
    # MkDocs has packed the sitemap that it wrote, which lacks the translations.
    (site_dir / "sitemap.xml.gz").unlink(missing_ok=True)
    for name, text in files.items():
        path = site_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
