"""The supervisor's board and what is decided from it. Forms, so that every decision works without a script.

A decision that came too late shows the same page again, as things stand now, with the sentence of the error.
"""

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from aiohttp import web

from hotline.actions import alarms, assignments, conflicts, contacts, offers
from hotline.errors import HotlineError, Malformed, NotEligible, NotFound
from hotline.rules import assignment
from hotline.rules.access import Actor
from hotline.rules.assignment import Proposal
from hotline.store import views
from hotline.web import board_view, render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of
from hotline.web.transfer_json import readers_words, transfer_queues


async def page(request: web.Request) -> web.StreamResponse:
    """GET /board; with ?wall=1 in larger type, for a screen across the room"""
    actor = await actor_of(request)
    shown = await _shown(request, actor)
    wall = request.query.get("wall") == "1"
    return render.render(request, "board.html", **staff_page.context(request, actor), **shown, wall=wall)


async def now(request: web.Request) -> web.StreamResponse:
    """GET /board/now: the picture alone, for a page whose socket is down"""
    return render.render(request, "board_now.html", **await _shown(request, await actor_of(request)))


async def _shown(request: web.Request, actor: Actor) -> dict[str, Any]:
    system = request.app[SYSTEM]
    async with system.read() as tx:
        view = await views.board_view(tx, tx.centre, actor)
        return board_view.shown(view, tx.centre, system.bus, render.language_of(request))


async def see_alarm(request: web.Request) -> web.StreamResponse:
    """POST /board/alarms/{alarm}/see"""
    with suppress(NotFound):  # somebody was faster: the board says who
        await alarms.see(request.app[SYSTEM], await actor_of(request), request.match_info["alarm"])
    return staff_page.see_other("/board")


# -- one contact: who shall have it ----------------------------------------------------------------------


async def contact(request: web.Request) -> web.StreamResponse:
    """GET /board/contacts/{contact}"""
    return await _contact_page(request)


async def pick_up(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/pick-up"""
    actor = await actor_of(request)
    return await _decided(
        request, assignments.pick_up(request.app[SYSTEM], actor, _id(request)), then=_console(request)
    )


async def look(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/look (form: reason): read what is not one's own, for an hour"""
    form, actor = await _form(request, "reason"), await actor_of(request)
    act = contacts.look(request.app[SYSTEM], actor, _id(request), form["reason"])
    return await _decided(request, act, then=_console(request))


async def offer(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/offer (form: staff, and the offer that is withdrawn for it)"""
    form = await _form(request, "staff")
    proposal = Proposal(_id(request), form["staff"], form.get("withdraw") or None)
    return await _decided(request, _offer(request, await actor_of(request), proposal))


async def _offer(request: web.Request, actor: Actor, proposal: Proposal) -> None:
    if await offers.make(request.app[SYSTEM], actor, proposal) is None:
        raise NotEligible


async def hand_over(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/hand-over (form: holder, staff, reason, overrule)"""
    form, actor = await _form(request, "holder", "staff", "reason"), await actor_of(request)
    act = assignments.hand_over(
        request.app[SYSTEM],
        actor,
        _id(request),
        form["holder"],
        form["staff"],
        form["reason"],
        overrule=form.get("overrule") == "yes",
    )
    return await _decided(request, act)


async def take_over(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/take-over (form: holder, reason)"""
    form, actor = await _form(request, "holder", "reason"), await actor_of(request)
    act = assignments.take_over(request.app[SYSTEM], actor, _id(request), form["holder"], form["reason"])
    return await _decided(request, act, then=_console(request))


async def move(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/move (form: queue, reason)"""
    form, actor = await _form(request, "queue", "reason"), await actor_of(request)
    act = assignments.move(request.app[SYSTEM], actor, _id(request), form["queue"], form["reason"])
    return await _decided(request, act)


async def mark_conflict(request: web.Request) -> web.StreamResponse:
    """POST /board/contacts/{contact}/conflicts (form: staff, reach, reason)"""
    form, actor = await _form(request, "staff", "reach", "reason"), await actor_of(request)
    reach: conflicts.Kind = "caller" if form["reach"] == "caller" else "contact"
    act = conflicts.mark(request.app[SYSTEM], actor, reach, _id(request), form["staff"], form["reason"])
    own = form["staff"] == actor.id
    return await _decided(request, act, then="/board" if own else f"/board/contacts/{_id(request)}")


async def _decided(request: web.Request, act: Awaitable[None], then: str = "/board") -> web.StreamResponse:
    try:
        await act
    except HotlineError as error:
        if error.status >= 500:
            raise
        return await _contact_page(request, error)
    return staff_page.see_other(then)


async def _contact_page(request: web.Request, error: HotlineError | None = None) -> web.Response:
    """Who could take this contact, and what keeps the others. Raises NotFound, behind the wall too."""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    async with system.read() as tx:
        found = await views.contact_now(tx, tx.centre, actor, _id(request))
        if found is None:
            raise NotFound
        people = await views.candidates(tx, found.id)
        staff = [each for each in await views.people(tx) if each.active]
        apart = await views.conflicts_at(tx, found.id)
        offered = await views.offers_made(tx, found.id)
        readers = await views.readers(tx, found.id, found.holder_id)
        words = board_view.Words(tx.centre, language, tx.now)
    return render.render(
        request,
        "board_contact.html",
        status=error.status if error else 200,
        **staff_page.context(request, actor),
        found=found,
        row=board_view.contact_row(found, words),
        offered=[board_view.offer_row(each, words) for each in offered],
        people=[
            (
                each,
                board_view.person_words(each.person, words),
                any(map(assignment.insuperable, each.obstacles)),
            )
            for each in people
        ],
        own=found.holder_id == actor.id,
        staff=staff,
        apart=apart,
        queues=[each for each in transfer_queues(system.centre, found) if each[0] != found.queue],
        readers=readers_words(readers, system.centre, language),
        error=staff_page.told(request, error),
    )


async def _form(request: web.Request, *needed: str) -> dict[str, str]:
    form = await read_form(request)
    for name in needed:
        if name not in form:
            raise Malformed(field=name)
    return form


def _id(request: web.Request) -> str:
    return request.match_info["contact"]


def _console(request: web.Request) -> str:
    return f"/console?open={_id(request)}"
