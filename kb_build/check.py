"""Rules that compare articles with the template and with each other; knows no vectors.

Every rule has a code that stays; CONTRIBUTING.md lists them with an example.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from pathlib import PurePosixPath

from kb_build.article import Article, Section
from kb_build.problems import Problem, Severity
from kb_build.settings import LANGUAGES

# Fixed order of sections (content/template.md): anchor → heading by language.
SECTIONS: dict[str, dict[str, str]] = {
    "do-now": {"zh": "立即要做的事", "en": "Do this now"},
    "applies": {"zh": "适用情况", "en": "When this applies"},
    "steps": {"zh": "操作步骤", "en": "Steps"},
    "duration": {"zh": "需要多长时间", "en": "How long it takes"},
    "problems": {"zh": "可能出现的问题", "en": "What can go wrong"},
    "safety": {"zh": "安全提醒", "en": "Safety note"},
    "unsolved": {"zh": "仍未解决", "en": "Still not solved"},
}
SAFETY_LINE = {
    "zh": (
        "客服绝不会索要助记词、私钥、密码、验证码，也不会要求远程控制、共享屏幕或转账到“安全账户”。"
    ),
    "en": (
        "Support never asks for your recovery phrase, private key, passwords or codes, nor for "
        'remote control, screen sharing or a transfer to a "safe account".'
    ),
}
MAX_STEPS = 9
Rule = Callable[[Article], list[Problem]]
_EXTERNAL = ("http:", "https:", "mailto:", "tel:", "//")
_QUESTION_MARKS = ("？", "?")


def check_articles(
    articles: Sequence[Article],
    *,
    pages: Iterable[str],
    today: date,
    wording: Rule,
    unfinished: Sequence[Article] = (),
    claimed_ids: Collection[str] = (),
    pictures: Iterable[str] = (),
) -> list[Problem]:
    """Return everything that is wrong with the articles, sorted by file and line.

    Args:
        articles: all that could be parsed.
        pages: all pages of the site, as paths relative to the docs folder (``zh/index.md``),
            those that could not be parsed included; articles may link to them.
        today: day on which an expired ``review_by`` is judged.
        wording: rule on the wording of one article.
        unfinished: articles whose heads hold errors; their bodies are judged all the same.
        claimed_ids: numbers in files that hold errors: they exist, though nothing else is known.
        pictures: files that articles may show, as ``pages``.
    """
    problems: list[Problem] = []
    bodies = [*articles, *unfinished]
    for rule in (*_RULES_OF_BODY, wording):
        for article in bodies:
            problems.extend(rule(article))
    for rule in _RULES_OF_HEAD:
        for article in articles:
            problems.extend(rule(article))
    problems.extend(_expired(articles, today))
    problems.extend(_duplicates(articles))
    problems.extend(_related(articles, claimed_ids))
    pages = set(pages)
    problems.extend(_translations(articles, pages))
    problems.extend(_broken_links(bodies, pages | set(pictures)))
    return sorted(problems)


def _section_order(article: Article) -> list[Problem]:
    expected = [a for a in SECTIONS if a != "do-now" or article.urgency == "urgent"]
    found = [s for s in article.sections if s.level == 2]
    anchors = [s.anchor for s in found]
    problems = [
        _at(
            article,
            section.line,
            "KB030",
            f"section '{section.heading}' {{#{section.anchor}}} is not part of the template"
            + (
                ": only articles with 'urgency: urgent' have it."
                if section.anchor == "do-now"
                else "."
            ),
            f"Sections, in this order: {_names(expected, article.lang)}.",
        )
        for section in found
        if section.anchor not in expected
    ]
    missing = [anchor for anchor in expected if anchor not in anchors]
    if missing:
        problems.append(
            _at(
                article,
                0,
                "KB030",
                f"section(s) missing: {_names(missing, article.lang)}.",
                f"Sections, in this order: {_names(expected, article.lang)}.",
            )
        )
    known = [a for a in anchors if a in expected]
    if not missing and known != expected:
        wrong = next(
            (s for s, anchor in zip(found, expected, strict=False) if s.anchor != anchor), found[-1]
        )
        problems.append(
            _at(
                article,
                wrong.line,
                "KB030",
                f"section '{wrong.heading}' stands in the wrong place.",
                f"Sections, in this order: {_names(expected, article.lang)}.",
            )
        )
    for section in found:
        heading = SECTIONS.get(section.anchor, {}).get(article.lang)
        if heading and heading != section.heading:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB030",
                    f"section {{#{section.anchor}}} is headed '{section.heading}'.",
                    f"Write '## {heading} {{#{section.anchor}}}'.",
                )
            )
    return problems


def _headings(article: Article) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    level = 1
    for section in article.sections:
        if section.level == 0:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB031",
                    "text above the first heading.",
                    "Delete it; title and short answer come from the front matter.",
                )
            )
            continue
        if section.level == 1:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB031",
                    "a level-1 heading in the body.",
                    "Delete it; the title comes from the front matter.",
                )
            )
        if section.level > level + 1:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB034",
                    f"heading '{section.heading}' skips a level.",
                    f"Use {'#' * (level + 1)}.",
                )
            )
        level = section.level
        if not section.anchor and section.level > 1:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB032",
                    f"heading '{section.heading}' has no explicit anchor.",
                    "Add one that both languages share, e.g. {#check-progress}.",
                )
            )
        elif section.anchor in seen:
            problems.append(
                _at(
                    article,
                    section.line,
                    "KB033",
                    f"anchor {{#{section.anchor}}} stands twice.",
                    "Rename one of them, in both languages.",
                )
            )
        seen.add(section.anchor)
    return problems


def _steps(article: Article) -> list[Problem]:
    return [
        _at(
            article,
            section.line,
            "KB036",
            f"{section.ordered_items} steps in one section, at most {MAX_STEPS}.",
            "Join steps or split the section under '###' headings.",
        )
        for section in article.sections
        if section.ordered_items > MAX_STEPS
    ]


def _safety_line(article: Article) -> list[Problem]:
    section = next((s for s in article.sections if s.anchor == "safety"), None)
    if section is None or SAFETY_LINE[article.lang] in section.text:
        return []
    return [
        _at(
            article,
            section.line,
            "KB035",
            "the standard safety line is missing or was changed.",
            f"End the section with: {SAFETY_LINE[article.lang]}",
        )
    ]


def _title_is_question(article: Article) -> list[Problem]:
    if article.title.endswith(_QUESTION_MARKS):
        return []
    return [
        _at(
            article,
            article.lines["title"],
            "KB037",
            "the title is not a question.",
            "Write it as the user asks it, with a question mark.",
        )
    ]


def _review_after_check(article: Article) -> list[Problem]:
    if article.review_by > article.facts_checked:
        return []
    return [
        _at(
            article,
            article.lines["review_by"],
            "KB012",
            f"front matter key 'review_by' ({article.review_by}) is not after 'facts_checked'.",
            "Set it 3 to 6 months after the last check.",
        )
    ]


def _pictures_in_words(article: Article) -> list[Problem]:
    return [
        _at(
            article,
            link.line,
            "KB042",
            f"the picture '{link.target}' says nothing to readers who cannot see it.",
            "Write what it shows between the square brackets: ![…](…).",
        )
        for link in article.links
        if link.picture == ""
    ]


_RULES_OF_BODY: tuple[Rule, ...] = (
    _section_order,
    _headings,
    _steps,
    _safety_line,
    _pictures_in_words,
)
_RULES_OF_HEAD: tuple[Rule, ...] = (_title_is_question, _review_after_check)


def _expired(articles: Iterable[Article], today: date) -> list[Problem]:
    return [
        _at(
            article,
            article.lines["review_by"],
            "KB060",
            f"the review was due on {article.review_by}.",
            "Check the facts, then set 'facts_checked' and 'review_by'.",
            Severity.WARNING,
        )
        for article in articles
        if article.review_by < today
    ]


def _duplicates(articles: Iterable[Article]) -> list[Problem]:
    by_id: defaultdict[tuple[str, str], list[Article]] = defaultdict(list)
    by_slug: defaultdict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in articles:
        by_id[article.lang, article.id].append(article)
        by_slug[article.lang, article.slug].append(article)
    problems = []
    for same in by_id.values():
        for article in same[1:]:
            problems.append(
                _at(
                    article,
                    article.lines["id"],
                    "KB020",
                    f"id {article.id} is already used by {same[0].path}.",
                    "Give the newer of the two another number, which was never used.",
                )
            )
    for same in by_slug.values():
        for article in same[1:]:
            problems.append(
                _at(
                    article,
                    0,
                    "KB021",
                    f"slug '{article.slug}' is already used by {same[0].path}.",
                    "Rename this file, in both languages.",
                )
            )
    return problems


def _related(articles: Sequence[Article], claimed_ids: Collection[str]) -> list[Problem]:
    ids = {article.id for article in articles} | set(claimed_ids)
    problems = []
    for article in articles:
        line = article.lines["related"]
        for other in article.related:
            if other == article.id:
                problems.append(
                    _at(article, line, "KB022", "the article names itself.", f"Delete {other}.")
                )
            elif other not in ids:
                problems.append(
                    _at(
                        article,
                        line,
                        "KB022",
                        f"related article {other} does not exist.",
                        "Delete it, or correct the number.",
                    )
                )
    return problems


# What has to be the same in all languages of an article.
_SHARED_KEYS = ("audience", "urgency", "related", "facts_checked", "review_by", "status")


def _translations(articles: Sequence[Article], pages: set[str]) -> list[Problem]:
    by_page = {_page(article): article for article in articles}
    unread = pages - by_page.keys()
    versions: defaultdict[str, dict[str, Article]] = defaultdict(dict)
    told: set[str] = set()
    for article in articles:
        if article.lang in versions[article.id]:
            told.add(article.id)  # KB020; which of the two is meant, nobody knows
        versions[article.id].setdefault(article.lang, article)
    problems = []
    for article_id, by_lang in versions.items():
        source = next(by_lang[lang] for lang in LANGUAGES if lang in by_lang)
        for lang in LANGUAGES:
            other = by_lang.get(lang)
            if other is None:
                wanted = _page(source, lang)
                if wanted in unread:  # its own problems have been told
                    continue
                there = by_page.get(wanted)
                if there is None:
                    problems.append(
                        _at(
                            source,
                            source.lines["id"],
                            "KB023",
                            f"{source.id} has no translation into '{lang}'.",
                            f"Write docs/{wanted}.",
                        )
                    )
                elif article_id not in told:
                    problems.append(
                        _at(
                            source,
                            source.lines["id"],
                            "KB024",
                            f"{source.id} is {there.id} in {there.path}.",
                            "Give both the same id.",
                        )
                    )
                    told.add(there.id)
            elif other is not source and article_id not in told:
                problems.extend(_disagreements(source, other))
    return problems


def _disagreements(source: Article, other: Article) -> list[Problem]:
    problems = []
    if (source.category, source.slug) != (other.category, other.slug):
        problems.append(
            _at(
                other,
                0,
                "KB024",
                f"{other.id} lies elsewhere than {source.path}.",
                f"Move it to docs/{_page(source, other.lang)}.",
            )
        )
    for key in _SHARED_KEYS:
        mine, theirs = getattr(other.head, key), getattr(source.head, key)
        if mine != theirs:
            problems.append(
                _at(
                    other,
                    other.lines[key],
                    "KB024",
                    f"front matter key '{key}' differs from {source.path}.",
                    "Make both the same.",
                )
            )
    if not all(section.anchor for section in (*source.sections, *other.sections)):
        return problems  # KB031 and KB032 say so; which sections belong together, nobody knows
    for mine, theirs in zip(_shapes(other.sections), _shapes(source.sections), strict=False):
        if mine[:-1] != theirs[:-1]:
            problems.append(
                _at(
                    other,
                    mine[-1],
                    "KB024",
                    f"section {{#{mine[0]}}} has {_describe(mine)}, {source.path}:{theirs[-1]} "
                    f"{{#{theirs[0]}}} has {_describe(theirs)}.",
                    "A translation is complete: same sections, steps, bullets and rows.",
                )
            )
            break
    if len(other.sections) != len(source.sections):
        problems.append(
            _at(
                other,
                0,
                "KB024",
                f"{len(other.sections)} sections, {source.path} has {len(source.sections)}.",
                "A translation is complete: same sections, steps, bullets and rows.",
            )
        )
    return problems


def _shapes(sections: Iterable[Section]) -> list[tuple[str, int, int, int, int]]:
    return [(s.anchor, s.ordered_items, s.items, s.table_rows, s.line) for s in sections]


def _describe(shape: tuple[str, int, int, int, int]) -> str:
    return f"{shape[1]} steps, {shape[2]} bullets, {shape[3]} table rows"


def _broken_links(articles: Sequence[Article], pages: set[str]) -> list[Problem]:
    anchors = {_page(a): {s.anchor for s in a.sections} for a in articles}
    problems = []
    for article in articles:
        folder = PurePosixPath(article.lang, article.category)
        for link in article.links:
            if link.target.startswith(_EXTERNAL):
                continue
            target, _, fragment = link.target.partition("#")
            if target.startswith("/"):
                problems.append(
                    _at(
                        article,
                        link.line,
                        "KB040",
                        f"link to '{link.target}' starts at the host's root.",
                        "Link to the Markdown file: ../category/slug.md#anchor.",
                    )
                )
                continue
            resolved = _resolve(folder, target) if target else _page(article)
            if resolved not in anchors and resolved not in pages:
                problems.append(
                    _at(
                        article,
                        link.line,
                        "KB040",
                        f"link to '{link.target}': there is no file {resolved}.",
                        "Correct the path; links are relative to this file.",
                    )
                )
            elif fragment and resolved in anchors and fragment not in anchors[resolved]:
                known = ", ".join(sorted(filter(None, anchors[resolved])))
                problems.append(
                    _at(
                        article,
                        link.line,
                        "KB041",
                        f"link to '{link.target}': {resolved} has no anchor '{fragment}'.",
                        f"Anchors there: {known}.",
                    )
                )
    return problems


def _page(article: Article, lang: str = "") -> str:
    return f"{lang or article.lang}/{article.category}/{article.slug}.md"


def _resolve(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            if parts:
                parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _names(anchors: Iterable[str], lang: str) -> str:
    return " · ".join(f"{SECTIONS[a][lang]} {{#{a}}}" for a in anchors)


def _at(
    article: Article,
    line: int,
    code: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.ERROR,
) -> Problem:
    return Problem(article.path, line, code, message, remedy, severity)
