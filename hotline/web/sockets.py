"""Live pages: each socket hears what changed and reads what is new after its own cursor.

Pings come from the server and their answers are the signs of life; no timer in a page decides presence.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic_core import to_json

from hotline import metrics
from hotline.actions import contacts, presence
from hotline.errors import HotlineError, Malformed, NotSignedIn, Unavailable
from hotline.rules.presence import CALLER_PING, CONSOLE_PING
from hotline.web import middleware, rates, render
from hotline.web.beats import BEATS
from hotline.web.board_live import BoardFeed
from hotline.web.body import Body, Cursor, Token, parse
from hotline.web.caller_live import CallerFeed
from hotline.web.console_live import ConsoleFeed
from hotline.web.keys import HUB, SOCKETS, SYSTEM
from hotline.web.line_session import LineSession
from hotline.web.news import NEWS
from hotline.web.pulse import PULSE

log = structlog.get_logger()
ALIVE = to_json({"alive": True})  # a page cannot see pings; this it can, and it costs no reading
SEND_SECONDS = 10  # a reader slower than this is dropped; it resumes after its cursor
CLOSE_SECONDS = 5  # for the other end's good-bye
NOT_SIGNED_IN = 4401
FRAME_LIMIT = 32 * 1024  # the longest message in the longest writing


class Hello(Body):
    """The first frame of a caller's page."""

    token: Token
    after: Cursor


async def caller(request: web.Request) -> web.WebSocketResponse:
    """WS /chat/{line}/socket. First frame {"token", "after"}; then state and entries come as they happen.

    What the page says is {"id", "text"}; the answer {"ack": {"id", "seq", "time"}} means *stored*, {"refused"} not.
    """
    beats = request.app[BEATS]
    socket = await _open(request)
    feed = await _greeted(request, socket)
    if feed is None:
        return socket
    contact_id = feed.contact_id

    async def alive() -> None:
        beats.caller(contact_id)

    async with request.app[HUB].listener() as listener:
        await _run(
            request, socket, partial(feed.serve, listener), alive, CALLER_PING.total_seconds(), feed.hear
        )
    return socket


async def _greeted(request: web.Request, socket: web.WebSocketResponse) -> CallerFeed | None:
    """What the page that says hello may see; None: the line is closed."""
    system, few = request.app[SYSTEM], request.app[NEWS].few
    try:
        async with asyncio.timeout(10):
            hello = parse(await socket.receive_str(), Hello)
        actor = await rates.hello(request, hello.token)
        async with few:
            with suppress(Unavailable):  # what nobody can write of, one may still read
                await contacts.caller_seen(system, actor)
    except (NotSignedIn, Malformed, TypeError):  # no text, among others
        await socket.close(code=NOT_SIGNED_IN)
        return None
    except (HotlineError, TimeoutError) as error:  # its page keeps the secret and comes back
        log.warning("socket ended", code=error.code if isinstance(error, HotlineError) else "no_hello")
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return None
    ways = partial(_send, request, socket), partial(_room, request)
    return CallerFeed(request, actor, hello.token, hello.after, *ways)


async def console(request: web.Request) -> web.WebSocketResponse:
    """WS /console/socket. The page says which contact it watches; everything else comes by itself."""
    system, beats = request.app[SYSTEM], request.app[BEATS]
    session = await LineSession.of(request, "console.see")
    socket = await _open(request)
    async with request.app[HUB].listener() as listener:
        ways = partial(_send, request, socket), partial(_send_now, request, socket)
        feed = ConsoleFeed(request, session, listener, *ways)

        async def alive() -> None:
            beats.console(session.actor.id)
            await session.now_and_then()

        await presence.seen(system, session.actor)
        ping_seconds = CONSOLE_PING.total_seconds()
        await _run(request, socket, feed.serve, alive, ping_seconds, feed.hear, watched=True)
    return socket


async def board(request: web.Request) -> web.WebSocketResponse:
    """WS /board/socket. The page says nothing; the board comes anew whenever something on it changed."""
    system, session = request.app[SYSTEM], await LineSession.of(request, "board.see")
    socket = await _open(request)

    async with request.app[HUB].listener() as listener:
        feed = BoardFeed(system, session, render.language_of(request), partial(_send, request, socket))
        alive = session.now_and_then
        await _run(
            request, socket, partial(feed.serve, listener), alive, CONSOLE_PING.total_seconds(), _ignore
        )
    return socket


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


async def _ignore(_text: str) -> None:
    """Boards say nothing over the socket."""


async def _open(request: web.Request) -> web.WebSocketResponse:
    # Compression is off: it would tell lengths of secrets apart, and costs memory per socket.
    # What is sent is written at once: those who send wait for room themselves, before they make a frame.
    socket = web.WebSocketResponse(
        autoping=False,
        compress=False,
        max_msg_size=FRAME_LIMIT,
        timeout=CLOSE_SECONDS,
        writer_limit=sys.maxsize,
    )
    await socket.prepare(request)
    socket.headers.clear()  # they are sent, and ten thousand lines would keep two kilobytes of them each
    if request.transport is not None:
        request.transport.set_write_buffer_limits(0)  # one frame is on its way, and none behind it
    request.app[SOCKETS].add(socket)
    if request.app[SYSTEM].closing.is_set():  # those that are open have been told already
        await _go_away(socket)
    return socket


