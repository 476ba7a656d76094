"""The journal: everything that happens in a contact is one append-only sequence of entries.

Messages of existing contacts are committed in groups: what gathered during one commit shares the next and
is acknowledged after it. It is the one writer outside "one action, one transaction", so it checks here,
under the thread's lock, that the thread is open and the sender may write.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline import metrics
from hotline.errors import HotlineError, Unavailable
from hotline.store.db import Database
from hotline.store.groups import groups_of
from hotline.store.lines import Judged, Line, Receipt, row_of
from hotline.store.recent import Recent
from hotline.store.tables import entries, threads

__all__ = ["BATCH", "Journal", "Line", "Receipt", "append", "known"]

log = structlog.get_logger()
BATCH = 200


async def append(connection: AsyncConnection, now: datetime, lines: Sequence[Line]) -> list[Receipt]:
    """Number and insert lines whose threads the caller of this function has locked; order is kept per contact."""
    contact_ids = {line.contact_id for line in lines}
    numbered = select(threads.c.contact_id, threads.c.last_seq).where(threads.c.contact_id.in_(contact_ids))
    last = {row.contact_id: row.last_seq for row in await connection.execute(numbered)}
    there = await known(connection, lines)
    receipts, rows = [], []
    for line in lines:
        key = (line.contact_id, line.id)
        if key not in there:
            last[line.contact_id] += 1
            rows.append(row_of(line, last[line.contact_id], now, outgoing=line.outgoing))
            receipts.append(Receipt(line.contact_id, last[line.contact_id], now, repeated=False))
            there[key] = receipts[-1]._replace(repeated=True)
        else:
            receipts.append(there[key])
    if rows:
        await connection.execute(insert(entries), [each.values() for each in rows])
        for contact_id in {each.contact_id for each in rows}:
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


@dataclass(eq=False, slots=True)
class _Waiting:
    line: Line
    answer: "asyncio.Future[Receipt]"


class Journal:
    """Gathers lines and commits them in groups. `run()` must be running while `write()` is used."""

    def __init__(
        self,
        db: Database,
        now: Callable[[], datetime],
        written: Callable[[set[str], bool], None],
    ) -> None:
        self._groups = groups_of(db)
        self._now = now
        self.recent = Recent()
        self._tell = written  # contact ids, and whether something is to be sent out
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(maxsize=2000)
        self._waiting = 0
        metrics.JOURNAL_WAITING.set_function(lambda: self._waiting)
        self.commits = 0
        self.written = 0

    async def write(self, line: Line) -> Receipt:
        """Commit one line. Raises ContactEnded, NotTheHolder, NotFound, Unavailable; then nothing is stored."""
        waiting = _Waiting(line, asyncio.get_running_loop().create_future())
        self._waiting += 1
        try:
            await self._queue.put(waiting)
            return await waiting.answer
        finally:
            self._waiting -= 1

    async def run(self) -> None:
        """Commit groups until cancelled."""
        later: list[_Waiting] = []
        try:
            while True:
                if not later:
                    later.append(await self._queue.get())
                while len(later) < BATCH and not self._queue.empty():
                    later.append(self._queue.get_nowait())
                later = await self._commit(later)
                if later:  # their threads are locked by an action, which is about to end
                    await asyncio.sleep(0.002)
        finally:
            await self.close()

    async def close(self) -> None:
        """Give back the connection that it has for itself; the next line opens another."""
        await self._groups.close()

    async def _commit(self, batch: list[_Waiting]) -> list[_Waiting]:
        """Those of them whose thread is being changed by somebody else."""
        self.recent.under_way = {each.line.contact_id for each in batch}
        try:
            with metrics.JOURNAL_SECONDS.time(), metrics.JOURNAL_FAILURES.count_exceptions():
                judged = await self._groups.commit([each.line for each in batch], self._now())
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
        finally:
            self.recent.under_way = ()
        return self._settle(batch, judged)

    def _settle(self, batch: list[_Waiting], judged: Judged) -> list[_Waiting]:
        """Keep at hand what was stored, answer everybody, tell whoever listens."""
        for contact_id, rows in judged.by_contact().items():
            self.recent.keep(contact_id, judged.before[contact_id], rows, told=True)
        for kind, number in Counter((row.author, row.kind) for row in judged.rows).items():
            metrics.MESSAGES.labels(*kind).inc(number)
        metrics.JOURNAL_BATCH.observe(len(judged.rows))
        self.written += len(judged.rows)
        self.commits += 1
        if changed := {each.contact_id for each in judged.outcomes if isinstance(each, Receipt)}:
            outgoing = any(row.delivery == "pending" for row in judged.rows)
            # As soon as the next group is on its way to the database, and before those who wait here go on.
            asyncio.get_running_loop().call_soon(self._tell, changed, outgoing)
        busy = []
        for each, outcome in zip(batch, judged.outcomes, strict=True):
            if outcome is None:
                busy.append(each)
            elif each.answer.done():
                continue
            elif isinstance(outcome, Receipt):
                each.answer.set_result(outcome)
            else:
                each.answer.set_exception(outcome)
        return busy


def _fail(batch: list[_Waiting], error: HotlineError) -> None:
    for each in batch:
        if not each.answer.done():
            each.answer.set_exception(error)
