"""Writes the skeleton of a new article in both languages; knows nothing of existing content."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from kb_build.article import NOT_ARTICLES, article_paths, numbers_in
from kb_build.check import SAFETY_LINE, SECTIONS
from kb_build.settings import LANGUAGES, KbSettings
from search_index.errors import KbError

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REVIEW_AFTER = timedelta(days=181)
_TEXT = {
    "zh": {"title": "用户的问题？", "summary": "一两句话的直接回答。", "question": "用户会怎么问"},
    "en": {
        "title": "The user's question?",
        "summary": "The answer in one or two sentences.",
        "question": "how a user asks it",
    },
}


def write_new_article(settings: KbSettings, category: str, slug: str) -> list[Path]:
    """Write ``docs/<lang>/<category>/<slug>.md`` for each language.

    Returns:
        The files written.

    Raises:
        KbError: the slug is not usable or a file of that name exists.
        OSError: a file cannot be written; neither is left.
    """
    if not _SLUG.fullmatch(slug) or slug in NOT_ARTICLES:
        reason = "the name of a page" if slug in NOT_ARTICLES else "not a slug"
        raise KbError(
            f"'{slug}' is {reason}.",
            code="SLUG_INVALID",
            remedy="Use lower-case letters, digits and single hyphens: reset-my-pin.",
        )
    paths = [settings.docs_dir / lang / category / f"{slug}.md" for lang in LANGUAGES]
    for path in article_paths(settings.docs_dir):
        if path.stem == slug:
            raise KbError(
                f"{path} exists already.", code="ARTICLE_EXISTS", remedy="Choose another slug."
            )
    number = f"KB-{_highest_number(settings) + 1:04}"
    try:
        for lang, path in zip(LANGUAGES, paths, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_skeleton(lang, number, date.today()), encoding="utf-8")
    except OSError:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return paths


def _highest_number(settings: KbSettings) -> int:
    numbers = [0]
    for path in article_paths(settings.docs_dir):
        numbers += [int(number.removeprefix("KB-")) for number in numbers_in(path)]
    return max(numbers)


def _skeleton(lang: str, number: str, today: date) -> str:
    words = _TEXT[lang]
    head = [
        "---",
        f"id: {number}",
        f'title: "{words["title"]}"',
        f'summary: "{words["summary"]}"',
        "questions:",
        f"  - {words['question']} 1",
        f"  - {words['question']} 2",
        "audience: all",
        "urgency: general",
        'time: ""',
        "related: []",
        f"facts_checked: {today}",
        f"review_by: {today + _REVIEW_AFTER}",
        "status: draft",
        "---",
    ]
    body = []
    for anchor, headings in SECTIONS.items():
        if anchor != "do-now":
            text = SAFETY_LINE[lang] if anchor == "safety" else "…"
            body += ["", f"## {headings[lang]} {{#{anchor}}}", "", text]
    return "\n".join([*head, *body]) + "\n"
