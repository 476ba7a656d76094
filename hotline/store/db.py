"""One database, SQLite or PostgreSQL: how a connection is opened, and who may write when.

SQLite has one writer, so a process has one fair gate around `BEGIN IMMEDIATE`; PostgreSQL has row
locks (see `claims`). Everything above this file is the same for both.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    String,
    Table,
    any_,
    bindparam,
    event,
    func,
    literal,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import await_only

from hotline.errors import Unavailable
from hotline.rules.duty import Board

# Classes of SQLSTATE that say "not now": connection, rollback to be tried again, resources, operator, system.
AWAY = frozenset({"08", "40", "53", "57", "58"})
READ_ONLY = "25006"  # a server that takes no writes: a standby, or one put out of the way by its operator

# What the drivers themselves raise of a server that is away; the last where it goes between two states of the protocol.
OF_DRIVERS = (sqlite3.OperationalError, asyncpg.InterfaceError, asyncpg.InternalClientError)

# A server that fell silent (frozen, or behind a network that swallows everything) ends nothing by itself, and the
# journal would wait for it with every message of this process. Longer than the server's own limit.
COMMAND_SECONDS = 20.0
POSTGRES: dict[str, Any] = {
    "server_settings": {"statement_timeout": "15000", "idle_in_transaction_session_timeout": "30000"},
    "timeout": 5,
    "command_timeout": COMMAND_SECONDS,
}
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


Ids = Collection[str] | Select[str]  # of rows; a query, where they may be thousands


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; naive values are refused, because a local time stored once is wrong for ever."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant must carry its zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Tx(ABC):
    """What a store function is given: a connection inside a transaction, its one `now`, and the seals.

    `system.Transaction` is the only implementation; it is abstract here so that rows never meet keys.
    """

    connection: AsyncConnection
    now: datetime
    held: dict[
        str, str
    ]  # lines whose roster it edits, with their versions before; empty text: there was none

    @abstractmethod
    async def board(self) -> Board:
        """Who is on duty when, as this transaction sees it."""

    @abstractmethod
    async def unseal(self, owner_id: str, table: str, row_id: str, sealed: bytes) -> str:
        """The text behind `sealed`, which belongs to that owner, table and row."""

    def upsert(self, table: Table) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT that knows ON CONFLICT, in this database's dialect."""
        return upsert_on(self.connection, table)

    def made(self, statements: Mapping[str, Select[Any]]) -> Select[Any]:
        """The one of this dialect, see `only`."""
        return statements[self.connection.dialect.name]

    def among(self, column: ColumnElement[str], ids: Collection[str]) -> ColumnElement[bool]:
        """Is it one of these? PostgreSQL takes them as one value: thousands of parameters cost more than their rows."""
        if self.connection.dialect.name == "postgresql":
            return column == any_(literal(list(ids), postgresql.ARRAY(String)))
        return column.in_(ids)


def one_of(column: ColumnElement[str], name: str) -> dict[str, ColumnElement[bool]]:
    """The same for statements that are made once, by dialect: is it one of what is given by that name?"""
    return {
        "postgresql": column == any_(bindparam(name, type_=postgresql.ARRAY(String))),
        "sqlite": column.in_(bindparam(name, expanding=True)),
    }


def only(query: Select[Any], column: ColumnElement[str], name: str) -> dict[str, Select[Any]]:
    """A statement that is made once, by dialect: where the column is one of what is given by that name."""
    return {dialect: query.where(those) for dialect, those in one_of(column, name).items()}


