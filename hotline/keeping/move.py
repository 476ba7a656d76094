"""Moving an embedded installation to PostgreSQL: all of it or nothing, checked row by row, and only once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from hotline import app
from hotline.config import Settings
from hotline.errors import ConfigInvalid, Unavailable
from hotline.keeping import proof
from hotline.store import copying, migrating, schema, tables
from hotline.store.copying import Connection
from hotline.store.db import Database, sqlite_path
from hotline.system import MachineClock
from hotline.vault import Vault, read_master_key

METADATA = {"main": tables.metadata, "keys": tables.key_metadata}
Which = Literal["main", "keys"]
MOVED = """\
This installation was moved to PostgreSQL at {at}. Everything written since then is there and not here, so the
programs do not start on the files of this folder. Who wants to go back to them removes this file.
"""


async def run(settings: Settings) -> int:
    """From the SQLite files of the data folder to the databases of the settings. Raises ConfigInvalid, CopyFailed.

    Nothing is committed before everything was compared. The keys are committed first: should the main database
    fail in that very moment, the keys' has to be emptied by hand before it is tried again, and says so.
    """
    old, mark = replace(settings, database_url="", keys_url=""), app.moved_mark(settings)
    _require(settings, mark)
    vault = Vault(read_master_key(settings.master_key))
    try:
        async with AsyncExitStack() as stack:
            main_from = await stack.enter_async_context(_held(old.main_url, "main"))
            keys_from = await stack.enter_async_context(_held(old.wrapped_keys_url, "keys"))
            main_to = await stack.enter_async_context(_empty(settings.database_url, "main"))
            keys_to = await stack.enter_async_context(_empty(settings.keys_url, "keys"))
            print(await _copied(main_from, main_to, "main"))
            print(await _copied(keys_from, keys_to, "keys"))
            opened = await proof.samples(main_to, keys_to, vault)
            print(opened)
            proof.require_open(opened)
            mark.write_text(MOVED.format(at=MachineClock().now().isoformat(timespec="seconds")))
    except BaseException:
        mark.unlink(missing_ok=True)
        raise
    print(f"Moved. The SQLite files are as they were; {mark} keeps them from being started by mistake.")
    return 0


def _require(settings: Settings, mark: Path) -> None:
    for setting, url in _targets(settings).items():
        if not url.startswith("postgresql"):
            raise ConfigInvalid(setting, "is needed here: the empty PostgreSQL database to move to")
    if mark.exists():
        raise ConfigInvalid("HOTLINE_DATA", f"was moved already, see {mark}")


def _targets(settings: Settings) -> dict[str, str]:
    return {"HOTLINE_DATABASE_URL": settings.database_url, "HOTLINE_KEYS_URL": settings.keys_url}


@asynccontextmanager
async def _held(url: str, which: Which) -> AsyncIterator[Connection]:
    """The source, which nobody else has open or can open meanwhile: what is copied is the last that was written."""
    path = sqlite_path(url)
    if not path.exists():
        raise ConfigInvalid("HOTLINE_DATA", f"{path} does not exist: there is nothing to move")
    db = Database(url, alone=True)
    try:
        try:
            found = await schema.fit(db, which)
        except Unavailable:
            raise ConfigInvalid("HOTLINE_DATA", f"a program has {path} open; stop it first") from None
        if found != "current":
            raise ConfigInvalid(
                "HOTLINE_DATA", f"{path} has another schema than this program; run 'hotline migrate'"
            )
        async with db.snapshot() as connection:
            yield connection
    finally:
        await db.close()


@asynccontextmanager
async def _empty(url: str, which: Which) -> AsyncIterator[Connection]:
    """The target with its schema made, in one transaction that commits at the end of the block."""
    setting = "HOTLINE_DATABASE_URL" if which == "main" else "HOTLINE_KEYS_URL"
    db = Database(url)
    try:
        await app.check_durable(db, setting)
        async with db.write() as connection:
            await copying.patient(connection)
            if not await copying.is_empty(connection):
                raise ConfigInvalid(setting, "is not empty: a move needs a database without any table")
            await connection.run_sync(migrating.upgrade_on, which)
            yield connection
    finally:
        await db.close()


async def _copied(source: Connection, target: Connection, which: Which) -> str:
    metadata = METADATA[which]
    await copying.copy(source, target, metadata)
    there = await copying.tallies(target, metadata)
    return proof.compare(await copying.tallies(source, metadata), there, ("SQLite", "PostgreSQL"))
