"""The console: its page, its state as JSON, and what a counsellor does from it. Handlers translate, actions decide."""

from typing import Any, Final, Literal

from aiohttp import web

from hotline.actions import (
    arrivals,
    assignments,
    callers,
    cases,
    contacts,
    drafts,
    messages,
    offers,
    presence,
    summaries,
)
from hotline.errors import Malformed, NotFound
from hotline.rules import access, forms
from hotline.rules.access import Actor
from hotline.rules.contact import CHOSEN_END_REASONS, PRIORITIES
from hotline.store import views
from hotline.store.views import ContactHead
from hotline.system import Transaction
from hotline.texts import catalogue
from hotline.web import card_view, render, staff_page
from hotline.web.body import Body, ClientId, Nothing, Token, parse, read_bytes, read_json
from hotline.web.console_json import console_json, entry_json, head_json, when
from hotline.web.console_keys import GROUPS, keys_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of
from hotline.web.transfers import around

ENTRIES: Final = 200  # in one answer; the page asks again after the last


class Availability(Body):
    """What the person says about themselves; minutes belong to what ends by itself, a kind to a break."""

    intent: Literal["available", "break", "call", "meeting", "visit", "off"]
    minutes: int | None = None
    kind: Literal["rest", "meal", "breath"] | None = None


class OfferAnswer(Body):
    """The offer's token proves that this very offer was on the screen."""

    token: Token


class Words(Body):
    """A message or a note with the page's own id for it."""

    id: ClientId
    text: str


class End(Body):
    """How the conversation ended."""

    reason: str


class Priority(Body):
    """A changed priority and why."""

    priority: str
    reason: str


class ByHand(Body):
    """A contact entered by hand; times are the centre's local time, as a date-and-time field gives them."""

    line: str
    mode: str
    started: str
    ended: str = ""
    priority: str
    language: Literal["pl", "uk", "en"]


class Values(Body):
    """The fields of a form; `rules.forms` knows which there are."""

    values: dict[str, str | list[str]]


# -- the page ----------------------------------------------------------------------------------------


async def page(request: web.Request) -> web.StreamResponse:
    """GET /console"""
    actor = await actor_of(request)
    language = render.language_of(request)
    shown = await _state(request, actor, language)
    data = {
        "console": shown,
        "texts": catalogue(language, "staff.desk."),
        "may_answer": access.may(actor, "presence.set_intent"),
        "keys": keys_json(),
    }
    centre = request.app[SYSTEM].centre
    own = [line for line in centre.lines.values() if line.id in actor.lines]
    return render.render(
        request,
        "console.html",
        **staff_page.context(request, actor),
        console=shown,
        key_groups=GROUPS,
        data=data,
        lines=own or list(centre.lines.values()),
        priorities=PRIORITIES,
        end_reasons=CHOSEN_END_REASONS,
    )


async def state(request: web.Request) -> web.StreamResponse:
    """GET /console/state"""
    return web.json_response(await _state(request, await actor_of(request), render.language_of(request)))


async def _state(request: web.Request, actor: Actor, language: str) -> dict[str, Any]:
    system = request.app[SYSTEM]
    async with system.read() as tx:
        return console_json(await views.console(tx, system.centre, actor), system.centre, language)


async def availability(request: web.Request) -> web.StreamResponse:
    """POST /console/availability"""
    body = await read_json(request, Availability)
    actor = await actor_of(request)
    await presence.set_intent(request.app[SYSTEM], actor, body.intent, body.minutes, body.kind)
    return web.json_response({})


async def wrap_up(request: web.Request) -> web.StreamResponse:
    """POST /console/wrap-up: more time for the card"""
    await read_json(request, Nothing)
    await presence.prolong_wrap_up(request.app[SYSTEM], await actor_of(request))
    return web.json_response({})


# -- offers --------------------------------------------------------------------------------------------


async def accept(request: web.Request) -> web.StreamResponse:
    """POST /console/offers/{offer}/accept"""
    body = await read_json(request, OfferAnswer)
    actor = await actor_of(request)
    contact_id = await offers.accept(request.app[SYSTEM], actor, request.match_info["offer"], body.token)
    return web.json_response({"contact": contact_id})


async def decline(request: web.Request) -> web.StreamResponse:
    """POST /console/offers/{offer}/decline"""
    body = await read_json(request, OfferAnswer)
    actor = await actor_of(request)
    await offers.decline(request.app[SYSTEM], actor, request.match_info["offer"], body.token)
    return web.json_response({})


