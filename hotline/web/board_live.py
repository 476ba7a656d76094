"""What a supervisor's board is sent: the whole picture, as often as it changes and at most four times a second."""

import asyncio
from collections.abc import Set
from typing import Any

from hotline.errors import Unavailable
from hotline.live import topics
from hotline.live.hub import Listener
from hotline.store import views
from hotline.system import System
from hotline.web import board_view, render
from hotline.web.line_session import LineSession
from hotline.web.wire import Wire

CALM = 0.25
REFRESH = 2.0  # minutes pass, breaks end and engines die without any poke


class BoardFeed:
    """One board. It has no cursor: whoever missed a picture sees the next."""

    def __init__(
        self, system: System, session: LineSession, language: str, listener: Listener, wire: Wire
    ) -> None:
        self._system, self._session = system, session
        self._language, self._listener, self._wire = language, listener, wire

    async def hear(self, _text: str) -> None:
        """Boards say nothing."""

    async def alive(self) -> None:
        """The page has answered. Raises NotSignedIn."""
        await self._session.now_and_then()

    async def serve(self) -> None:
        """Send what changed until cancelled. While the database is away the board says so and keeps its picture."""
        listener = self._listener
        listener.add(topics.rights(self._session.actor.id))
        listener.add(topics.roster())
        while True:
            changed = await listener.changed(at_most=REFRESH)
            frame = self._frame(changed)
            await self._wire.send(await frame)  # the same again tells the page that its line lives
            await asyncio.sleep(CALM)

    async def _frame(self, changed: Set[str]) -> dict[str, Any]:
        try:
            if topics.rights(self._session.actor.id) in changed:
                await self._session.anew()
            await self._session.now_and_then()
            return {"locked": True} if self._session.locked else {"html": await self._picture()}
        except Unavailable:
            return {"trouble": "database"}

    async def _picture(self) -> str:
        async with self._system.read() as tx:
            view = await views.board_view(tx, tx.centre, self._session.actor)
            centre = tx.centre
        wanted = {
            topics.roster(),
            topics.alarms(),
            topics.rights(self._session.actor.id),
            *map(topics.queue, centre.queues),
        }
        wanted |= set(map(topics.staff, view.staff_ids))
        wanted |= {topic(each.id) for each in view.talks for topic in (topics.contact, topics.words)}
        self._listener.only(wanted)
        shown = board_view.shown(view, centre, self._system.bus, self._language)
        return render.markup(self._system, self._language, "board_now.html", **shown)
