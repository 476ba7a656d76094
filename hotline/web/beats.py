"""Signs of life of open pages: they gather for a moment and are written together, each once."""

import asyncio
from typing import Final

import structlog
from aiohttp import web

from hotline.actions import contacts, presence
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.hub import Hub
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.views import ContactHead
from hotline.system import System

log = structlog.get_logger()
WRITTEN_AT_ONCE: Final = 3  # so that whoever writes finds a connection, however many pages open at once
GATHER_SECONDS: Final = 2.0  # little beside the 25 after which a console is thought silent


class Beats:
    """Of the pages of one process."""

    def __init__(self, system: System, hub: Hub) -> None:
        self._system, self._hub = system, hub
        self._few = asyncio.Semaphore(WRITTEN_AT_ONCE)
        self._callers: set[str] = set()
        self._consoles: set[str] = set()

    def caller(self, contact_id: str) -> None:
        """The page of this contact has answered."""
        self._callers.add(contact_id)

    async def caller_back(self, caller: Actor, head: ContactHead) -> None:
        """The page of this caller has opened, and their contact stands like that. Raises Unavailable.

        Who has left, or was not heard of for long, is written at once, for it cancels "leaving" and keeps the secret
        alive. Each by itself: a group would wait for whoever is being changed, and hold all others meanwhile.
        """
        if head.caller_left_at is None and not views.caller_away(head, self._system.clock.now()):
            self.caller(caller.id)
            return
        async with self._few:
            await contacts.caller_seen(self._system, caller)

    def console(self, staff_id: str) -> None:
        """The console of this person has answered."""
        self._consoles.add(staff_id)

    async def run(self) -> None:
        """Write what has gathered, until cancelled."""
        while True:
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self.write()
            except HotlineError as error:  # they are written with the next ones
                log.warning("signs of life not written", code=error.code)

    async def write(self) -> None:
        """Callers whose secret is dead have their page look for itself. Raises Unavailable, and forgets nothing."""
        if consoles := frozenset(self._consoles):
            await presence.consoles_seen(self._system, consoles)
            self._consoles -= consoles
        if callers := frozenset(self._callers):
            for contact_id in await contacts.callers_seen(self._system, callers):
                self._hub.poke(topics.contact(contact_id))
            self._callers -= callers


BEATS: web.AppKey[Beats] = web.AppKey("beats", Beats)
