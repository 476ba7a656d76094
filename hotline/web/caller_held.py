"""Where no socket gets through: a request that is held until there is something new for the caller's page.

It costs what a socket costs: a listener, and nothing of the database while it waits. A process has room for so many,
and for so many of one network; whoever finds none is answered at once and told when to ask again.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Set
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from hotline import metrics
from hotline.actions import contacts
from hotline.live import topics
from hotline.web import chat, middleware
from hotline.web.addresses import network_of
from hotline.web.caller_live import CallerFeed, tells
from hotline.web.keys import HUB, SYSTEM

HELD_SECONDS: Final = 25.0  # less than the thirty after which many proxies give up
MOST: Final = 1000  # of one process
OF_A_NETWORK: Final = 100
AT_ONCE, SOON, LATER = 0, 1000, 4000  # milliseconds until a page asks again


class Held:
    """The requests that this process holds, at most one of each caller."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, Callable[[], None]]] = {}  # by caller: network, and what ends it
        self._networks: Counter[str] = Counter()
        self._over = False

    @contextmanager
    def place(self, who: str, network: str, end: Callable[[], None]) -> Iterator[bool]:
        """Is there room while the block runs? `end` is called when the request has been held long enough.

        A caller who asks anew ends the request of theirs that is still held: its page has gone, or gave it up.
        """
        if who in self._held:
            self._give_up(who)()
        full = len(self._held) >= MOST or (network != "" and self._networks[network] >= OF_A_NETWORK)
        if full or self._over:
            yield False
            return
        mine = network, end
        self._held[who] = mine
        self._networks[network] += 1
        try:
            yield True
        finally:
            if self._held.get(who) is mine:
                self._give_up(who)

    def _give_up(self, who: str) -> Callable[[], None]:
        network, end = self._held.pop(who)
        self._networks -= Counter((network,))
        return end

    def end_all(self) -> None:
        """Nothing is held any more: the process goes."""
        self._over = True
        for _, end in tuple(self._held.values()):
            end()


HELD: web.AppKey[Held] = web.AppKey("held", Held)


async def end_all(app: web.Application) -> None:
    """Answer every page that we go, so that it asks another process."""
    app[HELD].end_all()


async def news(request: web.Request) -> web.StreamResponse:
    """GET /chat/{line}/news?after=N&known=MARK: what is new after the cursor, as soon as there is anything.

    A frame as over the socket; `mark` is to be given as `known` next time, so that a state is told only once;
    `rest` are milliseconds for which the page does not ask again.
    """
    system, token, known = request.app[SYSTEM], chat.secret(request), request.query.get("known", "")
    after = chat.cursor(request)
    contact = await contacts.caller(system, token)
    ended = asyncio.Event()
    async with request.app[HUB].listener() as listener:

        def end() -> None:
            ended.set()
            listener.poke(topics.words(contact.id))

        actor = contacts.actor_of(contact)
        feed = CallerFeed(request, actor, contact.queue, token, after, listener, _Answer(), known)
        with request.app[HELD].place(contact.id, network_of(request), end) as room:
            feed.watch()
            seconds = HELD_SECONDS if room and not system.closing.is_set() else 0.0
            with metrics.SOCKETS.labels(middleware.route_of(request)).track_inprogress():
                frame = await _first(feed, listener.changed, seconds, ended)
    again = SOON if ended.is_set() or system.closing.is_set() else AT_ONCE if room else LATER
    return web.json_response({**frame, "mark": feed.mark, "rest": again})


async def _first(
    feed: CallerFeed, changed: Callable[[float], Awaitable[Set[str]]], seconds: float, ended: asyncio.Event
) -> dict[str, Any]:
    """The first frame that tells anything, at the latest after so many seconds one that tells nothing."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    frame: dict[str, Any] = {}
    while True:
        moved = await changed(min(feed.patience, max(0.0, until - loop.time())))
        over = ended.is_set() or loop.time() >= until
        if moved or not over:
            frame, _ = await feed.look(moved)
        if over or tells(frame):
            return frame


class _Answer:
    """What is found is answered and not sent, and for one answer there is room."""

    async def room(self) -> None:
        """At once."""

    async def send(self, frame: dict[str, Any]) -> None:
        """Nowhere."""

    def send_now(self, frame: dict[str, Any]) -> bool:
        """Never."""
        return False
