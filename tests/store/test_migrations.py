"""Migrations of both databases: they build exactly the tables of `store.tables`, and can be taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, select
from sqlalchemy.exc import ProgrammingError

from hotline import app
from hotline.errors import ConfigInvalid, Unavailable
from hotline.store import migrating, schema
from hotline.store.db import Database
from hotline.store.tables import entries, key_metadata, metadata, sealing_keys
from hotline.system import System
from tests import factories
from tests.servers import PostgresServer

METADATA: dict[schema.Which, MetaData] = {"main": metadata, "keys": key_metadata}
BOTH_TREES = pytest.mark.parametrize("which", ["main", "keys"])


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        db = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}")
        yield db
        await db.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    db = Database(await server.create())
    yield db
    await db.close()
    await server.drop(db.url)


def differences(connection: Connection, wanted: MetaData) -> list[Any]:
    """What autogenerate would still change: tables, columns, types, indexes, constraints."""
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), wanted))


def indexes(connection: Connection) -> dict[str, str]:
    """Name -> definition of the indexes as the database itself tells, with the conditions of partial ones."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = connection.exec_driver_sql(query).all()
    return {name: " ".join(definition.split()) for name, definition in rows if "alembic" not in name}


def table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


@BOTH_TREES
async def test_upgrading_from_nothing_gives_the_tables_of_the_program(
    empty: Database, which: schema.Which
) -> None:
    assert await schema.fit(empty, which) == "behind"
    await migrating.upgrade(empty, which)
    assert await schema.fit(empty, which) == "current"
    async with empty.read() as connection:
        assert await connection.run_sync(differences, METADATA[which]) == []
        assert await connection.run_sync(table_names) == set(METADATA[which].tables)
        migrated = await connection.run_sync(indexes)
    # autogenerate does not look at the conditions of partial indexes, which settle races here
    await migrating.downgrade(empty, which, "base")
    async with empty.write() as connection:
        await connection.run_sync(METADATA[which].create_all)
        assert await connection.run_sync(indexes) == migrated


@BOTH_TREES
async def test_going_back_to_nothing_and_up_again(empty: Database, which: schema.Which) -> None:
    await migrating.upgrade(empty, which)
    await migrating.upgrade(empty, which)  # changes nothing
    await migrating.downgrade(empty, which, "base")
    assert await schema.fit(empty, which) == "behind"
    async with empty.read() as connection:
        assert await connection.run_sync(table_names) == set()
        assert await connection.run_sync(indexes) == {}
    await migrating.upgrade(empty, which)
    async with empty.read() as connection:
        assert await connection.run_sync(differences, METADATA[which]) == []


@BOTH_TREES
async def test_a_failing_migration_leaves_nothing_half_done(empty: Database, which: schema.Which) -> None:
    """All in one transaction: a start that fails can be tried again."""
    async with empty.write() as connection:
        taken = list(METADATA[which].sorted_tables)[-1]  # made last, so much is done before it fails
        await connection.exec_driver_sql(f'CREATE TABLE "{taken.name}" (unexpected INTEGER)')
    with pytest.raises((Unavailable, ProgrammingError)):  # SQLite does not tell the two kinds apart
        await migrating.upgrade(empty, which)
    async with empty.read() as connection:
        assert await connection.run_sync(table_names) == {taken.name}


@BOTH_TREES
def test_there_is_one_line_of_revisions(which: schema.Which) -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS / which))
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1


async def test_data_goes_with_its_tables_and_foreign_keys_do_not_stop_it(system: System) -> None:
    """A downgrade to nothing with conversations in it, and a house that works after the way back up."""
    await a_closed_contact(system)
    for which, db in (("main", system.db), ("keys", system.keys)):
        await migrating.downgrade(db, which, "base")  # type: ignore[arg-type]
        await migrating.upgrade(db, which)  # type: ignore[arg-type]
    async with system.read() as tx:
        assert (await tx.connection.execute(select(entries))).all() == []
    async with system.keys.read() as connection:
        assert (await connection.execute(select(sealing_keys))).all() == []
    await a_closed_contact(system)


async def a_closed_contact(system: System) -> None:
    anna = await factories.add_person(system, "Anna")
    caller = await factories.talk(system, anna)
    await factories.finish(system, anna, caller.contact_id)


async def test_a_shared_database_is_not_migrated_by_the_way(postgres_url: str, tmp_path: Path) -> None:
    """Several processes share a PostgreSQL: none of them changes its schema because it happens to start."""
    settings = factories.settings_in(tmp_path, database_url=postgres_url)
    with pytest.raises(ConfigInvalid, match="HOTLINE_DATABASE_URL: the schema is not the newest"):
        async with app.open_system(settings):
            pass


async def test_being_asked_every_second_for_days_fills_nothing(system: System) -> None:
    kept = system.db.engine.sync_engine._compiled_cache
    assert kept is not None
    sizes = []
    for _ in range(4):
        assert await schema.fit(system.db, "main") == "current"
        sizes.append(len(kept))
    assert sizes[1:] == sizes[1:2] * 3


@BOTH_TREES
def test_the_names_of_the_files_say_what_alembic_knows(which: schema.Which) -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS / which))
    every = [script.revision for script in scripts.walk_revisions()]
    assert schema._known(schema.MIGRATIONS / which) == (scripts.get_current_head(), frozenset(every))
    assert every == sorted(every, reverse=True)
