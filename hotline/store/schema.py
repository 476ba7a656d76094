"""Bring a database to the newest schema: the main one, or the one of wrapped keys."""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from hotline.store.db import Database

MIGRATIONS = Path(__file__).parent.parent / "migrations"
Which = Literal["main", "keys"]


def _config(which: Which, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS / which))
    config.attributes["connection"] = connection
    return config


async def upgrade(db: Database, which: Which, revision: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction."""
    async with db.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(which, sync), revision))


async def downgrade(db: Database, which: Which, revision: str) -> None:
    """Go back to an earlier revision, `base` for nothing at all."""
    async with db.write() as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(which, sync), revision))


async def is_current(db: Database, which: Which) -> bool:
    """Is the database at the newest revision this program knows?"""

    def compare(sync: Connection) -> bool:
        newest = ScriptDirectory.from_config(_config(which, sync)).get_current_head()
        return MigrationContext.configure(sync).get_current_revision() == newest

    async with db.read() as connection:
        return await connection.run_sync(compare)
