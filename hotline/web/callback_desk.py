"""Call-backs at the desk: the rules before calling, the outcome after it, a further contact agreed on, the list."""

from aiohttp import web

from hotline.actions import abuse, callbacks, contacts
from hotline.errors import Malformed, NotFound
from hotline.rules import callback
from hotline.rules.abuse import LONGEST_DAYS, REASONS
from hotline.rules.civil_time import local
from hotline.store import views
from hotline.web import render, staff_page
from hotline.web.body import Body, ClientId, read_form, read_json
from hotline.web.callback import choices, wish_of
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


class Outcome(Body):
    """How the call went."""

    outcome: str


class Quarantine(Body):
    """Why a contact is held back, by its code."""

    reason: str


class Agreed(Body):
    """When and how the same person is to be reached again."""

    id: ClientId
    way: str
    number: str
    day: str
    start: str
    end: str
    says: str
    voicemail: bool


async def card(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/callback: the fragment above the card"""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    contact_id = request.match_info["contact"]
    async with system.read() as tx:
        await contacts.require_open(tx, actor, contact_id)
        head = await views.contact_head(tx, contact_id)
        found = await views.callback_card(tx, system.centre, contact_id)
        chosen = choices(system, tx.now, language)
    if head is None:
        raise NotFound
    ways = ("phone", "telegram") if head.channel == "telegram" else ("phone",)
    return render.render(
        request, "callback_desk.html", head=head, card=found, ways=ways, given={}, outcomes=callback.OUTCOMES,
        rules=system.centre.callbacks, reasons=REASONS, **chosen,
    )  # fmt: skip


async def settle(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/callback"""
    body = await read_json(request, Outcome)
    actor = await actor_of(request)
    await callbacks.settle(request.app[SYSTEM], actor, request.match_info["contact"], body.outcome)
    return web.json_response({})


async def agree(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/follow-up"""
    system, body = request.app[SYSTEM], await read_json(request, Agreed)
    given = {
        "number": body.number, "day": body.day, "from": body.start, "to": body.end, "says": body.says,
        "voicemail": "yes" if body.voicemail else "",
    }  # fmt: skip
    wish = wish_of(given, local(system.clock.now(), system.centre.zone).date(), body.way)
    actor = await actor_of(request)
    made = await callbacks.agree(system, actor, request.match_info["contact"], body.id, wish)
    return web.json_response({"contact": made})


async def index(request: web.Request) -> web.StreamResponse:
    """GET /callbacks: who waits to be called back and when, and what is held back for review"""
    system, actor = request.app[SYSTEM], await actor_of(request)
    async with system.read() as tx:
        rows = await views.open_callbacks(tx, system.centre, actor)
        held = await views.quarantines_now(tx, system.centre, actor)
        now = tx.now
    shown = {
        **staff_page.context(request, actor),
        "rows": rows,
        "held": held,
        "now": now,
        "longest": LONGEST_DAYS,
    }
    return render.render(request, "callbacks.html", tries=system.centre.callbacks.tries, **shown)


async def quarantine(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/quarantine"""
    body = await read_json(request, Quarantine)
    actor = await actor_of(request)
    await abuse.quarantine(request.app[SYSTEM], actor, request.match_info["contact"], body.reason)
    return web.json_response({})


async def review(request: web.Request) -> web.StreamResponse:
    """POST /callbacks/quarantines/{id}: confirmed for some days, or lifted"""
    given, actor = await read_form(request), await actor_of(request)
    days = given.get("days", "1")
    if not (days.isascii() and days.isdecimal() and len(days) < 3):
        raise Malformed(field="days")
    decision = given.get("decision", "")
    await abuse.review(request.app[SYSTEM], actor, request.match_info["id"], decision, int(days))
    return staff_page.see_other("/callbacks")
