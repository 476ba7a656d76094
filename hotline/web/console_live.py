"""What one console has seen and what to send it next: its left pane, and the conversation it watches."""

import time
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from random import uniform
from typing import Any, Final

from aiohttp import web

from hotline.actions import contacts, messages
from hotline.errors import (
    ContactEnded,
    HotlineError,
    KeyDestroyed,
    NotFound,
    NotSignedIn,
    NotTheHolder,
    ScreenLocked,
)
from hotline.live import topics
from hotline.live.hub import Listener
from hotline.rules.access import Actor
from hotline.rules.contact import ACTIVE
from hotline.store import views
from hotline.store.views import ConsoleView, Mine, Pairs, QueueView
from hotline.system import Transaction
from hotline.texts import clock
from hotline.web import render
from hotline.web.beats import BEATS
from hotline.web.body import parse
from hotline.web.caller_live import refused_json
from hotline.web.console_json import console_json, entry_json, head_json, talks_json
from hotline.web.console_says import Reply, Said
from hotline.web.keys import SYSTEM
from hotline.web.line_session import LineSession
from hotline.web.news import NEWS, are_words, full
from hotline.web.readings import READINGS
from hotline.web.rings import rings
from hotline.web.transfers import around
from hotline.web.typing import Typing
from hotline.web.wire import Wire

CALM = 0.25  # the pane goes out at most four times a second, and at once for what concerns its person
CALM_TALK = 2.0  # and more seldom, where only somebody has spoken: the page shows the words by itself
REFRESH = 30.0  # minutes pass and shifts begin without any poke
LIMIT: Final = 200  # entries of a talk that is opened, in one frame


@dataclass(slots=True)
class _Cursor:
    """What this console has seen of the conversation it watches."""

    contact_id: str
    after: int


