"""Further phrasings of what an article answers, beside those in its front matter.

One tab-separated file a category below ``docs/_data/phrasings/``: id, language, text. They are
search aliases only: real people's words, most of them from failed searches and tickets. Knows
nothing of how they are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kb_build.problems import Problem, not_utf8
from kb_build.settings import LANGUAGES, KbSettings

FOLDER = "phrasings"
MAX_LENGTH = 600

Phrasings = Mapping[tuple[str, str], tuple[str, ...]]
"""(article id, language) → texts, in the order of the files."""


def phrasing_paths(settings: KbSettings) -> list[Path]:
    """Return the files, sorted by name; editors keep hidden ones beside them."""
    paths = (settings.data_dir / FOLDER).glob("*.tsv")
    return sorted(path for path in paths if not path.name.startswith("."))


def read_phrasings(
    settings: KbSettings, article_ids: Iterable[str]
) -> tuple[Phrasings, list[Problem]]:
    """Read all phrasings and everything that is wrong with the files.

    Args:
        settings: where they lie.
        article_ids: ids that exist.
    """
    known = set(article_ids)
    found: dict[tuple[str, str], list[str]] = {}
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for path in phrasing_paths(settings):
        shown = settings.shown(path)
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as exc:
            problems.append(not_utf8(shown, exc))
            continue
        for number, line in enumerate(lines, 1):
            columns = line.split("\t")
            if len(columns) != 3 or columns[1] not in LANGUAGES or not columns[2].strip():
                problems.append(
                    Problem(
                        shown,
                        number,
                        "KB070",
                        "the line is not 'id, language, text' with tabs between.",
                        f"Languages: {', '.join(LANGUAGES)}.",
                    )
                )
                continue
            article_id, lang, text = columns[0], columns[1], columns[2].strip()
            if article_id not in known:
                problems.append(
                    Problem(
                        shown,
                        number,
                        "KB071",
                        f"there is no article {article_id}.",
                        "Correct the number, or delete the line.",
                    )
                )
            elif len(text) > MAX_LENGTH:
                problems.append(
                    Problem(
                        shown,
                        number,
                        "KB072",
                        f"the phrasing has {len(text)} characters, at most {MAX_LENGTH} help.",
                        "Keep the sentence that asks.",
                    )
                )
            elif text.lower() in seen:
                problems.append(
                    Problem(
                        shown,
                        number,
                        "KB073",
                        f"the phrasing stands already at {seen[text.lower()]}.",
                        "Keep it with the article that answers it best.",
                    )
                )
            else:
                seen[text.lower()] = f"{shown}:{number}"
                found.setdefault((article_id, lang), []).append(text)
    return {key: tuple(texts) for key, texts in found.items()}, problems
