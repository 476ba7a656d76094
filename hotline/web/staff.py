"""The staff for whoever looks after it: list, one person, invitation, sessions, recovery by two, leaving."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from aiohttp import web

from hotline.actions import invitations, leaving, sessions, staff, summaries
from hotline.actions.staff import Changes, Newcomer
from hotline.errors import (
    AlreadyExists,
    HotlineError,
    LastAdministrator,
    LineUnknown,
    Malformed,
    NotFound,
    TextEmpty,
    TextTooLong,
    WallBreach,
)
from hotline.rules import access
from hotline.rules import second_step as codes
from hotline.store import views
from hotline.web import abilities, devices, render, staff_page
from hotline.web.body import read_form_lists
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of

SHOWN = (AlreadyExists, LastAdministrator, LineUnknown, Malformed, TextEmpty, TextTooLong, WallBreach)
MANY = ("roles", "flags", "lines", "languages")
BLANK = {"login": "", "name": "", "signature": "", "text_limit": "2", **{key: [] for key in MANY}}


async def index(request: web.Request) -> web.StreamResponse:
    """GET /staff: who is there, and what somebody's leaving left open"""
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        people = await views.people(tx)
        shown = {
            **_around(request, actor),
            "people": [person for person in people if person.active],
            "gone": [person for person in people if not person.active],
            "names": {person.id: person.name for person in people},
            "asked": await views.recoveries_open(tx),
            "vacant": await views.vacant_shifts(tx),
            "owed": await views.owed_by_the_gone(tx),
        }
    return render.render(request, "staff.html", **shown)


async def invitation(request: web.Request) -> web.StreamResponse:
    """GET /staff/new"""
    return _invitation(request, await actor_of(request), {"languages": ["pl"]})


async def invite(request: web.Request) -> web.StreamResponse:
    """POST /staff/new: the link is in the answer and nowhere else"""
    actor, form = await actor_of(request), await read_form_lists(request)
    try:
        newcomer = Newcomer(login=_one(form, "login"), **_given(form))
        _, secret = await invitations.invite(request.app[SYSTEM], actor, newcomer)
    except SHOWN as error:
        given = {key: form[key] if key in MANY else _one(form, key) for key in form}
        return _invitation(request, actor, given, error)
    return _link(request, actor, newcomer.name, "invitation", secret)


async def page(request: web.Request) -> web.StreamResponse:
    """GET /staff/{person}"""
    return await _page(request)


async def change(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}: with effect at once, also on what the person has open"""
    actor, form = await actor_of(request), await read_form_lists(request)
    staff_id = request.match_info["person"]
    try:
        await staff.change(request.app[SYSTEM], actor, staff_id, Changes(**_given(form)))
    except SHOWN as error:
        return await _page(request, error)
    return staff_page.see_other(f"/staff/{staff_id}?done=change")


async def invite_again(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/invitation"""
    actor, person = await _asked(request)
    secret = await invitations.invite_again(request.app[SYSTEM], actor, person.id)
    return _link(request, actor, person.name, "invitation", secret)


