"""One database under two names: what a cancelled writer leaves behind, and what a missing one says."""

import asyncio
import random
import time
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from hotline.actions import roster
from hotline.errors import Unavailable
from hotline.rules.access import OPERATOR
from hotline.store import views
from hotline.store.db import OF_DRIVERS, Database, or_unavailable
from hotline.system import System
from tests import factories
from tests.conftest import HouseTemplate
from tests.relay import cable_to
from tests.servers import free_port


async def test_a_cancelled_writer_never_keeps_the_others_out(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite'}")
    dice = random.Random(4)

    async def write() -> None:
        async with db.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            await connection.execute(text("SELECT count(*) FROM t"))

    async with db.write() as connection:
        await connection.execute(text("CREATE TABLE t (a INTEGER)"))
    cancelled, slowest = 0, 0.0
    for _ in range(150):
        task = asyncio.get_running_loop().create_task(write())
        await asyncio.sleep(dice.uniform(0, 0.006))  # somewhere between BEGIN and COMMIT
        cancelled += task.cancel()
        await asyncio.wait([task])
        started = time.monotonic()
        await write()
        slowest = max(slowest, time.monotonic() - started)
    await db.close()
    assert cancelled > 20
    assert slowest < 5


async def test_nothing_is_left_waiting_of_a_writer_who_is_cancelled_twice(tmp_path: Path) -> None:
    """What is left when a process ends is waited for; here it would be for ever."""
    ours, cut_short = asyncio.all_tasks(), 0
    for after in range(60):
        db = Database(f"sqlite+aiosqlite:///{tmp_path / f'{after}.sqlite'}")

        async def write(db: Database = db) -> None:
            async with db.write() as connection:
                for _ in range(100):
                    await connection.execute(text("SELECT 1"))

        task = asyncio.get_running_loop().create_task(write())
        await asyncio.sleep(0.005 + after * 0.0003)
        cut_short += task.cancel()
        await asyncio.sleep(after % 6 * 0.0001)
        task.cancel()
        await asyncio.wait([task])
        for left in (rest := asyncio.all_tasks() - ours):
            left.cancel()
        if rest:
            _done, waiting = await asyncio.wait(rest, timeout=60)
            assert not waiting
        await db.close()
    assert cut_short > 10


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    db = Database(f"postgresql+asyncpg://hotline@127.0.0.1:{free_port()}/nowhere")
    with pytest.raises(Unavailable):
        async with db.read():
            pass
    with pytest.raises(Unavailable):
        async with db.write():
            pass
    await db.close()


@pytest.mark.parametrize("raised", OF_DRIVERS)
async def test_what_a_driver_says_of_a_server_that_is_away_is_unavailable(raised: type[Exception]) -> None:
    with pytest.raises(Unavailable):
        async with or_unavailable():
            raise raised("cannot switch to state")


@pytest.mark.postgres
async def test_a_postgres_that_hangs_up_or_takes_too_long_is_unavailable(
    house_template: HouseTemplate,
) -> None:
    main, _keys = await house_template.emptied()
    db = Database(main)

    async def run(*statements: str) -> None:
        async with db.write() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    with pytest.raises(Unavailable):
        await run("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(Unavailable):
        await run("SET statement_timeout = 20", "SELECT pg_sleep(5)")
    async with db.read() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await db.close()


@pytest.mark.slow
@pytest.mark.postgres
async def test_who_gives_up_a_server_that_fell_silent_need_not_wait_for_it(
    house_template: HouseTemplate,
) -> None:
    """Wherever the words between the two are by then."""
    main, _keys = await house_template.emptied()
    waits = await asyncio.gather(*(_wait_for_the_silent(main, after) for after in range(6)))
    for given_up, closed in waits:
        assert given_up < 3
        assert closed < 1


async def _wait_for_the_silent(url: str, after: int) -> tuple[float, float]:
    """Seconds until those who ask have given up, and until the connections are closed; silent after so many pieces."""
    start, _, name = url.rpartition("/")
    host, _, port = start.rpartition(":")
    async with cable_to(int(port)) as cable:
        db = Database(f"{host}:{cable.port}/{name}")

        async def looks() -> None:
            async with db.read() as connection:
                await connection.execute(text("SELECT 1"))

        async def writes() -> None:
            async with db.write() as connection:
                await connection.execute(text("SELECT 1"))

        await asyncio.gather(*(looks() for _ in range(4)))  # two of them go on resting
        cable.freeze(after=after)
        asking = [asyncio.get_running_loop().create_task(each()) for each in (looks, writes)]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        for each in asking:
            each.cancel()
        await asyncio.wait(asking)
        given_up = time.monotonic() - began
        await db.close()
        return given_up, time.monotonic() - began - given_up


@pytest.mark.parametrize("system", ["postgres"], indirect=True)
async def test_a_connection_that_the_server_closed_is_not_used_again_and_none_is_asked_first(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = asyncpg.Connection._execute

    async def told(connection: Any, query: str, *given: Any, **more: Any) -> Any:
        asked.append(query)
        return await execute(connection, query, *given, **more)

    monkeypatch.setattr(asyncpg.Connection, "_execute", told)
    db = Database(system.db.url)
    which = text("SELECT pg_backend_pid()")
    async with db.read() as connection:
        await connection.execute(which)
    asked.clear()  # what is asked of a new one
    async with db.read() as connection:
        number = (await connection.execute(which)).scalar_one()
        driver: Any = (await connection.get_raw_connection()).driver_connection
    assert asked == [], "a journey before a use"
    async with system.db.read() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    async with asyncio.timeout(10):
        while not driver.is_closed():  # noqa: ASYNC110  the server is another process
            await asyncio.sleep(0.01)
    async with db.read() as connection:
        assert (await connection.execute(which)).scalar_one() != number
    await db.close()


async def test_an_instant_keeps_its_microsecond_and_a_local_time_is_refused(system: System) -> None:
    person = await factories.add_person(system, "Anna", hours=None)
    start = factories.MONDAY + timedelta(microseconds=1)
    await roster.add_shift(system, OPERATOR, factories.TRUST, person.id, start, start + timedelta(hours=1))
    async with system.read() as tx:
        (shift,) = await views.shifts(tx, [factories.TRUST], start, start + timedelta(seconds=1))
        assert (
            await views.shifts(tx, [factories.TRUST], start + timedelta(hours=1), start + timedelta(hours=2))
            == []
        )
    assert shift.starts_at == start
    assert shift.starts_at.tzinfo is UTC
    naive = start.replace(tzinfo=None)
    with pytest.raises(StatementError, match="zone"):
        await roster.add_shift(
            system, OPERATOR, factories.TRUST, person.id, naive, naive + timedelta(hours=1)
        )