async def _room(request: web.Request) -> None:
    """Until the reader has taken what was sent before. Raises TimeoutError for one who takes nothing.

    Whoever is waited for here costs no frame: what it would hold is read after that.
    """
    if not _has_room(request):  # else there is nothing to wait for, and a limit costs more than the sending
        async with asyncio.timeout(SEND_SECONDS):
            await request.writer.drain()


async def _send(request: web.Request, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    await _room(request)
    await socket.send_frame(to_json(frame), WSMsgType.TEXT)


def _send_now(request: web.Request, socket: web.WebSocketResponse, frame: dict[str, Any]) -> bool:
    """Without waiting; False where that cannot be, and nothing is sent."""
    return _has_room(request) and _write(socket, to_json(frame), WSMsgType.TEXT)


def _ping(request: web.Request, socket: web.WebSocketResponse, *, watched: bool) -> None:
    """Who has not taken yet what was sent before is not asked as well."""
    if _has_room(request) and _write(socket, b"", WSMsgType.PING) and watched:
        _write(socket, ALIVE, WSMsgType.TEXT)


def _write(socket: web.WebSocketResponse, data: bytes, kind: WSMsgType) -> bool:
    """Where there is room; False where the line is closed."""
    if socket.closed:
        return False
    sending = socket.send_frame(data, kind)
    try:
        sending.send(None)
    except StopIteration:
        return True
    except ConnectionError:  # its page is gone, which the reading end is about to find out
        return False
    sending.close()  # it is written, and nothing is waited for
    return True


def _has_room(request: web.Request) -> bool:
    transport = request.transport
    return transport is not None and not transport.get_write_buffer_size()


async def _run(
    request: web.Request,
    socket: web.WebSocketResponse,
    serve: Callable[[], Coroutine[None, None, None]],
    alive: Callable[[], Awaitable[None]],
    ping_seconds: float,
    hear: Callable[[str], Awaitable[None]],
    *,
    watched: bool = False,
) -> None:
    """Read, write and ping until the page goes; whatever ends first ends all three.

    `watched`: the page counts on hearing something with each ping, and takes silence for a dead line.
    """
    code: int = WSCloseCode.OK
    pulse = request.app[PULSE].of(partial(_ping, request, socket, watched=watched), ping_seconds)
    try:
        with metrics.SOCKETS.labels(middleware.route_of(request)).track_inprogress(), pulse:
            try:
                async with asyncio.TaskGroup() as group:
                    writing = group.create_task(_writes(request, serve))
                    if watched:  # from now on the page may count on it
                        await socket.send_frame(ALIVE, WSMsgType.TEXT)
                    async for message in socket:
                        if message.type is WSMsgType.PONG:
                            await alive()
                        elif message.type is WSMsgType.PING:
                            await socket.pong(message.data)
                        elif message.type is WSMsgType.TEXT:
                            await hear(message.data)
                        # Else the last words would lie open in memory for as long as nobody says more.
                        del message
                    writing.cancel()  # most end here, and without an exception
            except ExceptionGroup as errors:
                raise _without_traces(errors) from None
    except* ConnectionError:
        pass
    except* TimeoutError:
        _drop(request)
    except* NotSignedIn:
        code = NOT_SIGNED_IN
    except* Malformed:
        code = WSCloseCode.POLICY_VIOLATION
    except* HotlineError as errors:
        log.warning("socket ended", code=_code(errors))
        code = WSCloseCode.TRY_AGAIN_LATER
    await socket.close(code=code)
    if (error := socket.exception()) is not None:
        error.__traceback__ = None  # see below


async def _writes(request: web.Request, serve: Callable[[], Coroutine[None, None, None]]) -> None:
    try:
        await serve()
    except TimeoutError:  # kept by the task, it would keep all of the socket; reading ends by itself now
        _drop(request)


def _drop(request: web.Request) -> None:
    """A good-bye would wait behind all that this reader does not take."""
    if request.transport is not None:
        request.transport.abort()


def _without_traces(errors: ExceptionGroup[Exception]) -> ExceptionGroup[Exception]:
    """How lines are known to end leaves no traceback: with it all of the socket would stay in memory until old garbage
    is looked for, which may be an hour. A mistake of ours keeps its own.
    """
    errors.__traceback__ = None
    for each in errors.exceptions:
        if isinstance(each, ConnectionError | TimeoutError | HotlineError):
            each.__traceback__ = each.__context__ = each.__cause__ = None
    return errors.derive(errors.exceptions)


def _code(errors: ExceptionGroup[HotlineError]) -> str:
    first = errors.exceptions[0]
    return first.code if isinstance(first, HotlineError) else "group"
