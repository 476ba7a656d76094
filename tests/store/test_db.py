"""One database under two names: what a cancelled writer leaves behind, and what a missing one says."""

import asyncio
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from hotline.errors import Unavailable
from hotline.store.db import Database
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


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    db = Database(f"postgresql+asyncpg://hotline@127.0.0.1:{free_port()}/nowhere")
    with pytest.raises(Unavailable):
        async with db.read():
            pass
    with pytest.raises(Unavailable):
        async with db.write():
            pass
    await db.close()
