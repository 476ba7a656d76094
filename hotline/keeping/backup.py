"""A backup of both databases while everything runs: words and keys in folders apart, the master key in neither.

A key is committed before anything is sealed with it, so the main database is copied first and the keys after it:
every word of the one has its key in the other.
"""

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from hotline.config import Settings
from hotline.errors import ConfigInvalid
from hotline.keeping import manifest
from hotline.keeping.manifest import Manifest
from hotline.store import copying, dumps, keys, schema, tables
from hotline.store.copying import Connection
from hotline.store.db import Database
from hotline.system import MachineClock
from hotline.values import dataclass
from hotline.vault import Vault, read_master_key

KEYS_KEPT = timedelta(days=30)  # after this, what was erased is unreadable in every backup
UNFINISHED = ".unfinished"
METADATA = {"main": tables.metadata, "keys": tables.key_metadata}


@dataclass(frozen=True, slots=True)
class Taking:
    """What both parts of one backup have in common."""

    settings: Settings
    vault: Vault
    wrapped: Database
    at: datetime


async def run(settings: Settings, folder: Path, keys_folder: Path, keep: timedelta | None) -> int:
    """Write one backup, then remove key backups older than 30 days and main ones older than `keep`."""
    os.umask(0o077)
    vault = Vault(read_master_key(settings.master_key))
    main, wrapped = Database(settings.main_url), Database(settings.wrapped_keys_url)
    taking = Taking(settings, vault, wrapped, MachineClock().now())
    try:
        print(await _take(taking, main, "main", folder / "main"))
        print(await _take(taking, wrapped, "keys", keys_folder))  # after it, see above
    finally:
        await main.close()
        await wrapped.close()
    _remove(keys_folder, taking.at - KEYS_KEPT)
    if keep is not None:
        _remove(folder / "main", taking.at - keep)
    return 0


async def _take(taking: Taking, db: Database, which: schema.Which, into: Path) -> str:
    """One database into a folder of its own, which gets its name when everything is in it and on the disk."""
    if await schema.fit(db, which) not in ("current", "ahead"):
        raise ConfigInvalid(
            "HOTLINE_DATA", f"the {which} database has an older schema; run 'hotline migrate' first"
        )
    place = into / taking.at.strftime(manifest.NAME)
    unfinished = into / (place.name + UNFINISHED)
    await asyncio.to_thread(unfinished.mkdir, parents=True, mode=0o700)
    try:
        file = unfinished / (f"{which}.sqlite" if db.is_sqlite else f"{which}.dump")
        async with dumps.dump(db, file) as connection:
            described = await _described(taking, connection, which)
        async with taking.wrapped.read() as connection:
            erasures = await keys.ledger(connection)
        ledger = manifest.write_ledger(unfinished, erasures)
        sha256 = await asyncio.to_thread(manifest.digest, file)
        made = replace(described, file=file.name, sha256=sha256, ledger_sha256=ledger)
        manifest.write(unfinished, made, taking.vault)
        await asyncio.to_thread(_to_disk, unfinished)
        unfinished.rename(place)
        _sync(into)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return f"{which}: {place}, {len(made.tables)} tables, {made.rows} rows, schema {made.revision}"


async def _described(taking: Taking, connection: Connection, which: schema.Which) -> Manifest:
    """What the manifest says of the database, asked in the very snapshot that was written."""
    revision = await connection.run_sync(schema.revision_on)
    return Manifest(
        which=which,
        taken_at=taking.at.isoformat(),
        program=version("hotline"),
        centre=taking.settings.centre,
        kind=connection.dialect.name,
        server=await dumps.version(connection),
        revision=revision or "",
        epoch=await copying.epoch(connection) if which == "main" else 0,
        position=await dumps.position(connection),
        tables=await copying.tallies(connection, METADATA[which]),
    )


def _to_disk(folder: Path) -> None:
    """A backup that the next power cut takes away was none."""
    for path in folder.iterdir():
        path.chmod(0o600)
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path, before: datetime) -> None:
    for backup in manifest.backups(folder):
        if manifest.taken_at(backup) < before:
            shutil.rmtree(backup)
            print(f"removed: {backup}")
