"""What the templates see of one page: its article, category, neighbours and links.

Made from articles and from the front matter of the other pages. It knows nothing of MkDocs and
nothing of HTML; every address is relative to the site's root and has no leading slash.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from kb_build.article import Article
from kb_build.explanations import Entry, ExplainedGlossary
from kb_build.feed import days_of_checks, feed_url
from kb_build.settings import CATEGORIES, DEFAULT_LANGUAGE, HTML_LANG, LANGUAGES, KbSettings

LANGUAGE_NAMES = {"zh": "中文", "en": "English"}

# What somebody whose phrase has leaked has to read; the second stands in while the first is away.
_LEAK_ARTICLES = ("KB-0094", "KB-0034")
_CONTACT_ARTICLE = "KB-0078"
# Pages for everybody, linked from every footer as far as they exist.
_FOOTER_PAGES = ("contact", "official-channels", "glossary", "whats-new")
# More are no news; a day is shown whole.
_MOST_NEWS = 100
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
# A longer list of one day is folded up by category.
_SHORT_DAY = 12

Meta = Mapping[str, Any]


def address_of(source: str) -> str:
    """Return the address of a source file: ``en/transfers/x.md`` → ``en/transfers/x/``."""
    lang, *parts = PurePosixPath(source).with_suffix("").parts
    if parts and parts[-1] == "index":
        parts.pop()
    return prefix_of(lang) + "".join(f"{part}/" for part in parts)


def prefix_of(lang: str) -> str:
    """Return the address of a language's home page: ``""`` or ``en/``."""
    return "" if lang == DEFAULT_LANGUAGE else f"{lang}/"


def card_of(article: Article) -> dict[str, str]:
    """Return what a link to an article shows."""
    return {
        "id": article.id,
        "title": article.title,
        "summary": article.summary,
        "url": article.url.lstrip("/"),
        "urgency": article.urgency,
    }


def long_date(day: date, lang: str) -> str:
    """Return a day as people write it: 2026年11月21日, 21 November 2026."""
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


