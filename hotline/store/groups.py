"""How a group of lines is committed: a lock, a look, one insert, whatever their number, on the driver itself.

PostgreSQL gives a connection to the journal alone; a thread that is locked by somebody else is left for the next group.
Where a talk stands as it did before, lock, comparison and insert are one statement.
SQLite has a thread of its own with the module of the standard library, behind the same gate as every other writer.
"""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

from asyncpg.exceptions import UniqueViolationError

from hotline.store.db import Database, or_unavailable
from hotline.store.lines import COLUMNS, Judged, Line, Row, Stand, judge
from hotline.store.standing import Guess, Standing


class Groups(Protocol):
    """Commits a group of lines in one transaction."""

    async def commit(self, lines: Sequence[Line], now: datetime) -> Judged:
        """All that may be written is stored when this returns. Raises Unavailable, and what a bad line causes."""

    async def close(self) -> None:
        """Give back what is held open."""


def groups_of(db: Database) -> Groups:
    return OnSqlite(db) if db.is_sqlite else OnPostgres(db)


STAND = """
    c.state, c.holder_id, c.caller_blind, c.channel, t.open, s.name, s.signature, s.revision,
    CASE WHEN {kind} = 'receipt' THEN (
        SELECT r.ref_seq FROM entries r WHERE r.contact_id = c.id AND r.kind = 'receipt' ORDER BY r.seq DESC LIMIT 1
    ) END,
    e.seq, e.at
"""
NAMES = ", ".join((*COLUMNS, "delivery_tries"))
# How SQLite takes a row out of what `_packed` made.
VALUES = [
    "substr(?2, g.value ->> '$[9][0]', g.value ->> '$[9][1]')"
    if name == "body_sealed"
    else f"g.value ->> {place}"
    for place, name in enumerate(COLUMNS)
]


class OnPostgres:
    """Statement by statement in one transaction: what is looked at after the lock is what was committed before it."""

    LOCK = """
        SELECT contact_id, last_seq FROM threads WHERE contact_id = ANY($1::varchar[])
        ORDER BY contact_id FOR NO KEY UPDATE SKIP LOCKED
    """
    LOOK = f"""
        SELECT g.n, {STAND.format(kind="g.kind")}
        FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::varchar[]) WITH ORDINALITY
            AS g (contact_id, id, author_id, kind, n)
        JOIN contacts c ON c.id = g.contact_id
        JOIN threads t ON t.contact_id = g.contact_id
        LEFT JOIN entries e ON e.contact_id = g.contact_id AND e.id = g.id
        LEFT JOIN staff s ON s.id = g.author_id
    """  # noqa: S608  names of columns
    ROWS = f"""
        INSERT INTO entries ({NAMES})
        SELECT g.*, 0 FROM unnest(
            $1::varchar[], $2::bigint[], $3::varchar[], $4::varchar[], $5::varchar[], $6::varchar[],
            $7::timestamptz[], $8::bigint[], $9::varchar[], $10::bytea[], $11::json[], $12::varchar[],
            $13::timestamptz[]
        ) AS g (contact_id)
    """  # noqa: S608
    INSERT = f"""
        WITH numbered AS (
            UPDATE threads t SET last_seq = m.seq
            FROM unnest($14::varchar[], $15::bigint[]) AS m (contact_id, seq) WHERE t.contact_id = m.contact_id
        )
        {ROWS}
    """  # noqa: S608
    # The thread is compared as it is when it is locked, the contact as it was when the statement began: a change of the
    # contact alone that commits in between comes after these words, as if they had been a moment quicker.
    IF_SO = f"""
        WITH so AS (
            SELECT t.contact_id, m.seq
            FROM unnest(
                $14::varchar[], $15::bigint[], $16::bigint[], $17::varchar[], $18::varchar[], $19::varchar[], $20::int[]
            ) AS m (contact_id, seq, last_seq, state, holder_id, caller_blind, revision)
            JOIN contacts c ON c.id = m.contact_id AND c.state = m.state
                AND c.holder_id IS NOT DISTINCT FROM m.holder_id
                AND c.caller_blind IS NOT DISTINCT FROM m.caller_blind
            LEFT JOIN staff h ON h.id = m.holder_id
            JOIN threads t ON t.contact_id = m.contact_id AND t.last_seq = m.last_seq AND t.open
            WHERE m.revision IS NULL OR m.revision = h.revision
            ORDER BY t.contact_id FOR NO KEY UPDATE OF t SKIP LOCKED
        ), numbered AS (
            UPDATE threads t SET last_seq = so.seq FROM so WHERE t.contact_id = so.contact_id RETURNING t.contact_id
        )
        {ROWS} JOIN numbered USING (contact_id)
        RETURNING contact_id
    """  # noqa: S608

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: Any = None
        self._standing = Standing()

    async def commit(self, lines: Sequence[Line], now: datetime) -> Judged:
        async with or_unavailable():
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._db.driver()
                # Else it plans anew for every group as soon as there are thousands of talks, which takes three times as
                # long as to store it.
                await self._connection.execute("SET plan_cache_mode = force_generic_plan")
            try:
                return await self._commit(self._connection, lines, now)
            finally:
                if (
                    self._connection.is_in_transaction()
                ):  # it was left in the middle, and is good for nothing more
                    self._connection.terminate()

    async def _commit(self, connection: Any, lines: Sequence[Line], now: datetime) -> Judged:
        guess = self._standing.guess(lines, now)
        stored = await self._if_so(connection, guess) if guess.expected else set()
        outcomes = guess.outcomes
        rows = [row for row in guess.rows if row.contact_id in stored]
        before = {each.contact_id: each.last_seq for each in guess.expected if each.contact_id in stored}
        last = {contact_id: guess.last[contact_id] for contact_id in stored}
        if rest := [place for place, line in enumerate(lines) if line.contact_id not in stored]:
            looked_at = await self._look_first(connection, [lines[place] for place in rest], now)
            outcomes |= zip(rest, looked_at.outcomes, strict=True)
            rows += looked_at.rows
            before |= looked_at.before
            last |= looked_at.last
        return Judged([outcomes[place] for place in range(len(lines))], rows, before, last)

    async def _if_so(self, connection: Any, guess: Guess) -> set[str]:
        """The talks that stood as expected: what was guessed of them is committed. Of the others nothing is."""
        expected = [list(column) for column in zip(*guess.expected, strict=True)]
        numbers = [guess.last[each.contact_id] for each in guess.expected]
        values = *_columns(guess.rows), expected[0], numbers, *expected[1:]
        try:
            found = await connection.fetch(self.IF_SO, *values)
        except UniqueViolationError:  # one of them had been stored before
            return set()
        stored = {each["contact_id"] for each in found}
        self._standing.stored([row for row in guess.rows if row.contact_id in stored])
        self._standing.forget({each.contact_id for each in guess.expected} - stored)
        return stored

    async def _look_first(self, connection: Any, lines: Sequence[Line], now: datetime) -> Judged:
        wanted = sorted({line.contact_id for line in lines})
        keys = [[line.contact_id for line in lines], [line.id for line in lines]]
        authors, kinds = [line.author_id for line in lines], [line.kind for line in lines]
        async with connection.transaction():
            locked = {
                each["contact_id"]: each["last_seq"] for each in await connection.fetch(self.LOCK, wanted)
            }
            stands: list[Stand | None] = [None] * len(lines)
            for number, *found in await connection.fetch(self.LOOK, *keys, authors, kinds):
                stands[number - 1] = Stand(*found)
            judged = judge(lines, stands, locked, now)
            if judged.rows:
                changed = {each.contact_id: judged.last[each.contact_id] for each in judged.rows}
                numbers = list(changed), list(changed.values())
                await connection.execute(self.INSERT, *_columns(judged.rows), *numbers)
        self._standing.looked(lines, stands, judged)
        return judged

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


