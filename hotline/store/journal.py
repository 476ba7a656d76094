"""The journal: everything that happens in a contact is one append-only sequence of entries.

Messages of existing contacts are committed in groups: what gathered during one commit shares the next and
is acknowledged after it. It is the one writer outside "one action, one transaction", so it checks here,
under the thread's lock, that the thread is open and the sender may write.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline import metrics
from hotline.errors import ContactEnded, HotlineError, NotFound, NotTheHolder, Unavailable
from hotline.store.db import Database
from hotline.store.tables import contacts, entries, threads

log = structlog.get_logger()
BATCH = 200
# Who may write what while the contact is in which state.
WRITABLE = {
    ("caller", "message"): ("waiting", "active"),
    ("caller", "edit"): ("waiting", "active"),
    ("staff", "message"): ("active",),
    ("staff", "note"): ("active", "wrap_up"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry to be written. `id` is the sender's own: the same id again changes nothing."""

    contact_id: str
    id: str
    kind: str
    author: str
    author_id: str | None = None
    body_sealed: bytes | None = None
    data: dict[str, Any] = field(default_factory=dict)
    ref_seq: int | None = None
    source_blind: str | None = None
    outgoing: bool = False

    def with_body(self, sealed: bytes) -> "Line":
        """The same line with its sealed words."""
        return replace(self, body_sealed=sealed)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an entry stands. `repeated` says that it had been there before."""

    contact_id: str
    seq: int
    at: datetime
    repeated: bool


async def append(connection: AsyncConnection, now: datetime, lines: Sequence[Line]) -> list[Receipt]:
    """Number and insert lines whose threads the caller of this function has locked; order is kept per contact."""
    contact_ids = {line.contact_id for line in lines}
    numbered = select(threads.c.contact_id, threads.c.last_seq).where(threads.c.contact_id.in_(contact_ids))
    last = {row.contact_id: row.last_seq for row in await connection.execute(numbered)}
    return await _append(connection, now, lines, last, await known(connection, lines))


async def _append(
    connection: AsyncConnection,
    now: datetime,
    lines: Sequence[Line],
    last: Mapping[str, int],
    there: Mapping[tuple[str, str], Receipt],
) -> list[Receipt]:
    """After these numbers, and without those that are there."""
    last, there = dict(last), dict(there)
    receipts, rows = [], []
    for line in lines:
        key = (line.contact_id, line.id)
        if key in there:
            receipts.append(there[key])
            continue
        last[line.contact_id] += 1
        seq = last[line.contact_id]
        rows.append(_row(line, seq, now))
        receipts.append(Receipt(line.contact_id, seq, now, repeated=False))
        there[key] = Receipt(line.contact_id, seq, now, repeated=True)
    if rows:
        await connection.execute(insert(entries), rows)
        for contact_id in {row["contact_id"] for row in rows}:
            await connection.execute(
                update(threads).where(threads.c.contact_id == contact_id).values(last_seq=last[contact_id])
            )
    return receipts


async def known(connection: AsyncConnection, lines: Sequence[Line]) -> dict[tuple[str, str], Receipt]:
    """(contact, id) -> where it stands, for those of the lines that are stored already."""
    keys = [(line.contact_id, line.id) for line in lines]
    query = select(entries.c.contact_id, entries.c.id, entries.c.seq, entries.c.at).where(
        tuple_(entries.c.contact_id, entries.c.id).in_(keys)
    )
    found = await connection.execute(query)
    return {
        (row.contact_id, row.id): Receipt(row.contact_id, row.seq, row.at, repeated=True) for row in found
    }


def _row(line: Line, seq: int, now: datetime) -> dict[str, Any]:
    return {
        "contact_id": line.contact_id,
        "seq": seq,
        "id": line.id,
        "kind": line.kind,
        "author": line.author,
        "author_id": line.author_id,
        "at": now,
        "ref_seq": line.ref_seq,
        "source_blind": line.source_blind,
        "body_sealed": line.body_sealed,
        "data": line.data,
        "delivery": "pending" if line.outgoing else "none",
        "delivery_tries": 0,
        "delivery_at": now if line.outgoing else None,
    }


@dataclass(eq=False, slots=True)
class _Waiting:
    line: Line
    answer: "asyncio.Future[Receipt]"


_Verdict = tuple[_Waiting, Receipt | HotlineError]


class Journal:
    """Gathers lines and commits them in groups. `run()` must be running while `write()` is used."""

    def __init__(
        self,
        db: Database,
        now: Callable[[], datetime],
        written: Callable[[set[str], bool], None],
    ) -> None:
        self._db = db
        self._now = now
        self._tell = written  # contact ids, and whether something is to be sent out
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(maxsize=2000)
        self.commits = 0
        self.written = 0

    async def write(self, line: Line) -> Receipt:
        """Commit one line. Raises ContactEnded, NotTheHolder, NotFound, Unavailable; then nothing is stored."""
        waiting = _Waiting(line, asyncio.get_running_loop().create_future())
        with metrics.JOURNAL_WAITING.track_inprogress():
            await self._queue.put(waiting)
            return await waiting.answer

    async def run(self) -> None:
        """Commit groups until cancelled."""
        later: list[_Waiting] = []
        while True:
            if not later:
                later.append(await self._queue.get())
            while len(later) < BATCH and not self._queue.empty():
                later.append(self._queue.get_nowait())
            later = await self._commit(later)
            if later:  # their threads are locked by an action, which is about to end
                await asyncio.sleep(0.002)

    async def _commit(self, batch: list[_Waiting]) -> list[_Waiting]:
        try:
            with metrics.JOURNAL_SECONDS.time(), metrics.JOURNAL_FAILURES.count_exceptions():
                verdicts, busy = await self._write_group(batch)
            metrics.JOURNAL_BATCH.observe(len(verdicts))
            self._settle(verdicts)
            return busy
        except Unavailable as error:
            _fail(batch, error)
            return []
        except Exception as error:  # an edge: one bad line must not take the others with it
            if len(batch) == 1:
                log.error("line refused by the database", exc_info=error)
                _fail(batch, Unavailable())
                return []
            busy = []
            for each in batch:
                busy += await self._commit([each])
            return busy

    async def _write_group(self, batch: list[_Waiting]) -> tuple[list[_Verdict], list[_Waiting]]:
        """One transaction: what became of each line, and those whose thread is locked by somebody else."""
        verdicts: list[_Verdict] = []
        async with self._db.write() as connection:
            wanted = sorted({each.line.contact_id for each in batch})
            locked = await _lock_threads(connection, wanted)
            state = await _states(connection, wanted)
            busy = [
                each for each in batch if each.line.contact_id in state and each.line.contact_id not in locked
            ]
            ready = [each for each in batch if each not in busy]
            refused = {id(each): _refusal(each.line, state.get(each.line.contact_id)) for each in ready}
            # A repeat of what is stored is answered as stored, even when the contact has ended meanwhile.
            there = await known(connection, [each.line for each in ready]) if ready else {}
            good = []
            for each in ready:
                refusal = refused[id(each)]
                stored = there.get((each.line.contact_id, each.line.id))
                if stored is not None:
                    verdicts.append((each, stored))
                elif refusal is not None:
                    verdicts.append((each, refusal))
                else:
                    good.append(each)
            lines = [each.line for each in good]
            receipts = await _append(connection, self._now(), lines, locked, there) if good else []
            verdicts += zip(good, receipts, strict=True)
        return verdicts, busy

    def _settle(self, verdicts: Iterable[_Verdict]) -> None:
        changed: set[str] = set()
        outgoing = False
        for each, verdict in verdicts:
            if isinstance(verdict, Receipt):
                if not verdict.repeated:
                    self.written += 1
                    metrics.MESSAGES.labels(each.line.author, each.line.kind).inc()
                changed.add(each.line.contact_id)
                outgoing |= each.line.outgoing
                if not each.answer.done():
                    each.answer.set_result(verdict)
            elif not each.answer.done():
                each.answer.set_exception(verdict)
        self.commits += 1
        if changed:
            self._tell(changed, outgoing)


async def _lock_threads(connection: AsyncConnection, contact_ids: list[str]) -> dict[str, int]:
    """The last numbers of the threads among these that nobody else is changing, locked in id order."""
    query = (
        select(threads.c.contact_id, threads.c.last_seq)
        .where(threads.c.contact_id.in_(contact_ids))
        .order_by(threads.c.contact_id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return {row.contact_id: row.last_seq for row in await connection.execute(query)}


async def _states(
    connection: AsyncConnection, contact_ids: list[str]
) -> dict[str, tuple[str, str | None, bool]]:
    query = (
        select(contacts.c.id, contacts.c.state, contacts.c.holder_id, threads.c.open)
        .join(threads, threads.c.contact_id == contacts.c.id)
        .where(contacts.c.id.in_(contact_ids))
    )
    return {row.id: (row.state, row.holder_id, row.open) for row in await connection.execute(query)}


def _refusal(line: Line, found: tuple[str, str | None, bool] | None) -> HotlineError | None:
    if found is None:
        return NotFound()
    state, holder_id, is_open = found
    if not is_open or state not in WRITABLE[(line.author, line.kind)]:
        return ContactEnded()
    if line.author == "staff" and line.author_id != holder_id:
        return NotTheHolder()
    return None


def _fail(batch: list[_Waiting], error: HotlineError) -> None:
    for each in batch:
        if not each.answer.done():
            each.answer.set_exception(error)