class PageData:
    """The pages of one language.

    Args:
        lang: that language.
        articles: articles of all languages.
        metas: source (``zh/index.md``) → front matter, of pages that are no articles.
        sources: every page's source, in all languages.
        glossary: the explained words.
        most_wanted: ids of the articles that the home page lists.
    """

    def __init__(
        self,
        *,
        lang: str,
        settings: KbSettings,
        articles: Sequence[Article],
        metas: Mapping[str, Meta],
        sources: Collection[str],
        glossary: ExplainedGlossary | None = None,
        most_wanted: Sequence[str] = (),
    ) -> None:
        self._lang = lang
        self._settings = settings
        self._articles = [article for article in articles if article.lang == lang]
        self._metas = metas
        self._sources = frozenset(sources)
        self._glossary = glossary or ExplainedGlossary()
        self._most_wanted = most_wanted

    def context(self, source: str | None, article: Article | None) -> dict[str, Any]:
        """Return the variable ``kb`` of a page.

        Args:
            source: ``zh/transfers/x.md``; None for the page that stands in for a missing one.
            article: the article that the page shows, if it is one.
        """
        category = PurePosixPath(source).parent.name if source else ""
        return {
            "lang": self._lang,
            "home_url": prefix_of(self._lang),
            "search_url": f"{prefix_of(self._lang)}search/",
            "contact_url": self._contact_url,
            "received_url": self._page_url("contact/received"),
            "official_url": self._page_url("official-channels"),
            "leak_url": self._url_of(*_LEAK_ARTICLES),
            "alternate": self._alternate(source),
            "articles": self._cards,
            "categories": self._categories(category),
            "category_names": {slug: self._title_of(slug) for slug in self._category_slugs},
            "groups": [] if article else self._groups(category),
            "emergency": self._emergency,
            "most_wanted": self._known(self._most_wanted),
            "footer_pages": self._footer_pages,
            "feed_url": feed_url(self._lang),
            "glossary": self._topics if self._is_page(source, "glossary") else [],
            "days": self._days if self._is_page(source, "whats-new") else [],
            "show_nav": category in CATEGORIES,
            "article": self._article(article) if article else None,
            "json_ld": self._json_ld(article) if article else None,
        }

    def translations(self, source: str) -> dict[str, str]:
        """Return language → address of a page, itself included."""
        path = source.partition("/")[2]
        return {
            lang: address_of(f"{lang}/{path}")
            for lang in LANGUAGES
            if f"{lang}/{path}" in self._sources
        }

    @cached_property
    def _cards(self) -> dict[str, dict[str, str]]:
        return {article.id: card_of(article) for article in self._articles}

    def _url_of(self, *ids: str) -> str:
        return next((self._cards[i]["url"] for i in ids if i in self._cards), "")

    @cached_property
    def _contact_url(self) -> str:
        return self._page_url("contact") or self._url_of(_CONTACT_ARTICLE)

    def _page_url(self, name: str) -> str:
        """Return the address of a page that is no article, or "" without such a page."""
        source = f"{self._lang}/{name}.md"
        return address_of(source) if source in self._sources else ""

    @cached_property
    def _category_slugs(self) -> list[str]:
        return [slug for slug in CATEGORIES if f"{self._lang}/{slug}/index.md" in self._sources]

    def _meta_of(self, slug: str) -> Meta:
        return self._metas.get(f"{self._lang}/{slug}/index.md", {})

    def _title_of(self, slug: str) -> str:
        return str(self._meta_of(slug).get("title", slug))

    def _categories(self, current: str) -> list[dict[str, Any]]:
        return [
            {
                "slug": slug,
                "title": self._title_of(slug),
                "lead": self._meta_of(slug).get("lead", ""),
                "url": f"{prefix_of(self._lang)}{slug}/",
                "current": slug == current,
                # Only the open category lists its articles: a page stays small however many
                # articles there are.
                "articles": self._in_order(slug) if slug == current else [],
            }
            for slug in self._category_slugs
        ]

    def _in_order(self, slug: str) -> list[dict[str, str]]:
        return [card for group in self._groups(slug) for card in group["articles"]]

    def _groups(self, slug: str) -> list[dict[str, Any]]:
        """Return the groups that the category page names, then what no group names."""
        rest = {article.id: None for article in self._articles if article.category == slug}
        groups = []
        for group in self._meta_of(slug).get("groups", []):
            ids = [i for i in group.get("articles", []) if i in self._cards]
            for article_id in ids:
                rest.pop(article_id, None)
            groups.append({"heading": group.get("heading", ""), "articles": self._known(ids)})
        groups.append({"heading": "", "articles": self._known(sorted(rest))})
        return [group for group in groups if group["articles"]]

    def _known(self, ids: Sequence[str]) -> list[dict[str, str]]:
        return [self._cards[i] for i in ids if i in self._cards]

    @cached_property
    def _emergency(self) -> list[dict[str, str]]:
        entries = self._metas.get(f"{self._lang}/index.md", {}).get("emergency", [])
        return [
            {"label": entry["label"], "url": self._cards[entry["article"]]["url"]}
            for entry in entries
            if entry["article"] in self._cards
        ]

    def _is_page(self, source: str | None, name: str) -> bool:
        return source == f"{self._lang}/{name}.md"

    @cached_property
    def _footer_pages(self) -> list[dict[str, str]]:
        sources = [f"{self._lang}/{name}.md" for name in _FOOTER_PAGES]
        return [
            {"title": str(self._metas[source].get("title", "")), "url": address_of(source)}
            for source in sources
            if source in self._metas
        ]

    @cached_property
    def _topics(self) -> list[dict[str, Any]]:
        return [
            {
                "id": topic.topic_id,
                "title": topic.titles[self._lang],
                "entries": [self._entry(entry) for entry in topic.entries],
            }
            for topic in self._glossary.topics
        ]

    def _entry(self, entry: Entry) -> dict[str, Any]:
        other = next(lang for lang in LANGUAGES if lang != self._lang)
        translation = entry.heads[other]
        return {
            "anchor": entry.anchor,
            "head": entry.heads[self._lang],
            # The same word in both languages, such as USDT, is no translation.
            "translation": translation if translation != entry.heads[self._lang] else "",
            "translation_lang": HTML_LANG[other],
            "text": entry.texts[self._lang],
            "others": entry.others[self._lang],
            "article": self._cards.get(entry.article_id),
        }

    @cached_property
    def _days(self) -> list[dict[str, Any]]:
        days = []
        for day, checked in days_of_checks(self._articles, self._lang, at_least=_MOST_NEWS):
            cards: dict[str, list[dict[str, str]]] = {slug: [] for slug in CATEGORIES}
            for article in checked:
                cards[article.category].append(self._cards[article.id])
            days.append(
                {
                    "date": day.isoformat(),
                    "text": long_date(day, self._lang),
                    "count": len(checked),
                    "is_short": len(checked) <= _SHORT_DAY,
                    "categories": [
                        {"title": self._title_of(slug), "articles": listed}
                        for slug, listed in cards.items()
                        if listed
                    ],
                }
            )
        return days

    def _alternate(self, source: str | None) -> dict[str, str]:
        """The same page in the other language; its home page where there is no translation."""
        other = next(lang for lang in LANGUAGES if lang != self._lang)
        urls = self.translations(source) if source else {}
        return {
            "lang": other,
            "html_lang": HTML_LANG[other],
            "name": LANGUAGE_NAMES[other],
            "url": urls.get(other, prefix_of(other)),
        }

    def _article(self, article: Article) -> dict[str, Any]:
        parameters = self._settings.parameters_by_language[self._lang]
        return {
            **card_of(article),
            "audience": article.audience,
            "time": article.time,
            "facts_checked": article.facts_checked.isoformat(),
            "response": parameters.get(f"response_{article.urgency}", ""),
            "related": self._known(article.related),
            "short_url": article.short_url.lstrip("/"),
            "category_title": self._title_of(article.category),
            "category_url": f"{prefix_of(self._lang)}{article.category}/",
        }

    def _json_ld(self, article: Article) -> dict[str, Any]:
        """schema.org TechArticle with its breadcrumbs."""
        site = self._settings.site_url
        crumbs = [
            (self._settings.site.name[self._lang], site + prefix_of(self._lang)),
            (
                self._title_of(article.category),
                f"{site}{prefix_of(self._lang)}{article.category}/",
            ),
        ]
        return {
            "@context": "https://schema.org",
            "@graph": [
                {
                    "@type": "TechArticle",
                    "headline": article.title,
                    "description": article.summary,
                    "inLanguage": HTML_LANG[self._lang],
                    "dateModified": article.facts_checked.isoformat(),
                    "url": site + article.url.lstrip("/"),
                },
                {
                    "@type": "BreadcrumbList",
                    "itemListElement": [
                        {"@type": "ListItem", "position": number, "name": name, "item": url}
                        for number, (name, url) in enumerate(crumbs, 1)
                    ],
                },
            ],
        }
