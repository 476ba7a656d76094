"""What the caller's page is made of, with and without script."""

import hashlib
from typing import Any, Final

from aiohttp import web

from hotline.actions.arrivals import Arrival
from hotline.ids import new_secret
from hotline.rules import triage
from hotline.rules.callback import Wish
from hotline.rules.centre import Line
from hotline.rules.civil_time import local
from hotline.rules.hours import Hours
from hotline.rules.words import MESSAGE_LIMIT
from hotline.system import Transaction
from hotline.texts import greeting, say, situations
from hotline.web import caller_view, hours, render
from hotline.web.keys import SYSTEM

DIALLED_EVERYWHERE: Final = 9  # digits
# What the script shows by itself; everything else is already on the page or comes with the state.
SCRIPT_TEXTS: Final = (
    "mark_sending", "mark_retrying", "mark_sent", "mark_shown", "mark_failed", "mine", "system", "counsellor",
    "offline", "expired", "ending", "ending_late", "correct", "fix", "correcting", "answer_kept", "starting",
    "urgent_sent", "write", "ended_danger",
)  # fmt: skip


def line_of(request: web.Request) -> Line:
    """The line of the address. Raises LineUnknown."""
    return request.app[SYSTEM].centre.line(request.match_info["line"])


def tel_of(line: Line) -> str:
    """The target of a `tel:` link, or "" where dialling is not the same from everywhere: short local numbers."""
    dialled = line.number.replace(" ", "")
    return dialled if len(dialled.removeprefix("+48")) >= DIALLED_EVERYWHERE else ""


def arrival(
    line: Line,
    token: str,
    client_id: str,
    *,
    text: str | None,
    danger: str | None,
    topic: str | None,
    under18: bool,
    language: str,
    notice: str,
    slow: bool = False,
    wish: Wish | None = None,
) -> Arrival:
    """One approach per token: its fingerprint is the key under which a repeat finds the same contact."""
    return Arrival(
        line=line.id,
        channel="web",
        origin="web:" + hashlib.sha256(token.encode()).hexdigest(),
        client_id=client_id,
        language=language,
        text=text,
        danger=danger,
        topic=topic,
        under18=under18,
        token=token,
        privacy_version=notice,
        slow=slow,
        wish=wish,
    )


def script_texts(language: str) -> dict[str, str]:
    """The sentences the script needs, in the page's language."""
    own = {key: say(f"chat.{key}", language) for key in SCRIPT_TEXTS}
    return {**own, "youth": say("youth_welcome", language)}


def intro(line: Line, rule: Hours, language: str) -> str:
    """What people who use violence read instead of the general welcome; "" on any other line.

    It names the number and its hours, so a line that lacks one of them welcomes like the others.
    """
    stated = hours.in_words(rule, language)
    if "using_violence" not in line.audience or not stated:
        return ""
    return situations.words("using_violence_intro", language, line=line.number, hours=stated)


async def context(request: web.Request, tx: Transaction, line: Line) -> dict[str, Any]:
    """Everything both pages show around the thread."""
    system = request.app[SYSTEM]
    language = render.language_of(request)
    now = await caller_view.scene(tx, line)
    there = local(tx.now, system.centre.zone)
    known = situations.facts(system.centre, line)
    return {
        "line": line,
        "centre": system.centre,
        "unit": system.centre.units.get(line.unit),
        "tel": tel_of(line),
        "trouble": situations.words("technical_problem", language, **known),
        "deaf": situations.words("deaf", language, **known),
        "hours_unknown": situations.words("hours_unknown", language, **known),
        "closed": situations.closed(system.centre, line, tx.now, now.next_at, language),
        "scene": now,
        "topics": triage.topics(line.audience),
        "welcome": situations.words("welcome", language, greeting=greeting(there, language), **known),
        "intro": intro(line, system.centre.hours_on(line, there.date()), language),
        "notice": tx.notice.version,
        "away": caller_view.away(system.centre, now, language),
        "callbacks": system.centre.callback_queue(line.id) is not None,
        "limit": MESSAGE_LIMIT,
        "token": new_secret(),
        "id": new_secret(),
        "texts": script_texts(language),
    }
