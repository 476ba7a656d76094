"""Composition root: builds the parts, opens them in order, closes them in reverse. Nothing is global."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

import structlog
from aiohttp import web

from hotline import centres
from hotline.config import Settings
from hotline.engine import Engine
from hotline.errors import ConfigInvalid
from hotline.live import topics
from hotline.live.bus import Bus, LocalBus, RedisBus
from hotline.live.hub import Hub, Versions
from hotline.rules.centre import Centre
from hotline.store import queries, schema
from hotline.store.db import Database
from hotline.system import Clock, MachineClock, System
from hotline.texts import texts
from hotline.vault import Vault, read_master_key
from hotline.web import middleware, routes, sockets
from hotline.web.keys import HUB, SOCKETS, SYSTEM

log = structlog.get_logger()
BODY_LIMIT = 128 * 1024


def load_centre(settings: Settings) -> Centre:
    """The centre this installation serves. Raises CentreInvalid."""
    overlay = [Path(settings.centre_overlay)] if settings.centre_overlay else []
    return centres.load(settings.centre, overlay)


@asynccontextmanager
async def open_system(settings: Settings, clock: Clock | None = None) -> AsyncIterator[System]:
    """The parts an action needs, with the schema checked. Raises ConfigInvalid, CentreInvalid, Unavailable."""
    texts()  # an incomplete catalogue stops the start, not a caller
    centre = load_centre(settings)
    vault = Vault(read_master_key(settings.master_key))
    bus: Bus = RedisBus(settings.redis_url) if settings.redis_url else LocalBus()
    db, keys = Database(settings.main_url), Database(settings.wrapped_keys_url)
    try:
        await _check_schema(db, "main")
        await _check_schema(keys, "keys")
        yield System(db, keys, bus, clock or MachineClock(), vault, settings, centre)
    finally:
        await db.close()
        await keys.close()
        if isinstance(bus, RedisBus):
            await bus.close()


async def _check_schema(db: Database, which: schema.Which) -> None:
    """One process on SQLite brings its file up to date itself; a shared database is migrated on purpose."""
    if db.is_sqlite:
        await schema.upgrade(db, which)
    elif not await schema.is_current(db, which):
        raise ConfigInvalid("HOTLINE_DATABASE_URL", "the schema is not the newest; run 'hotline init'")


def build_web(system: System, hub: Hub) -> web.Application:
    """The application of the web door."""
    app = web.Application(middlewares=middleware.MIDDLEWARES, client_max_size=BODY_LIMIT)
    app[SYSTEM], app[HUB], app[SOCKETS] = system, hub, WeakSet()
    routes.add_to(app)
    app.on_response_prepare.append(middleware.strict_headers)
    app.on_shutdown.append(sockets.close_all)
    return app


@dataclass(slots=True)
class House:
    """Everything in one process, running."""

    system: System
    hub: Hub
    engine: Engine
    tasks: asyncio.TaskGroup


@asynccontextmanager
async def house(
    settings: Settings, clock: Clock | None = None, *, engine: bool = True
) -> AsyncIterator[House]:
    """Web, journal, hub and engine in this process; the web server listens when the block begins.

    A part that ends unexpectedly ends all: whoever supervises the process starts it anew.
    """
    async with open_system(settings, clock) as system:
        hub = Hub(system.bus, _versions_of(system))
        the_engine = Engine(system)
        runner = web.AppRunner(
            build_web(system, hub),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=5,
            keepalive_timeout=30,
        )
        await _listen(runner, settings)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(system.journal.run()), tasks.create_task(hub.run())]
            if engine:
                running.append(tasks.create_task(the_engine.run()))
            if isinstance(system.bus, RedisBus):
                running.append(tasks.create_task(system.bus.run()))
            try:
                log.info("listening", port=settings.port, centre=system.centre.id)
                yield House(system, hub, the_engine, tasks)
            finally:
                await runner.cleanup()
                for task in running:
                    task.cancel()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    """Before the tasks begin: an address in use is a plain error, and what arrives early waits its turn."""
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        await runner.cleanup()
        place = f"{settings.host}:{settings.port}"
        raise ConfigInvalid(
            "HOTLINE_PORT", f"cannot listen on {place}: {os.strerror(error.errno or 0)}"
        ) from error


def _versions_of(system: System) -> Versions:
    async def versions(wanted: Collection[str]) -> dict[str, int]:
        prefix = topics.contact("")
        ids = [topic.removeprefix(prefix) for topic in wanted if topic.startswith(prefix)]
        if not ids:
            return {}
        async with system.read() as tx:
            found = await queries.last_seqs(tx, ids)
        return {topics.contact(contact_id): seq for contact_id, seq in found.items()}

    return versions
