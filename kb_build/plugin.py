"""MkDocs hooks: hands each step of a site build to the module that knows it.

Articles, snapshot, page data and small files are made elsewhere, so that another generator
needs only another file like this one.
"""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import Any, Literal, cast

from a2wsgi import ASGIMiddleware
from jinja2 import Environment
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

from kb_build.article import NOT_ARTICLES, Article, substitute_parameters
from kb_build.explanations import ExplainedGlossary
from kb_build.page_data import PageData, address_of
from kb_build.phrasings import Phrasings
from kb_build.pipeline import Builder
from kb_build.problems import BuildStoppedError, Severity
from kb_build.settings import DEFAULT_LANGUAGE, KbSettings, load_kb_settings
from kb_build.site_data import SitePage, write_site_data
from kb_build.support_pages import Support
from search_index.api import create_app
from search_index.errors import KbError
from search_index.live import LiveSearcher
from search_index.notice import NoticeBoard, notice_of
from search_index.settings import ResponseTargets

log = get_plugin_logger("kb")

_ENDPOINT_PATHS = ("/api/", "/healthz", "/readyz", "/openapi.json")
_GLOSSARY_LINKS = "kb_build.glossary_links"
# What no page loads: Material's search, its palette colours, source maps.
_UNUSED_ASSETS = (
    "assets/javascripts/lunr/",
    "assets/javascripts/workers/",
    "assets/stylesheets/palette.",
)


class HelpCentreConfig(Config):  # type: ignore[no-untyped-call]
    """The plugin has no options: kb.toml has them."""


