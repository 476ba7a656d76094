"""Ready sentences for one talk: in its language, filled in for whoever holds it."""

from datetime import datetime
from typing import Any

from aiohttp import web

from hotline.actions import contacts
from hotline.errors import NotFound
from hotline.rules import centre_replies
from hotline.rules.centre import Centre
from hotline.store import views
from hotline.store.views import ContactHead
from hotline.texts import say
from hotline.web import render
from hotline.web.console_json import when
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


async def index(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/replies, for its holder → {"language", "language_label", "replies"}"""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    async with system.read() as tx:
        await contacts.require_open(tx, actor, request.match_info["contact"])
        head = await views.contact_head(tx, request.match_info["contact"])
        if head is None or head.holder_id != actor.id:
            raise NotFound
        until = await views.on_duty_until(tx, actor, head.line)
        now = tx.now
    return web.json_response(_answer(head, until, now, system.centre, language))


def _answer(
    head: ContactHead, until: datetime | None, now: datetime, centre: Centre, language: str
) -> dict[str, Any]:
    """In the order of topics, within one that of the file. `meaning` where the reader's language is another one."""
    shown = [reply for reply in centre.replies.values() if not reply.hidden]
    spoken = _values(head, until, now, centre, head.language)
    read = _values(head, until, now, centre, language)
    found = []
    for reply in sorted(shown, key=lambda each: centre_replies.TOPICS.index(each.topic)):
        text, missing = centre_replies.filled(reply.text[head.language], spoken)
        meaning = None
        if language != head.language:
            meaning = centre_replies.filled(reply.text[language], read)[0]
        found.append(
            {
                "id": reply.id,
                "topic": say(f"staff.replies.topic.{reply.topic}", language),
                "text": text,
                "meaning": meaning,
                "missing": _missing(missing, centre, language) if missing else None,
            }
        )
    label = say(f"language.{head.language}", language)
    return {"language": head.language, "language_label": label, "replies": found}


def _values(
    head: ContactHead, until: datetime | None, now: datetime, centre: Centre, language: str
) -> dict[str, str]:
    line = centre.lines.get(head.line)  # a later file may not have it any more
    unit = line and centre.units.get(line.unit)
    return {
        **{each.id: each.number for each in centre.national_lines},
        "signature": head.holder_signature or "",
        "centre": centre.short_name_pl,
        "phone": line.number if line else "",
        "address": unit.address if unit else "",
        "until": when(until, now, centre, language) or "",
    }


def _missing(names: list[str], centre: Centre, language: str) -> str:
    """Why it cannot be chosen, as a person reads it."""
    labels = {each.id: each.label_pl for each in centre.national_lines}
    labels |= {name: say(f"staff.replies.place.{name}", language) for name in centre_replies.PLACES}
    return say("staff.replies.missing", language, what=", ".join(labels[name] for name in names))
