"""Where waiting contacts stand on their ladders: open rungs, who is there, who was called."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from hotline.rules import ladder
from hotline.rules.assignment import Person
from hotline.rules.contact import P1
from hotline.rules.duty import Board, Rung
from hotline.rules.duty.plan import BACKUP
from hotline.rules.ladder import Call, Standing, Step
from hotline.store import conflicts, queries, reachable, steps
from hotline.store.callbacks import in_queue
from hotline.store.db import Ids, Tx
from hotline.store.tables import contacts, staff_notices
from hotline.values import dataclass

_STANDS = (
    contacts.c.id, contacts.c.line, contacts.c.queue, contacts.c.channel, contacts.c.priority,
    contacts.c.arrived_at, contacts.c.answered_at, contacts.c.due_at,
)  # fmt: skip
_Reach = tuple[tuple[Rung, ...], dict[str, frozenset[str]]]


@dataclass(frozen=True, slots=True)
class _Around:
    """What is the same for every contact."""

    board: Board
    people: Mapping[str, Person]
    linked: frozenset[str]
    now: datetime
    known: dict[tuple[str, str | None, frozenset[str]], _Reach] = field(default_factory=dict)

    def reach(self, line: str, queue: str | None, apart: frozenset[str]) -> _Reach:
        """Looked up once for all contacts of a kind: hundreds may wait on one line."""
        asked = line, queue, apart
        if asked not in self.known:
            self.known[asked] = ladder.reach(self.board, line, queue, self.people, apart, self.now)
        return self.known[asked]


async def standings(tx: Tx, contact_id: str | None = None) -> list[Standing]:
    """Of every waiting contact, or just the one."""
    query = select(*_STANDS).where(in_queue(tx.now), contacts.c.queue.is_not(None))
    if contact_id is not None:
        query = query.where(contacts.c.id == contact_id)
    rows: Sequence[Any] = (await tx.connection.execute(query)).all()
    if not rows:
        return []
    ids = query.with_only_columns(contacts.c.id).correlate(None)
    opened = await steps.of_contacts(tx, ids)
    calls = await _calls(tx, ids)
    apart = await conflicts.with_contacts(tx, ids)
    around = _Around(
        await tx.board(),
        {person.id: person for person in await queries.people(tx)},
        frozenset(each.staff_id for each in await reachable.reachable(tx)),
        tx.now,
    )
    return [
        _standing(around, row, opened.get(row.id, {}), calls, apart.get(row.id, frozenset())) for row in rows
    ]


async def _calls(tx: Tx, contact_ids: Ids) -> Mapping[str, list[Call]]:
    """Step -> who was called for it."""
    found: dict[str, list[Call]] = defaultdict(list)
    query = select(staff_notices).where(staff_notices.c.occasion.in_(steps.occasions(contact_ids)))
    for row in await tx.connection.execute(query):
        call = Call(row.staff_id, row.made_at, row.delivery, row.delivery_tries)
        found[steps.step_of(row.occasion)].append(call)
    return found


def _standing(
    around: _Around, row: Row[Any], opened: Mapping[str, Step], calls: Mapping[str, list[Call]], apart: frozenset[str]
) -> Standing:  # fmt: skip
    centre, now = around.board.centre, around.now
    rungs, who = around.reach(row.line, row.queue, apart)
    there: set[str] = set()
    reached: set[str] = set()
    callable_: dict[str, frozenset[str]] = {}
    for name, people in who.items():
        if _anyone(around, people):
            there.add(name)
        if (ladder.tier_of(name) or 0) < BACKUP:
            continue
        called = calls.get(opened[name].id, []) if name in opened else []
        failed = {each.staff_id for each in called if each.failed(now)}
        if (people & around.linked) - failed:
            reached.add(name)
        callable_[name] = frozenset(
            each for each in (people & around.linked) - {each.staff_id for each in called}
            if not _anyone(around, (each,))
        )  # fmt: skip
    first = opened.get(ladder.key(rungs[0]))
    again = row.answered_at is not None
    since = (row.due_at or row.arrived_at) if not again else first.at if first else now
    silent = row.priority == P1 or row.due_at is not None  # who is called back is not told that they wait
    return Standing(
        contact_id=row.id,
        priority=row.priority,
        since=since,
        again=again,
        pace=ladder.pace(centre, row.priority, row.channel),
        rungs=[ladder.key(rung) for rung in rungs],
        updates=() if silent else centre.duty.updates,
        steps=opened,
        planned=frozenset(name for name, people in who.items() if people),
        there=frozenset(there),
        reached=frozenset(reached),
        callable=callable_,
    )


def _anyone(around: _Around, people: Iterable[str]) -> bool:
    return any(
        person is not None and ladder.takes(person, around.now) for person in map(around.people.get, people)
    )
