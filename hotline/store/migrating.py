"""Bring a database to the newest schema. Alembic does it, and is loaded when there is something to do."""

from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlalchemy import Connection, delete, insert

from hotline.store import schema
from hotline.store.db import Database
from hotline.store.schema import CONTRACTIONS, Which


def _config(which: Which, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS / which))
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
