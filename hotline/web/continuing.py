"""The caller's talk hidden for a while, and gone on with elsewhere by a code, which never stands in an address."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from hotline.actions import contacts, continuing
from hotline.texts import say
from hotline.web import caller_page, caller_view, render
from hotline.web.addresses import network_of
from hotline.web.body import Body, ClientId, Nothing, Token, read_json
from hotline.web.chat import caller
from hotline.web.keys import SYSTEM


class Aside(Body):
    """Hidden on the caller's screen, or shown again."""

    id: ClientId
    hidden: bool


class Code(Body):
    """A code as somebody typed it, and the secret that shall open the talk from now on."""

    code: Annotated[str, StringConstraints(max_length=40)]
    token: Token


async def aside(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/aside"""
    actor = await caller(request)
    body = await read_json(request, Aside)
    await continuing.step_aside(request.app[SYSTEM], actor, actor.id, body.id, hidden=body.hidden)
    return web.json_response({})


async def code(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/code → {"sentence"}: the code, and what it is good for"""
    actor = await caller(request)
    await read_json(request, Nothing)
    letters = await continuing.code(request.app[SYSTEM], actor, actor.id)
    return web.json_response({"sentence": say("chat.code_is", render.language_of(request), code=letters)})


async def go_on(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/continue: the talk from its beginning. Raises CodeUnknown, TooSoon."""
    system, body = request.app[SYSTEM], await read_json(request, Code)
    caller_page.line_of(request)
    await continuing.go_on(system, body.code, body.token, network_of(request))
    actor = await contacts.caller_of(system, body.token)
    async with system.read() as tx:
        return web.json_response(await caller_view.frame(tx, actor.id, 0, render.language_of(request)))
