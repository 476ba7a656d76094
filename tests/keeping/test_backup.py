"""Backups of a house that goes on writing, and what comes back from them: all that opens, nothing that was erased."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from hotline import app
from hotline.actions import erasure, messages
from hotline.config import Settings
from hotline.errors import ConfigInvalid, CopyFailed, KeyDestroyed
from hotline.keeping import backup, manifest, proof, restore
from hotline.rules.access import OPERATOR
from hotline.store import copying, dumps, tables, views
from hotline.store.copying import Tally
from hotline.store.db import Database
from hotline.system import MachineClock, System
from hotline.vault import Vault, make_master_key, read_master_key
from tests import factories
from tests.keeping import lively
from tests.servers import PostgresServer
from tests.test_commands import run


class Place:
    """An installation with its backups, and empty places to restore to."""

    def __init__(self, folder: Path, settings: Settings, fresh: list[Settings]) -> None:
        self.settings, self._fresh = settings, fresh
        self.words, self.keys = folder / "words", folder / "keys"

    async def backs_up(self, keep: timedelta | None = None) -> str:
        """The name of a new backup; they are named by the second."""
        while True:
            before = set(manifest.backups(self.words / "main"))
            if MachineClock().now().strftime(manifest.NAME) not in {each.name for each in before}:
                break
            await asyncio.sleep(0.05)
        await backup.run(self.settings, self.words, self.keys, keep)
        (made,) = set(manifest.backups(self.words / "main")) - before
        return made.name

    async def restores(self, name: str | None = None) -> Settings:
        """Settings of what was restored."""
        settings = self._fresh[0]
        await restore.run(settings, self.words, self.keys, name)
        return self._fresh.pop(0)

    async def left_nothing(self) -> None:
        settings = self._fresh[0]
        assert not list(settings.data.rglob("*.sqlite*"))
        for url in (settings.database_url, settings.keys_url):
            if url:
                db = Database(url)
                async with db.read() as connection:
                    assert await copying.is_empty(connection)
                await db.close()

    @property
    def target(self) -> Settings:
        return self._fresh[0]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    settings = factories.settings_in(tmp_path / "house")
    fresh = [replace(settings, data=tmp_path / f"fresh-{number}") for number in range(2)]
    key = str(settings.master_key)
    fresh = [replace(each, master_key_file=key) for each in fresh]
    if request.param == "sqlite":
        async with living(settings):
            pass
        yield Place(tmp_path, settings, fresh)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("house_template")
    main, keys = await template.copy()
    urls = [(await server.create(), await server.create()) for _ in fresh]
    targets = [
        replace(each, database_url=one, keys_url=two) for each, (one, two) in zip(fresh, urls, strict=True)
    ]
    yield Place(tmp_path, replace(settings, database_url=main, keys_url=keys), targets)
    for url in (main, keys, *(each for pair in urls for each in pair)):
        await server.drop(url)


@asynccontextmanager
async def living(settings: Settings) -> AsyncIterator[System]:
    async with (
        app.open_system(settings, factories.MovableClock()) as system,
        factories.journal_running(system),
    ):
        yield system


async def sealed_values(settings: Settings) -> proof.Opened:
    """Every sealed value there is, tried."""
    vault = Vault(read_master_key(settings.master_key))
    main, keys = Database(settings.main_url), Database(settings.wrapped_keys_url)
    async with main.read() as one, keys.read() as other:
        found = await proof.samples(one, other, vault)
    await main.close()
    await keys.close()
    return found


async def test_every_word_has_its_key_though_people_write_meanwhile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main database first, the keys after it: whoever began in between has a key too many, never too few."""
    monkeypatch.setattr(proof, "SAMPLES", 100_000)
    take = backup._take
    async with living(place.settings) as system:

        async def write() -> None:
            caller = await factories.add_caller(system, "Piszę w trakcie kopii.")
            await messages.receive(system, caller.actor, caller.contact_id, "message-0001", "I jeszcze to.")

        async def go_on() -> None:
            while True:
                await write()

        async def taken(*given: Any) -> str:
            made = await take(*given)
            await write()  # somebody comes exactly between the two
            return made

        for _ in range(5):
            await write()
        monkeypatch.setattr(backup, "_take", taken)
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(go_on())
            await place.backs_up()
            writer.cancel()
    restored = await place.restores()
    found = await sealed_values(restored)
    assert (found.closed, found.opened >= 10) == (0, True)
    vault = Vault(read_master_key(place.settings.master_key))
    main, keys = (
        manifest.read(manifest.backups(each)[-1], vault) for each in (place.words / "main", place.keys)
    )
    assert keys.tables["sealing_keys"].rows > main.tables["contacts"].rows


