"""Bringing a backup back into empty databases: checked before, checked after, and what was erased stays erased."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from hotline.config import Settings
from hotline.errors import ConfigInvalid, CopyFailed, HotlineError
from hotline.keeping import manifest, proof
from hotline.keeping.manifest import Manifest
from hotline.store import claims, copying, dumps, keys, tables
from hotline.store.copying import Connection, Tally
from hotline.store.db import Database, sqlite_path
from hotline.store.keys import Erasure
from hotline.system import MachineClock
from hotline.values import dataclass
from hotline.vault import Vault, read_master_key

METADATA = {"main": tables.metadata, "keys": tables.key_metadata}
NO_KEYS = "no backup of the keys is here; without them nothing opens"
STAGED = ".restoring"
KINDS = ("contact", "case", "note")  # whose rows tell something besides what is sealed


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as it was found on the disk."""

    folder: Path
    says: Manifest

    @property
    def file(self) -> Path:
        return self.folder / self.says.file


async def run(settings: Settings, folder: Path, keys_folder: Path, name: str | None) -> int:
    """Restore the newest backup, or the one of that name. Raises ConfigInvalid, CopyFailed; then nothing is left."""
    began = time.monotonic()
    vault = Vault(read_master_key(settings.master_key))
    main, wrapped = _chosen(folder / "main", keys_folder, name, vault)
    erased = _ledger([*manifest.backups(folder / "main"), *manifest.backups(keys_folder)], vault)
    async with (  # the keys, entered last, are in their place before the words are
        _loaded(settings.main_url, main, "HOTLINE_DATABASE_URL") as main_db,
        _loaded(settings.wrapped_keys_url, wrapped, "HOTLINE_KEYS_URL") as keys_db,
    ):
        async with main_db.snapshot() as connection:
            print(await _compared(connection, main.says))
        async with keys_db.snapshot() as connection:
            print(await _compared(connection, wrapped.says))
        await _replay(main_db, keys_db, erased, main.says)
        async with main_db.snapshot() as one, keys_db.snapshot() as other:
            found = await proof.samples(one, other, vault, _has(main.says))
        print(f"\n{found}")
        proof.require_open(found)
    _figures(main.says, len(erased), time.monotonic() - began)
    return 0


def _chosen(main_folder: Path, keys_folder: Path, name: str | None, vault: Vault) -> tuple[Backup, Backup]:
    mains, wrapped = manifest.backups(main_folder), manifest.backups(keys_folder)
    if name is not None:
        mains = [each for each in mains if each.name == name]
    if not mains:
        raise CopyFailed(f"{main_folder} holds no such backup")
    if not wrapped:
        raise CopyFailed(f"{keys_folder}: {NO_KEYS}")
    main, newest = (Backup(each[-1], manifest.read(each[-1], vault)) for each in (mains, wrapped))
    for each in (main, newest):
        manifest.require_whole(each.folder, each.says)
    if newest.says.instant < main.says.instant:
        raise CopyFailed(
            f"{newest.folder} is older than {main.folder}: what was written in between would not open. "
            "Find the newer backup of the keys, or restore an older main one with --backup"
        )
    return main, newest


def _ledger(folders: list[Path], vault: Vault) -> list[Erasure]:
    """All that was ever erased, from every backup there is, also those whose dump is not used."""
    found: dict[str, Erasure] = {}
    for folder in folders:
        try:
            found |= {each.owner_id: each for each in manifest.read_ledger(folder, vault)}
        except HotlineError as error:
            print(f"Left out: {error}")
    return list(found.values())


@asynccontextmanager
async def _loaded(url: str, backup: Backup, setting: str) -> AsyncIterator[Database]:
    """The dump in its empty place; on SQLite in a file beside it, which gets its name after all checks."""
    db = Database(f"{url}{STAGED}" if url.startswith("sqlite") else url)
    if db.is_sqlite != (backup.says.kind == "sqlite"):
        raise CopyFailed(
            f"{backup.folder} is of {backup.says.kind}, and {setting} names another kind of database"
        )
    try:
        await _refuse_occupied(db, url, setting)
        try:
            await (
                asyncio.to_thread(_place, backup, sqlite_path(db.url))
                if db.is_sqlite
                else dumps.load(db, backup.file)
            )
            yield db
        except BaseException:
            await _leave_nothing(db)
            raise
    finally:
        await db.close()
    if db.is_sqlite:
        sqlite_path(db.url).rename(sqlite_path(url))


async def _refuse_occupied(db: Database, url: str, setting: str) -> None:
    if db.is_sqlite:
        if sqlite_path(url).exists():
            raise ConfigInvalid(setting, f"{sqlite_path(url)} exists: a restore needs an empty place")
        return
    async with db.snapshot() as connection:
        if not await copying.is_empty(connection):
            raise ConfigInvalid(setting, "is not empty: a restore needs a database without any table")


def _place(backup: Backup, staged: Path) -> None:
    staged.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged.touch(mode=0o600)
    shutil.copyfile(backup.file, staged)


async def _leave_nothing(db: Database) -> None:
    """What failed its checks must not be started on."""
    if db.is_sqlite:
        await db.close()
        await asyncio.to_thread(_unlink, sqlite_path(db.url))
        return
    async with db.write() as connection:
        await copying.drop_all(connection)


def _unlink(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


async def _compared(connection: Connection, says: Manifest) -> str:
    """Every table of the backup against what its manifest says; raises CopyFailed if one differs."""
    await copying.patient(connection)
    found = {name: await _counted(connection, says.which, name, told) for name, told in says.tables.items()}
    return proof.compare(says.tables, found, ("backup", "restored"))


async def _counted(connection: Connection, which: str, name: str, told: Tally) -> Tally:
    """A table of another release, of which we do not know all, is counted only."""
    table = METADATA[which].tables.get(name)
    if table is None or not set(told.columns) <= set(table.c.keys()):
        return Tally(await copying.count(connection, name), told.digest, told.columns)
    return await copying.tally(connection, table, told.columns)


async def _replay(main: Database, wrapped: Database, erased: list[Erasure], says: Manifest) -> None:
    await keys.destroy(wrapped, erased)
    owners = {kind: [each.owner_id for each in erased if each.kind == kind] for kind in KINDS}
    async with main.write() as connection:
        await claims.forget_callers(connection, owners["contact"], says.tables["contacts"].columns)
        await claims.forget_subjects(connection, owners["case"])
        if "handling_notes" in says.tables:  # a backup of an earlier release has none
            await claims.forget_handling_notes(connection, owners["note"])


def _has(says: Manifest) -> Callable[[str, str], bool]:
    return lambda table, column: table in says.tables and column in says.tables[table].columns


def _figures(says: Manifest, erased: int, seconds: float) -> None:
    age = (MachineClock().now() - says.instant).total_seconds() / 60
    print(f"The ledger was replayed: {erased} keys destroyed before stay destroyed.")
    print(
        f"The backup is of {says.taken_at}: what was written in the {age:.1f} minutes since is not in it (RPO)."
    )
    print(
        f"Restored and checked in {seconds:.1f} seconds (RTO). Schema {says.revision}: run 'hotline migrate' next."
    )
