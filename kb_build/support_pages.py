"""What the contact page, its receipt and the page that checks official channels show.

Made from service levels and the list of channels. It knows nothing of MkDocs and nothing of HTML.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kb_build import channels, service_levels
from kb_build.channels import PLATFORMS, STORES, Channel, ChannelList, read_channels
from kb_build.data_file import DataFile, Text
from kb_build.problems import Problem
from kb_build.service_levels import ServiceChannel, ServiceLevels, read_service_levels
from kb_build.settings import KbSettings

CONTACT = "contact"
RECEIVED = "received"
OFFICIAL = "official-channels"
# Order on the page; every kind has a place there, so that "no phone" is said and not left out.
_KINDS = ("domain", "email", "email_domain", "social", "phone", "app")


@dataclass(frozen=True, slots=True)
class Support:
    """The operator's promises and addresses; None where there is no file."""

    levels: ServiceLevels | None = None
    channels: ChannelList | None = None

    def context(self, source: str, lang: str) -> dict[str, Any]:
        """Return the variables that the page at ``source`` (``zh/contact.md``) needs beside others.

        Empty for all other pages, and without the files.
        """
        name = PurePosixPath(source).stem
        if self.levels is None or self.channels is None:
            return {}
        if name in (CONTACT, RECEIVED):
            return {"contact": _contact(self.levels, self.channels, lang)}
        if name == OFFICIAL:
            return {"official": _official(self.levels, self.channels, lang)}
        return {}


def read_support(settings: KbSettings, pages: Collection[str]) -> tuple[Support, list[Problem]]:
    """Read both files, and everything that is wrong with them.

    Args:
        settings: where they lie.
        pages: pages of the site (``zh/contact.md``); those made from the files need them.
    """
    levels = read_service_levels(settings)
    services = [channel.id for channel in levels.data.channels] if levels.data else []
    # A broken file has told its own problems; without it no reference can be judged.
    known = _AnyName() if levels.problems else services
    listed = read_channels(settings, known)
    problems = [*levels.problems, *listed.problems]
    if any(PurePosixPath(page).stem in (CONTACT, OFFICIAL) for page in pages):
        problems += [*_absent(levels, service_levels.NAME), *_absent(listed, channels.NAME)]
    return Support(levels.data, listed.data), problems


class _AnyName(Collection[str]):
    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def _absent(file: DataFile[Any], name: str) -> Iterable[Problem]:
    if file.data is None and not file.problems:
        yield Problem(
            file.path,
            0,
            "KB110",
            "the file is missing, and the contact page and the channel check are made from it.",
            f"Copy docs/_data/{name} of the original and make it yours.",
        )


def _contact(levels: ServiceLevels, listed: ChannelList, lang: str) -> dict[str, Any]:
    ways = [_way(service, levels, listed, lang) for service in levels.channels]
    peaks, complaint, escalation = levels.peak_hours, levels.complaint, levels.escalation
    return {
        "hours": levels.hours[lang],
        "ways": [way for way in ways if way["addresses"] or way["where"] or way["absent"]],
        "classes": [
            {
                "id": one.id,
                "name": one.name[lang],
                "definition": one.definition[lang],
                "commitment": one.commitment[lang],
            }
            for one in levels.response_classes
        ],
        "classes_note": levels.response_note[lang],
        "peaks": {
            "busy": _in(lang, peaks.busy),
            "quiet": _in(lang, peaks.quiet),
            "note": peaks.note[lang],
            "while_waiting": _in(lang, peaks.while_waiting),
        },
        "prepare": _in(lang, levels.prepare),
        "never": _in(lang, levels.never),
        "complaint": {
            "how": complaint.how[lang],
            "times": _in(lang, complaint.times),
            "steps": _in(lang, complaint.steps),
        },
        "escalation": {
            "steps": _in(lang, escalation.steps),
            "meanwhile": escalation.meanwhile[lang],
        },
    }


def _way(
    service: ServiceChannel, levels: ServiceLevels, listed: ChannelList, lang: str
) -> dict[str, Any]:
    """Return how to reach one channel; ``absent`` stands in for an address that is not there."""
    addresses = [_address(c, lang) for c in listed.channels if c.service == service.id]
    absent = service.without_address[lang] if service.without_address and not addresses else ""
    return {
        "id": service.id,
        "name": service.name[lang],
        "best_for": service.best_for[lang],
        "first_response": "" if absent else service.first_response[lang],
        "hours": "" if absent else (service.hours or levels.hours)[lang],
        "where": service.where[lang] if service.where else "",
        "note": service.note[lang] if service.note else "",
        "addresses": addresses,
        "absent": absent,
    }


def _address(channel: Channel, lang: str) -> dict[str, str]:
    """Return an address as it is shown; ``href`` only where opening it is sure to be meant."""
    value, href = channel.value, ""
    match channel.kind:
        case "domain" if not value.startswith("*."):
            href = f"https://{value}/"
        case "email":
            href = f"mailto:{value}"
        case "phone":
            href = f"tel:+{''.join(filter(str.isdigit, value))}"
        case "email_domain":
            value = f"@{value}"
        case "social" if channel.platform != "wechat":
            value = f"@{value}"
        case _:
            pass
    place = (
        PLATFORMS[channel.platform][lang]
        if channel.platform
        else STORES.get(channel.store or "", "")
    )
    return {
        "kind": channel.kind,
        "value": value,
        "href": href,
        "place": place,
        "name": channel.name[lang],
        "purpose": channel.purpose[lang],
    }


def _official(levels: ServiceLevels, listed: ChannelList, lang: str) -> dict[str, Any]:
    services = {service.id: service for service in levels.channels}

    def shown(channel: Channel) -> dict[str, str]:
        service = services.get(channel.service or "")
        return _address(channel, lang) | {
            "hours": (service.hours or levels.hours)[lang] if service else "",
            "first_response": service.first_response[lang] if service else "",
        }

    return {
        "hours": levels.hours[lang],
        "reviewed_on": listed.reviewed_on.isoformat(),
        "groups": [
            {"kind": kind, "entries": [shown(c) for c in listed.channels if c.kind == kind]}
            for kind in _KINDS
        ],
        "list": [_for_check(channel, lang) for channel in listed.channels],
    }


def _for_check(channel: Channel, lang: str) -> dict[str, str]:
    """Return an entry as ``channel-check.js`` reads it, with the words for its answer."""
    address = _address(channel, lang)
    entry = {"kind": channel.kind, "value": channel.value}
    if channel.platform:
        entry["platform"] = channel.platform
    if channel.store:
        entry["store"] = channel.store
    return entry | {key: address[key] for key in ("name", "purpose", "place")}


def _in(lang: str, texts: Iterable[Text]) -> list[str]:
    return [text[lang] for text in texts]
