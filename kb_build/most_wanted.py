"""The articles most wanted on the home page: ``docs/_data/most_wanted.yml``; knows no page."""

from __future__ import annotations

from collections.abc import Collection

from kb_build.data_file import read_data_file
from kb_build.problems import Problem
from kb_build.settings import KbSettings, NonEmpty
from search_index.settings import Frozen

NAME = "most_wanted.yml"


class _MostWanted(Frozen):
    articles: tuple[NonEmpty, ...]


def read_most_wanted(
    settings: KbSettings, article_ids: Collection[str]
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the ids in their order and what is wrong with the file; no file, no ids.

    Args:
        settings: where it lies.
        article_ids: ids that exist.
    """
    read = read_data_file(settings, NAME, _MostWanted)
    ids = read.data.articles if read.data else ()
    problems = list(read.problems)
    for number, article_id in enumerate(ids):
        if article_id not in article_ids:
            message = f"there is no article {article_id}."
        elif article_id in ids[:number]:
            message = f"{article_id} stands twice."
        else:
            continue
        line = read.line_of(("articles", number))
        problems.append(
            Problem(read.path, line, "KB102", message, "Correct the number, or delete the line.")
        )
    return ids, problems
