"""Explained words; what is wrong with their file is in scenarios/check."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_folder import SiteFolder

from kb_build.article import read_articles
from kb_build.explanations import MAX_LENGTH, Entry, other_words, read_explanations
from kb_build.glossary import TermGroup, read_glossary
from kb_build.settings import load_kb_settings

ROOT = Path(__file__).parents[1]
PHRASE = TermGroup(
    "G027",
    {"zh": "助记词", "en": "recovery phrase"},
    {"zh": ("助记词", "种子词"), "en": ("recovery phrase", "seed-phrase", "seed phrases")},
    {"zh": ("助記詞", "復原短語"), "en": ()},
)
TXID = TermGroup("G058", {"zh": "交易哈希", "en": "TxID"}, {"zh": (), "en": ("TxID",)})
FILE = """\
topics:
  - id: keys
    zh: 密钥
    en: Keys
    terms:
      - {group: G027, anchor: recovery-phrase, zh: " 单词。 ", en: Words., article: KB-0019}
      - group: G058
        anchor: txid
        zh: 编号。
        en: A number.
        article: KB-0019
        link: {zh: [交易哈希, TxID], en: []}
"""


@pytest.fixture
def entries(site: SiteFolder) -> list[Entry]:
    site.write("docs/_data/glossary_explanations.yml", FILE)
    glossary, problems = read_explanations(site.settings, (PHRASE, TXID), {"KB-0019"})
    assert problems == []
    assert [topic.titles["en"] for topic in glossary.topics] == ["Keys"]
    return list(glossary.entries)


def test_without_the_file_there_are_no_words(site: SiteFolder) -> None:
    glossary, problems = read_explanations(site.settings, (PHRASE,), {"KB-0019"})
    assert (glossary.topics, problems) == ((), [])


def test_an_entry_joins_explanation_and_glossary(entries: list[Entry]) -> None:
    phrase = entries[0]
    assert phrase.anchor == "recovery-phrase"
    assert phrase.heads == {"zh": "助记词", "en": "recovery phrase"}
    assert phrase.texts == {"zh": "单词。", "en": "Words."}


def test_the_head_word_links_unless_other_words_are_given(entries: list[Entry]) -> None:
    assert entries[0].link_words == {"zh": ("助记词",), "en": ("recovery phrase",)}
    assert entries[1].link_words == {"zh": ("交易哈希", "TxID"), "en": ()}


def test_other_words_leave_out_spellings_of_what_stands_there() -> None:
    assert other_words(PHRASE, "zh") == ("种子词", "復原短語")
    assert other_words(PHRASE, "en") == ("seed-phrase",)


def test_a_key_that_does_not_exist_is_told_with_its_line(site: SiteFolder) -> None:
    site.write("docs/_data/glossary_explanations.yml", FILE.replace("anchor: txid", "anker: txid"))
    _, problems = read_explanations(site.settings, (PHRASE, TXID), {"KB-0019"})
    assert [(problem.line, problem.code) for problem in problems] == [(7, "KB110"), (8, "KB110")]


def test_the_glossary_of_this_repository_explains_what_users_meet() -> None:
    settings = load_kb_settings(ROOT)
    groups, _ = read_glossary(settings)
    ids = {article.id for article in read_articles(settings)[0]}
    glossary, problems = read_explanations(settings, groups, ids)
    entries = list(glossary.entries)
    assert problems == []
    assert 60 <= len(entries) <= 80
    for entry in entries:
        for lang, longest in MAX_LENGTH.items():
            assert 0 < len(entry.texts[lang]) <= longest
            assert entry.texts[lang][-1] in "。."
