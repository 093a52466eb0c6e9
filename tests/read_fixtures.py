"""A tiny help centre as the read side sees it: records, passages, a snapshot on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deterministic_encoder import HashingEncoder, save_onnx
from fastapi.testclient import TestClient

from kb_build.chatter_training import nothing_is_chatter
from kb_build.pinyin import suggestions_of, syllables_of_characters
from kb_build.snapshot_writer import write_snapshot
from kb_build.vectors import encode_passages
from search_index.analyzer import analyze, normalise
from search_index.api import create_app
from search_index.dense import DenseIndex, centred
from search_index.lexical import LexicalIndex
from search_index.linear import LinearModel
from search_index.live import LiveSearcher
from search_index.manifest import Calibration
from search_index.passage_vectors import PassageVectors
from search_index.readings import Speller
from search_index.records import ArticleRecord, Kind, Passage
from search_index.searcher import URGENT_LOGIT, Searcher
from search_index.settings import ServerSettings
from search_index.snapshot import POINTER_NAME, IndexParts, probe_of, save_parts
from search_index.suggestions import SuggestionIndex

CALIBRATION = Calibration(
    lexical_weight=0.5,
    in_scope=0.25,
    confidence_intercept=-3.0,
    confidence_scope=4.0,
    confidence_gap=6.0,
)


def urgency_of(dim: int) -> LinearModel:
    """Return a model that goes by the lead of the emergency article alone."""
    return LinearModel.of_scores(dim, (1.0, 0.0), intercept=URGENT_LOGIT - 0.05)


def scope_of(dim: int) -> LinearModel:
    """Return a model that weighs cosine, coverage and closeness to off-topic examples."""
    return LinearModel.of_scores(dim, (1.0, 0.5, 0.0, -0.5))


OFF_TOPIC = ("今天天气怎么样", "weather tomorrow in london", "红烧肉怎么做", "how to boil eggs")
SECRET = "legal winner thank year wave sausage worth useful legal winner thank yellow"
"""The second test vector of BIP-39: public, never a wallet with funds."""

# id, category, urgency, languages → (title, summary, questions, anchor → heading and text)
_ARTICLES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "KB-0008",
        "registration",
        "general",
        {
            "zh": (
                "收不到验证码怎么办？",
                "先检查手机信号和短信拦截，60秒后再重新获取。",
                ("短信验证码收不到", "邮箱没有收到验证码"),
                {
                    "steps": (
                        "操作步骤",
                        "检查手机号是否正确。\n关闭短信拦截，60秒后重新获取验证码。",
                    )
                },
            ),
            "en": (
                "I don't receive the verification code",
                "Check the signal and blocked messages, then ask for a new code after 60 seconds.",
                ("no sms code", "verification email never came"),
                {
                    "steps": (
                        "Steps",
                        "Check the phone number.\nUnblock messages and request a new code.",
                    )
                },
            ),
        },
    ),
    (
        "KB-0019",
        "transfers",
        "technical",
        {
            "zh": (
                "转账显示成功但没到账怎么办？",
                "先用TxID在区块浏览器查状态，再核对地址和网络。",
                ("充值没到账", "提币成功但是没有入账"),
                {
                    "applies": ("适用情况", "别人转账给您，显示成功但收款方没看到。"),
                    "steps": (
                        "操作步骤",
                        "复制TxID。\n在区块浏览器查这笔转账的状态。待确认就等待！核对收款地址。",
                    ),
                },
            ),
            "en": (
                "My transfer succeeded but has not arrived",
                "Look the TxID up in a block explorer, then compare address and network.",
                ("deposit not credited", "withdrawal completed but nothing received"),
                {
                    "applies": ("When this applies", "Somebody sent you coins and you see none."),
                    "steps": (
                        "Steps",
                        "Copy the TxID.\nLook up the deposit in a block explorer. "
                        "If it is pending, wait. Compare the receiving address.",
                    ),
                },
            ),
        },
    ),
    (
        "KB-0024",
        "transfers",
        "technical",
        {
            "zh": (
                "转账选错网络怎么办？",
                "不要再转一笔，先确认收款方是钱包还是交易所。",
                ("选错链了", "把币转到了别的主网"),
                {"steps": ("操作步骤", "确认选错的是哪条链。\n联系收款平台申请找回。")},
            ),
            "en": (
                "I sent coins on the wrong network",
                "Do not send again; find out whether the receiver is a wallet or an exchange.",
                ("chose the wrong chain", "sent usdt on the wrong network"),
                {"steps": ("Steps", "Find out which chain was used.\nAsk the receiver for help.")},
            ),
        },
    ),
    (
        "KB-0038",
        "security",
        "urgent",
        {
            "zh": (
                "钱包被盗了怎么办？",
                "立即把剩余资产转到新钱包，再保留证据。",
                ("币被人转走了", "钱包里的钱不见了"),
                {"do-now": ("立即要做的事", "新建钱包。\n转走剩余资产。\n撤销授权。\n报警。")},
            ),
            "en": (
                "My wallet was stolen from",
                "Move what is left to a new wallet at once, then keep the evidence.",
                ("someone emptied my wallet", "hacked wallet"),
                {
                    "do-now": (
                        "Do this now",
                        "Create a new wallet.\nMove the rest.\nRevoke.\nReport.",
                    )
                },
            ),
        },
    ),
    (
        "KB-0052",
        "recovery",
        "technical",
        {
            "zh": (
                "助记词丢了怎么办？",
                "钱包还能打开就立即重新备份；打不开就无法找回。",
                ("助记词忘记了", "抄助记词的纸找不到了"),
                {"steps": ("操作步骤", "打开钱包，新建一个钱包并抄写新的助记词。\n把资产转过去。")},
            ),
            "en": (
                "I lost my recovery phrase",
                "If the wallet still opens, back it up at once; otherwise nobody can restore it.",
                ("lost seed phrase", "forgot my 12 words"),
                {
                    "steps": (
                        "Steps",
                        "Open the wallet.\nWrite down a new recovery phrase and move your coins.",
                    )
                },
            ),
        },
    ),
    (
        "KB-0078",
        "support",
        "general",
        {
            "zh": (
                "人工客服几点上班？",
                "在线客服7×24小时，用帮助中心右下角的按钮联系。",
                ("怎么联系客服", "客服电话是多少"),
                {"steps": ("操作步骤", "打开应用，点右下角的客服按钮。")},
            ),
        },
    ),
)
_FOLDERS = {"zh": "", "en": "/en"}


def make_articles() -> list[ArticleRecord]:
    """Return the records, ordered by id and language; KB-0078 has no English version."""
    return [
        ArticleRecord(
            article_id=article_id,
            lang=lang,
            category=category,
            title=title,
            summary=summary,
            url=f"{_FOLDERS[lang]}/{category}/{article_id.lower()}/",
            short_url=f"/a/{article_id}/",
            urgency=urgency,
            audience="all",
            time="10",
            questions=questions,
            related=("KB-0008",),
            actions=tuple(sections["do-now"][1].split("\n")[:3]) if "do-now" in sections else (),
            facts_checked="2026-11-21",
            review_by="2026-11-28" if article_id == "KB-0078" else "2027-05-21",
        )
        for article_id, category, urgency, versions in _ARTICLES
        for lang, (title, summary, questions, sections) in sorted(versions.items())
    ]


def make_passages() -> list[Passage]:
    """Return whole articles, questions and sections, grouped by kind as the build does."""
    passages: list[Passage] = []
    for article_id, _, _, versions in _ARTICLES:
        for lang, (title, summary, questions, sections) in sorted(versions.items()):
            stem = f"{article_id}/{lang}"

            def add(
                suffix: str,
                kind: Kind,
                anchor: str,
                heading: str,
                text: str,
                stem: str = stem,
            ) -> None:
                identity = (f"{stem}{suffix}", *stem.split("/"))
                passages.append(Passage(*identity, kind, anchor, heading, text))

            body = "\n".join(f"{heading}\n{text}" for heading, text in sections.values())
            add("", "article", "", title, f"{title}\n{summary}\n{body}")
            for number, question in enumerate(questions, 1):
                add(f"?{number}", "question", "", title, question)
            for anchor, (heading, text) in sections.items():
                add(f"#{anchor}", "section", anchor, heading, text)
    order: list[Kind] = ["article", "question", "section"]
    return sorted(passages, key=lambda passage: order.index(passage.kind))


def make_parts(encoder: HashingEncoder | None = None) -> IndexParts:
    """Return the index of the tiny help centre, encoded by ``encoder``."""
    encoder = encoder or HashingEncoder()
    articles, passages = make_articles(), make_passages()
    ids = sorted({article.article_id for article in articles})
    texts = {
        lang: [_own_words(a, passages) for a in articles if a.lang == lang] for lang in ("zh", "en")
    }
    encoded = encode_passages(passages, encoder, Path(":memory:"))
    background = encoder.encode_queries([normalise(text) for text in OFF_TOPIC])
    return IndexParts(
        articles=tuple(articles),
        passages=tuple(passages),
        vectors=PassageVectors.build(passages, encoded.matrix),
        body=LexicalIndex.build(
            [
                analyze("\n".join(_own_words(a, passages) for a in articles if a.article_id == i))
                for i in ids
            ]
        ),
        title=LexicalIndex.build(
            [analyze("\n".join(a.title for a in articles if a.article_id == i)) for i in ids]
        ),
        background=DenseIndex.build(centred(background, encoded.query_mean)),
        query_mean=encoded.query_mean,
        classifier=None,
        urgency=urgency_of(encoded.matrix.shape[1]),
        scope=scope_of(encoded.matrix.shape[1]),
        chatter=nothing_is_chatter(),
        speller=Speller.build(texts, syllables_of_characters(texts["zh"])),
        suggestions=SuggestionIndex(suggestions_of(articles)),
    )


def _own_words(article: ArticleRecord, passages: Sequence[Passage]) -> str:
    own = [p.text for p in passages if (p.article_id, p.lang) == (article.article_id, article.lang)]
    return "\n".join([article.title, *own])


def make_searcher(parts: IndexParts, encoder: Any = None, **options: Any) -> Searcher:
    """Return a searcher over ``parts`` with the calibration of these tests."""
    calibration = options.pop("calibration", CALIBRATION)
    return Searcher(parts, encoder or HashingEncoder(), calibration, "mini", **options)


def write_mini_snapshot(
    snapshots: Path, parts: IndexParts, encoder: HashingEncoder | None = None, *, run: int = 0
) -> Path:
    """Write a snapshot below ``snapshots``, make it the live one and return its folder.

    Args:
        run: another number makes a snapshot with another id and the same answers.
    """
    encoder = encoder or HashingEncoder()

    def fill(folder: Path) -> tuple[Any, Any, Calibration]:
        save_parts(parts, folder)
        save_onnx(encoder, folder)
        return encoder.spec.to_json(), probe_of(encoder), CALIBRATION

    snapshots.mkdir(parents=True, exist_ok=True)
    counts = {"articles": len(parts.article_ids), "passages": len(parts.passages), "run": run}
    manifest = write_snapshot(snapshots, fill, languages=("zh", "en"), counts=counts, keep=20)
    return snapshots / manifest.snapshot_id


def point_to(snapshots: Path, name: str) -> None:
    """Make another snapshot the live one, as a build does."""
    pointer = snapshots / f".{POINTER_NAME}"
    pointer.write_text(name + "\n", encoding="utf-8")
    pointer.replace(snapshots / POINTER_NAME)


class CountingEncoder(HashingEncoder):
    """Remembers what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def encode_queries(self, texts: Sequence[str], progress: Any = None) -> np.ndarray:
        """Return unit vectors ``[texts, dim]``."""
        self.asked.extend(texts)
        return super().encode_queries(texts)


@pytest.fixture(scope="session")
def mini_parts() -> IndexParts:
    """The index of the tiny help centre; never changed."""
    return make_parts()


@pytest.fixture(scope="session")
def mini_searcher(mini_parts: IndexParts) -> Searcher:
    """A searcher over the tiny help centre."""
    return make_searcher(mini_parts)


@pytest.fixture(scope="session")
def mini_snapshot(mini_parts: IndexParts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a snapshot; copy it before changing anything in it."""
    return write_mini_snapshot(tmp_path_factory.mktemp("mini") / "snapshots", mini_parts)


@pytest.fixture(scope="session")
def mini_client(mini_snapshot: Path) -> Iterator[TestClient]:
    """The endpoint over the snapshot on disk; a fault of the server is an answer, not an error."""
    live = LiveSearcher(mini_snapshot.parent)
    live.open()
    app = create_app(live, ServerSettings())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def own_snapshot(mini_snapshot: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the snapshot, with its pointer, that a test may damage."""
    snapshots = tmp_path / "build" / "snapshots"
    shutil.copytree(mini_snapshot.parent, snapshots)
    (tmp_path / "kb.toml").touch()
    return snapshots / mini_snapshot.name
