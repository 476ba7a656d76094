"""Live pages: each socket hears what changed and reads what is new after its own cursor.

Pings come from the server and their answers are the signs of life; no timer in a page decides presence.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from hotline import metrics
from hotline.actions import contacts, presence, signing_in
from hotline.actions.contacts import caller_of
from hotline.errors import HotlineError, Malformed, NotSignedIn
from hotline.live import topics
from hotline.live.hub import Listener
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.presence import CALLER_PING, CONSOLE_PING
from hotline.store import views
from hotline.system import System
from hotline.web import caller_view, middleware, render
from hotline.web.board_live import BoardFeed
from hotline.web.body import Body, Cursor, Token, parse
from hotline.web.console_live import READINGS, ConsoleFeed
from hotline.web.keys import HUB, SOCKETS, SYSTEM
from hotline.web.session import secret_of

log = structlog.get_logger()
SEND_SECONDS = 10  # a reader slower than this is dropped; it resumes after its cursor
CLOSE_SECONDS = 5  # for the other end's good-bye
NOT_SIGNED_IN = 4401
FRAME_LIMIT = 4096
CALM = 0.25  # views without a cursor go out at most four times a second


class Hello(Body):
    """The first frame of a caller's page."""

    token: Token
    after: Cursor


async def caller(request: web.Request) -> web.WebSocketResponse:
    """WS /chat/{line}/socket. First frame {"token", "after"}; then state and entries come as they happen."""
    system = request.app[SYSTEM]
    socket = await _open(request)
    try:
        async with asyncio.timeout(10):
            hello = parse(await socket.receive_str(), Hello)
        actor = await caller_of(system, hello.token)
    except (HotlineError, TypeError, TimeoutError):  # no text, among others
        await socket.close(code=NOT_SIGNED_IN)
        return socket
    language = render.language_of(request)
    async with request.app[HUB].listener() as listener:
        feed = CallerFeed(system, actor, hello.after, language, socket)

        async def alive() -> None:
            await caller_of(system, hello.token)  # a quick exit elsewhere ends this socket too
            await contacts.caller_seen(system, actor)

        await alive()
        await feed.watch(listener)
        await _run(request, socket, feed.serve(listener), alive, CALLER_PING.total_seconds(), _ignore)
    return socket


class CallerFeed:
    """What one caller's page has seen, and what to send next."""

    def __init__(
        self, system: System, actor: Actor, after: int, language: str, socket: web.WebSocketResponse
    ) -> None:
        self._system, self._actor, self._after = system, actor, after
        self._language, self._socket = language, socket

    async def watch(self, listener: Listener) -> None:
        """The contact itself, its queue for the place in it, and the roster for who is there."""
        listener.add(topics.contact(self._actor.id))
        listener.add(topics.roster())
        async with self._system.read() as tx:
            head = await views.contact_head(tx, self._actor.id)
        if head is not None and head.queue is not None:
            listener.add(topics.queue(head.queue))

    async def serve(self, listener: Listener) -> None:
        last: dict[str, Any] | None = None
        while True:
            changed = await listener.changed(at_most=15)
            async with self._system.read() as tx:
                frame = await caller_view.frame(tx, self._actor.id, self._after, self._language)
                head = await views.contact_head(tx, self._actor.id)
            if frame["entries"] or frame["state"] != last:
                await _send(self._socket, frame)
                last = frame["state"]
            self._after = frame["cursor"]
            if frame["more"]:  # a long absence comes in several frames, one right after the other
                listener.poke(topics.contact(self._actor.id))
                continue
            if head is not None and topics.contact(head.id) not in changed:
                await asyncio.sleep(CALM)


