"""Is it alive, can it serve: asked by whoever supervises the process."""

from dataclasses import replace
from pathlib import Path

from aiohttp import ClientSession

from hotline.live.bus import RedisBus
from hotline.store.db import Database
from tests.factories import MovableClock, Running, running_house, settings_in
from tests.servers import free_port


async def test_a_running_house_is_alive_and_ready(running: Running) -> None:
    async with ClientSession(running.url) as session:
        async with session.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"alive": True})
        async with session.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (
                200,
                {"ready": True, "database": True, "keys": True},
            )


async def test_without_its_database_it_lives_and_is_not_ready(running: Running) -> None:
    own = running.system.db
    running.system.db = Database(f"postgresql+asyncpg://hotline@127.0.0.1:{free_port()}/nowhere")
    async with ClientSession(running.url) as session:
        async with session.get("/readyz") as answer:
            told = await answer.json()
            assert (answer.status, told["ready"], told["database"], told["keys"]) == (503, False, False, True)
        async with session.get("/healthz") as answer:
            assert answer.status == 200
    await running.system.db.close()
    running.system.db = own


async def test_without_redis_it_is_ready_and_says_so(tmp_path: Path) -> None:
    settings = replace(settings_in(tmp_path), redis_url=f"redis://127.0.0.1:{free_port()}")
    async with running_house(settings, MovableClock()) as house, ClientSession(house.url) as session:
        assert isinstance(house.system.bus, RedisBus)
        async with session.get("/readyz") as answer:
            told = await answer.json()
            assert (answer.status, told["ready"], told["redis"]) == (200, True, False)
