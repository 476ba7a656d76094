"""Fixtures every test may use: real servers, started when first asked for, and gone with the run.

A test that uses one is marked with its name, so `pytest -m "not browser"` leaves the slow ones out.
"""

import gc
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from playwright.async_api import Browser, async_playwright
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

import hotline.system
from hotline import app
from hotline.actions import passwords
from hotline.store import db, migrating, schema, tables
from hotline.store.db import Database
from hotline.system import System
from hotline.web import beats
from tests import factories, servers

# a busy machine is slow, not wrong: no deadline per example
settings.register_profile("hotline", deadline=None)
settings.load_profile("hotline")

MARK_OF_FIXTURE = {"postgres_server": "postgres", "redis_server": "redis", "browser": "browser"}


def pytest_addoption(parser: pytest.Parser) -> None:
    more = "how often people vanish or miss offers in the search through routing: each step costs twentyfold"
    parser.addoption("--mischief", type=int, default=1, help=more)
    parser.addoption(
        "--every-page", action="store_true", help="look for barriers on every page of staff, too"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks by fixture; and files with slow tests first, or a run ends with one worker at them and the others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if isinstance(item, pytest.Function):
            for fixture in MARK_OF_FIXTURE.keys() & set(item.fixturenames):
                item.add_marker(MARK_OF_FIXTURE[fixture])


def pytest_collection() -> None:
    """While everything is imported hardly anything is garbage, and looking for it takes a fifth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays to the end: whoever looks for garbage need not go through it each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresServer]:
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: servers.PostgresServer) -> AsyncIterator[str]:
    """`postgresql+asyncpg://…` of an empty database of this test's own."""
    url = await postgres_server.create()
    yield url
    await postgres_server.drop(url)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    """The one Redis of the run. A test that stops or wipes Redis takes its own from `servers`."""
    with servers.redis_server() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: servers.RedisServer) -> str:
    """`redis://…` of a Redis with nothing in it."""
    redis_server.command("FLUSHALL")
    return redis_server.url


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium for the run; each test opens a context of its own and closes it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=servers.chromium_path(), args=servers.CHROMIUM_FLAGS, handle_sigint=False
        )
        yield chromium
        await chromium.close()


class HouseTemplate:
    """Both databases with their schema, migrated once for the run."""

    def __init__(self, server: servers.PostgresServer) -> None:
        self._server = server
        self._made: dict[schema.Which, str] = {}
        self._shared: tuple[str, str] | tuple[()] = ()

    async def copy(self) -> tuple[str, str]:
        return await self._copy("main"), await self._copy("keys")

    async def drop(self, *urls: str) -> None:
        for url in urls:
            await self._server.drop(url)

    async def emptied(self) -> tuple[str, str]:
        """One pair for the whole run, without rows: a hundred times quicker than a copy each."""
        if not self._shared:
            self._shared = await self.copy()
        for url, metadata in zip(self._shared, (tables.metadata, tables.key_metadata), strict=True):
            tables_of = reversed(metadata.sorted_tables)
            await self._server.execute("".join(f"DELETE FROM {each.name};" for each in tables_of), url)  # noqa: S608
        return self._shared

    async def _copy(self, which: schema.Which) -> str:
        if which not in self._made:
            self._made[which] = await self._server.create()
            db = Database(self._made[which])
            await migrating.upgrade(db, which)
            await db.close()
        return await self._server.create(template=self._made[which].rpartition("/")[2])


@pytest.fixture(scope="session")
def house_template(postgres_server: servers.PostgresServer) -> HouseTemplate:
    return HouseTemplate(postgres_server)


class Lasting(Database):
    """One whose connections and compiled statements serve all tests of the run, one after the other."""

    async def close(self) -> None:
        if self.in_use:  # by a task that a test has left behind
            await self.engine.dispose()


@pytest.fixture(scope="session")
async def lasting() -> AsyncIterator[dict[str, Lasting]]:
    """Database by URL, for those that all tests share."""
    made: dict[str, Lasting] = {}
    yield made
    for each in made.values():
        await each.engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def signs_of_life_are_written_soon() -> Iterator[None]:
    """Stories wait for each of them, and do so thousands of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beats, "GATHER_SECONDS", factories.SOON)
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_are_cheap() -> Iterator[None]:
    """Hashed with a thousandth of the memory; what a flood of sign-ins costs is asked of processes of their own."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "NOBODY", cheap.hash("nobody's password"))
        yield


@pytest.fixture(scope="session", autouse=True)
def authorities_are_read_once() -> Iterator[None]:
    """Each bot that is made would read again whom the whole world trusts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def sqlite_engines_serve_again() -> Iterator[None]:
    """An engine of a test that is over opens another file in the next one: what it has compiled stays compiled.
    Until then it knows its last one, for whoever was about to connect when it was closed.
    """
    make, close = db._sqlite_engine, Database.close
    free: list[AsyncEngine] = []
    places: dict[AsyncEngine, Path] = {}

    def engine_of(url: str, *, alone: bool) -> AsyncEngine:
        if alone:
            return make(url, alone=alone)
        engine = free.pop() if free else new(url)
        places[engine] = db.sqlite_path(url)
        return engine

    def new(url: str) -> AsyncEngine:
        engine = make(url, alone=False)

        @event.listens_for(engine.sync_engine, "do_connect")
        def connect(_dialect: object, _record: object, arguments: list[Any], _more: object) -> None:
            arguments[0] = str(places[engine])

        return engine

    async def closed(self: Database) -> None:
        await close(self)
        if self.engine in places and self.engine not in free:
            free.append(self.engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_sqlite_engine", engine_of)
        patch.setattr(Database, "close", closed)
        yield


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def system(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lasting: dict[str, Lasting],
) -> AsyncIterator[System]:
    """A system with its journal running, once on SQLite and once on PostgreSQL; the clock stands still.

    Steps of the engine that a test takes by hand are not tried again, and may be paused for longer than an
    engine may: a busy machine is slow, not wrong.
    """
    monkeypatch.setattr(hotline.system, "LEASE_LIFE", timedelta(seconds=30))
    settings = factories.settings_in(tmp_path)
    if request.param == "postgres":
        template: HouseTemplate = request.getfixturevalue("house_template")
        main, keys = await template.emptied()
        for url in (main, keys):
            lasting.setdefault(url, Lasting(url))
        monkeypatch.setattr(app, "Database", lambda url: lasting.get(url) or Database(url))
        settings = factories.settings_in(tmp_path, database_url=main, keys_url=keys)
    clock = factories.MovableClock(frozen=True)
    async with app.open_system(settings, clock) as opened, factories.journal_running(opened):
        yield opened


@pytest.fixture
def clock(system: System) -> factories.MovableClock:
    assert isinstance(system.clock, factories.MovableClock)
    return system.clock


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[factories.Running]:
    """A whole house on SQLite, on Monday 2026-11-23 at 10:00 in Kielce, engine running."""
    settings = factories.settings_in(tmp_path)
    async with factories.running_house(settings, factories.MovableClock()) as house:
        yield house
