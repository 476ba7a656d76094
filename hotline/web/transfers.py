"""Passing a conversation on, from the console: the window of who could take it, and the answers of who is asked."""

from typing import Any, Literal

from aiohttp import web

from hotline.actions import transfers
from hotline.errors import Malformed
from hotline.rules import transfer
from hotline.rules.transfer import hindrances as hinder
from hotline.store import views
from hotline.store.views import ContactHead
from hotline.system import Transaction
from hotline.web import board_view, render
from hotline.web.body import Body, Nothing, RowId, read_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of
from hotline.web.transfer_json import around_json, rung_words, transfer_queues


class Passing(Body):
    """To whom or to which queue, how, and with which word of the caller's."""

    to: str
    way: Literal["straight", "consult"] = "consult"
    consent: str
    note: str = ""


class Whom(Body):
    """The colleague who may go on."""

    staff: RowId


async def around(tx: Transaction, head: ContactHead, language: str) -> dict[str, Any]:
    """For the head of a conversation on a console: who is asked to take it, and who may read it."""
    asking = await views.asking(tx, head.id)
    return around_json(asking, await views.readers(tx, head.id, head.holder_id), tx.centre, language)


async def window(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/transfer: who could take it, why others not, what the caller will be told"""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    async with system.read() as tx:
        row, shift_over = await transfers.mine(tx, actor, _contact(request))
        words = board_view.Words(tx.centre, language, tx.now)
        people = [
            (
                each,
                board_view.person_words(each.person, words),
                [why for why in hinder(each.obstacles, transfer.STRAIGHT) if why != each.person.state],
                bool(hinder(each.obstacles, transfer.CONSULT)),
                bool(hinder(each.obstacles, transfer.STRAIGHT)),
            )
            for each in await views.candidates(tx, row.id)
        ]
        names = {each.id: each.name for each in await views.people(tx)}
        ladder = [
            (
                f"{row.queue}/{rung}",
                rung_words(rung, tx.centre, language),
                sorted(names[each] for each in who),
            )
            for rung, who in (await transfers.rungs(tx, row))[1:]
            if row.queue is not None and who - {actor.id}
        ]
    shown: dict[str, Any] = {
        "contact_id": row.id,
        "number": row.ref.rsplit("/", 1)[-1].lstrip("0"),
        "people": sorted(people, key=lambda each: each[3]),
        "queues": transfer_queues(tx.centre, row),
        "rungs": ladder,
        "shift_over": shift_over,
        "consents": transfer.CONSENTS,
    }
    return render.render(request, "transfer.html", **shown)


async def pass_on(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/transfer (to: staff:<id>, queue:<id> or queue:<id>/<rung>)"""
    body, system, actor = await read_json(request, Passing), request.app[SYSTEM], await actor_of(request)
    kind, _, whom = body.to.partition(":")
    if kind == "queue" and whom:
        queue, _, rung = whom.partition("/")
        await transfers.release(system, actor, _contact(request), queue, body.consent, body.note, rung)
    elif kind == "staff" and len(whom) == 36:
        await transfers.ask(system, actor, _contact(request), whom, body.way, body.consent, body.note)
    else:
        raise Malformed(field="to")
    return web.json_response({})


async def ask_consent(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/consent: ask the caller, in the talk"""
    body = await read_json(request, Whom)
    await transfers.ask_consent(request.app[SYSTEM], await actor_of(request), _contact(request), body.staff)
    return web.json_response({})


async def withdraw(request: web.Request) -> web.StreamResponse:
    """POST /console/transfers/{transfer}/withdraw"""
    await read_json(request, Nothing)
    await transfers.withdraw(request.app[SYSTEM], await actor_of(request), _transfer(request))
    return web.json_response({})


async def join(request: web.Request) -> web.StreamResponse:
    """POST /console/transfers/{transfer}/join"""
    await read_json(request, Nothing)
    contact_id = await transfers.join(request.app[SYSTEM], await actor_of(request), _transfer(request))
    return web.json_response({"contact": contact_id})


async def accept(request: web.Request) -> web.StreamResponse:
    """POST /console/transfers/{transfer}/accept"""
    await read_json(request, Nothing)
    contact_id = await transfers.accept(request.app[SYSTEM], await actor_of(request), _transfer(request))
    return web.json_response({"contact": contact_id})


async def decline(request: web.Request) -> web.StreamResponse:
    """POST /console/transfers/{transfer}/decline"""
    await read_json(request, Nothing)
    await transfers.decline(request.app[SYSTEM], await actor_of(request), _transfer(request))
    return web.json_response({})


def _contact(request: web.Request) -> str:
    return request.match_info["contact"]


def _transfer(request: web.Request) -> str:
    return request.match_info["transfer"]