class HelpCentrePlugin(BasePlugin[HelpCentreConfig]):  # type: ignore[no-untyped-call]
    """One instance serves all languages, and in a preview all rebuilds.

    `mkdocs build` renders pages only: `kb build` has made the snapshot. `mkdocs serve` does both,
    the snapshot first, so that an edit can be searched for before its page is there.
    """

    def __init__(self) -> None:
        self._command: str = "build"
        self._builder: Builder | None = None
        self._live: LiveSearcher | None = None
        self._articles: list[Article] = []
        self._phrasings: Phrasings = {}
        self._by_source: dict[str, Article] = {}
        self._sources: frozenset[str] = frozenset()
        self._glossary = ExplainedGlossary()
        self._most_wanted: tuple[str, ...] = ()
        self._support = Support()
        self._page_data: PageData | None = None
        self._site_pages: list[SitePage] = []
        self._stylesheet = ""

    # Once per command.

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Being there makes MkDocs keep this instance between the rebuilds of a preview."""
        self._command = command

    def on_serve(
        self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any
    ) -> LiveReloadServer:
        """Answer the search endpoint on the preview's port."""
        settings = self._settings.server
        self._live = LiveSearcher(
            self._settings.snapshots_dir, cache_entries=settings.vector_cache_entries
        )
        self._live.refresh()
        assert self._builder is not None
        Thread(target=self._builder.warm_up, name="warm-up", daemon=True).start()
        targets = response_targets(self._settings)
        notices = NoticeBoard.beside(self._settings.snapshots_dir, self._settings.notice)
        app = create_app(self._live, settings, targets=targets, notices=notices)
        endpoint = ASGIMiddleware(cast(Any, app))
        pages = cast(Any, server.get_app())

        def route(environ: Any, start_response: Any) -> Any:
            is_api = environ["PATH_INFO"].startswith(_ENDPOINT_PATHS)
            return (endpoint if is_api else pages)(environ, start_response)

        server.set_app(route)
        server.watch(str(self._settings.root / "kb.toml"))
        return server

    # Once per language: i18n builds the default language, and in its own on_post_build the others.

    @event_priority(-200)  # after i18n has chosen the language
    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Put the operator's names and the language into the configuration."""
        settings = load_kb_settings(Path(config.config_file_path).parent)
        if self._builder is None or settings != self._settings:
            self._settings: KbSettings = settings
            # A preview keeps the thresholds: measuring them takes longer than anybody waits.
            self._builder = Builder(settings, recalibrate=False)
        lang = language_of(config)
        notice = notice_of(settings.notice)
        config.extra["notice"] = notice and {"text": notice.text(lang), "level": notice.level}
        config.site_name = settings.site.name[lang]
        if not self._is_preview:
            config.site_url = settings.site_url
        config.theme["language"] = lang
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Read the articles once for all languages; bring the snapshot up to date."""
        if is_nested(config):
            return
        assert self._builder is not None
        authored = self._builder.check()
        self._articles = [a for a in authored.articles if a.status != "draft" or self._is_preview]
        self._phrasings = authored.phrasings
        self._glossary, self._most_wanted = authored.explained, authored.most_wanted
        self._support = authored.support
        prefix = f"{self._settings.build.docs}/"
        readable = {article.path.removeprefix(prefix): article for article in self._articles}
        # While an article cannot be read, a preview shows it as it last was.
        self._by_source = (self._by_source if self._is_preview else {}) | readable
        self._site_pages = []
        for problem in authored.problems:
            # Under --strict a logged warning stops the build; an old review date must not.
            level = logging.ERROR if problem.severity is Severity.ERROR else logging.INFO
            log.log(level, str(problem))
        if self._is_preview:
            self._index()

    def _index(self) -> None:
        """Make what was saved searchable; keep the last good snapshot while something is wrong."""
        assert self._builder is not None
        try:
            report = self._builder.build()
        except BuildStoppedError:
            log.error("Search still answers from the last good articles.")
        except KbError as exc:
            log.error("%s Search still answers from the last good snapshot.", exc)
        else:
            log.info("snapshot %s: %s texts encoded", report.snapshot_id, report.encoded)
            if self._live is not None:
                self._live.refresh()

    @property
    def _is_preview(self) -> bool:
        return self._command == "serve"

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Keep the operator's data and unused parts of the theme out of the site."""
        used = [file for file in files if not is_unused(file) and not self._is_hidden(file)]
        if not is_nested(config):
            self._sources = frozenset(f.src_uri for f in used if f.is_documentation_page())
            self._stylesheet = next(
                (f.src_uri for f in used if f.src_uri.startswith("assets/stylesheets/main.")), ""
            )
        return Files(used)

    def _is_hidden(self, file: File) -> bool:
        """Tell whether a file is a draft that readers must not see yet."""
        is_shown = file.src_uri in self._by_source or self._is_preview
        if is_shown or not file.is_documentation_page():
            return False
        return PurePosixPath(file.src_uri).stem not in NOT_ARTICLES

    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str:
        """Replace parameters; give the theme the metadata that it looks for."""
        article = self._by_source.get(page.file.src_uri)
        config.mdx_configs[_GLOSSARY_LINKS] = self._glossary_links(article, page)
        if article is None:
            parameters = self._settings.parameters_by_language[language_of(config)]
            return substitute_parameters(markdown, parameters)
        page.meta["title"] = article.title
        page.meta["description"] = article.summary
        page.update_date = article.facts_checked.isoformat()
        return article.markdown

    def _glossary_links(self, article: Article | None, page: Page) -> dict[str, Any]:
        """Return what the Markdown extension links in an article; nothing in other pages."""
        if article is None or f"{article.lang}/glossary.md" not in self._sources:
            return {}
        glossary = get_relative_url(address_of(f"{article.lang}/glossary.md"), page.url)
        return {
            "targets": {
                word: f"{glossary}#{entry.anchor}"
                for entry in self._glossary.entries
                if entry.article_id != article.id  # it explains the word itself
                for word in entry.link_words[article.lang]
            },
            "words": self._glossary.words.get(article.lang, ()),
        }

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """By now the metadata of every page of this language has been read."""
        self._page_data = PageData(
            lang=language_of(config),
            settings=self._settings,
            articles=self._articles,
            metas={
                file.src_uri: file.page.meta
                for file in files.documentation_pages()
                if file.page is not None and file.src_uri not in self._by_source
            },
            sources=self._sources,
            glossary=self._glossary,
            most_wanted=self._most_wanted,
        )
        return env

    def on_page_context(
        self, context: TemplateContext, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> TemplateContext:
        """Give a page what its template shows."""
        assert self._page_data is not None
        source = page.file.src_uri
        article = self._by_source.get(source)
        kb = self._page_data.context(source, article) | {"stylesheet": self._stylesheet}
        kb |= self._support.context(source, language_of(config))
        cast(dict[str, Any], context)["kb"] = kb
        if page.meta.get("listed", True):  # a receipt is nobody's search result
            self._site_pages.append(
                SitePage(
                    url=page.url,
                    alternates=self._page_data.translations(source),
                    lastmod=article.facts_checked.isoformat() if article else "",
                )
            )
        return context

    def on_template_context(
        self, context: TemplateContext, *, template_name: str, config: MkDocsConfig
    ) -> TemplateContext:
        """Give the page for missing pages what its template shows."""
        assert self._page_data is not None
        kb = self._page_data.context(None, None) | {"stylesheet": self._stylesheet}
        cast(dict[str, Any], context)["kb"] = kb
        return context

    def on_post_template(
        self, output: str, *, template_name: str, config: MkDocsConfig
    ) -> str | None:
        """Put the 404 page of a further language into that language's folder."""
        lang = language_of(config)
        if template_name != "404.html" or lang == DEFAULT_LANGUAGE:
            return output
        path = Path(config.site_dir, lang, template_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output, encoding="utf-8")
        return ""

    @event_priority(-200)  # after i18n has built the other languages
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write the files that are not pages."""
        if is_nested(config):
            return
        write_site_data(
            self._articles,
            self._phrasings,
            self._site_pages,
            self._settings,
            Path(config.site_dir),
        )


def response_targets(settings: KbSettings) -> ResponseTargets:
    """Return the targets of support as the endpoint wants them."""
    texts = {name: value.model_dump() for name, value in settings.parameters.items()}
    return ResponseTargets.model_validate(texts)


def i18n_of(config: MkDocsConfig) -> Any:
    """Return the plugin that builds one language after the other."""
    return config.plugins["i18n"]


def language_of(config: MkDocsConfig) -> str:
    """Return the language that i18n is building."""
    return str(i18n_of(config).current_language or DEFAULT_LANGUAGE)


def is_nested(config: MkDocsConfig) -> bool:
    """Tell whether this is the build of a further language inside the first."""
    return bool(i18n_of(config).building)


def is_unused(file: File) -> bool:
    """Tell whether a file stays out of the site."""
    source = file.src_uri
    return source.startswith(("_data/", *_UNUSED_ASSETS)) or source.endswith(".map")
