"""What one console has seen and what to send it next: its left pane, and the conversation it watches.

A hundred consoles hear of every arrival at the same moment. The queue is read once for all who show the same one,
and few read at a time, so that callers find a connection to the database.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import web

from hotline.actions import contacts
from hotline.errors import KeyDestroyed, NotFound
from hotline.live import topics
from hotline.live.hub import Listener
from hotline.live.shared import Shared
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.views import ConsoleView, Pairs, QueueView
from hotline.system import System, Transaction
from hotline.web.body import Body, Cursor, RowId, parse
from hotline.web.console_json import console_json, entry_json, head_json
from hotline.web.transfers import around

CALM = 0.25  # the pane goes out at most four times a second, and at once for what concerns its person
LIMIT = 200  # entries in one frame
REFRESH = 5.0  # minutes pass and shifts begin without any poke
READ_AT_ONCE: Final = 3
Send = Callable[[dict[str, Any]], Awaitable[None]]
Who = Callable[[], Awaitable[Actor]]


class Watch(Body):
    """A frame of the page: which conversation is open, and what it has seen of it."""

    watch: RowId | None = None
    unwatch: RowId | None = None
    after: Cursor = 0


@dataclass(slots=True)
class Readings:
    """What the consoles of one process share."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READ_AT_ONCE))
    queues: Shared[QueueView] = field(default_factory=Shared)


READINGS: web.AppKey[Readings] = web.AppKey("readings", Readings)


@dataclass(slots=True)
class _Cursor:
    """What this console has seen of the conversation it watches."""

    contact_id: str
    after: int


class ConsoleFeed:
    """One console's cursor over one conversation, and its pane.

    `who` reads the session anew: rights may have changed, or it may be over, since the socket was opened.
    """

    def __init__(
        self, system: System, readings: Readings, actor: Actor, who: Who, language: str, send: Send
    ) -> None:
        self._system, self._readings, self._actor, self._who = system, readings, actor, who
        self._language, self._send = language, send
        self._watched: _Cursor | None = None
        self._desk: ConsoleView | None = None
        self._pairs: Pairs = frozenset()

    def hear(self, listener: Listener) -> Callable[[str], None]:
        """What to do with a frame of the page; a frame that cannot be read ends the socket."""

        def heard(text: str) -> None:
            frame = parse(text, Watch)
            if self._watched is not None and frame.unwatch == self._watched.contact_id:
                self._watched = None
            if frame.watch is not None:
                self._watched = _Cursor(frame.watch, frame.after)
                listener.add(topics.contact(frame.watch))

        return heard

    async def serve(self, listener: Listener) -> None:
        """Send what changed until cancelled."""
        listener.add(topics.rights(self._actor.id))
        listener.add(topics.staff(self._actor.id))
        listener.add(topics.roster())
        while True:
            changed = await listener.changed(at_most=REFRESH)
            if topics.rights(self._actor.id) in changed:
                self._actor = await self._who()
            watched, frames = self._watched, []
            if self._desk is None or not changed or not changed <= self._shown_queues():
                async with self._readings.turn, self._system.read() as tx:
                    if watched is not None and topics.contact(watched.contact_id) in changed:
                        frames += await self._conversation(tx, watched, listener)
                    self._desk = await views.own_desk(tx, tx.centre, self._actor)
                self._pairs = views.seen_pairs(self._system.centre, self._actor, self._desk.queues)
                self._listen(listener, self._desk)
            frames.append(await self._pane(self._desk))
            for frame in frames:
                await self._send(frame)
            if watched is None or topics.contact(watched.contact_id) not in changed:
                await listener.gathers(CALM, but_for=topics.staff(self._actor.id))

    def _shown_queues(self) -> set[str]:
        return {topics.queue(each) for each in self._desk.queues} if self._desk else set()

    async def _pane(self, desk: ConsoleView) -> dict[str, Any]:
        async def read() -> QueueView:
            async with self._system.read() as tx:
                return await views.queue(tx, self._pairs)

        queue = await self._readings.queues.get(self._pairs, read)
        view = replace(desk, queue=queue.seen_by(self._actor.id), now=self._system.clock.now())
        return {"console": console_json(view, self._system.centre, self._language)}

    def _listen(self, listener: Listener, desk: ConsoleView) -> None:
        """To what this desk shows, and to nothing else."""
        wanted = {topics.rights(self._actor.id), topics.staff(self._actor.id), topics.roster()}
        wanted |= {topics.contact(mine.contact_id) for mine in desk.mine} | self._shown_queues()
        if desk.asked is not None:
            wanted.add(topics.contact(desk.asked.contact_id))
        if self._watched is not None:
            wanted.add(topics.contact(self._watched.contact_id))
        for topic in wanted - listener.topics:
            listener.add(topic)
        for topic in listener.topics - wanted:
            listener.drop(topic)

    async def _conversation(
        self, tx: Transaction, cursor: _Cursor, listener: Listener
    ) -> list[dict[str, Any]]:
        """One's own, or what was opened for a reason."""
        try:
            await contacts.require_open(tx, self._actor, cursor.contact_id)
        except NotFound:
            return []
        head = await views.contact_head(tx, cursor.contact_id)
        if head is None:
            return []
        try:
            entries = await views.entries_after(tx, head.id, cursor.after, "staff", LIMIT)
        except KeyDestroyed:  # erased meanwhile; the page has heard it from its own request
            return []
        outgoing = await views.deliveries(tx, head.id) if head.channel == "telegram" else []
        if entries:
            cursor.after = entries[-1].seq
        if len(entries) == LIMIT:  # a long talk comes in several frames, one right after the other
            listener.poke(topics.contact(head.id))
        return [
            {
                "contact": head.id,
                "head": {
                    **head_json(head, self._actor.id, tx.now, tx.centre, self._language),
                    **await around(tx, head, self._language),
                },
                "entries": [entry_json(each, self._actor.id, tx.centre, self._language) for each in entries],
                "deliveries": outgoing,
            }
        ]
