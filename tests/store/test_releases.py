"""A release is rolled back while the schema stays: the program before runs on what only grew, and on nothing else."""

import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from hotline import app
from hotline.errors import ConfigInvalid
from hotline.store import migrating, schema
from hotline.store.db import Database
from hotline.system import System
from tests.store.test_migrations import BOTH_TREES, a_closed_contact
from tests.test_commands import run

GROWING = """
import sqlalchemy as sa
from alembic import op

revision = "{which}_next"
down_revision = "{head}"
{contracts}

def upgrade():
    op.create_table("letters_of_{which}", sa.Column("id", sa.String(36), primary_key=True))
    op.add_column("{table}", sa.Column("colour", sa.String(8), nullable=False, server_default="blue"))


def downgrade():
    op.drop_column("{table}", "colour")
    op.drop_table("letters_of_{which}")
"""
TABLES: dict[schema.Which, str] = {"main": "contacts", "keys": "sealing_keys"}


def scripts(which: schema.Which) -> ScriptDirectory:
    return ScriptDirectory(str(schema.MIGRATIONS / which))


class NextRelease:
    """Our migrations and one more in each tree."""

    def __init__(self, folder: Path, contracts: str = "") -> None:
        self.migrations = folder / "migrations"
        shutil.copytree(schema.MIGRATIONS, self.migrations)
        for which, table in TABLES.items():
            text = GROWING.format(
                which=which, head=scripts(which).get_current_head(), table=table, contracts=contracts
            )
            (self.migrations / which / "versions" / "next.py").write_text(text)

    async def migrates(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as newer:
            newer.setattr(schema, "MIGRATIONS", self.migrations)
            for which, db in databases(system).items():
                await migrating.upgrade(db, which)

    async def goes_back(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as newer:
            newer.setattr(schema, "MIGRATIONS", self.migrations)
            for which, db in databases(system).items():
                await migrating.downgrade(db, which, "-1")


def databases(system: System) -> dict[schema.Which, Database]:
    return {"main": system.db, "keys": system.keys}


async def test_the_program_before_works_on_a_schema_that_only_grew(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = NextRelease(tmp_path / "next")
    await release.migrates(system, monkeypatch)
    try:
        assert [await schema.fit(db, which) for which, db in databases(system).items()] == ["ahead", "ahead"]
        async with app.open_system(system.settings) as older:
            await a_closed_contact(older)
        checked = run("check", data=system.settings.data, **urls(system))
        assert checked.stdout.count("schema of a newer release that only added to it") == 2
        migrated = run("migrate", data=system.settings.data, **urls(system))
        assert migrated.returncode == 0, migrated.stderr  # it leaves alone what it does not know
    finally:
        await release.goes_back(system, monkeypatch)


async def test_the_program_before_stays_out_when_something_was_taken_away(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = NextRelease(tmp_path / "next", contracts="contracts = True")
    await release.migrates(system, monkeypatch)
    try:
        assert [await schema.fit(db, which) for which, db in databases(system).items()] == [
            "beyond",
            "beyond",
        ]
        with pytest.raises(
            ConfigInvalid, match="HOTLINE_DATABASE_URL: a newer release has changed the schema"
        ):
            async with app.open_system(system.settings):
                pass
        assert run("check", data=system.settings.data, **urls(system)).stdout.count(app.BEYOND) == 2
    finally:
        await release.goes_back(system, monkeypatch)
    async with app.open_system(system.settings):  # taken back, it is as before
        pass


def urls(system: System) -> dict[str, str]:
    given = {
        "HOTLINE_DATABASE_URL": system.settings.database_url,
        "HOTLINE_KEYS_URL": system.settings.keys_url,
    }
    return {name: url for name, url in given.items() if url}


Shape = dict[str, dict[str, bool]]


def shape(connection: Connection) -> Shape:
    """Table -> column -> must an INSERT name it?"""
    inspector = inspect(connection)
    return {
        table: {
            column["name"]: not column["nullable"] and column["default"] is None
            for column in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }


def missed(before: Shape, after: Shape) -> list[str]:
    """What a program written for `before` would stumble over."""
    found = [table for table in before if table not in after]
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        found += [f"{table}.{name} is gone" for name in old.keys() - new.keys()]
        found += [f"{table}.{name} is demanded" for name in new if new[name] and not old.get(name, False)]
    return found


@BOTH_TREES
async def test_a_migration_that_takes_something_away_says_so(which: schema.Which, tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'steps.sqlite'}")
    before: Shape = {}
    for script in reversed(list(scripts(which).walk_revisions())):
        await migrating.upgrade(db, which, script.revision)
        async with db.read() as connection:
            after = await connection.run_sync(shape)
        assert not missed(before, after) or migrating.contracts(script), (
            script.revision,
            missed(before, after),
        )
        before = after
    await db.close()


def test_what_an_older_program_would_miss_is_seen() -> None:
    before = {"contacts": {"id": True, "note": False}, "gone": {"id": True}}
    after = {"contacts": {"id": True, "note": True, "colour": True, "size": False}}
    assert sorted(missed(before, after)) == [
        "contacts.colour is demanded",
        "contacts.note is demanded",
        "gone",
    ]
    assert missed(before, {**before, "new": {"id": True}}) == []