async def test_what_was_erased_stays_erased_from_an_older_backup_of_words_and_keys(place: Place) -> None:
    async with living(place.settings) as system:
        anna = await factories.add_person(system, "Anna")
        gone, stays = (
            await factories.talk(system, anna, text="Do usunięcia."),
            await factories.talk(system, anna),
        )
        await factories.finish(system, anna, gone.contact_id)
        early = await place.backs_up()
        async with system.read() as tx:
            head = await views.contact_head(tx, gone.contact_id)
        assert head is not None
        await erasure.destroy(system, OPERATOR, "contact", head.ref, "request")
        late = await place.backs_up()
    shutil.rmtree(
        place.keys / late
    )  # the newer backup of the keys is lost: only the old one with the key is there
    restored = await place.restores(early)
    async with living(restored) as system:
        async with system.read() as tx:
            assert await views.entries_after(tx, stays.contact_id, 0, "staff")
            with pytest.raises(KeyDestroyed):
                await views.entries_after(tx, gone.contact_id, 0, "staff")
            row = select(tables.contacts.c.caller_blind).where(tables.contacts.c.id == gone.contact_id)
            assert (await tx.connection.execute(row)).scalar_one() is None
        async with system.keys.read() as connection:
            wrapped = select(tables.sealing_keys.c.wrapped).where(
                tables.sealing_keys.c.owner_id == gone.contact_id
            )
            assert (await connection.execute(wrapped)).scalar_one() is None


async def test_files_are_closed_to_others_and_hold_no_master_key(place: Place) -> None:
    old = os.umask(0)
    try:
        async with living(place.settings) as system:
            await lively.fill(system)
            name = await place.backs_up()
    finally:
        os.umask(old)
    kept = [path for folder in (place.words, place.keys) for path in folder.rglob("*")]
    assert {path.name for path in kept if path.is_file()} >= {"manifest.json", "ledger.json"}
    for path in kept:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    key = read_master_key(place.settings.master_key)
    for path in kept:
        if path.is_file():
            content = path.read_bytes()
            assert key not in content
            assert place.settings.master_key.read_bytes().strip() not in content
    assert not list((place.words / "main" / name).glob("keys*"))
    says = json.loads((place.words / "main" / name / "manifest.json").read_text())
    assert says["tables"]["contacts"]["rows"] == 17
    assert says["epoch"] == 1
    assert says["kind"] == ("postgresql" if place.settings.database_url else "sqlite")
    assert not says.keys() & {"host", "database", "url"}


async def test_the_keys_are_kept_thirty_days_and_the_words_as_long_as_asked(place: Place) -> None:
    now = MachineClock().now()
    for folder in (place.words / "main", place.keys):
        for days in (29, 31, 90):
            (folder / (now - timedelta(days=days)).strftime(manifest.NAME)).mkdir(parents=True)
        (folder / "my-own-notes").mkdir()
    first = await place.backs_up()
    assert ages(place.words / "main", first) == [90, 31, 29]
    assert ages(place.keys, first) == [29]
    second = await place.backs_up(keep=timedelta(days=60))
    assert ages(place.words / "main", first, second) == [31, 29]
    assert (place.keys / "my-own-notes").is_dir()


def ages(folder: Path, *but: str) -> list[int]:
    """Of the backups in a folder, in days."""
    now = MachineClock().now()
    return [(now - manifest.taken_at(each)).days for each in manifest.backups(folder) if each.name not in but]


