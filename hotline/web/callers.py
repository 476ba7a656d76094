"""A caller who was here before, at the top of the console's right pane: how to talk with them, earlier contacts."""

from typing import Any

from aiohttp import web

from hotline.actions import callers, handling
from hotline.rules import access
from hotline.rules import handling as rules
from hotline.rules.centre import Centre
from hotline.store.views import EarlierContact
from hotline.texts import say
from hotline.web import console_json, render
from hotline.web.body import Body, RowId, read_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


class Pseudonym(Body):
    """What the caller calls themselves; empty takes it away."""

    pseudonym: str


class Handling(Body):
    """How to talk with the caller, for so many days; `note` and `revision` are those that were read before."""

    text: str
    days: int
    note: RowId | None = None
    revision: RowId | None = None


class Renewal(Body):
    """From now on for so many days."""

    note: RowId
    days: int


class Which(Body):
    """The note that is removed."""

    note: RowId


async def known(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/caller: the fragment above the card"""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    notes = await handling.show(system, actor, _contact(request))
    earlier = await callers.earlier(system, actor, _contact(request))
    leads = access.may(actor, "board.see")
    return render.render(
        request,
        "console_caller.html",
        contact_id=_contact(request),
        notes=notes,
        pseudonym=earlier.pseudonym,
        known=earlier.again,
        may_name=earlier.may_name,
        may_write=earlier.may_write,
        earlier=[_told(each, actor.id, leads, system.centre, language) for each in earlier.rows],
        total=earlier.total,
        lately=earlier.lately,
        limit=rules.NOTE_LIMIT,
        name_limit=rules.PSEUDONYM_LIMIT,
        days=rules.OFFERED_DAYS,
        usual=rules.DAYS,
    )


async def name(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/pseudonym"""
    body, actor = await read_json(request, Pseudonym), await actor_of(request)
    await callers.name(request.app[SYSTEM], actor, _contact(request), body.pseudonym)
    return web.json_response({})


async def write(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/handling"""
    body, actor = await read_json(request, Handling), await actor_of(request)
    base = (body.note, body.revision) if body.note and body.revision else None
    await handling.write(request.app[SYSTEM], actor, _contact(request), body.text, body.days, base)
    return web.json_response({})


async def renew(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/handling-renew"""
    body, actor = await read_json(request, Renewal), await actor_of(request)
    await handling.renew(request.app[SYSTEM], actor, _contact(request), body.note, body.days)
    return web.json_response({})


async def remove(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/handling-remove"""
    body, actor = await read_json(request, Which), await actor_of(request)
    await handling.remove(request.app[SYSTEM], actor, _contact(request), body.note)
    return web.json_response({})


def _told(each: EarlierContact, actor_id: str, leads: bool, centre: Centre, language: str) -> dict[str, Any]:
    """One earlier contact in words; `opens` says where whoever may read it does so."""
    area = centre.problem_areas.get(each.problem or "")
    topic = say(f"topic.{each.topic}", language) if each.topic else ""
    minutes = None if each.minutes is None else console_json.duration(each.minutes * 60, language)
    return {
        "id": each.id,
        "number": each.ref.rsplit("/", 1)[-1].lstrip("0"),
        "at": each.arrived_at,
        "by": each.by,
        "priority": each.priority,
        "facts": [
            console_json.line_name(each.line, centre),
            say(f"channel.{each.channel}.short", language),
            minutes,
        ],
        "about": [
            area.label_pl if area else topic,
            say(f"end.{each.end_reason}", language)
            if each.end_reason
            else say(f"state.{each.state}", language),
        ],
        "who": each.answered_by,
        "opens": "own" if each.holder_id == actor_id else "board" if leads else "",
    }


def _contact(request: web.Request) -> str:
    return request.match_info["contact"]
