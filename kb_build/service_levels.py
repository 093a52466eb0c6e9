"""Reads what the operator promises, ``docs/_data/service_levels.yml``: hours, targets, procedures.

Knows no address (`channels` does) and no page.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kb_build.data_file import DataFile, Text, read_data_file
from kb_build.settings import KbSettings
from search_index.settings import Frozen

NAME = "service_levels.yml"

Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class ServiceChannel(Frozen):
    """A way to reach somebody.

    Attributes:
        id: what entries of channels.yml refer to as ``service``.
        where: how to get there when it has no address: menus of the app.
        hours: only where they differ from the hours of all.
        without_address: said in its place as long as channels.yml lists no address for it; a
            channel with neither ``where`` nor an address nor this is left out.
        note: what people must know before they use it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Text
    best_for: Text
    first_response: Text
    where: Text | None = None
    hours: Text | None = None
    without_address: Text | None = None
    note: Text | None = None


class ResponseClass(Frozen):
    """A kind of case and how soon somebody looks at it."""

    id: Literal["general", "technical", "urgent"]
    name: Text
    definition: Text
    commitment: Text


class PeakHours(Frozen):
    """When it takes longer; ``note`` says how long, as an experience and never as a promise."""

    busy: Texts
    quiet: Texts
    note: Text
    while_waiting: Texts


class Complaint(Frozen):
    """How a complaint is made and handled."""

    how: Text
    times: Texts
    steps: Texts


class Escalation(Frozen):
    """What to do, in this order, when support does not solve it; ``meanwhile`` goes beside it."""

    steps: Texts
    meanwhile: Text


class ServiceLevels(Frozen):
    """The whole file."""

    hours: Text
    channels: Annotated[tuple[ServiceChannel, ...], Field(min_length=1)]
    response_classes: Annotated[tuple[ResponseClass, ...], Field(min_length=1)]
    response_note: Text
    peak_hours: PeakHours
    prepare: Texts
    never: Texts
    complaint: Complaint
    escalation: Escalation


def read_service_levels(settings: KbSettings) -> DataFile[ServiceLevels]:
    """Return the service levels and what is wrong with the file; no file, no levels."""
    return read_data_file(settings, NAME, ServiceLevels)
