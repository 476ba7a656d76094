"""One talk, what happens in it and around it, and the pages that look; each step is one thing that somebody does."""

import asyncio
import inspect
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from hypothesis import strategies as st

from hotline.actions import arrivals, contacts, messages, offers, presence, transfers
from hotline.channels import Delivery, Outbound, Refused
from hotline.errors import HotlineError
from hotline.rules import assignment
from hotline.rules.access import CHANNEL, Actor
from hotline.store import queries, views
from hotline.system import System
from tests import factories
from tests.factories import TRUST, Caller, Person
from tests.torture.screens import CallerScreen, ConsoleScreen, Json
from tests.torture.town import Page, Town

KINDS = frozenset(
    {"message", "edit", "note", "answer", "state", "system", "look", "transfer", "receipt", "delivery"}
)
DEADLINE = 40.0  # seconds until a page must show what is there: a busy machine is slow, not wrong
QUESTIONS = (("danger", "no"), ("topic", "missing_person"), ("under18", "yes"), ("danger", "unsure"))
Step = tuple[str, int, bool]


@dataclass
class Evening:
    """A talk of Anna's that Filip reads, with what has been said in it so far."""

    town: Town
    caller: Caller
    telegram: bool
    pages: dict[str, Page] = field(default_factory=dict)
    said: list[tuple[int, str]] = field(default_factory=list)  # (number, words) of the caller's messages
    others: list[Caller] = field(default_factory=list)
    asked: str | None = None
    followed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)

    @classmethod
    async def plays(cls, town: Town, *, telegram: bool, plan: Sequence[Step]) -> Self:
        """All the steps, those that are marked together with the next; then every page is compared."""
        evening = cls(town, await _talk(town, telegram=telegram), telegram)
        await evening._opens()
        try:
            together: list[Awaitable[None]] = []
            for name, pick, goes_on in plan:
                together.append(evening._follow(name, pick))
                if not goes_on:
                    await asyncio.gather(*together)
                    together = []
            await asyncio.gather(*together)
            await evening._compares()
        finally:
            await evening._ends()
        return evening

    @property
    def frames(self) -> int:
        return sum(each.frames for each in self.pages.values())

    @property
    def again(self) -> int:
        return sum(each.again for each in self.pages.values())

    @property
    def id(self) -> str:
        return self.caller.contact_id

    async def _follow(self, name: str, pick: int) -> None:
        try:  # it may be over, or held by nobody
            await getattr(self, name)(pick)
        except HotlineError as error:
            self.refused[error.code] += 1
        else:
            self.followed[name] += 1

    # -- what is said and done ---------------------------------------------------------------------------

    async def caller_writes(self, pick: int) -> None:
        """Over the open line or by a request; now and then the same once more, because the answer was lost."""
        line_id, text = secrets.token_urlsafe(12), f"Słowo {len(self.said)}."
        page = self.pages.get("caller")
        if page is not None:
            page.caller.unsent[line_id] = text
            if pick % 3 == 0:
                await page.says({"id": line_id, "text": text})
        system = self.town.system(pick)
        try:
            receipt = await messages.receive(system, self.caller.actor, self.id, line_id, text)
        except HotlineError:  # the page is told so, and shows them as not sent
            if page is not None:
                page.caller.unsent.pop(line_id)
            raise
        if pick % 2:
            again = await messages.receive(system, self.caller.actor, self.id, line_id, text)
            assert (again.seq, again.repeated) == (receipt.seq, True)
        if page is not None:
            page.caller.sent(line_id, receipt.seq)
        self.said.append((receipt.seq, text))

    async def caller_is_in_danger(self, pick: int) -> None:
        text = "Nie chcę żyć."
        receipt = await messages.receive(
            self.town.system(pick), self.caller.actor, self.id, secrets.token_urlsafe(12), text
        )
        self.said.append((receipt.seq, text))

    async def caller_corrects(self, pick: int) -> None:
        if self.said:
            seq, text = self.said[pick % len(self.said)]
            words, line_id = f"{text} ({pick})", secrets.token_urlsafe(12)
            await messages.correct(self.town.system(pick), CHANNEL, self.id, line_id, seq, words)

    async def caller_answers(self, pick: int) -> None:
        question, value = QUESTIONS[pick % len(QUESTIONS)]
        await contacts.answer(self.town.system(pick), self.caller.actor, self.id, question, value)

    async def anna_replies(self, pick: int) -> None:
        """Over the open line, and by a request as well where the answer was lost."""
        reply = {"contact": self.id, "id": secrets.token_urlsafe(12), "text": f"Odpowiedź {pick}."}
        page = self.pages["Anna"]
        if pick % 2 and page.live:
            await page.says({"reply": reply})
        if pick % 3:
            anna = self.town.people["Anna"].actor
            await messages.reply(self.town.system(pick), anna, self.id, reply["id"], reply["text"])

    async def words_are_shown(self, pick: int) -> None:
        """The caller's words stand on Anna's screen: her page says so over its line, or another of hers does."""
        if not self.said:
            return
        seq, _ = self.said[-1]
        if pick % 3 == 0 and self.pages["Anna"].live:
            await self.pages["Anna"].says({"shown": {"contact": self.id, "seq": seq}})
        else:
            await messages.shown(self.town.system(pick), self.town.people["Anna"].actor, self.id, seq)

    async def anna_notes(self, pick: int) -> None:
        anna = self.town.people["Anna"].actor
        await messages.note(
            self.town.system(pick), anna, self.id, secrets.token_urlsafe(12), f"Notatka {pick}."
        )

    async def anna_asks_beata(self, pick: int) -> None:
        """To read along or to go on; and another time she asks no more."""
        system, anna = self.town.system(pick), self.town.people["Anna"].actor
        beata = self.town.people["Beata"]
        if self.asked is None:
            way = "consult" if pick % 2 else "straight"
            self.asked = await transfers.ask(system, anna, self.id, beata.id, way, "consented")
        elif pick % 3 == 0:
            await transfers.join(system, beata.actor, self.asked)
        else:
            asked, self.asked = self.asked, None
            await transfers.withdraw(system, anna, asked)

    async def filip_looks(self, pick: int) -> None:
        await contacts.look(self.town.system(pick), self.town.people["Filip"].actor, self.id, "Skarga.")

    async def priority_is_set(self, pick: int) -> None:
        anna, priority = self.town.people["Anna"].actor, ("P1", "P2", "P3")[pick % 3]
        await contacts.set_priority(self.town.system(pick), anna, self.id, priority, "Tak trzeba.")

    async def talk_ends(self, pick: int) -> None:
        if pick == 0:  # seldom: hardly anything happens after it
            await contacts.end(self.town.system(pick), self.town.people["Anna"].actor, self.id, "completed")

    async def telegram_takes(self, pick: int) -> None:
        """What is to go out is taken, or refused, the oldest first."""

        async def send(outbound: Outbound) -> None:
            if pick % 3 == 0:
                raise Refused(blocked=outbound.contact_id == "")

        delivery = Delivery(self.town.system(pick), "telegram", send)
        for _ in range(5):
            if not await delivery.step():
                return

    # -- what happens around it -------------------------------------------------------------------------

    async def another_comes(self, pick: int) -> None:
        if len(self.others) < 4:
            self.others.append(await factories.add_caller(self.town.system(pick)))

    async def another_leaves(self, pick: int) -> None:
        if self.others:
            other = self.others.pop(pick % len(self.others))
            await contacts.leave(self.town.system(pick), other.actor, other.contact_id, quick=True)

    async def another_rings(self, pick: int) -> None:
        """For Anna; another time she declines."""
        system, anna = self.town.system(pick), self.town.people["Anna"]
        ringing = [each for each in await factories.pending(system) if each.staff_id == anna.id]
        if ringing:
            await offers.decline(system, anna.actor, ringing[0].id, ringing[0].token)
        elif self.others:
            await factories.offer_to(system, self.others[pick % len(self.others)].contact_id, anna.id)

    async def anna_says(self, pick: int) -> None:
        intent = ("available", "break", "available", "off")[pick % 4]
        await presence.set_intent(self.town.system(pick), self.town.people["Anna"].actor, intent)

    # -- what happens to the pages ----------------------------------------------------------------------

    async def page_is_cut(self, pick: int) -> None:
        await self._page(pick)[1].cut()

    async def page_comes_back(self, pick: int) -> None:
        """At either house, from where it was or from up to three entries before."""
        name, page = self._page(pick)
        await page.connects(pick, self._hello(name, page, back=pick % 4))

    async def page_asks(self, pick: int) -> None:
        """A plain request after the cursor, while the socket may be there or not."""
        name, page = self._page(pick)
        for frame in await self._read(name, pick, self._cursor(page)):
            page.hears(frame)

    async def wire_goes(self, _pick: int) -> None:
        self.town.goes()

    async def wire_returns(self, _pick: int) -> None:
        self.town.returns()

    def _page(self, pick: int) -> tuple[str, Page]:
        names = sorted(self.pages)
        return names[pick % len(names)], self.pages[names[pick % len(names)]]

    # -- pages and their fresh likes --------------------------------------------------------------------

    async def _opens(self) -> None:
        await contacts.look(self.town.system(0), self.town.people["Filip"].actor, self.id, "Skarga.")
        if not self.telegram:
            self.pages["caller"] = Page(self.town, f"/chat/{TRUST}/socket", {}, CallerScreen())
        for name in ("Anna", "Filip"):
            screen = ConsoleScreen(self.id)
            self.pages[name] = Page(self.town, "/console/socket", self.town.cookie(name), screen)
        for place, (name, page) in enumerate(self.pages.items()):
            await page.connects(place, self._hello(name, page))

    def _cursor(self, page: Page) -> int:
        screen = page.screen
        return screen.cursor if isinstance(screen, CallerScreen) else screen.talk.cursor

    def _hello(self, name: str, page: Page, back: int = 0) -> Json:
        after = max(self._cursor(page) - back, 0)
        return (
            {"token": self.caller.token, "after": after}
            if name == "caller"
            else {"watch": self.id, "after": after}
        )

    async def _read(self, name: str, pick: int, after: int) -> list[Json]:
        """What plain requests tell that page from there on; nothing if it may not ask any more."""
        if name == "caller":
            where, headers = f"/chat/{TRUST}/contact", {"Authorization": f"Bearer {self.caller.token}"}
        else:
            where, headers = f"/console/contacts/{self.id}/entries", self.town.cookie(name)
        frames: list[Json] = []
        while True:
            status, frame = await self.town.read(pick, f"{where}?after={after}&lang=pl", headers)
            if status != 200:
                return []
            frames.append({"contact": self.id, **frame} if name != "caller" else frame)
            if not frame["entries"]:
                return frames
            after = frame["entries"][-1]["seq"]

    async def _fresh(self, name: str, pick: int) -> CallerScreen | ConsoleScreen | None:
        """The page that somebody opens now."""
        frames = await self._read(name, pick, 0)
        if not frames:
            return None
        screen: CallerScreen | ConsoleScreen = CallerScreen()
        if name != "caller":
            screen = ConsoleScreen(self.id)
            _, pane = await self.town.read(pick, "/console/state?lang=pl", self.town.cookie(name))
            screen.hears({"console": pane})
        for frame in frames:
            screen.hears(frame)
        return screen

    async def _compares(self) -> None:
        self.town.returns()
        for place, (name, page) in enumerate(self.pages.items()):
            if not page.live:
                await page.connects(place, self._hello(name, page))
        for place, name in enumerate(self.pages):
            await self._compare(name, place)

    async def _compare(self, name: str, pick: int) -> None:
        """Both show the same, soon; the fresh page asks the house at which the other does not listen."""
        page, until = self.pages[name], time.monotonic() + DEADLINE
        while True:
            fresh = await self._fresh(name, pick + 1)
            if fresh is None or fresh.shown() == page.screen.shown():
                break
            assert time.monotonic() < until, (
                f"the page of {name} stayed behind: {_apart(page.screen.shown(), fresh.shown())}"
            )
            await asyncio.sleep(0.02)
        if isinstance(fresh, ConsoleScreen):
            self.kinds.update(each["kind"] for each in fresh.talk.entries.values())

    async def _ends(self) -> None:
        """Nothing of it stays in anybody's way."""
        self.town.returns()
        for page in self.pages.values():
            await page.cut()
        system, anna = self.town.system(0), self.town.people["Anna"]
        for other in self.others:
            await contacts.leave(system, other.actor, other.contact_id, quick=True)
        # What rings does so until its time is over, and that stands still here.
        for ringing in await factories.pending(system):
            (person,) = [each for each in self.town.people.values() if each.id == ringing.staff_id]
            await offers.decline(system, person.actor, ringing.id, ringing.token)
        if self.asked is not None:
            with suppress(HotlineError):
                await transfers.withdraw(system, anna.actor, self.asked)
        if await self._state() == "active":
            await contacts.end(system, anna.actor, self.id, "completed")
        await factories.sum_up(system, anna, self.id)

        async def send(outbound: Outbound) -> None:
            assert outbound.contact_id

        while await Delivery(system, "telegram", send).step():
            pass

    async def _state(self) -> str:
        async with self.town.system(0).read() as tx:
            head = await views.contact_head(tx, self.id)
        assert head is not None
        return head.state


