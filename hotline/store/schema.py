"""Whether a program fits the schema of a database, the main one or the one of wrapped keys.

Releases are rolled back while the schema is not: migrations only add, so the program before runs on. One that takes
something away says `contracts = True`; it is written down in the database, and who does not know it stays out.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from hotline.store.db import Database
from hotline.store.tables import contractions, key_contractions

MIGRATIONS = Path(__file__).parent.parent / "migrations"
Which = Literal["main", "keys"]
Fit = Literal["current", "behind", "ahead", "beyond"]
# Alembic's own, but one for the life of the process: a context of Alembic's makes another each time it is asked, and
# who keeps compiled statements keeps them all, and drops what is needed for them.
VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
CONTRACTIONS: dict[Which, Table] = {"main": contractions, "keys": key_contractions}


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
    """The newest of these revisions, and all of them: read once, asked every second.

    Their files say it: `0022_offers.py` is 0022, and each follows the one before. To ask Alembic takes a tenth of a
    start.
    """
    found = sorted(file.name.partition("_")[0] for file in (folder / "versions").glob("[0-9]*_*.py"))
    return found[-1] if found else None, frozenset(found)
