"""Where the stories happen: a whole house with a clock that stands still, its people, and its records.

Time passes when a story says so. Pages stay open meanwhile, as pages do, and show that they are alive.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from hotline.actions import contacts, roster, staff
from hotline.config import Settings
from hotline.engine import Engine
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import resolve
from hotline.store import queries, views
from hotline.store.tables import assignments, audit
from hotline.store.views import ContactHead
from hotline.system import System
from tests import factories
from tests.factories import TRUST, MovableClock, Running
from tests.flows.people import WebCaller, eventually
from tests.flows.staff import Caseworker, Colleague, Counsellor

BOTH = pytest.mark.parametrize(
    "town", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)  # a story that is told on both databases
Span = tuple[str, str] | tuple[datetime, datetime]
HOP = timedelta(minutes=10)  # under the life of a caller's token without a sign of life
SHORT_HOP = timedelta(seconds=20)  # under the time after which an offer is taken from a silent console


def instant(moment: str | datetime) -> datetime:
    """An instant as the scenarios write it, with its offset: 2026-11-23T21:55:00+01:00."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    assert moment.tzinfo is not None
    return moment.astimezone(UTC)


class Town:
    """The house and everybody in the story."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = MovableClock(frozen=True)
        self._house: Running | None = None
        self._stack = AsyncExitStack()
        self._callers: list[WebCaller] = []
        self._counsellors: list[Counsellor] = []
        self._colleagues: list[Colleague] = []

    # -- the house -----------------------------------------------------------------------------------

    async def begins(self, moment: str | datetime, *, engine: bool = True) -> None:
        """The house opens at this instant."""
        self.clock.set(instant(moment))
        await self.opens(engine=engine)

    async def opens(self, *, engine: bool = True) -> None:
        """Start the house on its data, as an operator would."""
        running = factories.running_house(self.settings, self.clock, engine=engine)
        self._house = await self._stack.enter_async_context(running)

    async def shuts(self) -> None:
        """Stop the house; its data stay where they are."""
        self._house = None
        await self._stack.aclose()

    @asynccontextmanager
    async def engine_running(self) -> AsyncIterator[None]:
        """The engine for as long as the block runs, in a house that was opened without one."""
        task = asyncio.get_running_loop().create_task(Engine(self.system).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def ends(self) -> None:
        for person in (*self._callers, *self._counsellors, *self._colleagues):
            await person.close()
        await self.shuts()

    @property
    def system(self) -> System:
        assert self._house is not None
        return self._house.system

    # -- the people ----------------------------------------------------------------------------------

    async def hires(
        self,
        name: str,
        lines: Collection[str] = (TRUST,),
        *shifts: Span,
        role: str = "counsellor",
        talks: int = 2,
    ) -> str:
        """Somebody is on the staff with these shifts on all their lines; their id."""
        newcomer = staff.Newcomer(name.lower(), f"{name} Testowa", name, (role,), lines, text_limit=talks)
        staff_id = await staff.add(self.system, OPERATOR, newcomer)
        for start, end in shifts:
            for line in lines:
                await roster.add_shift(self.system, OPERATOR, line, staff_id, instant(start), instant(end))
        return staff_id

    async def counsellor(
        self, name: str, lines: Collection[str], *shifts: Span, talks: int = 2
    ) -> Counsellor:
        """A counsellor at an open console."""
        staff_id = await self.hires(name, lines, *shifts, talks=talks)
        person = Counsellor(self.settings.origin, staff_id, name)
        self._counsellors.append(person)
        assert await person.signs_in(await self._link(staff_id)) == "/console"
        await person.opens_console()
        return person

    async def caseworker(self, name: str) -> Caseworker:
        """A caseworker, not signed in yet: a session without a shift ends after half an hour of silence."""
        person = Caseworker(self.settings.origin, await self.hires(name, (), role="caseworker"), name)
        self._colleagues.append(person)
        return person

    async def comes(self, person: Caseworker) -> None:
        assert await person.signs_in(await self._link(person.id)) == "/cases"

    def caller(self, line: str = TRUST) -> WebCaller:
        person = WebCaller(self.settings.origin, line)
        self._callers.append(person)
        return person

    async def _link(self, staff_id: str) -> str:
        assert self._house is not None
        return await self._house.sign_in_path(staff_id)

    # -- time ----------------------------------------------------------------------------------------

    def night(self, evening: date) -> tuple[datetime, datetime]:
        """The shift from 22:00 of this day to 06:00 of the next, however long that is."""
        zone = self.system.centre.zone
        return resolve(evening, 22 * 60, zone, "start"), resolve(evening, 30 * 60, zone, "end")

    async def it_is(self, moment: str | datetime) -> None:
        """Time goes on until then, in steps; whoever has a page open is there all along."""
        to = instant(moment)
        assert to >= self.clock.now()
        while self.clock.now() < to:
            hop = SHORT_HOP if await factories.pending(self.system) else HOP
            self.clock.set(min(to, self.clock.now() + hop))
            await self.everybody_breathes()

    async def passes(self, **delta: float) -> None:
        await self.it_is(self.clock.now() + timedelta(**delta))

    async def everybody_breathes(self) -> None:
        for caller in self._callers:
            if caller.live:
                await caller.is_there()
        for person in self._counsellors:
            if person.live:
                await person.pong()
                await eventually(partial(self._seen, person.id), f"a sign of life of {person.name}")

    async def _seen(self, staff_id: str) -> bool:
        async with self.system.read() as tx:
            row = await queries.staff_row(tx, staff_id)
        return row is not None and row.seen_at == self.clock.now()

    # -- the records ---------------------------------------------------------------------------------

    async def contact_of(self, caller: WebCaller) -> str:
        return (await contacts.caller_of(self.system, caller.token)).id

    async def head(self, contact: str) -> ContactHead:
        async with self.system.read() as tx:
            head = await views.contact_head(tx, contact)
        assert head is not None
        return head

    async def record(self, thing_id: str) -> list[tuple[str, str]]:
        """(verb, who) of everything on record about a contact or case, in order."""
        query = select(audit).where(audit.c.thing_id == thing_id).order_by(audit.c.at, audit.c.id)
        async with self.system.read() as tx:
            return [(row.verb, row.actor_id) for row in await tx.connection.execute(query)]

    async def offered_to(self, contact: str) -> list[str]:
        """Who was offered this contact, in order."""
        query = select(audit).where(audit.c.thing_id == contact, audit.c.verb == "offers.make")
        async with self.system.read() as tx:
            rows = await tx.connection.execute(query.order_by(audit.c.at, audit.c.id))
            return [row.coded["staff"] for row in rows]

    async def held_by(self, contact: str) -> list[tuple[str, datetime, datetime | None]]:
        """(who, from, until) of everybody who held this contact."""
        query = select(assignments).where(assignments.c.contact_id == contact).order_by(assignments.c.from_at)
        async with self.system.read() as tx:
            return [(row.staff_id, row.from_at, row.until_at) for row in await tx.connection.execute(query)]


@asynccontextmanager
async def town_of(settings: Settings) -> AsyncIterator[Town]:
    """A town whose house has not opened yet; everything is closed afterwards."""
    town = Town(settings)
    try:
        yield town
    finally:
        await town.ends()
