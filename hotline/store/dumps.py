"""A whole database into one file and back: SQLite by its online backup, PostgreSQL by its own tools.

The tools get the parts of the address in their environment, where no other user of the machine can read them.
"""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import make_url, text

from hotline.errors import ConfigInvalid, CopyFailed
from hotline.store import copying
from hotline.store.copying import Connection
from hotline.store.db import Database, sqlite_path

DEBIAN = Path("/usr/lib/postgresql")  # holds a folder per version
LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "ssl": "PGSSLMODE",
    "sslmode": "PGSSLMODE",
}


@asynccontextmanager
async def dump(db: Database, file: Path) -> AsyncIterator[Connection]:
    """Write everything to `file` while others write; the connection sees exactly what is in it. Raises CopyFailed."""
    if db.is_sqlite:
        await asyncio.to_thread(_copy_sqlite, sqlite_path(db.url), file)
        copy = Database(f"sqlite+aiosqlite:///{file}")
        try:
            async with copy.snapshot() as connection:
                yield connection
        finally:
            await copy.close()
        return
    async with db.snapshot() as connection:
        await copying.patient(connection)
        snapshot = (await connection.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
        options = [
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={file}",
        ]
        await _run("pg_dump", await _server(connection), db.url, *options)
        yield connection


async def load(db: Database, file: Path) -> None:
    """Bring a dump into an empty PostgreSQL database, all or nothing. Raises CopyFailed."""
    async with db.read() as connection:
        server = await _server(connection)
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname="]
    await _run("pg_restore", server, db.url, *options, str(file))


async def position(connection: Connection) -> str:
    """Where PostgreSQL's write-ahead log stands."""
    if connection.dialect.name == "sqlite":
        return ""
    return str((await connection.execute(text("SELECT pg_current_wal_lsn()"))).scalar_one())


async def version(connection: Connection) -> str:
    """Of the database program."""
    query = "SELECT sqlite_version()" if connection.dialect.name == "sqlite" else "SHOW server_version"
    return str((await connection.execute(text(query))).scalar_one())


def _copy_sqlite(source: Path, file: Path) -> None:
    """All pages in one step: a reader's snapshot, which writers do not wait for."""
    address = f"file:{source}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as one, closing(sqlite3.connect(file)) as other:
        one.backup(other)
        (verdict,) = other.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise CopyFailed(f"{source} is damaged: {verdict}")


async def _server(connection: Connection) -> int:
    """PostgreSQL's major version."""
    number = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    return int(number) // 10_000


async def _run(name: str, server: int, url: str, *options: str) -> None:
    program = await asyncio.to_thread(_tool, name, server)
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        env=_environment(url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip().splitlines()
        raise CopyFailed(f"{name} failed: {said[0] if said else process.returncode}")


def _environment(url: str) -> dict[str, str]:
    """Ours without our settings, and the address in the words of PostgreSQL's own programs."""
    parts = make_url(url)
    given = {
        "host": parts.host,
        "port": str(parts.port) if parts.port else None,
        "user": parts.username,
        "password": parts.password,
        "database": parts.database,
        **{name: str(value) for name, value in parts.query.items()},
    }
    unknown = given.keys() - LIBPQ.keys()
    if unknown:
        raise ConfigInvalid(
            "HOTLINE_DATABASE_URL", f"{', '.join(sorted(unknown))} is unknown to PostgreSQL's tools"
        )
    own = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return own | {LIBPQ[name]: value for name, value in given.items() if value} | {"PGCONNECT_TIMEOUT": "10"}


def _tool(name: str, server: int) -> Path:
    """The program in the server's version, or the next newer one: an older one cannot read it."""
    found = {_version(path): path for path in (*DEBIAN.glob(f"*/bin/{name}"), *_on_path(name))}
    fitting = [version for version in found if version >= server]
    if fitting:
        return found[min(fitting)]
    package = f"install the package postgresql-client-{server}"
    if found:
        raise CopyFailed(f"{name} {max(found)} is older than the server, which is {server}; {package}")
    raise CopyFailed(f"{name} is not on this machine; {package}")


def _on_path(name: str) -> list[Path]:
    path = shutil.which(name)
    return [Path(path)] if path else []


def _version(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    number = re.search(r"\d+", said)
    return int(number[0]) if number else 0
