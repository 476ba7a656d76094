"""Bring a database to the newest schema, the main one or the one of wrapped keys; tell whether a program fits it.

Releases are rolled back while the schema is not: migrations only add, so the program before runs on. One that takes
something away says `contracts = True`; it is written down in the database, and who does not know it stays out.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from hotline.store.db import Database
from hotline.store.tables import contractions, key_contractions

MIGRATIONS = Path(__file__).parent.parent / "migrations"
Which = Literal["main", "keys"]
Fit = Literal["current", "behind", "ahead", "beyond"]
# Alembic's own, but one for the life of the process: a context of Alembic's makes another each time it is asked, and
# who keeps compiled statements keeps them all, and drops what is needed for them.
VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
CONTRACTIONS: dict[Which, Table] = {"main": contractions, "keys": key_contractions}


def _config(which: Which, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS / which))
    config.attributes["connection"] = connection
    return config


async def upgrade(db: Database, which: Which, revision: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction."""
    async with db.write() as connection:
        await connection.run_sync(upgrade_on, which, revision)


def upgrade_on(connection: Connection, which: Which, revision: str = "head") -> None:
    """Run the migrations that are missing, in the transaction of this connection."""
    command.upgrade(_config(which, connection), revision)


async def downgrade(db: Database, which: Which, revision: str) -> None:
    """Go back to an earlier revision, `base` for nothing at all."""
    async with db.write() as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(which, sync), revision))


async def fit(db: Database, which: Which) -> Fit:
    """Where the database stands, seen from this program.

    `behind`: migrations are missing. `ahead`: a newer release has only added to it, so this program works with it.
    `beyond`: a newer release has taken something away, so it does not.
    """

    def compare(sync: Connection) -> Fit:
        newest, known = _known(MIGRATIONS / which)
        revision = revision_on(sync)
        if revision == newest:
            return "current"
        if revision is None or revision in known:
            return "behind"
        table = CONTRACTIONS[which]
        if not inspect(sync).has_table(table.name):
            return "beyond"
        return "ahead" if set(sync.execute(select(table.c.revision)).scalars()) <= known else "beyond"

    async with db.read() as connection:
        return await connection.run_sync(compare)


async def revision(db: Database) -> str | None:
    """Where the database is; None before its first migration. Raises Unavailable."""
    async with db.read() as connection:
        return await connection.run_sync(revision_on)


def revision_on(connection: Connection) -> str | None:
    """The same, in the transaction of this connection."""
    if not inspect(connection).has_table(VERSION.name):
        return None
    found: str | None = connection.execute(select(VERSION.c.version_num)).scalar_one_or_none()
    return found


@cache
def _known(folder: Path) -> tuple[str | None, frozenset[str]]:
    """The newest of these revisions, and all of them: read once, asked every second."""
    scripts = ScriptDirectory(str(folder))
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def contracts(script: Script) -> bool:
    """Does this migration take something away that the program before would miss?"""
    return bool(getattr(script.module, "contracts", False))


def recorder(which: Which) -> Callable[..., None]:
    """For Alembic's entry: writes down, in the same transaction, each step that takes something away."""
    table = CONTRACTIONS[which]

    def record(*, ctx: MigrationContext, step: MigrationInfo, **_more: Any) -> None:
        script = step.up_revision
        if ctx.connection is None or not isinstance(script, Script) or not contracts(script):
            return
        if step.is_upgrade:
            ctx.connection.execute(insert(table).values(revision=script.revision))
        else:
            ctx.connection.execute(delete(table).where(table.c.revision == script.revision))

    return record
