"""Is it alive, can it serve: asked by whoever supervises the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from hotline import health
from hotline.live.redis_bus import RedisBus
from hotline.store import schema
from hotline.store.db import Database
from tests.factories import MovableClock, Running, running_house, settings_in
from tests.servers import HOST, free_port

Told = tuple[int, dict[str, Any]]


async def told(running: Running, path: str = "/readyz") -> Told:
    async with ClientSession(running.url) as session, session.get(path) as answer:
        return answer.status, await answer.json()


@asynccontextmanager
async def database_at(running: Running, port: int) -> AsyncIterator[None]:
    """The house with its database moved to this port, where there is none."""
    own, running.system.db = running.system.db, Database(f"postgresql+asyncpg://hotline@{HOST}:{port}/x")
    yield
    await running.system.db.close()
    running.system.db = own


async def test_a_running_house_is_alive_and_ready(running: Running) -> None:
    assert await told(running, "/healthz") == (200, {"alive": True})
    assert await told(running) == (200, {"ready": True, "missing": []})


async def test_without_its_database_it_lives_and_is_not_ready(running: Running) -> None:
    async with database_at(running, free_port()):
        assert await told(running) == (503, {"ready": False, "missing": ["database"]})
        assert await told(running, "/healthz") == (200, {"alive": True})


async def test_a_database_that_says_nothing_is_missing_soon(running: Running) -> None:
    port, over = free_port(), asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(silent, HOST, port), database_at(running, port):
        async with asyncio.timeout(health.PATIENCE + 1):
            assert await told(running) == (503, {"ready": False, "missing": ["database"]})
        over.set()


async def test_without_redis_it_is_ready_and_says_so(tmp_path: Path) -> None:
    settings = replace(settings_in(tmp_path), redis_url=f"redis://{HOST}:{free_port()}")
    async with running_house(settings, MovableClock()) as house:
        assert isinstance(house.system.bus, RedisBus)
        assert await told(house) == (200, {"ready": True, "missing": ["redis"]})


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("0001", (503, {"ready": False, "missing": ["schema"]})),
        ("9999", (200, {"ready": True, "missing": []})),
    ],
    ids=["an earlier one", "a later one, of the next release"],
)
async def test_the_schema_must_hold_what_this_program_needs(
    running: Running, revision: str, expected: Told
) -> None:
    async with running.system.db.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    assert await told(running) == expected


async def test_a_house_that_is_to_end_asks_to_be_left_alone(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.app.GRACE_SECONDS", 0)
    running.system.closing.set()
    async with ClientSession(running.url) as session, session.get("/readyz") as answer:
        assert answer.headers["Connection"] == "close"
        assert (answer.status, await answer.json()) == (503, {"ready": False, "missing": ["draining"]})
    assert await told(running, "/healthz") == (200, {"alive": True})


async def test_asking_often_asks_the_database_seldom(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    fit = schema.fit

    async def counted(db: Database, which: schema.Which) -> schema.Fit:
        nonlocal looks
        looks += 1
        return await fit(db, which)

    monkeypatch.setattr(schema, "fit", counted)
    async with ClientSession(running.url) as session:

        async def ask() -> int:
            async with session.get("/readyz") as answer:
                return answer.status

        assert await asyncio.gather(*(ask() for _ in range(200))) == [200] * 200
    assert looks <= 6, "two databases, once a second"