async def test_every_sealed_column_is_among_the_samples_and_opens(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever seals for a place of another name says so at the column, or a sound backup would be refused."""
    monkeypatch.setattr(proof, "SAMPLES", 100_000)
    async with living(place.settings) as system:
        await lively.fill(system)
        for table in tables.metadata.sorted_tables:
            for column in table.c:
                if column.name.endswith(copying.SEALED):
                    async with system.read() as tx:
                        filled = select(column).where(column.is_not(None)).limit(1)
                        assert (await tx.connection.execute(filled)).all(), (
                            f"{column} has no value in this town"
                        )
    found = await sealed_values(place.settings)
    assert (found.closed, found.opened > 100, found.erased > 0) == (0, True, True)


# -- what is refused ---------------------------------------------------------------------------------------


async def filled(place: Place) -> str:
    async with living(place.settings) as system:
        await factories.add_caller(system)
        return await place.backs_up()


async def test_another_master_key_is_refused_with_a_sentence(place: Place, tmp_path: Path) -> None:
    await filled(place)
    make_master_key(tmp_path / "other.key")
    given = {"HOTLINE_MASTER_KEY_FILE": str(tmp_path / "other.key")}
    target = place.target
    given |= {"HOTLINE_DATABASE_URL": target.database_url, "HOTLINE_KEYS_URL": target.keys_url}
    refused = run(
        "restore",
        str(place.words),
        "--keys-from",
        str(place.keys),
        data=target.data,
        **{key: value for key, value in given.items() if value},
    )
    assert refused.returncode == 1
    assert "HOTLINE_MASTER_KEY_FILE: is not the master key that" in refused.stderr
    assert "Traceback" not in refused.stderr
    await place.left_nothing()


async def test_without_the_keys_nothing_opens(place: Place, tmp_path: Path) -> None:
    """It is refused; and who goes round that has sealed bytes and not one word."""
    await filled(place)
    for each in manifest.backups(place.keys):
        shutil.rmtree(each)
    with pytest.raises(CopyFailed, match="without them nothing opens"):
        await place.restores()
    await place.left_nothing()
    vault = Vault(read_master_key(place.settings.master_key))
    main, empty = (
        Database(place.settings.main_url),
        Database(f"sqlite+aiosqlite:///{tmp_path / 'none.sqlite'}"),
    )
    async with empty.write() as connection:
        await connection.run_sync(tables.key_metadata.create_all)
        async with main.read() as words:
            found = await proof.samples(words, connection, vault)
    assert (found.opened, found.erased) == (0, 0)
    assert found.closed > 0
    await main.close()
    await empty.close()


async def test_what_is_damaged_changed_or_too_old_is_refused(place: Place) -> None:
    name = await filled(place)
    where = place.words / "main" / name
    (dump,) = (path for path in where.iterdir() if path.stem == "main")
    good = {path: path.read_bytes() for path in (dump, where / "manifest.json", where / "ledger.json")}
    spoiled = [
        (dump, good[dump][:-1] + b"?", "is damaged"),
        (
            where / "manifest.json",
            good[where / "manifest.json"].replace(b'"epoch": ', b'"epoch": 1'),
            "was changed",
        ),
        (where / "manifest.json", b"{", "cannot be read as a backup"),
        (where / "ledger.json", b"[ ]", "is damaged"),
    ]
    for path, content, sentence in spoiled:
        path.write_bytes(content)
        with pytest.raises(CopyFailed, match=sentence):
            await place.restores()
        path.write_bytes(good[path])
    await place.left_nothing()
    late = await filled(place)
    shutil.rmtree(place.keys / late)
    with pytest.raises(CopyFailed, match="is older than"):
        await place.restores()
    await place.left_nothing()
    await place.restores(name)


async def test_a_place_that_is_taken_is_refused_and_left_alone(place: Place) -> None:
    await filled(place)
    target = await place.restores()
    before = await sealed_values(target)
    for _ in range(2):
        with pytest.raises(ConfigInvalid, match=r"is not empty|exists"):
            await restore.run(target, place.words, place.keys, None)
    assert await sealed_values(target) == before


async def test_rows_that_got_lost_on_the_way_leave_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(place)
    tally = copying.tally

    async def short(connection: copying.Connection, table: object, columns: object = ()) -> Tally:
        if table is tables.entries:
            await connection.execute(text("DELETE FROM entries"))
        return await tally(connection, table, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "tally", short)
    with pytest.raises(CopyFailed, match="differs from its original in entries"):
        await place.restores()
    await place.left_nothing()


async def test_a_backup_that_fails_leaves_no_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        await place.backs_up()
    assert not [path for path in place.words.rglob("*") if path.is_file()]
    assert manifest.backups(place.words / "main") == []


# -- PostgreSQL's tools --------------------------------------------------------------------------------------


def fake_tool(folder: Path, version: int) -> None:
    """A pg_dump that writes down how it was called, and fails."""
    folder.mkdir(parents=True)
    tool = folder / "pg_dump"
    tool.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) {version}.1"; exit; fi\n'
        f'echo "$@" >{folder}/arguments\nexport -p >{folder}/environment\necho "pg_dump: error: no luck" >&2\nexit 1\n'
    )
    tool.chmod(0o755)


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
async def test_the_tools_are_told_nothing_that_a_neighbour_could_read(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKEN", "7700112233:AAH-kd8aPq0sLm29xZtRvWnB")
    monkeypatch.setattr(dumps, "DEBIAN", tmp_path / "debian")
    folder = tmp_path / "debian" / "99" / "bin"
    fake_tool(folder, 99)
    with monkeypatch.context() as path:
        path.setenv("PATH", "/nowhere")
        place.settings = replace(
            place.settings,
            database_url=place.settings.database_url.replace("hotline@", "hotline:gleb-91kd-04va@"),
        )
        with pytest.raises(CopyFailed, match="pg_dump failed: pg_dump: error: no luck"):
            await place.backs_up()
    arguments, given = (folder / "arguments").read_text(), (folder / "environment").read_text()
    assert "gleb" not in arguments
    assert "127.0.0.1" not in arguments
    assert "PGPASSWORD='gleb-91kd-04va'" in given
    assert "HOTLINE_" not in given


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
async def test_a_missing_or_older_tool_is_named_with_its_package(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumps, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        CopyFailed, match=r"pg_dump is not on this machine; install the package postgresql-client-\d+"
    ):
        await place.backs_up()
    fake_tool(tmp_path / "debian" / "9" / "bin", 9)
    with pytest.raises(CopyFailed, match=r"pg_dump 9 is older than the server, which is \d+; install"):
        await place.backs_up()


async def test_a_table_of_another_release_is_counted(place: Place) -> None:
    async with living(place.settings) as system:
        await factories.add_caller(system)
        async with system.db.snapshot() as connection:
            for name, columns in (("contacts", ("id", "colour")), ("alembic_version", ("version_num",))):
                told = Tally(1, "f" * 64, columns)
                assert await restore._counted(connection, "main", name, told) == told
            told = Tally(1, "f" * 64, ("id",))
            assert await restore._counted(connection, "main", "contacts", told) != told
