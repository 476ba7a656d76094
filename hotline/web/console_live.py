"""What one console has seen and what to send it next: its left pane, and the conversation it watches."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hotline.actions import contacts
from hotline.errors import KeyDestroyed, NotFound
from hotline.live import topics
from hotline.live.hub import Listener
from hotline.rules.access import Actor
from hotline.store import views
from hotline.system import System, Transaction
from hotline.web.body import Body, Cursor, RowId, parse
from hotline.web.console_json import console_json, entry_json, head_json

CALM = 0.25  # the pane goes out at most four times a second
LIMIT = 200  # entries in one frame
REFRESH = 5.0  # minutes pass and shifts begin without any poke
Send = Callable[[dict[str, Any]], Awaitable[None]]
Who = Callable[[], Awaitable[Actor]]


class Watch(Body):
    """A frame of the page: which conversation is open, and what it has seen of it."""

    watch: RowId | None = None
    unwatch: RowId | None = None
    after: Cursor = 0


@dataclass(slots=True)
class _Cursor:
    """What this console has seen of the conversation it watches."""

    contact_id: str
    after: int


class ConsoleFeed:
    """One console's cursor over one conversation, and its pane.

    `who` reads the session anew: rights may have changed, or it may be over, since the socket was opened.
    """

    def __init__(self, system: System, actor: Actor, who: Who, language: str, send: Send) -> None:
        self._system, self._actor, self._who = system, actor, who
        self._language, self._send = language, send
        self._watched: _Cursor | None = None

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
            watched = self._watched
            async with self._system.read() as tx:
                frames = []
                if watched is not None and topics.contact(watched.contact_id) in changed:
                    frames += await self._conversation(tx, watched, listener)
                frames.append(await self._pane(tx, listener))
            for frame in frames:
                await self._send(frame)
            if watched is None or topics.contact(watched.contact_id) not in changed:
                await asyncio.sleep(CALM)

    async def _pane(self, tx: Transaction, listener: Listener) -> dict[str, Any]:
        view = await views.console(tx, tx.centre, self._actor)
        wanted = {topics.rights(self._actor.id), topics.staff(self._actor.id), topics.roster()}
        wanted |= {topics.contact(mine.contact_id) for mine in view.mine}
        wanted |= {topics.queue(queue) for queue in view.queues}
        if self._watched is not None:
            wanted.add(topics.contact(self._watched.contact_id))
        for topic in wanted - listener.topics:
            listener.add(topic)
        for topic in listener.topics - wanted:
            listener.drop(topic)
        return {"console": console_json(view, tx.centre, self._language)}

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
                "head": head_json(head, self._actor.id, tx.now, tx.centre, self._language),
                "entries": [entry_json(each, self._actor.id, tx.centre, self._language) for each in entries],
                "deliveries": outgoing,
            }
        ]
