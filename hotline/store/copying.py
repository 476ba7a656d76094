"""Tables whole: counted and digested, copied from one database to another, and samples of what is sealed in them.

A digest is the sum of its rows' SHA-256 over normalised values: it is the same on SQLite and PostgreSQL, whatever
order the rows come in, and differs if one value of one row does.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import MetaData, Row, Table, func, insert, inspect, null, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline.store.tables import leases
from hotline.values import dataclass

Connection = AsyncConnection
ROWS = 500  # in one step
MODULUS = 1 << 256
SEALED = "_sealed"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a table has, and their digest over these columns."""

    rows: int
    digest: str
    columns: tuple[str, ...]


def written(value: Any) -> bytes:
    """A value as both databases mean it, told apart by kind and length."""
    match value:
        case None:
            kind, body = "n", b""
        case bool():
            kind, body = "b", b"1" if value else b"0"
        case int() | float():
            kind, body = "i", repr(value).encode()
        case str():
            kind, body = "s", value.encode()
        case bytes() | bytearray() | memoryview():
            kind, body = "x", bytes(value)
        case datetime():
            kind, body = "t", value.astimezone(UTC).isoformat(timespec="microseconds").encode()
        case date():
            kind, body = "d", value.isoformat().encode()
        case dict() | list():
            kind, body = "j", json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        case _:
            raise TypeError(f"no way to compare a {type(value).__name__}")
    return f"{kind}{len(body)}:".encode() + body


async def tally(connection: Connection, table: Table, columns: Collection[str] = ()) -> Tally:
    """Read the whole table, or these columns of it."""
    chosen = [table.c[name] for name in columns] if columns else list(table.c)
    rows, total = 0, 0
    async for part in _parts(connection, select(*chosen)):
        rows += len(part)
        for row in part:
            whole = hashlib.sha256(b"".join(map(written, row))).digest()
            total = (total + int.from_bytes(whole)) % MODULUS
    return Tally(rows, f"{total:064x}", tuple(column.name for column in chosen))


async def tallies(connection: Connection, metadata: MetaData) -> dict[str, Tally]:
    """Every table's, by name."""
    return {table.name: await tally(connection, table) for table in metadata.sorted_tables}


async def count(connection: Connection, name: str) -> int:
    """Rows of a table that this program may not know."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    return int((await connection.execute(text(f"SELECT count(*) FROM {quoted}"))).scalar_one())  # noqa: S608  quoted


async def copy(source: Connection, target: Connection, metadata: MetaData) -> None:
    """Every row of every table, parents before children; what the target's migrations put there goes first."""
    tables = metadata.sorted_tables
    for table in reversed(tables):
        await target.execute(table.delete())
    for table in tables:
        # Ids grow with time, so that a row which refers to its own table finds the older one there already.
        query = select(table).order_by(*table.primary_key.columns)
        async for part in _parts(source, query):
            await target.execute(insert(table), [dict(row._mapping) for row in part])


async def _parts(connection: Connection, query: Any) -> AsyncIterator[Sequence[Row[Any]]]:
    streamed = await connection.stream(query, execution_options={"yield_per": ROWS})
    try:
        async for part in streamed.partitions():
            yield part
    finally:
        await streamed.close()


async def epoch(connection: Connection) -> int:
    """The engine's: how often the lease has changed hands."""
    found = (await connection.execute(select(func.max(leases.c.epoch)))).scalar_one()
    return int(found or 0)


async def is_empty(connection: Connection) -> bool:
    """Is there no table at all?"""
    return not await connection.run_sync(lambda sync: inspect(sync).get_table_names())


async def patient(connection: Connection) -> None:
    """Reading or writing everything takes longer than any request may: no time limits in this transaction."""
    if connection.dialect.name == "postgresql":
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            await connection.execute(text(f"SET LOCAL {name} = 0"))


async def drop_all(connection: Connection) -> None:
    """Leave nothing of a copy that failed its checks."""

    def drop(sync: Any) -> None:
        found = MetaData()
        found.reflect(sync)
        found.drop_all(sync)

    await connection.run_sync(drop)


# -- samples of what is sealed -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value, and the names of the place it was sealed for: that of its table, or of table and column.

    A column that is sealed for another place says so with `info={"place": …}`.
    """

    names: tuple[str, ...]
    row_id: str | None
    value: bytes

    def places(self, owner_id: str) -> list[tuple[str, str]]:
        """The (place, row) it may have been sealed for: with its own id or, where there is one each, its owner's."""
        return [(name, row) for name in self.names for row in (self.row_id, owner_id) if row is not None]


async def sample(
    connection: Connection, metadata: MetaData, per_column: int, has: Callable[[str, str], bool]
) -> list[Sealed]:
    """Sealed values by chance, in turns one from every sealed column; `has` says which columns there are here."""
    found: list[tuple[int, Sealed]] = []
    for table in metadata.sorted_tables:
        for column in table.c:
            if not (column.name.endswith(SEALED) and has(table.name, column.name)):
                continue
            own_id = table.c.id if "id" in table.c else null()
            query = (
                select(own_id, column).where(column.is_not(None)).order_by(func.random()).limit(per_column)
            )
            rows = (await connection.execute(query)).all()
            usual = (table.name, f"{table.name}.{column.name.removesuffix(SEALED)}")
            names = (column.info["place"],) if "place" in column.info else usual
            found += [(turn, Sealed(names, row[0], bytes(row[1]))) for turn, row in enumerate(rows)]
    return [sealed for _, sealed in sorted(found, key=lambda each: each[0])]