async def _obstacles(system: System, person: Person, contact_id: str) -> object:
    """Why that person cannot be offered that contact."""
    async with system.read() as tx:
        (people,), (waiting,) = await queries.people(tx, person.id), await queries.waiting(tx, contact_id)
        return people, assignment.obstacles(people, waiting, tx.now)


def _apart(stale: object, fresh: object, where: str = "") -> list[str]:
    """Where the two differ: what the stale page shows, and what the fresh one."""
    if isinstance(stale, dict) and isinstance(fresh, dict):
        keys = sorted(stale.keys() | fresh.keys(), key=str)
        return [each for key in keys for each in _apart(stale.get(key), fresh.get(key), f"{where}.{key}")]
    return [] if stale == fresh else [f"{where}: {stale!r} instead of {fresh!r}"]


async def _talk(town: Town, *, telegram: bool) -> Caller:
    """Somebody who writes, on the web or by Telegram, and is answered by Anna."""
    system, anna = town.system(0), town.people["Anna"]
    await presence.seen(system, anna.actor)
    await presence.set_intent(system, anna.actor, "available")
    if not telegram:
        caller = await factories.add_caller(system)
        offer = await factories.offer_to(system, caller.contact_id, anna.id)
        assert offer is not None, await _obstacles(system, anna, caller.contact_id)
        await offers.accept(system, anna.actor, offer.id, offer.token)
        return caller
    number = secrets.token_hex(8)
    started = await arrivals.start(
        system,
        arrivals.Arrival(
            TRUST, "telegram", f"telegram:{number}", f"telegram-{number}", "pl", text="Halo?", address=number
        ),
    )
    offer = await factories.offer_to(system, started.contact_id, anna.id)
    assert offer is not None, await _obstacles(system, anna, started.contact_id)
    await offers.accept(system, anna.actor, offer.id, offer.token)
    return Caller(started.contact_id, "", Actor("caller", started.contact_id))


_NAMES = [
    name for name, what in vars(Evening).items() if inspect.iscoroutinefunction(what) and name[0] != "_"
]
_OFTEN = ("caller_writes", "caller_corrects", "anna_replies", "page_comes_back")
_AT_THE_END = ("page_is_cut", "talk_ends", "wire_goes", "wire_returns")
_ONCE = [name for name in _NAMES if name not in _AT_THE_END]
TOUR: list[Step] = [
    *((name, 1, False) for name in _ONCE),
    ("wire_goes", 0, False),
    *((name, 2, False) for name in _ONCE),
    ("page_is_cut", 1, False),
    ("caller_corrects", 0, False),
    ("wire_returns", 0, False),
    ("talk_ends", 0, False),
]
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from([*_NAMES, *_OFTEN, *_OFTEN]), st.integers(0, 11), st.booleans()
)