class ConsoleFeed:
    """One console's cursor over one conversation, and its pane."""

    def __init__(self, request: web.Request, session: LineSession, listener: Listener, wire: Wire) -> None:
        self._system, self._news, self._readings = (
            request.app[SYSTEM],
            request.app[NEWS],
            request.app[READINGS],
        )
        self._session, self._listener, self._wire = session, listener, wire
        self._language = render.language_of(request)
        self._watched: _Cursor | None = None
        self._desk: ConsoleView | None = None
        self._pairs: Pairs = frozenset()
        self._pane_due: float | None = None  # monotonic
        # Its second of the half minute. A thousand that came together are spread over it, and are read in thirty goes:
        # one by one they would cost three times as much.
        self._phase = uniform(0, REFRESH) // 1  # noqa: S311  nothing to guess
        self._look_due = self._next_look()  # monotonic
        self._typing = Typing(self._system, "staff")
        self._beats = request.app[BEATS]
        self._was_locked = False

    @property
    def _actor(self) -> Actor:
        return self._session.actor

    async def alive(self) -> None:
        """The page has answered. Raises NotSignedIn."""
        self._beats.console(self._actor.id)
        await self._session.now_and_then()

    async def hear(self, text: str) -> None:
        """A frame of the page; one that cannot be read ends the socket. Raises Malformed, NotSignedIn."""
        frame = parse(text, Said)
        if self._watched is not None and frame.unwatch == self._watched.contact_id:
            self._watched = None
        if frame.watch is not None:
            self._watched = _Cursor(frame.watch, frame.after)
            self._listener.add(topics.contact(frame.watch))
            self._listener.add(topics.words(frame.watch))
        if frame.reply is not None:
            await self._reply(frame.reply)
        if self._session.locked:  # nobody writes there, and nothing is read there
            return
        if (
            frame.typing is not None
            and self._holds(frame.typing)
            and self._desk
            and self._desk.me.signals.typing
        ):
            self._typing.tell(frame.typing)
        if frame.shown is not None:
            # it was so a moment ago; there is nobody to tell
            with suppress(NotFound, NotTheHolder, ContactEnded):
                await messages.shown(self._system, self._actor, frame.shown.contact, frame.shown.seq)

    def _holds(self, contact_id: str) -> bool:
        """Is it a talk of this person's that goes on, as far as this console was told?"""
        mine = self._desk.mine if self._desk else ()
        return any(each.contact_id == contact_id and each.state == ACTIVE for each in mine)

    async def _reply(self, reply: Reply) -> None:
        """Acknowledged once stored, or refused with the reason; the line stays. Raises NotSignedIn."""
        try:
            receipt = await self._stored(reply)
        except NotSignedIn:
            raise
        except HotlineError as error:
            refused = refused_json(reply.id, error, self._language)
            await self._wire.send({"refused": {"contact": reply.contact, **refused}})
            return
        time = clock(receipt.at, self._language, self._system.centre.zone)
        await self._wire.send(
            {"ack": {"contact": reply.contact, "id": reply.id, "seq": receipt.seq, "time": time}}
        )

    async def _stored(self, reply: Reply) -> messages.Receipt:
        """As with a request of its own: nobody who is signed out says another word. The journal sees to that.

        What only time ends, such as a session that is too old, is noticed within `line_session.ASKED`.
        """
        try:
            return await self._said(reply)
        except NotSignedIn:  # or something else about this person is not as it was read last
            await self._session.anew()
            return await self._said(reply)

    async def _said(self, reply: Reply) -> messages.Receipt:
        if self._session.locked:  # whoever has just unlocked it may be quicker than the word of that
            await self._session.anew()
        await self._session.now_and_then()
        if self._session.locked:
            raise ScreenLocked
        said = reply.contact, reply.id, reply.text
        return await messages.reply(self._system, self._actor, *said, revision=self._session.revision)

    async def serve(self) -> None:
        """Send what changed until cancelled."""
        listener = self._listener
        listener.add(topics.rights(self._actor.id))
        listener.add(topics.staff(self._actor.id))
        listener.add(topics.roster())
        listener.add(topics.drafts(self._actor.id))
        listener.at_once = self._at_once
        while True:
            changed = await listener.changed(at_most=self._patience())
            looks = time.monotonic() >= self._look_due
            if looks:
                self._look_due = self._next_look()
            if looks or topics.rights(self._actor.id) in changed:
                await self._session.anew()
            if self._session.locked:
                await self._locked()
                await listener.gathers(CALM, but_for={topics.staff(self._actor.id)})
                continue
            if self._was_locked:
                changed |= self._missed()
            if hints := set(filter(topics.is_hint, changed)):
                await self._hint(hints)
                changed -= hints
                if not changed and not looks:
                    continue
            if self._desk is not None and topics.drafts(self._actor.id) in changed:
                await self._drafts(self._desk)
                changed -= {topics.drafts(self._actor.id)}
                if not changed and not looks:
                    continue
            only_words = self._desk is not None and (
                not changed or await self._only_words(self._desk, changed)
            )
            if looks or not only_words:
                await self._all(set() if only_words else changed, anew=looks)
                await listener.gathers(CALM, but_for=self._urgent())
            elif self._desk is not None and self._patience() == 0.0:
                await self._talks(self._desk)

    async def _locked(self) -> None:
        """That somebody waits, so that the person is asked and hears it; nothing of what an open console shows."""
        self._was_locked, self._pane_due = True, None
        desk = await self._readings.desks.get(self._actor)
        self._pairs = views.seen_pairs(self._system.centre, self._actor, desk.queues)
        queue = await self._readings.queues.get(self._pairs)
        self._desk = desk
        self._listen(desk)
        await self._wire.send(
            {"locked": rings(replace(desk, queue=queue.seen_by(self._actor.id)), self._actor)}
        )

    def _missed(self) -> set[str]:
        """Unlocked: all that an open console shows is read anew, and the talk on the screen after its cursor."""
        self._was_locked, self._desk = False, None
        return self._urgent()

    async def _hint(self, hints: set[str]) -> None:
        """The caller of the talk on the screen writes. Whoever else holds it by now is no concern of this console."""
        watched = self._watched.contact_id if self._watched else ""
        if topics.typing(watched, "caller") in hints and self._holds(watched):
            await self._wire.send({"typing": watched})

    def _patience(self) -> float:
        due = self._look_due if self._pane_due is None else min(self._look_due, self._pane_due)
        return max(0.0, due - time.monotonic())

    def _next_look(self) -> float:
        now = time.monotonic()
        return now + REFRESH - (now - self._phase) % REFRESH

    def _urgent(self) -> set[str]:
        """What is not kept waiting: what concerns this person, and the words on the screen."""
        urgent = {topics.staff(self._actor.id)}
        if self._watched is not None:
            urgent |= {topics.contact(self._watched.contact_id), topics.words(self._watched.contact_id)}
        return urgent

    def _at_once(self, topic: str) -> bool:
        """Words in a talk of this person's, as soon as they are stored; False if there is more to it than that."""
        desk = self._desk
        if desk is None or self._session.locked or self._was_locked or self._session.is_old:
            return False
        place = _places(desk).get(topic)
        if place is None:
            return False
        talk = desk.mine[place]
        cursor = self._cursor_of(talk)
        rows = self._news.at_hand(talk.contact_id, _since(talk, cursor))
        if not rows:
            return False
        if cursor is not None:
            fresh = [row for row in rows if row.seq > cursor.after]
            if fresh and not self._wire.send_now(self._words(talk, self._news.opened_now(fresh, "staff"))):
                return False
            cursor.after = rows[-1].seq
        desk.mine[place] = views.heard(talk, rows)
        self._said_in(desk, {topic})
        self._listener.wake_in(self._patience())
        return True

    async def _only_words(self, desk: ConsoleView, changed: Set[str]) -> bool:
        """Show what was said in conversations of this person's, if that is all that happened; was it?"""
        places = _places(desk)
        if not changed <= places.keys():
            return False
        for place in sorted(places[topic] for topic in changed):
            talk = desk.mine[place]
            cursor = self._cursor_of(talk)
            rows = await self._news.after(talk.contact_id, _since(talk, cursor))
            if not are_words(rows):
                return False
            if full(rows):  # the others in a frame of their own, right after this one
                self._listener.poke(topics.words(talk.contact_id))
            if cursor is not None and rows:
                fresh = [row for row in rows if row.seq > cursor.after]
                entries = await self._news.opened(fresh, "staff")
                cursor.after = rows[-1].seq
                await self._wire.send(self._words(talk, entries))
            desk.mine[place] = views.heard(talk, rows)
        self._said_in(desk, changed)
        return True

    def _cursor_of(self, talk: Mine) -> _Cursor | None:
        """Of the talk on the screen."""
        watched = self._watched
        return watched if watched is not None and watched.contact_id == talk.contact_id else None

    def _words(self, talk: Mine, entries: Sequence[views.Entry]) -> dict[str, Any]:
        return {"contact": talk.contact_id, "entries": self._entries(entries)}

    def _said_in(self, desk: ConsoleView, changed: Set[str]) -> None:
        """Words were shown: who waits longest for an answer may be another, which the pane says in a while."""
        desk.mine.sort(key=views.turn_order)
        if self._pane_due is None:
            watched = topics.words(self._watched.contact_id) if self._watched else ""
            self._pane_due = time.monotonic() + (CALM_TALK if changed == {watched} else CALM)

    async def _drafts(self, desk: ConsoleView) -> None:
        """Another page of this person's may have written: which drafts there are goes out with the next pane."""
        async with self._system.read() as tx:
            drafts = await views.draft_revisions(tx, [self._actor.id])
        self._desk = replace(desk, drafts=drafts[self._actor.id])
        if self._pane_due is None:
            self._pane_due = time.monotonic() + CALM_TALK

    async def _all(self, changed: Set[str], *, anew: bool) -> None:
        """The conversation on the screen and the pane; the desk is read `anew` also if only queues moved."""
        watched, frames = self._watched, []
        if self._desk is None or anew or not changed <= self._shown_queues():
            if watched is not None and changed & {
                topics.contact(watched.contact_id),
                topics.words(watched.contact_id),
            }:
                async with self._readings.turn, self._system.read() as tx:
                    frames += await self._conversation(tx, watched)
            self._desk = await self._readings.desks.get(self._actor)
            self._pairs = views.seen_pairs(self._system.centre, self._actor, self._desk.queues)
            self._listen(self._desk)
        queue = await self._readings.queues.get(self._pairs)
        self._pane_due = None
        frames.append(self._pane(self._desk, queue))
        for frame in frames:
            await self._wire.send(frame)

    def _shown_queues(self) -> set[str]:
        return {topics.queue(each) for each in self._desk.queues} if self._desk else set()

    def _pane(self, desk: ConsoleView, queue: QueueView) -> dict[str, Any]:
        view = replace(desk, queue=queue.seen_by(self._actor.id), now=self._system.clock.now())
        return {"console": console_json(view, self._system.centre, self._language)}

    async def _talks(self, desk: ConsoleView) -> None:
        """What words have changed of the pane."""
        self._pane_due = None
        view = replace(desk, now=self._system.clock.now())
        await self._wire.send({"talks": talks_json(view, self._system.centre, self._language)})

    def _listen(self, desk: ConsoleView) -> None:
        """To what this desk shows, and to nothing else."""
        own = (topics.rights, topics.staff, topics.drafts)
        wanted = {topics.roster(), *(topic(self._actor.id) for topic in own)}
        shown = [mine.contact_id for mine in desk.mine]
        if desk.offer is not None:  # what is said of a caller who waits shows on what rings
            shown.append(desk.offer.contact_id)
        if desk.asked is not None:
            shown.append(desk.asked.contact_id)
        if self._watched is not None:
            shown.append(self._watched.contact_id)
            if self._holds(self._watched.contact_id):
                wanted.add(topics.typing(self._watched.contact_id, "caller"))
        wanted |= {topic(each) for each in shown for topic in (topics.contact, topics.words)}
        wanted |= self._shown_queues()
        self._listener.only(wanted)

    async def _conversation(self, tx: Transaction, cursor: _Cursor) -> list[dict[str, Any]]:
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
        if entries:
            cursor.after = entries[-1].seq
        if len(entries) == LIMIT:  # a long talk comes in several frames, one right after the other
            self._listener.poke(topics.contact(head.id))
        return [
            {
                "contact": head.id,
                "head": {
                    **head_json(head, self._actor.id, tx.now, tx.centre, self._language),
                    **await around(tx, head, self._language),
                },
                "entries": self._entries(entries),
            }
        ]

    def _entries(self, entries: Sequence[views.Entry]) -> list[dict[str, Any]]:
        return [entry_json(each, self._actor.id, self._system.centre, self._language) for each in entries]


def _places(desk: ConsoleView) -> dict[str, int]:
    """Where the talk of each topic of words stands among this person's."""
    return {topics.words(mine.contact_id): place for place, mine in enumerate(desk.mine)}


def _since(talk: Mine, cursor: _Cursor | None) -> int:
    """After which of its entries something is new here, for the pane or for the screen."""
    return talk.last_seq if cursor is None else min(talk.last_seq, cursor.after)