class OnSqlite:
    """One hop to a thread for a whole group, and in it four statements, whatever the number of lines.

    Each step of a statement lets go of the interpreter, and while the loop is busy waits for milliseconds to get hold
    of it again. So what a statement is given and what it finds is one value: a list as JSON, and the sealed words
    behind one another.
    """

    LOOK = f"""
        SELECT json_group_array(json_array(g.key, t.last_seq, {STAND.format(kind="g.value ->> 0")}))
        FROM json_each(?) g
        JOIN contacts c ON c.id = g.value ->> 3
        JOIN threads t ON t.contact_id = c.id
        LEFT JOIN entries e ON e.contact_id = c.id AND e.id = g.value ->> 1
        LEFT JOIN staff s ON s.id = g.value ->> 2
    """  # noqa: S608
    NUMBER = "UPDATE threads SET last_seq = g.value FROM json_each(?) g WHERE contact_id = g.key"
    INSERT = f"""
        INSERT INTO entries ({NAMES})
        SELECT {", ".join(VALUES)}, 0 FROM json_each(?1) g
    """  # noqa: S608

    def __init__(self, db: Database) -> None:
        self._db = db
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def commit(self, lines: Sequence[Line], now: datetime) -> Judged:
        loop = asyncio.get_running_loop()
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        async with or_unavailable(), self._db.gate:
            work = loop.run_in_executor(self._thread, self._commit, lines, now)
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:  # the gate is ours until the thread is done
                await asyncio.wait([work])
                raise

    def _commit(self, lines: Sequence[Line], now: datetime) -> Judged:
        connection = self._connection = self._connection or self._db.plain_connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            judged = self._write(connection, lines, now)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return judged

    def _write(self, connection: sqlite3.Connection, lines: Sequence[Line], now: datetime) -> Judged:
        asked = json.dumps([(line.kind, line.id, line.author_id, line.contact_id) for line in lines])
        stands: list[Stand | None] = [None] * len(lines)
        locked: dict[str, int] = {}
        for number, last, *found in json.loads(connection.execute(self.LOOK, (asked,)).fetchone()[0]):
            stands[number] = _stand(found)
            locked[lines[number].contact_id] = last
        judged = judge(lines, stands, locked, now)
        if judged.rows:
            changed = {each.contact_id: judged.last[each.contact_id] for each in judged.rows}
            connection.execute(self.NUMBER, (json.dumps(changed),))
            connection.execute(self.INSERT, _packed(judged.rows))
        return judged

    async def close(self) -> None:
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        if self._thread is not None:
            self._thread.shutdown(wait=False)
        self._thread = self._connection = None


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    """By the columns of their table."""
    values = ((*row[:10], json.dumps(row.data), *row[11 : len(COLUMNS)]) for row in rows)
    return [list(column) for column in zip(*values, strict=True)]


def _stand(found: Sequence[Any]) -> Stand:
    *before, at = found
    stand = Stand._make([*before, datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None])
    return stand._replace(open=bool(stand.open))


def _packed(rows: Sequence[Row]) -> tuple[str, bytes]:
    """The rows as the columns of SQLite hold them, each sealed body as its place in what follows."""
    plain, bodies, length = [], [], 0
    for row in rows:
        place = None
        if row.body_sealed is not None:
            place = length + 1, len(row.body_sealed)
            bodies.append(row.body_sealed)
            length += place[1]
        due = _text(row.delivery_at) if row.delivery_at is not None else None
        data = json.dumps(row.data)
        plain.append((*row[:6], _text(row.at), row.ref_seq, row.source_blind, place, data, row.delivery, due))
    return json.dumps(plain), b"".join(bodies)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
