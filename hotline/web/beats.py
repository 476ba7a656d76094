"""Signs of life of callers' pages: they gather for some seconds and are written together, each once."""

import asyncio
from typing import Final

import structlog
from aiohttp import web

from hotline.actions import contacts
from hotline.errors import HotlineError
from hotline.live import topics
from hotline.live.hub import Hub
from hotline.system import System

log = structlog.get_logger()
GATHER_SECONDS: Final = 5.0  # a caller is thought gone after three pings of half a minute


class Beats:
    """Of the pages of one process."""

    def __init__(self, system: System, hub: Hub) -> None:
        self._system, self._hub = system, hub
        self._heard: set[str] = set()

    def heard(self, contact_id: str) -> None:
        """The page of this contact has answered."""
        self._heard.add(contact_id)

    async def run(self) -> None:
        """Write what has gathered, until cancelled."""
        while True:
            await asyncio.sleep(GATHER_SECONDS)
            try:
                await self.write()
            except HotlineError as error:  # they are written with the next ones
                log.warning("signs of life not written", code=error.code)

    async def write(self) -> None:
        """Whose secret is dead has their page look for itself. Raises Unavailable, and forgets nothing."""
        heard = frozenset(self._heard)
        if not heard:
            return
        for contact_id in await contacts.callers_seen(self._system, heard):
            self._hub.poke(topics.contact(contact_id))
        self._heard -= heard


BEATS: web.AppKey[Beats] = web.AppKey("beats", Beats)
