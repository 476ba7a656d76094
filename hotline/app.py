"""Composition root: builds the parts, opens them in order, closes them in reverse. Nothing is global."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from weakref import WeakSet

import structlog
from aiohttp import web

from hotline import centres, lifetime, metrics
from hotline.config import Settings
from hotline.engine import Engine
from hotline.errors import ConfigInvalid
from hotline.health import Health
from hotline.listening import listening
from hotline.live import topics
from hotline.live.bus import Bus, LocalBus
from hotline.live.hub import Hub, Told, Versions
from hotline.monitor import Monitor
from hotline.rules.centre import Centre
from hotline.rules.centre_changes import Layer
from hotline.rules.centre_file import parse
from hotline.store import durability, queries, schema
from hotline.store.db import Database
from hotline.system import Clock, DatabaseClock, MachineClock, System
from hotline.texts import texts
from hotline.texts.situations import check
from hotline.vault import Vault, read_master_key
from hotline.web import (
    beats,
    caller_held,
    embed,
    known,
    middleware,
    news,
    pulse,
    rates,
    readings,
    routes,
    wire,
)
from hotline.web.keys import HEALTH, HUB, SOCKETS, SYSTEM

log = structlog.get_logger()
Part = Literal["web", "engine", "telegram"]
WRITERS: frozenset[Part] = frozenset(("web", "telegram"))  # their messages go through the journal
BODY_LIMIT = 128 * 1024
BEYOND = "a newer release has changed the schema in a way this one does not know; install that release again"
GRACE_SECONDS = 2.5  # still listening and not ready any more, so that a proxy turns to the others first


def load_centre(settings: Settings) -> Centre:
    """The centre this installation serves, by its files alone. Raises CentreInvalid."""
    return check(parse(centre_layers(settings)))


def centre_layers(settings: Settings) -> list[Layer]:
    """The files of that centre. Raises CentreInvalid."""
    overlay = [Path(settings.centre_overlay)] if settings.centre_overlay else []
    return list(centres.layers(settings.centre, overlay))


@asynccontextmanager
async def open_system(
    settings: Settings, clock: Clock | None = None, *, with_changes: bool = True
) -> AsyncIterator[System]:
    """The parts an action needs, with the schema checked. Raises ConfigInvalid, CentreInvalid, Unavailable.

    Without changes the centre is that of its files alone, so that a change which no longer fits can be taken back.
    """
    texts()  # an incomplete catalogue stops the start, not a caller
    _refuse_moved(settings)
    layers = centre_layers(settings)
    vault = Vault(read_master_key(settings.master_key))
    bus = _bus_of(settings)
    db, keys = Database(settings.main_url), Database(settings.wrapped_keys_url)
    try:
        for each, setting in ((db, "HOTLINE_DATABASE_URL"), (keys, "HOTLINE_KEYS_URL")):
            await check_durable(each, setting)
        await _check_schema(db, "main", "HOTLINE_DATABASE_URL")
        await _check_schema(keys, "keys", "HOTLINE_KEYS_URL")
        system = System(db, keys, bus, clock or await _clock_of(db), vault, settings, layers)
        if with_changes:
            await system.refresh_centre()
        yield system
    finally:
        await db.close()
        await keys.close()
        await bus.close()


def _bus_of(settings: Settings) -> Bus:
    if not settings.redis_url:
        return LocalBus()
    from hotline.live.redis_bus import RedisBus  # noqa: PLC0415  a tenth of the start, where there is none

    return RedisBus(settings.redis_url)


def moved_mark(settings: Settings) -> Path:
    """Beside the SQLite files of an installation that lives in PostgreSQL now."""
    return settings.data / "MOVED"


def _refuse_moved(settings: Settings) -> None:
    mark = moved_mark(settings)
    if not settings.database_url and mark.exists():
        raise ConfigInvalid(
            "HOTLINE_DATABASE_URL", f"is needed: this installation was moved to PostgreSQL, see {mark}"
        )


async def _clock_of(db: Database) -> Clock:
    """SQLite lives in one process, which needs no clock but its machine's."""
    if db.is_sqlite:
        return MachineClock()
    clock = DatabaseClock(db)
    await clock.measure()
    return clock


def require_shared(settings: Settings) -> None:
    """What several processes need in common. Raises ConfigInvalid naming the setting that is missing."""
    for name, url in (
        ("HOTLINE_DATABASE_URL", settings.main_url),
        ("HOTLINE_KEYS_URL", settings.wrapped_keys_url),
    ):
        if url.startswith("sqlite"):
            raise ConfigInvalid(
                name, "on SQLite there is one process only: run 'hotline serve', or use PostgreSQL"
            )
    if not settings.redis_url:
        raise ConfigInvalid("HOTLINE_REDIS_URL", "several processes hear of each other over Redis")


async def check_durable(db: Database, setting: str) -> None:
    """A commit we acknowledge must be one that survives. Raises ConfigInvalid naming what is switched off."""
    found = await durability.dangers(db)
    if found:
        raise ConfigInvalid(
            setting, f"{', '.join(found)}: what was acknowledged could be lost; switch it on and start again"
        )


async def _check_schema(db: Database, which: schema.Which, setting: str) -> None:
    """One process on SQLite brings its file up to date itself; a shared database is migrated on purpose.

    A database that a newer release has only added to is fine: a release can be rolled back without it.
    """
    found = await schema.fit(db, which)
    if found == "beyond":
        raise ConfigInvalid(setting, BEYOND)
    if found == "ahead":
        log.warning("schema newer than this program", kind=which)
    if found == "behind" and not db.is_sqlite:
        raise ConfigInvalid(setting, "the schema is not the newest; run 'hotline migrate'")
    if found == "behind":
        from hotline.store import migrating  # noqa: PLC0415  Alembic is loaded where there is something to do

        await migrating.upgrade(db, which)


