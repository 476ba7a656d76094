"""What the tests build: a clock that can be moved, a system, a running house, people, shifts, callers."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, select

from hotline import app, centres
from hotline.actions import arrivals, contacts, offers, presence, roster, staff, summaries
from hotline.actions import leases as engine_lease
from hotline.config import Settings
from hotline.rules import access
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.assignment import Proposal
from hotline.rules.forms import Value
from hotline.store import migrating, queries, schema
from hotline.store.db import sqlite_path
from hotline.store.tables import leases
from hotline.system import System
from hotline.vault import make_master_key
from tests.servers import free_port

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Kielce, an ordinary working day
SOON = 0.02  # seconds for which signs of life gather in tests
TRUST = "city_trust_19513"
VICTIMS = "sow_victims_24h"
PERPETRATORS = "sow_perpetrators"


class MovableClock:
    """Runs like a clock from where it was set; tests move it. With `frozen` it stands still."""

    def __init__(self, at: datetime = MONDAY, *, frozen: bool = False) -> None:
        self._frozen = frozen
        self.set(at)

    def now(self) -> datetime:
        ran = 0.0 if self._frozen else time.monotonic() - self._since
        return self._at + timedelta(seconds=ran)

    def set(self, at: datetime) -> None:
        self._at, self._since = at, time.monotonic()

    def advance(self, **delta: float) -> None:
        self.set(self.now() + timedelta(**delta))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stands still in the block, but for what `advance` does: a busy machine takes longer than some pauses."""
        before = self._frozen
        self.set(self.now())
        self._frozen = True
        try:
            yield
        finally:
            self.set(self._at)
            self._frozen = before


def settings_in(folder: Path, **more: str | int) -> Settings:
    """Settings of a demo Kielce in a fresh folder, with its master key made."""
    settings = Settings(
        data=folder,
        centre="kielce",
        centre_overlay=str(centres.DEMO),
        port=free_port(),
        **more,  # type: ignore[arg-type]
    )
    if not settings.master_key.exists():
        make_master_key(settings.master_key)
    if not settings.database_url:
        _lay_down(settings.main_url, "main")
    if not settings.keys_url:
        _lay_down(settings.wrapped_keys_url, "keys")
    return settings


def _lay_down(url: str, which: schema.Which) -> None:
    """A file of SQLite with its schema, where there is none: as the migrations make it, in a hundredth of the time."""
    path = sqlite_path(url)
    if not path.exists():
        path.write_bytes(_migrated(which))


@cache
def _migrated(which: schema.Which) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "template"
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            migrating.upgrade_on(connection, which)
        engine.dispose()
        return file.read_bytes()