async def ask_recovery(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/recovery"""
    actor, person = await _asked(request)
    await invitations.ask_recovery(request.app[SYSTEM], actor, person.id)
    return staff_page.see_other(f"/staff/{person.id}#recovery")


async def confirm_recovery(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/recovery/confirm: the link is in the answer and nowhere else"""
    actor, person = await _asked(request)
    secret = await invitations.confirm_recovery(request.app[SYSTEM], actor, person.id)
    return _link(request, actor, person.name, "recovery", secret)


async def end_session(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/sessions/{session}/end"""
    actor, person = await _asked(request)
    await sessions.end_one(request.app[SYSTEM], actor, person.id, request.match_info["session"])
    return staff_page.see_other(f"/staff/{person.id}#sessions")


async def end_sessions(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/sessions/end"""
    actor, person = await _asked(request)
    await sessions.end_all(request.app[SYSTEM], actor, person.id)
    return staff_page.see_other(f"/staff/{person.id}#sessions")


async def leaving_page(request: web.Request) -> web.StreamResponse:
    """GET /staff/{person}/leave: what it would touch, before it is done"""
    return await _leaving(request)


async def leave(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/leave"""
    actor, person = await _asked(request)
    try:
        await leaving.leave(request.app[SYSTEM], actor, person.id)
    except LastAdministrator as error:
        return await _leaving(request, error)
    return staff_page.see_other("/staff?done=leave")


async def adopt(request: web.Request) -> web.StreamResponse:
    """POST /staff/owed/{contact}: the summary is mine to write; the console shows it among my own"""
    actor = await actor_of(request)
    await read_form_lists(request)
    await summaries.adopt(request.app[SYSTEM], actor, request.match_info["contact"])
    return staff_page.see_other("/console")


# -- what the pages show and what the forms bring --------------------------------------------------------


def _around(request: web.Request, actor: access.Actor) -> dict[str, Any]:
    centre = request.app[SYSTEM].centre
    return {
        **staff_page.context(request, actor),
        "may_change": access.may(actor, "staff.change"),
        "may_adopt": access.may(actor, "summaries.adopt"),
        "me_id": actor.id,
        "roles": access.ROLES,
        "flags": access.FLAGS,
        "languages": staff.LANGUAGES,
        "lines": centre.lines,
        "done": request.query.get("done", ""),
    }


async def _asked(request: web.Request) -> tuple[access.Actor, views.StaffRow]:
    """Who presses the button, and the person it is about. Raises NotFound."""
    actor = await actor_of(request)
    await read_form_lists(request)
    return actor, await _person(request)


async def _person(request: web.Request) -> views.StaffRow:
    async with request.app[SYSTEM].read() as tx:
        person = await views.person(tx, request.match_info["person"])
    if person is None:
        raise NotFound
    return person


async def _page(request: web.Request, error: HotlineError | None = None) -> web.Response:
    actor, person = await actor_of(request), await _person(request)
    async with request.app[SYSTEM].read() as tx:
        opened = await views.sessions_of(tx, person.id)
        names = {each.id: each.name for each in await views.people(tx)}
        asked = (await views.recoveries_open(tx)).get(person.id)
        kept_from = await views.conflicts_of(tx, person.id)
        ability = (await views.roster.abilities(tx)).get(person.id)
    shown = {
        **_around(request, actor),
        "person": person,
        "names": names,
        "asked": asked,
        "kept_from": kept_from,
        "may_end_conflicts": access.may(actor, "conflicts.end", access.Thing(person.id)),
        "sees_contacts": access.may(actor, "board.see"),
        "skills": ability.skills if ability else (),
        "limits": abilities.limits(
            (ability.own_limits if ability else None) or {}, tx.centre, render.language_of(request)
        ),
        "last_moment": lambda end: (
            end - datetime.resolution
        ),  # papers that end at midnight hold all the day before
        "now": tx.now,
        "plans": access.may(actor, "roster.change"),
        "sessions": [(each, devices.words(each.device)) for each in opened],
        "code_needed": codes.required(person.roles, person.flags),
        "error": staff_page.told(request, error),
    }
    return render.render(request, "staff_person.html", status=error.status if error else 200, **shown)


async def _leaving(request: web.Request, error: HotlineError | None = None) -> web.Response:
    actor, person = await actor_of(request), await _person(request)
    async with request.app[SYSTEM].read() as tx:
        held, owed, planned = await views.at_leaving(tx, person.id)
    shown = {
        **_around(request, actor),
        "person": person,
        "held": held,
        "owed": owed,
        "planned": planned,
        "error": staff_page.told(request, error),
    }
    return render.render(request, "staff_leave.html", status=error.status if error else 200, **shown)


def _invitation(
    request: web.Request, actor: access.Actor, given: dict[str, Any], error: HotlineError | None = None
) -> web.Response:
    told = staff_page.told(request, error)
    status = error.status if error else 200
    shown = {**_around(request, actor), "given": {**BLANK, **given}, "error": told}
    return render.render(request, "staff_new.html", status=status, **shown)


def _link(request: web.Request, actor: access.Actor, name: str, kind: str, secret: str) -> web.Response:
    address = f"{request.app[SYSTEM].settings.origin}/invitation/{secret}"
    shown = {**_around(request, actor), "name": name, "kind": kind, "address": address}
    return render.render(request, "staff_link.html", **shown)


def _given(form: dict[str, list[str]]) -> dict[str, Any]:
    limit = _one(form, "text_limit")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit) <= 9:
        raise Malformed(field="text_limit")
    many: dict[str, Collection[str]] = {key: form.get(key, []) for key in MANY}
    return {
        "name": _one(form, "name"),
        "signature": _one(form, "signature"),
        "text_limit": int(limit),
        **many,
    }


def _one(form: dict[str, list[str]], key: str) -> str:
    return form.get(key, [""])[-1].strip()
