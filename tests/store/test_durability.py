"""A database that could lose what it acknowledged is not started on: real servers, each with one thing off."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from hotline import app
from hotline.errors import ConfigInvalid
from hotline.store import durability, migrating, schema
from hotline.store.db import Database
from tests import factories, servers
from tests.servers import PostgresServer
from tests.test_commands import run


@pytest.fixture(scope="module")
def careless_server() -> Iterator[PostgresServer]:
    """fsync is off, as on a machine somebody once made faster."""
    with servers.postgres_server("fsync=off") as server:
        yield server


async def made(server: PostgresServer, which: schema.Which) -> str:
    url = await server.create()
    db = Database(url)
    await migrating.upgrade(db, which)
    await db.close()
    return url


async def dangers(url: str) -> list[str]:
    db = Database(url)
    try:
        return await durability.dangers(db)
    finally:
        await db.close()


async def test_sqlite_is_what_we_make_it(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'hotline.sqlite'}")
    assert await durability.dangers(db) == []
    async with db.engine.connect() as connection:  # the same question sees it if it is not so
        await connection.execute(text("COMMIT"))
        await connection.execute(text("PRAGMA synchronous=NORMAL"))
        await connection.execute(text("PRAGMA journal_mode=DELETE"))
        await connection.commit()
    assert await durability.dangers(db) == ["journal_mode is delete", "synchronous is 1"]
    await db.close()


@pytest.mark.postgres
async def test_a_server_without_fsync_is_refused_for_either_database(
    careless_server: PostgresServer, house_template: object, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    good = {
        "database_url": await made(postgres_server, "main"),
        "keys_url": await made(postgres_server, "keys"),
    }
    bad = {
        "database_url": await made(careless_server, "main"),
        "keys_url": await made(careless_server, "keys"),
    }
    for name, url in bad.items():
        settings = factories.settings_in(tmp_path, **{**good, name: url})
        with pytest.raises(ConfigInvalid, match=f"HOTLINE_{name.upper()}: fsync is off"):
            async with app.open_system(settings):
                pass
    async with app.open_system(factories.settings_in(tmp_path, **good)):
        pass
    started = run("web", data=tmp_path, HOTLINE_REDIS_URL="redis://127.0.0.1:1/0",
                  HOTLINE_DATABASE_URL=bad["database_url"], HOTLINE_KEYS_URL=bad["keys_url"])  # fmt: skip
    assert started.returncode == 1
    assert "HOTLINE_DATABASE_URL: fsync is off (set by: command line)" in started.stderr
    checked = run(
        "check", data=tmp_path, HOTLINE_DATABASE_URL=good["database_url"], HOTLINE_KEYS_URL=bad["keys_url"]
    )
    assert checked.returncode == 1
    assert "database       ok: " in checked.stdout
    assert "wrapped keys   FAILED: config_invalid HOTLINE_KEYS_URL: fsync is off" in checked.stdout


@pytest.mark.postgres
async def test_full_page_writes_off_is_seen() -> None:
    with servers.postgres_server("full_page_writes=off") as server:
        assert await dangers(await server.create()) == ["full_page_writes is off (set by: command line)"]


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[str]:
    url = await postgres_server.create()
    yield url
    await postgres_server.drop(url)


@pytest.mark.parametrize("level", ["off", "local", "on", "remote_write", "remote_apply"])
async def test_synchronous_commit_may_be_anything_but_off(
    database: str, postgres_server: PostgresServer, level: str
) -> None:
    """Also where it is set for this database alone, which no configuration file shows."""
    name = database.rpartition("/")[2]
    connection = await asyncpg.connect(
        host=servers.HOST, port=postgres_server.port, user="hotline", database=name
    )
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {level}")
    await connection.close()
    expected = ["synchronous_commit is off (set by: database)"] if level == "off" else []
    assert await dangers(database) == expected


async def test_synchronous_commit_off_for_our_role_is_seen(
    postgres_server: PostgresServer, database: str
) -> None:
    name = database.rpartition("/")[2]
    connection = await asyncpg.connect(
        host=servers.HOST, port=postgres_server.port, user="hotline", database=name
    )
    await connection.execute(f"ALTER ROLE hotline IN DATABASE {name} SET synchronous_commit = off")
    await connection.close()
    assert await dangers(database) == ["synchronous_commit is off (set by: database user)"]
