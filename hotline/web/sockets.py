"""Live pages: each socket hears what changed and reads what is new after its own cursor.

Pings come from the server and their answers are the signs of life; no timer in a page decides presence.
"""

import asyncio
from typing import Final, Protocol

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from hotline import metrics
from hotline.actions import presence
from hotline.errors import HotlineError, Malformed, NotSignedIn
from hotline.live.hub import Listener
from hotline.rules.presence import CALLER_PING, CONSOLE_PING
from hotline.web import middleware, rates, render
from hotline.web.board_live import BoardFeed
from hotline.web.body import Body, Cursor, Token, parse
from hotline.web.caller_live import CallerFeed
from hotline.web.console_live import ConsoleFeed
from hotline.web.keys import HUB, SYSTEM
from hotline.web.line_session import LineSession
from hotline.web.pulse import PULSE
from hotline.web.wire import ALIVE, Wire

log = structlog.get_logger()
NOT_SIGNED_IN = 4401
OVER: Final = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED})


class Feed(Protocol):
    """What one page is sent, and what comes from it."""

    async def serve(self) -> None:
        """Send what is new until cancelled."""

    async def hear(self, text: str) -> None:
        """What the page says. Raises Malformed, NotSignedIn."""

    async def alive(self) -> None:
        """The page has answered a ping. Raises NotSignedIn."""


class Hello(Body):
    """The first frame of a caller's page."""

    token: Token
    after: Cursor


async def caller(request: web.Request) -> web.WebSocketResponse:
    """WS /chat/{line}/socket. First frame {"token", "after"}; then state and entries come as they happen.

    What the page says is {"id", "text"}; the answer {"ack": {"id", "seq", "time"}} means *stored*, {"refused"} not.
    """
    wire = await Wire.open(request)
    async with request.app[HUB].listener() as listener:
        feed = await _greeted(wire, listener)
        if feed is not None:
            await _run(wire, feed, CALLER_PING.total_seconds())
    return wire.socket


async def _greeted(wire: Wire, listener: Listener) -> CallerFeed | None:
    """What the page that says hello may see; None: the line is closed."""
    request = wire.request
    try:
        async with asyncio.timeout(10):
            hello = parse(await wire.socket.receive_str(), Hello)
        actor, queue = await rates.hello(request, hello.token)
    except (NotSignedIn, Malformed, TypeError):  # no text, among others
        await wire.socket.close(code=NOT_SIGNED_IN)
        return None
    except (HotlineError, TimeoutError) as error:  # its page keeps the secret and comes back
        log.warning("socket ended", code=error.code if isinstance(error, HotlineError) else "no_hello")
        await wire.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return None
    return CallerFeed(request, actor, queue, hello.token, hello.after, listener, wire)


async def console(request: web.Request) -> web.WebSocketResponse:
    """WS /console/socket. The page says which contact it watches; everything else comes by itself."""
    session = await LineSession.of(request, "console.see")
    wire = await Wire.open(request, watched=True)
    async with request.app[HUB].listener() as listener:
        feed = ConsoleFeed(request, session, listener, wire)
        await presence.seen(request.app[SYSTEM], session.actor)
        await _run(wire, feed, CONSOLE_PING.total_seconds())
    return wire.socket


async def board(request: web.Request) -> web.WebSocketResponse:
    """WS /board/socket. The page says nothing; the board comes anew whenever something on it changed."""
    session = await LineSession.of(request, "board.see")
    wire = await Wire.open(request)
    async with request.app[HUB].listener() as listener:
        feed = BoardFeed(request.app[SYSTEM], session, render.language_of(request), listener, wire)
        await _run(wire, feed, CONSOLE_PING.total_seconds())
    return wire.socket


async def _run(wire: Wire, feed: Feed, ping_seconds: float) -> None:
    """Read, write and ping until the page goes; whatever ends first ends all three."""
    code: int = WSCloseCode.OK
    request, socket = wire.request, wire.socket
    lines = metrics.SOCKETS.labels(middleware.route_of(request))
    lines.inc()
    try:
        with request.app[PULSE].of(wire, ping_seconds):
            try:
                async with asyncio.TaskGroup() as group:
                    writing = group.create_task(_writes(wire, feed), name="writes")
                    if wire.watched:  # from now on the page may count on it
                        await socket.send_frame(ALIVE, WSMsgType.TEXT)
                    while (message := await socket.receive()).type not in OVER:
                        if message.type is WSMsgType.PONG:
                            await feed.alive()
                        elif message.type is WSMsgType.PING:
                            await socket.pong(message.data)
                        elif message.type is WSMsgType.TEXT:
                            await feed.hear(message.data)
                        # Else the last words would lie open in memory for as long as nobody says more.
                        del message
                    writing.cancel()  # most end here, and without an exception
            except ExceptionGroup as errors:
                raise _without_traces(errors) from None
    except* ConnectionError:
        pass
    except* TimeoutError:
        wire.drop()
    except* NotSignedIn:
        code = NOT_SIGNED_IN
    except* Malformed:
        code = WSCloseCode.POLICY_VIOLATION
    except* HotlineError as errors:
        log.warning("socket ended", code=_code(errors))
        code = WSCloseCode.TRY_AGAIN_LATER
    finally:
        lines.dec()
    await socket.close(code=code)
    if (error := socket.exception()) is not None:
        error.__traceback__ = None  # see below


async def _writes(wire: Wire, feed: Feed) -> None:
    try:
        await feed.serve()
    except TimeoutError:  # kept by the task, it would keep all of the socket; reading ends by itself now
        wire.drop()


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