def upsert_on(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


class Database:
    """An engine and, for SQLite, the gate before its one writer."""

    def __init__(self, url: str, *, alone: bool = False) -> None:
        """`alone`: of a SQLite file, one connection that nobody else's may be beside."""
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url, alone=alone) if self.is_sqlite else _postgres_engine(url)
        self.gate = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end of the block, or rolls back. Raises Unavailable."""
        gate: AbstractAsyncContextManager[Any] = self.gate if self.is_sqlite else nullcontext()
        async with gate, self._transaction("READ COMMITTED", hotline_write=True) as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A look. On PostgreSQL each of its statements sees what is committed by then, for a transaction would cost two
        journeys and show no more than that. Raises Unavailable.
        """
        async with self.snapshot() if self.is_sqlite else self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A look at one moment, however many statements it takes. Raises Unavailable."""
        async with self._transaction("REPEATABLE READ") as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, isolation: str, **options: Any) -> AsyncIterator[AsyncConnection]:
        if not self.is_sqlite:
            options["isolation_level"] = isolation
        async with self._connection() as connection:
            chosen = await connection.execution_options(**options)
            async with chosen.begin():
                yield chosen

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        async with or_unavailable(), self.engine.connect() as connection:
            yield connection

    async def driver(self) -> Any:
        """A connection of PostgreSQL's driver, for one user alone, who closes it. Raises what the driver raises."""
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return await asyncpg.connect(plain, **POSTGRES)

    def plain_connection(self) -> sqlite3.Connection:
        """A connection of the standard library's module, for one thread, which takes the gate and closes it."""
        connection = sqlite3.connect(sqlite_path(self.url), timeout=10, isolation_level=None)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    async def time(self) -> datetime:
        """What PostgreSQL's own clock says at this moment. Raises Unavailable."""
        async with self.read() as connection:
            found: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        return found.astimezone(UTC)

    async def ping(self) -> None:
        """Raises Unavailable if nothing can be read."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    @property
    def in_use(self) -> int:
        """Connections at work now."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    async def wipe_log(self) -> None:
        """On SQLite, let the write-ahead log forget what was overwritten, or, while somebody reads, soon after."""
        if self.is_sqlite:
            async with self.gate, or_unavailable(), self.engine.connect() as connection:
                raw = await connection.get_raw_connection()
                assert raw.driver_connection is not None  # noqa: S101
                await raw.driver_connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self.engine.dispose()


def sqlite_path(url: str) -> Path:
    """Where the file of a SQLite database lies."""
    return Path(make_url(url).database or "")


@asynccontextmanager
async def or_unavailable() -> AsyncIterator[None]:
    """A database that does not answer becomes a fact the caller can act on; a mistake of ours does not."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError, *OF_DRIVERS) as error:
        raise Unavailable from error
    except DBAPIError as error:
        if error.connection_invalidated or _says_not_now(error.orig):
            raise Unavailable from error
        raise
    except asyncpg.PostgresError as error:
        if _says_not_now(error):
            raise Unavailable from error
        raise


def _says_not_now(error: BaseException | None) -> bool:
    state = getattr(error, "sqlstate", None) or ""
    return state[:2] in AWAY or state == READ_ONLY


def _postgres_engine(url: str) -> AsyncEngine:
    # Whoever wants a transaction says so. Else the end of one that nobody began would be waited for where the server is
    # silent.
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_pre_ping": True}
    options |= {"pool_size": 10, "pool_timeout": 5}
    # an error that gets printed after all must not quote the values of its statement
    engine = create_async_engine(url, **options, connect_args=POSTGRES, hide_parameters=True)

    # The good-bye is said and not waited for: a silent server would keep a process that ends for as long as with a
    # statement, and for as long again with each connection that rests.
    engine.dialect.do_close = _leave  # type: ignore[method-assign, assignment]
    # A server that ends closes its connections, which is seen without a journey before each use; one that fell silent
    # would answer no question either.
    engine.dialect.do_ping = _is_open  # type: ignore[method-assign, assignment]
    return engine


def _leave(connection: Any) -> None:
    connection.driver_connection.terminate()


def _is_open(connection: Any) -> bool:
    return not connection.driver_connection.is_closed()


def _sqlite_engine(url: str, *, alone: bool) -> AsyncEngine:
    options: dict[str, Any] = {"pool_size": 6, "pool_timeout": 10, "hide_parameters": True}
    pragmas = list(PRAGMAS)
    if alone:
        options |= {"pool_size": 1, "max_overflow": 0}
        pragmas.insert(0, "locking_mode=EXCLUSIVE")
    engine = create_async_engine(url, **options, connect_args={"timeout": 1 if alone else 10})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes the lock at once: upgrading later would fail with "database is locked".
        writes = connection.get_execution_options().get("hotline_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine.sync_engine, "invalidate")
    def roll_back(connection: Any, _record: Any, _error: BaseException | None) -> None:
        # A task cancelled in the middle gives its connection up, and closing it leaves BEGIN IMMEDIATE held
        # for as long as a cursor of it lives: every other writer would wait in vain.
        await_only(asyncio.shield(connection.driver_connection.rollback()))

    # A second cancelling ends SQLAlchemy's wait for the closing, after which it stops the thread under the one that
    # closes: that one then waits for ever, and the process never ends. So the thread closes, and nobody waits.
    engine.dialect.do_terminate = _stop  # type: ignore[method-assign, assignment]
    return engine


def _stop(connection: Any) -> None:
    connection.driver_connection.stop()