async def pick_up(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/pick-up"""
    await read_json(request, Nothing)
    await assignments.pick_up(request.app[SYSTEM], await actor_of(request), _contact(request))
    return web.json_response({"contact": _contact(request)})


# -- the conversation ------------------------------------------------------------------------------------


async def entries(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/entries?after=N"""
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise Malformed(field="after")
    head = await _opened(request, actor)
    async with system.read() as tx:
        found = await views.entries_after(tx, head.id, int(after), "staff", ENTRIES)
        now, head_words = tx.now, await around(tx, head, language)
    return web.json_response(
        {
            "head": {**head_json(head, actor.id, now, system.centre, language), **head_words},
            "entries": [entry_json(entry, actor.id, system.centre, language) for entry in found],
        }
    )


async def message(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/messages"""
    body = await read_json(request, Words)
    actor = await actor_of(request)
    receipt = await messages.reply(request.app[SYSTEM], actor, _contact(request), body.id, body.text)
    return _stored(body.id, receipt)


async def note(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/notes"""
    body = await read_json(request, Words)
    actor = await actor_of(request)
    receipt = await messages.note(request.app[SYSTEM], actor, _contact(request), body.id, body.text)
    return _stored(body.id, receipt)


def _stored(client_id: str, receipt: messages.Receipt) -> web.Response:
    return web.json_response({"id": client_id, "seq": receipt.seq, "at": receipt.at.isoformat()})


async def end(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/end"""
    body = await read_json(request, End)
    await contacts.end(request.app[SYSTEM], await actor_of(request), _contact(request), body.reason)
    return web.json_response({})


async def priority(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/priority"""
    body = await read_json(request, Priority)
    actor = await actor_of(request)
    await contacts.set_priority(request.app[SYSTEM], actor, _contact(request), body.priority, body.reason)
    return web.json_response({})


async def enter(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts: a call, a visit or a report, entered by whoever took it."""
    system, actor = request.app[SYSTEM], await actor_of(request)
    body = await read_json(request, ByHand)
    started = forms.instant(body.started, system.centre.zone)
    ended = forms.instant(body.ended, system.centre.zone)
    if started is None or (body.ended and ended is None):
        raise Malformed(field="started")
    by_hand = arrivals.ByHand(body.line, body.mode, started, ended, body.priority, body.language)
    return web.json_response({"contact": await arrivals.enter(system, actor, by_hand)})


# -- the card and the case -------------------------------------------------------------------------------


async def card(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/card: the form, as far as it is filled in"""
    system, language = request.app[SYSTEM], render.language_of(request)
    actor = await actor_of(request)
    head = await _opened(request, actor)
    async with system.read() as tx:
        draft = await drafts.card(tx, actor, head.id)
        saved = await views.summary(tx, head.id)
        saved_at = when(saved["saved_at"], tx.now, system.centre, language) if saved else None
        agreed = await views.callback_agreed(tx, head.id)
        follows = await views.follows_a_talk(tx, head.id)
    repeated = follows or await callers.came_before(system, actor, head.id)
    facts = card_view.Around(repeated, agreed)
    groups = card_view.card_groups(system.centre, head, saved, language, draft.values, facts)
    shown: dict[str, Any] = {"head": head, "groups": groups, "saved_at": saved_at}
    return render.render(request, "card.html", draft=draft, **shown)


async def save_summary(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/summary"""
    values = await _values(request)
    await summaries.save(request.app[SYSTEM], await actor_of(request), _contact(request), values)
    return web.json_response({})


async def case_form(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/case"""
    head = await _opened(request, await actor_of(request))
    async with request.app[SYSTEM].read() as tx:
        workers = await cases.workers(tx)
    groups = card_view.case_groups(workers, render.language_of(request))
    return render.render(request, "case_form.html", head=head, groups=groups)


async def open_case(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/case"""
    values = await _values(request)
    actor = await actor_of(request)
    case_id = await cases.open_case(request.app[SYSTEM], actor, _contact(request), values)
    return web.json_response({"case": case_id})


async def _values(request: web.Request) -> dict[str, str | list[str]]:
    """The body itself is the mapping of fields, so it is checked as the one field of a schema."""
    if request.content_type != "application/json":
        raise Malformed(field="Content-Type")
    return parse(b'{"values":' + await read_bytes(request) + b"}", Values).values


def _contact(request: web.Request) -> str:
    return request.match_info["contact"]


async def _opened(request: web.Request, actor: Actor) -> ContactHead:
    """The contact, if it is one's own or was opened for a reason. Raises NotFound."""
    async with request.app[SYSTEM].read() as tx:
        await contacts.require_open(tx, actor, _contact(request))
        return await _head(tx, _contact(request))


async def _head(tx: Transaction, contact_id: str) -> ContactHead:
    head = await views.contact_head(tx, contact_id)
    if head is None:
        raise NotFound
    return head
