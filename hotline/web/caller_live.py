"""What one caller's page has seen and what to send it next; and what comes from it: words, acknowledged once stored."""

import hashlib
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

from aiohttp import web
from pydantic_core import to_json

from hotline.actions import contacts, messages
from hotline.errors import HotlineError, Malformed, NotFound, NotSignedIn, Unavailable
from hotline.live import topics
from hotline.live.gathered import Gathered
from hotline.live.hub import Listener
from hotline.rules.access import Actor
from hotline.rules.contact import ACTIVE, WAITING
from hotline.store import views
from hotline.texts import say
from hotline.web import caller_view, rates, render
from hotline.web.beats import BEATS
from hotline.web.body import Body, ClientId, parse
from hotline.web.caller_view import CallerSees
from hotline.web.chat import stored_json
from hotline.web.keys import SYSTEM
from hotline.web.news import NEWS, are_words, full
from hotline.web.readings import READINGS
from hotline.web.typing import Typing

CALM: Final = 1.0  # what others do in the queue or on the roster goes out at most so often, in seconds
REFRESH: Final = 15.0  # while one waits, minutes pass and shifts begin without any poke
SELDOM: Final = 300.0
NONE: Final[frozenset[int]] = frozenset()  # one for all whose page waits for nothing


class Way(Protocol):
    """To the page."""

    async def room(self) -> None:
        """Until there is some to send in."""

    async def send(self, frame: dict[str, Any]) -> None:
        """As soon as there is room."""

    def send_now(self, frame: dict[str, Any]) -> bool:
        """Without waiting; False where that cannot be, and nothing is sent."""


class Said(Body):
    """What the page says: a message, or that one is being written."""

    id: ClientId | None = None
    text: str | None = None
    typing: bool = False


