"""Where the stories happen: a whole house with a clock that stands still, its people, and its records.

Time passes when a story says so. Pages stay open meanwhile, as pages do, and show that they are alive.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import select

from hotline.actions import contacts, roster, staff
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import resolve
from hotline.store import queries, views
from hotline.store.tables import assignments, audit
from hotline.store.views import ContactHead
from hotline.system import System
from tests import factories
from tests.bots.bot_api import BotApi
from tests.factories import TRUST
from tests.flows.houses import House
from tests.flows.people import WebCaller, eventually
from tests.flows.staff import Caseworker, Colleague, Counsellor

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

    def __init__(self, house: House) -> None:
        self.clock = house.clock
        self._house = house
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
        await self._house.opens(engine=engine)

    async def shuts(self) -> None:
        """Stop the house; its data stay where they are."""
        await self._house.shuts()

    def engine_running(self) -> AbstractAsyncContextManager[None]:
        """The engine for as long as the block runs, in a house that was opened without one."""
        return self._house.engine_running()

    def bot_running(self, api: BotApi, *, staffs: bool = False) -> AbstractAsyncContextManager[None]:
        """The callers' bot, or the staff's, for as long as the block runs."""
        return self._house.bot_running(api, staffs=staffs)

    async def ends(self) -> None:
        for person in (*self._callers, *self._counsellors, *self._colleagues):
            await person.close()
        await self._house.ends()

    @property
    def system(self) -> System:
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
        return await self.comes_in(await self.hires(name, lines, *shifts, talks=talks), name)

    async def comes_in(self, staff_id: str, name: str) -> Counsellor:
        """Somebody who was hired before opens a console."""
        person = Counsellor(self._origins(), staff_id, name)
        self._counsellors.append(person)
        assert await person.signs_in(await self._link(staff_id)) == "/console"
        await person.opens_console()
        return person

    async def caseworker(self, name: str) -> Caseworker:
        """A caseworker, not signed in yet: a session without a shift ends after half an hour of silence."""
        person = Caseworker(self._origins(), await self.hires(name, (), role="caseworker"), name)
        self._colleagues.append(person)
        return person

    async def comes(self, person: Caseworker) -> None:
        assert await person.signs_in(await self._link(person.id)) == "/cases"

    def caller(self, line: str = TRUST) -> WebCaller:
        person = WebCaller(self._origins(), line)
        self._callers.append(person)
        return person

    async def _link(self, staff_id: str) -> str:
        return f"/sign-in/once/{await staff.issue_link(self.system, OPERATOR, staff_id)}"

    def _origins(self) -> Sequence[str]:
        """Where the next person begins: everybody at another web process, if there are several."""
        met = len(self._callers) + len(self._counsellors) + len(self._colleagues)
        there = self._house.origins
        return tuple(there[(met + number) % len(there)] for number in range(len(there)))

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
async def town_of(house: House) -> AsyncIterator[Town]:
    """A town whose house has not opened yet; everything is closed afterwards."""
    town = Town(house)
    try:
        yield town
    finally:
        await town.ends()