async def console(request: web.Request) -> web.WebSocketResponse:
    """WS /console/socket. The page says which contact it watches; everything else comes by itself."""
    system, who = request.app[SYSTEM], _who(request, "console.see")
    actor = await who()
    socket = await _open(request)
    async with request.app[HUB].listener() as listener:
        language = render.language_of(request)
        readings = request.app[READINGS]
        feed = ConsoleFeed(system, readings, actor, who, language, lambda frame: _send(socket, frame))

        async def alive() -> None:
            await presence.seen(system, await who())

        await alive()
        ping_seconds = CONSOLE_PING.total_seconds()
        await _run(request, socket, feed.serve(listener), alive, ping_seconds, feed.hear(listener))
    return socket


async def board(request: web.Request) -> web.WebSocketResponse:
    """WS /board/socket. The page says nothing; the board comes anew whenever something on it changed."""
    system, who = request.app[SYSTEM], _who(request, "board.see")
    actor = await who()
    socket = await _open(request)

    async def alive() -> None:
        await who()

    async with request.app[HUB].listener() as listener:
        feed = BoardFeed(system, actor, who, render.language_of(request), lambda frame: _send(socket, frame))
        await _run(request, socket, feed.serve(listener), alive, CONSOLE_PING.total_seconds(), _ignore)
    return socket


def _who(request: web.Request, verb: str) -> Callable[[], Awaitable[Actor]]:
    """Whoever may no longer see the page, or is not there any more, is signed out of it."""
    system, secret = request.app[SYSTEM], secret_of(request)

    async def who() -> Actor:
        me = await signing_in.signed_in(system, secret)
        if me.confined or not access.may(me.actor, verb):
            raise NotSignedIn
        return me.actor

    return who


async def close_all(app: web.Application) -> None:
    """Tell every page that we go, so that it reconnects instead of wondering; all at once, waiting for none long."""
    sockets = app[SOCKETS]
    async with asyncio.TaskGroup() as group:
        for socket in tuple(sockets):
            group.create_task(_go_away(socket))


async def _go_away(socket: web.WebSocketResponse) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close(code=WSCloseCode.GOING_AWAY, drain=False)


def _ignore(_text: str) -> None:
    """Callers' pages say nothing over the socket after the first frame, boards nothing at all."""


async def _open(request: web.Request) -> web.WebSocketResponse:
    # Compression is off: it would tell lengths of secrets apart, and costs memory per socket.
    socket = web.WebSocketResponse(
        autoping=False, compress=False, max_msg_size=FRAME_LIMIT, timeout=CLOSE_SECONDS
    )
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    return socket


async def _send(socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await socket.send_str(json.dumps(frame, ensure_ascii=False))


async def _run(
    request: web.Request,
    socket: web.WebSocketResponse,
    serving: Awaitable[None],
    alive: Callable[[], Awaitable[None]],
    ping_seconds: float,
    hear: Callable[[str], None],
) -> None:
    """Read, write and ping until the page goes; whatever ends first ends all three."""

    async def read() -> None:
        async for message in socket:
            if message.type is WSMsgType.PONG:
                await alive()
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                hear(message.data)
        raise _PageGone

    async def ping() -> None:
        while True:
            await socket.ping()
            await asyncio.sleep(ping_seconds)

    async def write() -> None:
        await serving

    code: int = WSCloseCode.OK
    try:
        with metrics.SOCKETS.labels(middleware.route_of(request)).track_inprogress():
            async with asyncio.TaskGroup() as group:
                group.create_task(read())
                group.create_task(ping())
                group.create_task(write())
    except* (_PageGone, ConnectionError):
        pass
    except* TimeoutError:  # a good-bye would wait behind all that this reader does not take
        if request.transport is not None:
            request.transport.abort()
    except* NotSignedIn:
        code = NOT_SIGNED_IN
    except* Malformed:
        code = WSCloseCode.POLICY_VIOLATION
    except* HotlineError as errors:
        log.warning("socket ended", code=_code(errors))
        code = WSCloseCode.TRY_AGAIN_LATER
    await socket.close(code=code)


def _code(errors: ExceptionGroup[HotlineError]) -> str:
    first = errors.exceptions[0]
    return first.code if isinstance(first, HotlineError) else "group"


class _PageGone(Exception):
    """The other end closed."""
