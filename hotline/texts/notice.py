"""The privacy notice of a centre, made of its data, and the version by which a caller's copy is known.

The version is the fingerprint of the text in all three languages: the same words have the same version.
"""

import hashlib
import json
from typing import TypedDict

from hotline.rules.centre import Centre
from hotline.texts import LANGUAGES, say, say_count
from hotline.values import dataclass

FIXED = {"short": 4, "purpose": 4, "data": 3, "recipients": 4, "telegram": 2, "rights": 5}
ORDER = ("short", "controller", "purpose", "data", "recipients", "telegram", "keeping", "device", "rights")
VERSION_LENGTH = 16


class Section(TypedDict):
    """A heading with its paragraphs; `name` is the place to link to."""

    name: str
    heading: str
    paragraphs: list[str]


@dataclass(frozen=True, slots=True)
class Notice:
    """The whole text by language."""

    version: str
    body: dict[str, list[Section]]


def notice_of(centre: Centre) -> Notice:
    """What this centre tells about data."""
    body: dict[str, list[Section]] = {language: _sections(centre, language) for language in LANGUAGES}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    return Notice(hashlib.sha256(text).hexdigest()[:VERSION_LENGTH], body)


def _sections(centre: Centre, language: str) -> list[Section]:
    own = {"controller": _controller, "keeping": _keeping, "device": _device}
    return [
        Section(
            name=name,
            heading=say(f"notice.{name}.heading", language),
            paragraphs=own[name](centre, language) if name in own else _fixed(name, language),
        )
        for name in ORDER
    ]


def _fixed(name: str, language: str) -> list[str]:
    return [say(f"notice.{name}.{number}", language) for number in range(1, FIXED[name] + 1)]


def _controller(centre: Centre, language: str) -> list[str]:
    if not centre.controller:
        return [say("notice.controller.missing", language)]
    told = [say("notice.controller.named", language, controller=centre.controller)]
    if centre.controller_contact:
        contact = centre.controller_contact
        told.append(say("notice.controller.contact", language, controller_contact=contact))
    if not centre.dpo_email:
        return [*told, say("notice.controller.no_dpo", language)]
    return [*told, say("notice.controller.dpo", language, dpo_email=centre.dpo_email)]


def _keeping(centre: Centre, language: str) -> list[str]:
    kept = centre.retention
    periods = {
        "chat": ("days", kept.chat_days),
        "card": ("years", kept.card_years),
        "case": ("years", kept.case_years),
        "telegram": ("days", kept.telegram_days),
        "trace": ("hours", kept.trace_hours),
        "audit": ("years", kept.audit_years),
    }
    told = [
        say(f"notice.keeping.{what}", language, period=say_count(f"notice.{unit}", language, number))
        for what, (unit, number) in periods.items()
    ]
    return [*told, say("notice.keeping.end", language)]


def _device(_centre: Centre, language: str) -> list[str]:
    return [say("privacy.device", language), say("safe_device", language)]