@asynccontextmanager
async def journal_running(system: System) -> AsyncIterator[None]:
    """The journal's loop, for tests without a house."""
    task = asyncio.get_running_loop().create_task(system.journal.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@dataclass
class Running:
    """A whole house on a port of this machine."""

    url: str
    system: System
    clock: MovableClock
    house: app.House
    settings: Settings

    async def sign_in_path(self, staff_id: str) -> str:
        return f"/sign-in/once/{await staff.issue_link(self.system, OPERATOR, staff_id)}"


@asynccontextmanager
async def running_house(
    settings: Settings, clock: MovableClock, *, engine: bool = True
) -> AsyncIterator[Running]:
    """The house in a task of its own: fixtures are set up and torn down in different tasks."""
    ready: asyncio.Future[app.House] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def live() -> None:
        try:
            parts: tuple[app.Part, ...] = ("web", "engine") if engine else ("web",)
            async with app.house(settings, clock, parts=parts) as house:
                ready.set_result(house)
                await stop.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    task = asyncio.get_running_loop().create_task(live())
    house = await ready
    try:
        yield Running(settings.origin, house.system, clock, house, settings)
    finally:
        stop.set()
        await task


@dataclass
class Person:
    """Somebody on the staff, as an actor."""

    id: str
    actor: Actor
    lines: Collection[str] = field(default_factory=tuple)


async def add_person(
    system: System,
    name: str,
    lines: Collection[str] = (TRUST,),
    roles: Collection[str] = ("counsellor",),
    *,
    hours: float | None = 8,
    present: bool = True,
    text_limit: int = 2,
) -> Person:
    """A person with a shift that covers now (unless `hours` is None) and a live console."""
    newcomer = staff.Newcomer(name.lower(), f"{name} Testowa", name, roles, lines, text_limit=text_limit)
    staff_id = await staff.add(system, OPERATOR, newcomer)
    actor = Actor("staff", staff_id, newcomer.name, frozenset(roles), frozenset(lines))
    if hours is not None:
        now = system.clock.now()
        for line in lines:
            await roster.add_shift(
                system, OPERATOR, line, staff_id, now - timedelta(hours=1), now + timedelta(hours=hours)
            )
    if present:
        await presence.seen(system, actor)
    return Person(staff_id, actor, lines)


@dataclass
class Caller:
    """A caller of the web chat, below HTTP."""

    contact_id: str
    token: str
    actor: Actor


async def add_caller(
    system: System, text: str | None = "Dzień dobry, potrzebuję rozmowy.", line: str = TRUST, **more: object
) -> Caller:
    """Somebody who writes a first message."""
    token = secrets.token_urlsafe(32)
    arrival = arrivals.Arrival(
        line=line,
        channel="web",
        origin="web:" + system.vault.blind("web", token),
        client_id=secrets.token_urlsafe(12),
        text=text,
        token=token,
        **{"language": "pl", **more},  # type: ignore[arg-type]
    )
    started = await arrivals.start(system, arrival)
    return Caller(started.contact_id, token, Actor("caller", started.contact_id))


@dataclass
class Offer:
    """A pending offer with its token."""

    id: str
    token: str
    staff_id: str
    contact_id: str


async def leading(system: System) -> Actor:
    """Whoever is the engine; somebody becomes it if there is none."""
    async with system.read() as tx:
        epoch = (await tx.connection.execute(select(leases.c.epoch))).scalar_one_or_none()
    if epoch is not None:
        return access.engine(epoch)
    actor = await engine_lease.take(system, "the tests")
    assert actor is not None
    return actor


async def offer_to(system: System, contact_id: str, staff_id: str) -> Offer | None:
    """Make an offer as the engine would."""
    offer_id = await offers.make(system, await leading(system), Proposal(contact_id, staff_id))
    return None if offer_id is None else await read_offer(system, offer_id)


async def read_offer(system: System, offer_id: str) -> Offer:
    async with system.read() as tx:
        row = await queries.offer(tx, offer_id)
    assert row is not None
    return Offer(row.id, row.token, row.staff_id, row.contact_id)


async def pending(system: System) -> list[Offer]:
    """All pending offers."""
    async with system.read() as tx:
        found = await queries.pending_offers(tx)
    return [await read_offer(system, each.id) for each in found]


async def talk(system: System, person: Person, **more: object) -> Caller:
    """A caller who has been answered by this person."""
    caller = await add_caller(system, **more)  # type: ignore[arg-type]
    offer = await offer_to(system, caller.contact_id, person.id)
    if offer is None:  # an engine that runs was quicker
        (offer,) = [each for each in await pending(system) if each.contact_id == caller.contact_id]
    await offers.accept(system, person.actor, offer.id, offer.token)
    return caller


async def finish(system: System, person: Person, contact_id: str) -> None:
    """The conversation ends and its card is saved: the contact is closed."""
    await contacts.end(system, person.actor, contact_id, "completed")
    await sum_up(system, person, contact_id)


async def sum_up(system: System, person: Person, contact_id: str) -> None:
    """The card of a conversation that has ended."""
    await summaries.save(system, person.actor, contact_id, card(system))


def card(system: System) -> dict[str, Value]:
    """One that is complete."""
    return {
        "reporter_role": "subject",
        "problem_primary": next(iter(system.centre.problem_areas)),
        "priority_final": "P3",
        "help_forms": [next(iter(system.centre.help_forms))],
        "agreements": "Zadzwoni jutro.",
        "end_reason": "completed",
    }


def instant(text: str) -> datetime:
    """Local time in Kielce, such as 2026-12-04T16:03, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Warsaw")).astimezone(UTC)
