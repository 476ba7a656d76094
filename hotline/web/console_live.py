"""What one console has seen and what to send it next: its left pane, and the conversation it watches."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hotline.live import topics
from hotline.live.hub import Listener
from hotline.rules.access import Actor
from hotline.store import views
from hotline.system import System, Transaction
from hotline.web.body import Body, parse
from hotline.web.console_json import console_json, entry_json, head_json

CALM = 0.25  # the pane goes out at most four times a second
LIMIT = 200  # entries in one frame
REFRESH = 5.0  # minutes pass and shifts begin without any poke
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Watch(Body):
    """A frame of the page: which conversation is open, and what it has seen of it."""

    watch: str | None = None
    unwatch: str | None = None
    after: int = 0


class ConsoleFeed:
    """One console's cursor over one conversation, and its pane."""

    def __init__(self, system: System, actor: Actor, language: str, send: Send) -> None:
        self._system, self._actor, self._language, self._send = system, actor, language, send
        self._watched: str | None = None
        self._after = 0

    def hear(self, listener: Listener) -> Callable[[str], None]:
        """What to do with a frame of the page; a frame that cannot be read ends the socket."""

        def heard(text: str) -> None:
            frame = parse(text, Watch)
            if frame.unwatch is not None and frame.unwatch == self._watched:
                self._watched = None
            if frame.watch is not None:
                self._watched, self._after = frame.watch, frame.after
                listener.add(topics.contact(frame.watch))

        return heard

    async def serve(self, listener: Listener) -> None:
        """Send what changed until cancelled."""
        listener.add(topics.staff(self._actor.id))
        listener.add(topics.roster())
        while True:
            changed = await listener.changed(at_most=REFRESH)
            watched = self._watched
            async with self._system.read() as tx:
                frames = []
                if watched is not None and topics.contact(watched) in changed:
                    frames += await self._conversation(tx, watched, listener)
                frames.append(await self._pane(tx, listener))
            for frame in frames:
                await self._send(frame)
            if watched is None or topics.contact(watched) not in changed:
                await asyncio.sleep(CALM)

    async def _pane(self, tx: Transaction, listener: Listener) -> dict[str, Any]:
        view = await views.console(tx, tx.centre, self._actor)
        wanted = {topics.staff(self._actor.id), topics.roster()}
        wanted |= {topics.contact(mine.contact_id) for mine in view.mine}
        for duty in view.me.duties:
            queue = tx.centre.queue_of(duty.line)
            if queue is not None:
                wanted.add(topics.queue(queue.id))
        if self._watched is not None:
            wanted.add(topics.contact(self._watched))
        for topic in wanted - listener.topics:
            listener.add(topic)
        for topic in listener.topics - wanted:
            listener.drop(topic)
        return {"console": console_json(view, tx.centre, self._language)}

    async def _conversation(
        self, tx: Transaction, contact_id: str, listener: Listener
    ) -> list[dict[str, Any]]:
        """Only one's own: opening another's is an action with its own record, and not live."""
        head = await views.contact_head(tx, contact_id)
        if head is None or head.holder_id != self._actor.id:
            self._watched = None
            return []
        entries = await views.entries_after(tx, contact_id, self._after, "staff", LIMIT)
        if entries:
            self._after = entries[-1].seq
        if len(entries) == LIMIT:  # a long talk comes in several frames, one right after the other
            listener.poke(topics.contact(contact_id))
        return [
            {
                "contact": contact_id,
                "head": head_json(head, self._actor.id, tx.now, tx.centre, self._language),
                "entries": [entry_json(each, self._actor.id, tx.centre, self._language) for each in entries],
            }
        ]