class CallerFeed:
    """One caller's cursor, and the state their page shows; `known` is the mark of the one it shows already."""

    __slots__ = (
        "__weakref__", "_acknowledged", "_actor", "_after", "_beats", "_known", "_language", "_listener",
        "_news", "_queue", "_readings", "_request", "_spared", "_spoken", "_state", "_system", "_token", "_typing",
        "_way", "_writes", "mark",
    )  # fmt: skip

    def __init__(
        self,
        request: web.Request,
        actor: Actor,
        queue: str | None,
        token: str,
        after: int,
        listener: Listener,
        way: Way,
        known: str = "",
    ) -> None:
        self._request, self._system, self._news = request, request.app[SYSTEM], request.app[NEWS]
        self._readings = request.app[READINGS]
        self._actor, self._token, self._after = actor, token, after
        self._queue = queue  # as it was read last
        self._listener, self._way = listener, way
        self._beats = request.app[BEATS]
        self._language = render.language_of(request)
        self._spoken = caller_view.Tongues(self._language, self._language, caller_view.NEVER)
        self._acknowledged: frozenset[int] = NONE  # the page has these without being sent them
        self._writes = ""  # the id of what is being stored, until the page was told so
        self._spared = False  # was it stored meanwhile, and the page not told?
        self._state = WAITING  # as it was read last
        self.mark = ""  # a short name of all that was read with it
        self._known = known
        self._typing: Typing | None = None  # most read and write nothing

    @property
    def patience(self) -> float:
        """Seconds after which one looks without being told."""
        return REFRESH if self._state == WAITING else SELDOM

    @property
    def contact_id(self) -> str:
        return self._actor.id

    @property
    def _talks(self) -> bool:
        """Is somebody there to talk with, as far as this page was told?"""
        return self._state == ACTIVE

    def watch(self) -> None:
        """The contact itself, its queue for the place in it, and the roster for who is there."""
        listener = self._listener
        listener.add(topics.contact(self._actor.id))
        listener.add(topics.words(self._actor.id))
        listener.add(topics.roster())
        if self._queue is not None:
            listener.add(topics.queue(self._queue))

    async def alive(self) -> None:
        """The page has answered."""
        self._beats.caller(self._actor.id)

    async def serve(self) -> None:
        """Send what is new until cancelled: words at once, the state of things whenever it may be another."""
        self.watch()
        self._listener.add(topics.typing(self._actor.id, "staff"))
        self._listener.at_once = self._at_once
        while True:  # while it waits it keeps nothing of what it told
            await self._show(await self._listener.changed(at_most=self.patience))

    def _at_once(self, topic: str) -> bool:
        """Words, as soon as they are stored; False if there is more to it than that."""
        if topic != topics.words(self._actor.id):
            return False
        rows = self._news.at_hand(self._actor.id, self._after)
        if self._writes:  # anything else goes out behind its answer
            own = [row.id for row in rows] == [self._writes]
            self._spared |= own
            return own
        if not rows:
            return False
        shown = self._news.opened_now(self._unseen(rows), "caller")
        if shown and not self._way.send_now(self._frame(shown, rows)):
            return False
        self._has(rows)
        return True

    async def _show(self, changed: Set[str]) -> None:
        words, contact = topics.words(self._actor.id), topics.contact(self._actor.id)
        typing = topics.typing(self._actor.id, "staff")
        if typing in changed:
            if self._talks:
                await self._way.send({"typing": True, "entries": []})
            changed -= {typing}
            if not changed:
                return
        await self._way.room()
        more, only_words = await self._tell(changed)
        if more:  # a long absence comes in several frames, one right after the other
            self._listener.poke(words)
        elif not only_words:
            await self._listener.gathers(CALM, but_for={words, contact})

    async def _tell(self, changed: Set[str]) -> tuple[bool, bool]:
        """Send what is new: is there more, and were there only words?"""
        frame, only_words = await self.look(changed)
        if tells(frame):
            await self._way.send(frame)
        return frame["more"], only_words

    async def look(self, changed: Set[str]) -> tuple[dict[str, Any], bool]:
        """What is new after the cursor, with the state if it is another; were there only words to look for?"""
        words, contact = topics.words(self._actor.id), topics.contact(self._actor.id)
        others = changed.isdisjoint({words, contact})  # the queue or the roster, or only the time
        rows = () if changed and others else await self._news.after(self._actor.id, self._after)
        sees = None if self.mark else await self._begins()
        shown = await self._news.opened(self._unseen(rows), "caller")
        self._has(rows)
        frame = self._frame(shown, rows)
        if changed and others and self._talks:  # which says nothing of either
            return frame, False
        only_words = changed == {words} and are_words(rows)
        if not only_words:
            at_leisure = others and self._state == WAITING
            sees = sees or await self._read(self._readings.others if at_leisure else self._readings.callers)
            state = caller_view.state_json(sees, self._language)
            mark = hashlib.blake2b(to_json(state), digest_size=8).hexdigest()
            if mark != self.mark:
                self._state, self.mark = state["state"], mark
                if mark != self._known:
                    frame["state"] = state
                self._known = ""
        return frame, only_words

    async def _begins(self) -> CallerSees:
        """What the first frame tells; and the page is here."""
        sees = await self._read(self._readings.callers)
        self._spoken = sees.tongues(self._language)
        if self._known:  # one that goes on
            await self.alive()
        else:
            with suppress(Unavailable):  # what nobody can write of, one may still read
                await self._beats.caller_back(self._actor, sees.head)
        return sees

    async def _read(self, callers: Gathered[str, CallerSees | None]) -> CallerSees:
        """Raises NotFound, and NotSignedIn: a quick exit elsewhere ends this line, too."""
        sees = await callers.get(self._actor.id)
        if sees is None:
            raise NotFound
        if sees.head.caller_blind != self._system.vault.blind("web", self._token):
            raise NotSignedIn
        contacts.require_alive(self._system, sees.head)
        self._stands_in(sees.head.queue)
        return sees

    def _stands_in(self, queue: str | None) -> None:
        """Listen to who else moves in that queue, and in no other."""
        if queue == self._queue:
            return
        if self._queue is not None:
            self._listener.leave(topics.queue(self._queue))
        if queue is not None:
            self._listener.add(topics.queue(queue))
        self._queue = queue

    def _unseen(self, rows: views.Rows) -> views.Rows:
        return [row for row in rows if row.seq > self._after and row.seq not in self._acknowledged]

    def _has(self, rows: views.Rows) -> None:
        """The page knows of these."""
        if rows:
            self._after = max(self._after, rows[-1].seq)
            self._acknowledged = frozenset(seq for seq in self._acknowledged if seq > self._after) or NONE
        self._spoken = _changed(self._spoken, rows)

    def _frame(self, shown: Sequence[views.Entry], rows: views.Rows) -> dict[str, Any]:
        """What is `shown` of these rows; its cursor is behind all of them."""
        said = caller_view.entries_json(self._system.centre, shown, self._spoken)
        cursor = max(self._after, rows[-1].seq) if rows else self._after
        return {"entries": said, "cursor": cursor, "more": full(rows)}

    async def hear(self, text: str) -> None:
        """A message over the open line. What is refused is told with the reason; the line stays.

        Raises NotSignedIn, and Malformed for what is neither a message nor a hint that one is being written.
        """
        body = parse(text, Said)
        if body.typing and self._talks:
            self._typing = self._typing or Typing(self._system, "caller")
            self._typing.tell(self._actor.id)
        if body.id is not None and body.text is not None:
            await self._message(body.id, body.text)
        elif not body.typing:
            raise Malformed(field="text")

    async def _message(self, line_id: str, text: str) -> None:
        who = self._system.vault.blind("web", self._token)
        self._writes, stored = line_id, False
        try:
            slow = await rates.pace(self._request, self._token, text)
            receipt = await messages.receive(
                self._system, self._actor, self._actor.id, line_id, text, caller_blind=who
            )
            stored = not receipt.repeated
            if stored and receipt.seq == self._after + 1:
                self._after = receipt.seq
            elif stored and receipt.seq > self._after:
                self._acknowledged |= {receipt.seq}
            await self._way.send(
                {"ack": stored_json(self._system, line_id, receipt, self._language, slow=slow)}
            )
        except NotSignedIn:
            raise
        except HotlineError as error:
            await self._way.send({"refused": refused_json(line_id, error, self._language)})
        finally:
            self._writes, spared, self._spared = "", self._spared, False
            if spared and not stored:  # another page of theirs has stored it
                self._listener.poke(topics.words(self._actor.id))


def _changed(spoken: caller_view.Tongues, rows: views.Rows) -> caller_view.Tongues:
    """With the changes of language among these entries."""
    answers = ((row.seq, views.tongue(row.data)) for row in rows if row.kind == "answer")
    fresh = {seq: change for seq, change in answers if change is not None and seq not in spoken.changes}
    if not fresh:
        return spoken
    return replace(spoken, now=fresh[max(fresh)][1], changes={**spoken.changes, **fresh})


def tells(frame: dict[str, Any]) -> bool:
    """Is there anything in it that the page does not have?"""
    return bool(frame["entries"]) or "state" in frame


def refused_json(line_id: str, error: HotlineError, language: str) -> dict[str, Any]:
    """Why a message was not stored; with a status of 500 and above it may be sent again."""
    sentence = say(f"error.{error.code}", language, **error.params)
    return {"id": line_id, "status": error.status, "code": error.code, "sentence": sentence}
