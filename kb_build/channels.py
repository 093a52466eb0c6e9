"""Reads the operator's reviewed list of official channels, ``docs/_data/channels.yml``.

It says what is on the list, and what cannot stand there; whether an address somebody received is
on it is decided in the browser (``theme/assets/kb/channel-check.js``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from kb_build.data_file import DataFile, Text, read_data_file
from kb_build.problems import Problem
from kb_build.settings import KbSettings, NonEmpty
from search_index.settings import Frozen

NAME = "channels.yml"

# channel-check.js knows the addresses of each; a test compares both lists.
PLATFORMS: Mapping[str, Mapping[str, str]] = {
    name: {"zh": zh, "en": en}
    for name, zh, en in (
        ("bilibili", "哔哩哔哩", "Bilibili"),
        ("discord", "Discord", "Discord"),
        ("douyin", "抖音", "Douyin"),
        ("facebook", "Facebook", "Facebook"),
        ("github", "GitHub", "GitHub"),
        ("instagram", "Instagram", "Instagram"),
        ("line", "LINE", "LINE"),
        ("linkedin", "领英", "LinkedIn"),
        ("medium", "Medium", "Medium"),
        ("qq", "QQ", "QQ"),
        ("reddit", "Reddit", "Reddit"),
        ("telegram", "Telegram", "Telegram"),
        ("tiktok", "TikTok", "TikTok"),
        ("wechat", "微信", "WeChat"),
        ("weibo", "微博", "Weibo"),
        ("whatsapp", "WhatsApp", "WhatsApp"),
        ("x", "X", "X"),
        ("xiaohongshu", "小红书", "Xiaohongshu"),
        ("youtube", "YouTube", "YouTube"),
    )
}
STORES = {"app_store": "App Store", "google_play": "Google Play"}

Kind = Literal["domain", "email", "email_domain", "social", "phone", "app"]


class Channel(Frozen):
    """One official address; see the head of channels.yml for the keys."""

    kind: Kind
    value: NonEmpty
    name: Text
    purpose: Text
    platform: str | None = None
    store: Literal["app_store", "google_play"] | None = None
    service: str | None = None


class ChannelList(Frozen):
    """The whole file."""

    reviewed_on: date
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a kind looks like, for the message when it does not."""

    pattern: re.Pattern[str]
    noun: str
    remedy: str


_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_TOP = r"(?:xn--[a-z0-9-]+|[a-z]{2,63})"
_HOST = rf"(?:{_LABEL}\.)+{_TOP}"
_FORMS: Mapping[str, _Form] = {
    "domain": _Form(
        re.compile(rf"(?:\*\.)?{_HOST}"),
        "a domain",
        "Write the host only, like help.example.com, or *.pay.example.com for all below it.",
    ),
    "email": _Form(
        re.compile(rf"[a-z0-9][a-z0-9._%+-]*@{_HOST}"),
        "an e-mail address",
        "Write it like support@example.com.",
    ),
    "email_domain": _Form(
        re.compile(_HOST),
        "a sending domain",
        "Write what stands after the @, like notice.example.com.",
    ),
    "social": _Form(
        re.compile(r"[^\W_][\w.-]{1,63}"),
        "a handle",
        "Write it without @, spaces and address, like example_support.",
    ),
    "phone": _Form(
        re.compile(r"\+[1-9](?:[ ().-]*[0-9]){6,14}"),
        "a phone number",
        "Write it with + and the country code, like +44 20 7946 0000.",
    ),
    "app_store": _Form(
        re.compile(r"id[0-9]{6,15}"), "an App Store id", "Write it like id0000000001."
    ),
    "google_play": _Form(
        re.compile(r"[a-z]\w*(?:\.[a-z]\w*)+"),
        "a Google Play id",
        "Write it like com.example.wallet.",
    ),
}


def read_channels(settings: KbSettings, services: Collection[str]) -> DataFile[ChannelList]:
    """Return the list and what is wrong with the file; no file, no list.

    Args:
        settings: where it lies.
        services: ids of the channels in service_levels.yml.
    """
    read = read_data_file(settings, NAME, ChannelList)
    if read.data is None:
        return read
    problems = []
    seen: dict[tuple[str, str | None, str], int] = {}
    for number, channel in enumerate(read.data.channels):
        place = ("channels", number)
        line = read.line_of((*place, "value"))
        problems += [
            Problem(read.path, read.line_of((*place, key)), "KB110", message, remedy)
            for key, message, remedy in _misfits(channel, services)
        ]
        form = _FORMS.get((channel.store or "") if channel.kind == "app" else channel.kind)
        if form and not form.pattern.fullmatch(_in_ascii(channel)):
            message = f"'{channel.value}' is not {form.noun}."
            problems.append(Problem(read.path, line, "KB111", message, form.remedy))
        elif _mixes_alphabets(channel.value):
            message = f"'{channel.value}' has a word with letters of two alphabets."
            remedy = "Type it anew by hand: letters that look alike may have been pasted."
            problems.append(Problem(read.path, line, "KB111", message, remedy))
        key = (channel.kind, channel.platform or channel.store, _identity(channel))
        if key in seen:
            problems.append(
                Problem(
                    read.path,
                    line,
                    "KB112",
                    f"'{channel.value}' is already listed in line {seen[key]}.",
                    "Keep one of the two entries.",
                )
            )
        seen.setdefault(key, line)
    if not problems:
        return read
    return DataFile(read.path, None, read.lines, tuple(sorted(problems)))


def _misfits(channel: Channel, services: Collection[str]) -> list[tuple[str, str, str]]:
    """Return key, message and remedy for keys that do not fit the kind."""
    found = []
    for key, kind in (("platform", "social"), ("store", "app")):
        has = getattr(channel, key) is not None
        if has != (channel.kind == kind):
            wrong = "does not belong to" if has else "is missing from"
            found.append(
                (key, f"key '{key}' {wrong} kind '{channel.kind}'.", f"See kind '{kind}'.")
            )
    if channel.platform is not None and channel.platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        found.append(("platform", f"'{channel.platform}' is no platform.", f"Choose from {known}."))
    if channel.service is not None and channel.service not in services:
        known = ", ".join(sorted(services)) or "none"
        message = f"service_levels.yml has no channel '{channel.service}'."
        found.append(("service", message, f"It has: {known}."))
    return found


def _in_ascii(channel: Channel) -> str:
    """Return the value in small letters, an international domain in its ASCII form."""
    value = channel.value
    if channel.kind not in ("domain", "email", "email_domain"):
        return value.lower()
    if unicodedata.normalize("NFKC", value) != value:
        return ""  # full-width and the like: look as if they were right
    head, at, host = value.rpartition("@")
    try:
        return (head + at + host.encode("idna").decode("ascii")).lower()
    except UnicodeError:
        return ""


def _mixes_alphabets(value: str) -> bool:
    """Tell whether a word mixes Latin letters with those that look like them."""
    for word in re.findall(r"[^\W\d_]+", value):
        alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        if "LATIN" in alphabets and alphabets & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return True
    return False


def _identity(channel: Channel) -> str:
    if channel.kind == "phone":
        return re.sub(r"[^0-9]", "", channel.value)
    return _in_ascii(channel)
