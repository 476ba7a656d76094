"""One process of a race: engines that plan and commit, counsellors, a supervisor, consoles. All want the same things.

Each process has its own pool of connections and knows of the others only through the database. What may be refused
is counted; anything else that comes of an action is a fault.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import combinations
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TypeVar

from sqlalchemy import exists, select

from hotline import app
from hotline.actions import assignments, disconnects, offers, presence
from hotline.attention import Attention
from hotline.config import Settings
from hotline.engine import Engine
from hotline.errors import HotlineError
from hotline.logs import configure
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.assignment import Proposal
from hotline.rules.dispatch import decide
from hotline.rules.presence import given_back_at
from hotline.store import queries
from hotline.store import tables as t
from hotline.store.held import held
from hotline.sweep import Sweep
from hotline.system import System
from tests import factories
from tests.flows.clock import StoryClock
from tests.torture import breaks

T = TypeVar("T")
HANDS = 4  # counsellors who act at once in one process
NEAR = 6  # so many things of a kind are looked at: where all look, they meet
KEPT = 200  # offers somebody may still have on an old page
JUMPS_A_TURN = 0.3
JUMPS = (0.5, 1, 4, 4, 4, 12)  # seconds of the clock; a lease lives for three, an offer for thirty
LONG_JUMP = 120  # whose console is silent then has been gone for long enough to lose their talks
STEP = "step of an engine"
DEADLOCK = "40P01"
WHY = "Zmiana dyżuru."


@dataclass(frozen=True)
class Setup:
    """What a process is told at its start."""

    settings: Settings
    clock: Path
    people: list[factories.Person]
    lead: factories.Person


@dataclass(frozen=True)
class Order:
    """One round: its number, and how often each hand acts."""

    number: int
    turns: int


@dataclass
class Notes:
    """What a process has seen in one round: answers, who was told yes (contact, person, how), who came, faults."""

    answers: Counter[str] = field(default_factory=Counter)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Look:
    """What is there to be fought over."""

    ringing: list[factories.Offer]
    waiting: list[str]
    talks: list[tuple[str, str, str]]  # contact, holder, line
    free: list[str]  # nothing rings for them: whom an engine is about to ask


class Racer:
    """The process between two rounds."""

    def __init__(self, index: int, system: System, setup: Setup) -> None:
        self._index, self._system = index, system
        self._people, self._lead, self._clock = setup.people, setup.lead, StoryClock(setup.clock)
        self._by_id = {each.id: each for each in (*setup.people, setup.lead)}

    async def race(self, order: Order) -> Notes:
        self._notes, self._old = Notes(), list[factories.Offer]()
        self._number, self._random = order.number, Random(f"{order.number} {self._index}")
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            also = self._replica if self._index % 2 else self._looks
            for each in (self._engine, also, self._consoles):
                tasks.create_task(each(stop))
            hands = [tasks.create_task(self._hand(order.turns)) for _ in range(HANDS)]
            hands.append(tasks.create_task(self._leads(order.turns)))
            if order.number % 3 == 2 and self._index == 0:
                await asyncio.wait(hands, return_when=asyncio.FIRST_COMPLETED)
                self._clock.advance(seconds=LONG_JUMP)
            await asyncio.wait(hands)
            stop.set()
        return self._notes

    async def _tries(self, name: str, doing: Awaitable[T]) -> list[T]:
        """What came of it; nothing if it was refused with a fact."""
        try:
            found = await doing
        except HotlineError as error:
            state = getattr(getattr(error.__cause__, "orig", None), "sqlstate", None)
            self._notes.answers[f"{name}: {error.code}" + (f" {state}" if state else "")] += 1
            self._notes.faults["a deadlock"] += state == DEADLOCK
            return []
        except Exception as error:  # noqa: BLE001  the campaign tells of it as a fault
            self._notes.faults[f"{name}: {error!r:.300}"] += 1
            return []
        self._notes.answers[f"{name}: done"] += 1
        return [found]

    # -- engines ---------------------------------------------------------------------------------------------

    async def _engine(self, stop: asyncio.Event) -> None:
        """It leads if it can; when its lease is lost in the middle of a step, it is another one."""
        engine = Engine(self._system)
        while not stop.is_set():
            if not await self._tries(STEP, engine.step()):
                engine = Engine(self._system)
            await asyncio.sleep(0.1)

    async def _looks(self, stop: asyncio.Event) -> None:
        """What an engine looks after beside its rounds."""
        looks = Attention(self._system).look, Sweep(self._system).look
        while not stop.is_set():
            actor = await self._leader()
            for look in looks:
                await self._tries("look", look(actor))
            await asyncio.sleep(0.5)

    async def _leader(self) -> Actor:
        """Whoever leads at this moment, and believes it for longer."""
        async with self._system.read() as tx:
            epoch = (await tx.connection.execute(select(t.leases.c.epoch))).scalar_one_or_none()
        return access.engine(epoch or 0)

    async def _replica(self, stop: asyncio.Event) -> None:
        """A second planner that believes to lead: it plans, lets the world move on, and commits what it planned."""
        while not stop.is_set():
            actor = await self._leader()
            async with self._system.read() as tx:
                plans = decide(await queries.waiting(tx), await queries.people(tx), tx.now)
                gone = [each for each in await held(tx) if tx.now >= given_back_at(each.seen_at, each.since)]
            await asyncio.sleep(self._random.choice((0.05, 0.1, 0.3)))
            for plan in self._random.sample(plans, min(len(plans), NEAR)):
                await self._offers(actor, plan)
            for talk in gone[:NEAR]:
                await self._tries("give back", disconnects.give_back(self._system, actor, talk))

    async def _offers(self, actor: Actor, plan: Proposal) -> None:
        """No answer means that at commit something was no longer so."""
        made = await self._tries("plan", offers.make(self._system, actor, plan))
        self._notes.answers["plan: refused at commit"] += made == [None]

    # -- people ----------------------------------------------------------------------------------------------

    async def _consoles(self, stop: asyncio.Event) -> None:
        """Signs of life of this process's share of the people; some fall silent."""
        mine = [each for place, each in enumerate(self._people) if place % 4 == self._index]
        while not stop.is_set():
            for place, person in enumerate(mine):
                if (place + self._number) % 5:
                    await self._tries("sign of life", presence.seen(self._system, person.actor))
            await asyncio.sleep(0.2)

    async def _hand(self, turns: int) -> None:
        weights: dict[Callable[[Look], Awaitable[None]], int] = {
            self._accepts: 26, self._accepts_late: 10, self._accepts_with_another: 6, self._declines: 6,
            self._picks_up: 18, self._ends: 24, self._says: 8, self._comes: 2,
        }  # fmt: skip
        for _ in range(turns):
            (act,) = self._random.choices([*weights], [*weights.values()])
            await act(await self._look())
            if self._index == 0:
                self._time_goes_by()

    def _time_goes_by(self) -> None:
        """The first process moves the clock of all, now and then."""
        if self._random.random() < JUMPS_A_TURN:
            self._clock.advance(seconds=self._random.choice(JUMPS))

    async def _leads(self, turns: int) -> None:
        for _ in range(turns):
            act = self._random.choice((self._hands_over, self._swaps, self._takes_over, self._offers_by_hand))
            await act(await self._look())

    async def _look(self) -> Look:
        pending = t.offers.c.state == "pending"
        ringing = select(t.offers).where(pending).order_by(t.offers.c.id).limit(NEAR)
        key = (t.contacts.c.queue_class, t.contacts.c.queue_at, t.contacts.c.id)
        waiting = (
            select(t.contacts.c.id).where(t.contacts.c.state == "waiting").order_by(*key).limit(2 * NEAR)
        )
        talks = select(t.contacts.c.id, t.contacts.c.holder_id, t.contacts.c.line)
        talks = talks.where(t.contacts.c.state == "active").order_by(t.contacts.c.id)
        there = (t.staff.c.intent == "available", t.staff.c.id != self._lead.id)
        rings = exists().where(t.offers.c.staff_id == t.staff.c.id, pending)
        async with self._system.read() as tx:
            rows = await tx.connection.execute(ringing)
            look = Look(
                [factories.Offer(row.id, row.token, row.staff_id, row.contact_id) for row in rows],
                list((await tx.connection.execute(waiting)).scalars()),
                [(row.id, row.holder_id, row.line) for row in await tx.connection.execute(talks)],
                list((await tx.connection.execute(select(t.staff.c.id).where(*there, ~rings))).scalars()),
            )
        self._old = [*self._old, *look.ringing][-KEPT:]
        return look

    async def _accepts(self, look: Look) -> None:
        if look.ringing:
            await self._accepted("accept", self._random.choice(look.ringing))

    async def _accepts_late(self, _look: Look) -> None:
        if self._old:
            await self._accepted("accept late", self._random.choice(self._old))

    async def _accepted(self, name: str, offer: factories.Offer) -> None:
        actor = self._by_id[offer.staff_id].actor
        if await self._tries(name, offers.accept(self._system, actor, offer.id, offer.token)):
            self._notes.told.append((offer.contact_id, offer.staff_id, "accept"))

    async def _accepts_with_another(self, look: Look) -> None:
        """Another's offer, or one's own with a token that was on another's screen."""
        for offer in look.ringing[:1]:
            person, token = self._random.choice(self._people), offer.token
            if self._random.random() < 0.5:
                person, token = self._by_id[offer.staff_id], self._random.choice(self._old).token
            another = person.id != offer.staff_id or token != offer.token
            doing = offers.accept(self._system, person.actor, offer.id, token)
            if await self._tries("accept another's" if another else "accept", doing) and another:
                self._notes.faults["accepted with another's offer or token"] += 1

    async def _declines(self, look: Look) -> None:
        for offer in look.ringing[:1]:
            actor = self._by_id[offer.staff_id].actor
            await self._tries("decline", offers.decline(self._system, actor, offer.id, offer.token))

    async def _picks_up(self, look: Look) -> None:
        if look.waiting and look.free:
            contact_id, person = (
                self._random.choice(look.waiting),
                self._by_id[self._random.choice(look.free)],
            )
            if await self._tries("pick up", assignments.pick_up(self._system, person.actor, contact_id)):
                self._notes.told.append((contact_id, person.id, "pick_up"))

    async def _ends(self, look: Look) -> None:
        if look.talks:
            contact_id, holder, _ = self._random.choice(look.talks[:NEAR])
            await self._tries("end", factories.finish(self._system, self._by_id[holder], contact_id))

    async def _says(self, _look: Look) -> None:
        intent = self._random.choice(("available", "available", "available", "break"))
        person = self._random.choice(self._people)
        await self._tries("intent", presence.set_intent(self._system, person.actor, intent))

    async def _comes(self, _look: Look) -> None:
        line = self._random.choice((factories.TRUST, factories.VICTIMS, factories.PERPETRATORS))
        danger = self._random.choice(("no", "no", "no", "yes"))
        for caller in await self._tries(
            "write", factories.add_caller(self._system, line=line, danger=danger)
        ):
            self._notes.came.append(caller.contact_id)

    async def _hands_over(self, look: Look) -> None:
        if look.talks:
            contact_id, holder, line = self._random.choice(look.talks[:NEAR])
            to = self._random.choice([each.id for each in self._people if line in each.lines])
            await self._handed(contact_id, holder, to)

    async def _swaps(self, look: Look) -> None:
        """Two talks, each to the other's holder, at the same moment."""
        pairs = [pair for pair in combinations(look.talks[: 2 * NEAR], 2) if pair[0][1] != pair[1][1]]
        if pairs:
            (one, its, _), (another, others, _) = self._random.choice(pairs)
            await asyncio.gather(self._handed(one, its, others), self._handed(another, others, its))

    async def _handed(self, contact_id: str, holder: str, to: str) -> None:
        lead = self._lead.actor
        doing = assignments.hand_over(self._system, lead, contact_id, holder, to, WHY, overrule=False)
        await self._tries("hand over", doing)

    async def _takes_over(self, look: Look) -> None:
        if look.talks:
            contact_id, holder, _ = self._random.choice(look.talks[:NEAR])
            doing = assignments.take_over(self._system, self._lead.actor, contact_id, holder, WHY)
            await self._tries("take over", doing)

    async def _offers_by_hand(self, look: Look) -> None:
        if look.waiting:
            person = self._random.choice(self._people)
            await self._offers(self._lead.actor, Proposal(self._random.choice(look.waiting), person.id))


def live(index: int, pipe: Connection, broken: str | None) -> None:
    """A process, to the end of its life: rounds as they are ordered, until the other end is closed."""
    configure("error")
    if broken is not None:
        breaks.apply(broken)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            setup: Setup = pipe.recv()
            opened = app.open_system(setup.settings, StoryClock(setup.clock))
            racer = Racer(index, runner.run(stack.enter_async_context(opened)), setup)
            while (order := pipe.recv()) is not None:
                pipe.send(runner.run(racer.race(order)))
        except EOFError:
            return
        finally:
            runner.run(stack.aclose())
