"""An embedded installation moves to PostgreSQL: everything and nothing else, or nothing at all."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from hotline import app
from hotline.config import Settings
from hotline.errors import ConfigInvalid, CopyFailed, KeyDestroyed
from hotline.keeping import move
from hotline.store import copying, tables, views
from hotline.store.db import Database, sqlite_path
from hotline.system import System
from tests import factories
from tests.factories import VICTIMS, MovableClock
from tests.keeping import lively
from tests.servers import PostgresServer
from tests.test_commands import run


@pytest.fixture
async def target(postgres_server: PostgresServer) -> AsyncIterator[tuple[str, str]]:
    """Two empty databases."""
    urls = (await postgres_server.create(), await postgres_server.create())
    yield urls
    for url in urls:
        await postgres_server.drop(url)


@pytest.fixture
async def embedded(tmp_path: Path, target: tuple[str, str]) -> tuple[Settings, str]:
    """Settings of the new installation over the files of a stopped one, and the contact erased there."""
    settings = factories.settings_in(tmp_path)
    async with app.open_system(settings, MovableClock()) as system, factories.journal_running(system):
        erased = await lively.fill(system)
    return replace(settings, database_url=target[0], keys_url=target[1]), erased


def content(settings: Settings) -> dict[str, str]:
    return {
        name: hashlib.sha256((settings.data / name).read_bytes()).hexdigest()
        for name in ("hotline.sqlite", "keys/wrapped.sqlite")
    }


async def names(url: str) -> bool:
    db = Database(url)
    async with db.read() as connection:
        empty = await copying.is_empty(connection)
    await db.close()
    return empty


async def test_everything_moves_and_the_house_goes_on(
    embedded: tuple[Settings, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, erased = embedded
    before = content(settings)
    assert await move.run(settings) == 0
    printed = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:3] for line in printed.splitlines() if len(line.split()) == 4}
    assert rows.keys() >= tables.metadata.tables.keys() | tables.key_metadata.tables.keys()
    lively_tables = {
        name for name, (one, other) in rows.items() if name != "table" and one == other and int(one) > 0
    }
    assert lively_tables >= EXPECTED
    assert "100 of 100 sealed samples open" in printed, printed
    assert content(settings) == before
    async with app.open_system(settings, MovableClock()) as system, factories.journal_running(system):
        await still_works(system, erased)
    # the original is not started by mistake
    with pytest.raises(ConfigInvalid, match="was moved to PostgreSQL"):
        async with app.open_system(replace(settings, database_url="", keys_url="")):
            pass
    with pytest.raises(ConfigInvalid, match="was moved already"):
        await move.run(settings)


EXPECTED = {
    "alarms", "assignments", "audit", "case_contacts", "case_notes", "cases", "contacts", "counters", "entries",
    "key_ledger", "leases", "offers", "sealing_keys", "sessions", "shifts", "sign_in_links", "staff", "summaries",
    "threads",
}  # fmt: skip


async def still_works(system: System, erased: str) -> None:
    """Old words open, erased ones do not, numbers go on, a new conversation gets to its end."""
    async with system.read() as tx:
        ids = (await tx.connection.execute(select(tables.contacts.c.id))).scalars().all()
        texts = [
            entry.text
            for each in ids
            if each != erased
            for entry in await views.entries_after(tx, each, 0, "staff")
        ]
        with pytest.raises(KeyDestroyed):
            await views.entries_after(tx, erased, 0, "staff")
        refs = (await tx.connection.execute(select(tables.contacts.c.ref))).scalars().all()
    assert f"{lively.ZERO_WIDTH} 8" in texts
    dorota = await factories.add_person(system, "Dorota", (VICTIMS,))
    caller = await factories.talk(system, dorota, line=VICTIMS)
    await factories.finish(system, dorota, caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    assert head is not None
    assert head.ref > max(refs)


async def test_while_it_is_moved_nobody_else_gets_in(embedded: tuple[Settings, str]) -> None:
    """Whoever started then would write what is not copied any more."""
    old = replace(embedded[0], database_url="", keys_url="")
    async with move._held(old.main_url, "main"):
        with (
            closing(sqlite3.connect(sqlite_path(old.main_url), timeout=0.1)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("SELECT count(*) FROM contacts")


async def test_a_running_installation_is_not_moved(embedded: tuple[Settings, str]) -> None:
    settings, _ = embedded
    async with app.open_system(replace(settings, database_url="", keys_url="")) as running:
        async with running.read() as tx:
            await tx.connection.execute(text("SELECT 1"))
        with pytest.raises(ConfigInvalid, match=r"HOTLINE_DATA: a program has .* open; stop it first"):
            await move.run(settings)
    assert await names(settings.database_url)
    assert not app.moved_mark(settings).exists()


@pytest.mark.parametrize("which", ["database_url", "keys_url"])
async def test_a_target_with_anything_in_it_is_refused(embedded: tuple[Settings, str], which: str) -> None:
    settings, _ = embedded
    db = Database(getattr(settings, which))
    async with db.write() as connection:
        await connection.execute(text("CREATE TABLE theirs (x INTEGER)"))
    await db.close()
    with pytest.raises(ConfigInvalid, match=f"HOTLINE_{which.upper()}: is not empty"):
        await move.run(settings)
    other = settings.keys_url if which == "database_url" else settings.database_url
    assert await names(other)


SPOILED = {
    "a word lost": "UPDATE entries SET body_sealed = NULL WHERE seq = 1",
    "a row lost": "DELETE FROM entries WHERE ctid = (SELECT min(ctid) FROM entries)",
    "an instant moved": "UPDATE contacts SET arrived_at = arrived_at + interval '1 microsecond'",
    "a yes for a no": "UPDATE contacts SET under18 = NOT under18",
    "a coded field": "UPDATE staff SET roles = '[]'",
}


@pytest.mark.parametrize("change", SPOILED.values(), ids=SPOILED.keys())
async def test_one_difference_and_nothing_stays(
    embedded: tuple[Settings, str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    settings, _ = embedded
    copy = copying.copy

    async def spoiled(source: copying.Connection, target: copying.Connection, metadata: object) -> None:
        await copy(source, target, metadata)  # type: ignore[arg-type]
        if metadata is tables.metadata:
            done = await target.execute(text(change))
            assert done.rowcount > 0

    monkeypatch.setattr(copying, "copy", spoiled)
    with pytest.raises(CopyFailed, match=r"the copy differs from its original in (entries|contacts|staff)"):
        await move.run(settings)
    assert await names(settings.database_url)
    assert await names(settings.keys_url)
    assert not app.moved_mark(settings).exists()


async def test_keys_that_do_not_open_the_words_stop_it(
    embedded: tuple[Settings, str], tmp_path: Path
) -> None:
    """The tables are the same, and yet nobody could read them: the keys are of another house."""
    settings, _ = embedded
    db = Database(replace(settings, keys_url="").wrapped_keys_url)
    async with db.write() as connection:
        await connection.execute(
            text("UPDATE sealing_keys SET wrapped = zeroblob(60) WHERE wrapped IS NOT NULL")
        )
    await db.close()
    with pytest.raises(CopyFailed, match="100 sealed values do not open"):
        await move.run(settings)
    assert await names(settings.database_url)


def test_as_an_operator_types_it_without_a_place_for_the_keys(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://hotline@127.0.0.1:1/hotline"
    lacking = run("move", data=factories.settings_in(tmp_path).data, HOTLINE_DATABASE_URL=url)
    assert (lacking.returncode, "HOTLINE_KEYS_URL: is needed here" in lacking.stderr) == (1, True)


def test_no_table_takes_its_numbers_from_the_database() -> None:
    """There is no sequence that a copy would have to set."""
    for metadata in (tables.metadata, tables.key_metadata):
        assert [
            table.name for table in metadata.sorted_tables if table.autoincrement_column is not None
        ] == []
