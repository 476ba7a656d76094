"""Transfers and readers as the console's page is told of them, in words already chosen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from hotline.rules.centre import Centre
from hotline.rules.transfer import JOINED
from hotline.store.views import Asked, Asking, Reader
from hotline.texts import clock, say

Json = dict[str, Any]


class Placed(Protocol):
    """A contact as far as it matters where it may wait."""

    @property
    def line(self) -> str: ...
    @property
    def queue(self) -> str | None: ...
    @property
    def channel(self) -> str: ...


def transfer_queues(centre: Centre, contact: Placed) -> list[tuple[str, str]]:
    """Where it may wait: queues that take its channel and lie on its side of the wall; none for one by hand."""
    barred = centre.barred_lines(contact.line, None)
    return [
        (each.id, " · ".join(_line(line, centre) for line in each.lines))
        for each in centre.queues.values()
        if contact.queue is not None and contact.channel in each.channels and not barred & set(each.lines)
    ]


def rung_words(rung: str, centre: Centre, language: str) -> str:
    """A rung of a ladder: people of a tier, or another line."""
    kind, _, target = rung.partition(":")
    if kind == "line":
        return _line(target, centre)
    return say(f"roster.tier_{target}", language)


def _line(line: str, centre: Centre) -> str:
    return centre.lines[line].name_pl if line in centre.lines else line


def transfer_text(data: Json, name: str, language: str) -> str:
    """What staff read in the conversation. Raises KeyError for what this release does not know."""
    consent = say(f"transfer.consent.{data['consent']}", language) if "consent" in data else ""
    return say(f"transfer.entry.{data['what']}", language, name=name, consent=consent)


def asked_json(asked: Asked, centre: Centre, language: str) -> Json:
    """The card of whoever is asked to take a conversation."""
    number = asked.ref.rsplit("/", 1)[-1].lstrip("0")
    until = clock(asked.deadline_at, language, centre.zone)
    key = JOINED if asked.state == JOINED else asked.way
    return {
        "id": asked.id,
        "contact_id": asked.contact_id,
        "joined": asked.state == JOINED,
        "way": asked.way,
        "number": number,
        "priority": asked.priority,
        "priority_label": say(f"priority.{asked.priority}", language),
        "line_name": _line(asked.line, centre),
        "channel_short": say(f"channel.{asked.channel}.short", language),
        "language_label": "" if asked.language == "pl" else say(f"language.{asked.language}", language),
        "sentence": say(f"transfer.asked.{key}", language, name=asked.from_name, until=until),
    }


def around_json(asking: Asking | None, readers: Sequence[Reader], centre: Centre, language: str) -> Json:
    """Who is asked to take a conversation, and who may read it besides its holder."""
    return {
        "asking": _asking(asking, centre, language) if asking else None,
        "readers": [each.staff_id for each in readers],
        "readers_sentence": readers_words(readers, centre, language),
    }


def _asking(asking: Asking, centre: Centre, language: str) -> Json:
    key = JOINED if asking.state == JOINED else "waits"
    until = clock(asking.deadline_at, language, centre.zone)
    return {
        "id": asking.id,
        "to_id": asking.to_id,
        "joined": asking.state == JOINED,
        "sentence": say(f"transfer.asking.{key}", language, name=asking.to_name, until=until),
    }


def readers_words(readers: Sequence[Reader], centre: Centre, language: str) -> str:
    if not readers:
        return ""

    def named(each: Reader, until: datetime | None) -> str:
        if until is None:
            return each.name
        return say(
            "transfer.reader_until", language, name=each.name, until=clock(until, language, centre.zone)
        )

    names = ", ".join(named(each, each.until) for each in readers)
    return say("transfer.readers", language, number=str(len(readers)), names=names)
