"""The restore drill from the documentation alone: the commands of the runbook, word for word, in a shell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from hotline import app
from hotline.config import Settings
from hotline.store import copying
from hotline.store.db import Database
from tests import factories, servers
from tests.factories import MovableClock
from tests.flows.processes import environment
from tests.keeping import lively
from tests.servers import PostgresServer

REPO = Path(__file__).parent.parent.parent
RUNBOOK = (REPO / "deploy" / "runbook.md").read_text()


def commands(section: str) -> list[str]:
    """The fenced commands under this heading."""
    (found,) = [part for part in re.split(r"^#+ ", RUNBOOK, flags=re.M) if part.startswith(f"{section}\n")]
    blocks = re.findall(r"^```sh\n(.*?)^```$", found, flags=re.M | re.S)
    assert blocks, section
    return blocks


class Operator:
    """Somebody with a shell, the program, two folders and a copy of the master key."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder = folder
        shutil.copy(settings.master_key, folder / "safe.key")
        given = environment(settings)
        for name in ("HOTLINE_DATABASE_URL", "HOTLINE_KEYS_URL"):  # as the runbook has them installed
            if url := given.pop(name):
                (folder / name).write_text(url)
                given[f"{name}_FILE"] = str(folder / name)
        self.environment = given | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPO),
            "BACKUPS": str(folder / "backups"),
            "KEY_BACKUPS": str(folder / "elsewhere"),
            "MASTER_KEY_COPY": str(folder / "safe.key"),
            "TMPDIR": str(folder),
        }

    def types(self, *blocks: str) -> str:
        """What a shell prints that runs this; every command must succeed."""
        script = "set -euo pipefail\n" + "\n".join(blocks)
        done = subprocess.run(
            ["bash", "-c", script], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def same_counts(printed: str) -> dict[str, int]:
    """Table -> rows, the same on both sides."""
    rows = [
        line.split() for line in printed.splitlines() if re.fullmatch(r"\w+ +\d+ +\d+ +[0-9a-f]{16}", line)
    ]
    assert all(one == other for _, one, other, _ in rows)
    return {name: int(one) for name, one, _, _ in rows}


async def counts(db: Database) -> dict[str, int]:
    """Asked of the database itself, past everything of ours."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if db.is_sqlite
        else ("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    )
    async with db.read() as connection:
        tables = (await connection.execute(text(names))).scalars().all()
        found = {name: await copying.count(connection, name) for name in tables}
    found.pop("alembic_version")
    return found


def well_done(printed: str) -> None:
    assert "100 of 100 sealed samples open" in printed
    assert re.search(r"\d+\.\d minutes since is not in it \(RPO\)", printed)
    seconds = re.search(r"Restored and checked in (\d+\.\d) seconds \(RTO\)", printed)
    assert seconds
    assert float(seconds[1]) < 900


async def test_the_drill_on_sqlite(tmp_path: Path) -> None:
    settings = factories.settings_in(tmp_path / "house")
    async with app.open_system(settings, MovableClock()) as system, factories.journal_running(system):
        await lively.fill(system)
        wanted = await counts(system.db) | await counts(system.keys)
        operator = Operator(settings, tmp_path)
        operator.types(*commands("Taking a backup"))  # while it runs
    printed = operator.types(*commands("Restore drill on SQLite"))
    assert same_counts(printed) == wanted
    well_done(printed)
    assert printed.count("ok: ") == 4
    refused = operator.types(*commands("Without the keys nothing opens"))
    assert "without them nothing opens" in refused
    assert "Refused, as it must be." in refused


@pytest.mark.postgres
async def test_the_drill_on_postgres(tmp_path: Path, postgres_server: PostgresServer) -> None:
    main, keys = await postgres_server.create(), await postgres_server.create()
    settings = factories.settings_in(tmp_path / "house", database_url=main, keys_url=keys)
    operator = Operator(settings, tmp_path)
    operator.environment |= {"PGHOST": servers.HOST, "PGPORT": str(postgres_server.port), "PGUSER": "hotline"}
    operator.types("hotline migrate")
    async with app.open_system(settings, MovableClock()) as system, factories.journal_running(system):
        await lively.fill(system)
        wanted = await counts(system.db) | await counts(system.keys)
        operator.types(*commands("Taking a backup"))
    restore, clean = commands("Restore drill on PostgreSQL")
    printed = operator.types(restore)
    assert same_counts(printed) == wanted
    well_done(printed)
    restored = [Database(postgres_server.url(name)) for name in ("hotline_drill", "hotline_drill_keys")]
    assert await counts(restored[0]) | await counts(restored[1]) == wanted
    for db in restored:
        await db.close()
    operator.types(clean)
    assert "Refused, as it must be." in operator.types(*commands("Without the keys nothing opens"))
    for url in (main, keys):
        await postgres_server.drop(url)


@pytest.mark.postgres
async def test_moving_by_the_book(tmp_path: Path, postgres_server: PostgresServer) -> None:
    settings = factories.settings_in(tmp_path / "house")
    async with app.open_system(settings, MovableClock()) as system, factories.journal_running(system):
        await lively.fill(system)
    main, keys = await postgres_server.create(), await postgres_server.create()
    operator = Operator(settings, tmp_path)
    operator.environment |= {"HOTLINE_DATABASE_URL": main, "HOTLINE_KEYS_URL": keys}
    printed = operator.types(*commands("Moving from SQLite to PostgreSQL"))
    assert "Moved." in printed
    assert printed.count("ok: ") == 4
    for url in (main, keys):
        await postgres_server.drop(url)