def build_web(system: System, hub: Hub, health: Health, signs: beats.Beats) -> web.Application:
    """The application of the web door."""
    app = web.Application(middlewares=(middleware.edge,), client_max_size=BODY_LIMIT)
    app[SYSTEM], app[HUB], app[HEALTH], app[SOCKETS] = system, hub, health, WeakSet()
    app[rates.RATES], app[known.KNOWN] = rates.Rates(), known.Known()
    app[beats.BEATS] = signs
    app[news.NEWS], app[pulse.PULSE] = news.News(system, hub), pulse.Pulse()
    app[caller_held.HELD] = caller_held.Held()
    app[embed.SCENES] = embed.Scenes(system)
    app[readings.READINGS] = readings.Readings(system)
    routes.add_to(app)
    app.on_response_prepare.append(middleware.strict_headers)
    app.on_shutdown.extend((caller_held.end_all, wire.close_all))
    return app


@dataclass(slots=True)
class House:
    """The parts of one process, running."""

    system: System
    hub: Hub
    tasks: asyncio.TaskGroup
    outside: list[asyncio.Task[None]] = field(default_factory=list)

    def open(self, door: Coroutine[None, None, None]) -> None:
        """One more door, which lies outside: a bot. It ends by itself once the system is closing."""
        self.outside.append(self.tasks.create_task(door))


@asynccontextmanager
async def house(
    settings: Settings, clock: Clock | None = None, *, parts: Collection[Part] = ("web", "engine")
) -> AsyncIterator[House]:
    """These parts in this process, with what they need: where "web" is one, it listens when the block begins.

    "telegram" means that the bot is about to be opened: the door itself lies outside.
    A part that ends unexpectedly ends all: whoever supervises the process starts it anew.
    Whoever sets `system.closing` before the block ends has all that is under way finished first.
    """
    async with open_system(settings, clock) as system:
        hub, health = Hub(system.bus, _versions_of(system), _told_of(system)), Health(system)
        signs = beats.Beats(system, hub)
        loops = _loops(system, health, parts)
        async with AsyncExitStack() as doors:
            if "web" in parts:
                pages = build_web(system, hub, health, signs)
                loops += [hub.run, signs.run, pages[news.NEWS].run, pages[pulse.PULSE].run]
                await doors.enter_async_context(_open_web(pages, system))
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(loop()) for loop in loops]
                opened = House(system, hub, tasks)
                try:
                    await _say_what_runs(system, parts)
                    yield opened
                finally:
                    await doors.aclose()  # while the journal still commits what is under way
                    if system.closing.is_set() and opened.outside:
                        await asyncio.wait(opened.outside)
                    await lifetime.end({*running, *opened.outside})


Loop = Callable[[], Coroutine[None, None, None]]


def _loops(system: System, health: Health, parts: Collection[Part]) -> list[Loop]:
    """What runs beside the doors, until cancelled."""
    loops: list[Loop] = [lifetime.watchdog, lifetime.give_back]
    loops += [system.bus.run, system.follow_centre, system.follow_roster, system.watch_ledger]
    if WRITERS & set(parts):
        loops.append(system.journal.run)
    if "engine" in parts:
        loops.append(Engine(system).run)
    if isinstance(system.clock, DatabaseClock):
        loops.append(system.clock.run)
    if system.settings.metrics_port:
        loops.append(Monitor(system, health).run)
    return loops


@asynccontextmanager
async def _open_web(application: web.Application, system: System) -> AsyncIterator[None]:
    """Before the tasks begin: an address in use is a plain error, and what arrives early waits its turn."""
    settings = system.settings
    async with listening(application, settings.host, settings.port, "HOTLINE_PORT"):
        log.info("listening", port=settings.port)
        try:
            yield
        finally:
            if system.closing.is_set():
                await asyncio.sleep(GRACE_SECONDS)


async def _say_what_runs(system: System, parts: Collection[Part]) -> None:
    """One line at the start: whoever reads the log later knows which program wrote it."""
    here = {"version": version("hotline"), "schema": await schema.revision(system.db) or "none"}
    kind = ",".join(sorted(parts))
    metrics.RUNNING.labels(parts=kind, **here).set(1)
    log.info("running", kind=kind, centre=system.centre.id, **here)


def _versions_of(system: System) -> Versions:
    async def versions(seen: Mapping[str, int]) -> dict[str, int]:
        words, rights = _of_kind(topics.words, seen), _of_kind(topics.rights, seen)
        async with system.read() as tx:
            threads = await queries.moved_threads(tx, words) if words else {}
            people = await queries.moved_people(tx, rights) if rights else {}
        found = {topics.words(contact_id): seq for contact_id, seq in threads.items()}
        return found | {topics.rights(staff_id): revision for staff_id, revision in people.items()}

    return versions


def _told_of(system: System) -> Told:
    prefix = topics.words("")
    return lambda topic, version: system.journal.recent.is_told(topic.removeprefix(prefix), version)


def _of_kind(topic: Callable[[str], str], seen: Mapping[str, int]) -> dict[str, int]:
    """Those topics that are of this kind, by what they are about."""
    kind = topic("")
    return {each.removeprefix(kind): number for each, number in seen.items() if each.startswith(kind)}
