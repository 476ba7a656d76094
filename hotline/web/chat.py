"""The caller's page and its JSON: start, write, answer, leave, resume.

The caller's secret comes in the Authorization header, made by the browser and never part of an address.
"""

from contextlib import suppress
from typing import Any, Literal

from aiohttp import web

from hotline.actions import arrivals, callbacks, contacts, languages, messages
from hotline.errors import HotlineError, Malformed, NotSignedIn, Unavailable
from hotline.rules.access import Actor
from hotline.system import System
from hotline.texts import clock, say
from hotline.web import caller_page, caller_view, chat_plain, embedding, rates, render
from hotline.web.body import Body, ClientId, Cursor, Nothing, NoticeVersion, Token, read_json
from hotline.web.keys import SYSTEM
from hotline.web.known import KNOWN, Known

plain = chat_plain.submit


class Start(Body):
    """The first message, or "yes, now" without one."""

    token: Token
    id: ClientId
    text: str | None = None
    danger: Literal["yes", "no", "unsure"] | None = None
    topic: str | None = None
    under18: bool = False
    language: Literal["pl", "uk", "en"]
    notice: NoticeVersion = ""


class Message(Body):
    """One message of an existing contact."""

    id: ClientId
    text: str


class Correction(Message):
    """What the caller's last message, with this number, should have said."""

    ref: Cursor


class Answer(Body):
    """An answer given later; it can only raise the priority."""

    question: Literal["danger", "topic", "under18"]
    value: str


class Speak(Body):
    """The language in which the caller wants to go on."""

    language: Literal["pl", "uk", "en"]


class End(Body):
    """Over, from the caller's side; the id makes a repeat harmless."""

    id: ClientId


class Leave(Body):
    """Quick: the token dies at once. Otherwise a resume within seconds cancels it."""

    quick: bool


async def page(request: web.Request) -> web.StreamResponse:
    """GET /chat/{line}: complete and truthful before any script runs."""
    system = request.app[SYSTEM]
    line = caller_page.line_of(request)
    async with system.read() as tx:
        shown = await caller_page.context(request, tx, line)
    return embedding.allow(request, render.render(request, "chat.html", **shown))


async def start(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/contacts → 201. Repeating it with the same token and id changes nothing."""
    system = request.app[SYSTEM]
    line = caller_page.line_of(request)
    body = await read_json(request, Start)
    slow = rates.slow_lane(request, body.danger)
    given = body.model_dump(exclude={"token", "id"})
    started = await arrivals.start(system, caller_page.arrival(line, body.token, body.id, slow=slow, **given))
    # A repeat after a quick exit finds the contact, but its secret is dead and opens nothing.
    actor = await contacts.caller_of(system, body.token)
    if started.repeated and body.text is not None:
        # The contact had begun with other words than these; a true repeat has the same id and changes nothing.
        await messages.receive(system, actor, actor.id, body.id, body.text)
    async with system.read() as tx:
        answer = await caller_view.frame(tx, actor.id, 0, body.language)
    return web.json_response({"seq": started.seq, **answer}, status=201)


async def resume(request: web.Request) -> web.StreamResponse:
    """GET /chat/{line}/contact?after=N: what is new after the caller's cursor."""
    system = request.app[SYSTEM]
    actor = await caller(request)
    with suppress(Unavailable):  # what nobody can write of, one may still read
        await contacts.caller_seen(system, actor)
    async with system.read() as tx:
        answer = await caller_view.frame(tx, actor.id, cursor(request), render.language_of(request))
    return web.json_response(answer)


async def message(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/messages: answered only after the commit."""
    system = request.app[SYSTEM]
    token, body = secret(request), await read_json(request, Message)
    slow = await rates.pace(request, token, body.text)
    receipt = await _received(system, request.app[KNOWN], token, body)
    return web.json_response(stored_json(system, body.id, receipt, render.language_of(request), slow=slow))


async def _received(system: System, known: Known, token: str, body: Message) -> messages.Receipt:
    """As over an open line: by what is known of this caller, or else by what a look says. Raises as these do."""
    who = system.vault.blind("web", token)
    contact_id = known.of(who, system.clock.now())
    if contact_id is not None:
        actor = Actor("caller", contact_id)
        try:
            return await messages.receive(system, actor, contact_id, body.id, body.text, caller_blind=who)
        except Unavailable:
            raise
        except HotlineError:  # perhaps it is another contact's by now, or nobody's
            known.forget(who)
    row = await contacts.caller(system, token)
    known.keep(who, row.id, contacts.alive_until(row))
    actor = contacts.actor_of(row)
    return await messages.receive(system, actor, row.id, body.id, body.text, caller_blind=who)


async def correct(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/corrections: answered only after the commit."""
    system = request.app[SYSTEM]
    token, body = secret(request), await read_json(request, Correction)
    slow = await rates.pace(request, token, body.text)
    actor = await contacts.caller_of(system, token)
    receipt = await messages.correct(system, actor, actor.id, body.id, body.ref, body.text)
    return web.json_response(stored_json(system, body.id, receipt, render.language_of(request), slow=slow))


async def answer(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/answers"""
    system = request.app[SYSTEM]
    actor = await caller(request)
    body = await read_json(request, Answer)
    await contacts.answer(system, actor, actor.id, body.question, body.value)
    return web.json_response({})


async def language(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/language: go on in another one"""
    system = request.app[SYSTEM]
    actor = await caller(request)
    body = await read_json(request, Speak)
    await languages.choose(system, actor, actor.id, body.language)
    return web.json_response({})


async def wait(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/wait: not called back but answered here, in turn"""
    system = request.app[SYSTEM]
    actor = await caller(request)
    await read_json(request, Nothing)
    await callbacks.return_to_queue(system, actor, actor.id)
    return web.json_response({})


async def end(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/end: whoever writes ends it; their secret dies. In danger it stays open for the staff."""
    system = request.app[SYSTEM]
    actor = await caller(request)
    body = await read_json(request, End)
    await contacts.stop(system, actor, actor.id, body.id)
    await contacts.leave(system, actor, actor.id, quick=True)  # last: until then a repeat finds its way
    return web.json_response({})


async def leave(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/leave, sent while the page is being closed."""
    system = request.app[SYSTEM]
    actor = await caller(request)
    body = await read_json(request, Leave)
    await contacts.leave(system, actor, actor.id, quick=body.quick)
    # After a quick exit even what the browser may hold for us in its cache shall go.
    headers = {"Clear-Site-Data": '"cache", "storage"'} if body.quick else {}
    return web.json_response({}, headers=headers)


def stored_json(
    system: System, line_id: str, receipt: messages.Receipt, language: str, *, slow: bool
) -> dict[str, Any]:
    """That a message is stored, where, and when."""
    time = clock(receipt.at, language, system.centre.zone)
    slowed = {"slowed": say("chat.slowed", language)} if slow else {}
    return {"id": line_id, "seq": receipt.seq, "time": time, **slowed}


# -- what comes with each request ----------------------------------------------------------------------


async def caller(request: web.Request) -> Actor:
    """Who holds the secret in the Authorization header. Raises NotSignedIn."""
    return await contacts.caller_of(request.app[SYSTEM], secret(request))


def secret(request: web.Request) -> str:
    """What the Authorization header holds. Raises NotSignedIn where that is nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return token.strip()


def cursor(request: web.Request) -> int:
    """The `after` of the query, 0 without one. Raises Malformed."""
    text = request.query.get("after", "0")
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Malformed(field="after")
    return int(text)
