"""What was checked last: articles by the day of their last check, as a list or an Atom feed.

Without git nobody knows when an article was new; front matter knows when its facts were checked.
It knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from xml.etree import ElementTree

from kb_build.article import Article
from kb_build.settings import DEFAULT_LANGUAGE, HTML_LANG, SiteSettings

MOST_ENTRIES = 50
ATOM = "http://www.w3.org/2005/Atom"
_TITLE = {"zh": "{name}：最近核对的文章", "en": "{name}: articles checked recently"}


def feed_url(lang: str) -> str:
    """Return the address of a language's feed: ``feed.xml`` or ``en/feed.xml``."""
    return "feed.xml" if lang == DEFAULT_LANGUAGE else f"{lang}/feed.xml"


def days_of_checks(
    articles: Iterable[Article], lang: str, *, at_least: int
) -> list[tuple[date, list[Article]]]:
    """Return whole days, the last one first, until ``at_least`` articles are among them.

    The articles of a day are ordered by id, the highest and so mostly the youngest first.
    """
    own = [article for article in articles if article.lang == lang]
    own.sort(key=lambda article: (article.facts_checked, article.id), reverse=True)
    days: list[tuple[date, list[Article]]] = []
    for day, checked in groupby(own, key=lambda article: article.facts_checked):
        if sum(len(earlier) for _, earlier in days) >= at_least:
            break
        days.append((day, list(checked)))
    return days


def atom_feed(articles: Iterable[Article], lang: str, site: SiteSettings) -> str:
    """Return the feed of one language: the `MOST_ENTRIES` articles checked last.

    An entry's id is its short link, which outlives every rename; addresses are absolute.

    Source: RFC 4287.
    """
    days = days_of_checks(articles, lang, at_least=MOST_ENTRIES)
    entries = [article for _, checked in days for article in checked][:MOST_ENTRIES]
    home = site.url if lang == DEFAULT_LANGUAGE else f"{site.url}{lang}/"
    newest = max((day for day, _ in days), default=date(1970, 1, 1))

    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": HTML_LANG[lang]})
    _add(feed, "id", f"{site.url}{feed_url(lang)}")
    _add(feed, "title", _TITLE[lang].format(name=site.name[lang]))
    _add(feed, "updated", _at_midnight(newest))
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{site.url}{feed_url(lang)}")
    _add(feed, "link", rel="alternate", type="text/html", href=home)
    _add(ElementTree.SubElement(feed, "author"), "name", site.name[lang])
    for article in entries:
        entry = ElementTree.SubElement(feed, "entry")
        _add(entry, "id", f"{site.url}a/{article.id}/{lang}/")
        _add(entry, "title", article.title)
        _add(entry, "updated", _at_midnight(article.facts_checked))
        _add(
            entry,
            "link",
            rel="alternate",
            type="text/html",
            href=site.url + article.url.lstrip("/"),
        )
        _add(entry, "category", term=article.category)
        _add(entry, "summary", article.summary)
    ElementTree.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(feed, "unicode")}\n'


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> None:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None


def _at_midnight(day: date) -> str:
    """Return a day as RFC 3339 wants it: front matter has no time of day."""
    return f"{day.isoformat()}T00:00:00Z"
