"""Cases: a list without content, and one case opened."""

import json
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.store import conflicts
from hotline.store.db import Tx
from hotline.store.tables import case_contacts, case_notes, cases, contacts, staff
from hotline.store.views.talks import ContactHead, contact_head
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list, without content."""

    id: str
    ref: str
    state: str
    opened_at: datetime
    worker_id: str
    worker_name: str
    first_visit_at: datetime | None
    shelter_requested: bool


@dataclass(frozen=True, slots=True)
class CaseNote:
    """A note of a case, opened."""

    id: str
    at: datetime
    author_name: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, opened: `free` holds reason and the safe way to reach the person."""

    row: CaseRow
    subject: str
    coded: dict[str, Any]
    free: dict[str, str]
    contacts: list[ContactHead]
    notes: list[CaseNote]


def _case_row(row: Row[Any]) -> CaseRow:
    return CaseRow(
        row.id,
        row.ref,
        row.state,
        row.opened_at,
        row.worker_id,
        row.worker_name,
        row.first_visit_at,
        row.shelter_requested,
    )


_CASES = select(cases, staff.c.name.label("worker_name")).join(staff, staff.c.id == cases.c.worker_id)


async def case_list(tx: Tx, centre: Centre, actor: Actor) -> list[CaseRow]:
    """Cases the person works on or opened; for a supervisor all that are not behind the wall."""
    query = _CASES.order_by(cases.c.opened_at.desc(), cases.c.id)
    if "supervisor" not in actor.roles:
        query = query.where(or_(cases.c.worker_id == actor.id, cases.c.opened_by == actor.id))
    rows = (await tx.connection.execute(query)).all()
    ids = [row.id for row in rows]
    lines, apart = await case_lines(tx, ids), await conflicts.in_cases(tx, ids)
    return [
        _case_row(row)
        for row in rows
        if actor.id not in apart.get(row.id, ())
        and (actor.id in (row.worker_id, row.opened_by) or not walled_off(centre, actor, lines[row.id]))
    ]


async def case_row(tx: Tx, case_id: str) -> Row[Any] | None:
    """The bare row, for rights."""
    return (await tx.connection.execute(select(cases).where(cases.c.id == case_id))).one_or_none()


async def case_lines(tx: Tx, case_ids: Collection[str]) -> dict[str, list[tuple[str, str | None]]]:
    """Case -> (line, queue) of each of its contacts: they decide on which side of the wall it lies."""
    query = (
        select(case_contacts.c.case_id, contacts.c.line, contacts.c.queue)
        .join(contacts, contacts.c.id == case_contacts.c.contact_id)
        .where(case_contacts.c.case_id.in_(case_ids))
    )
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for row in await tx.connection.execute(query):
        found[row.case_id].append((row.line, row.queue))
    return found


def walled_off(centre: Centre, actor: Actor, lines: Collection[tuple[str, str | None]]) -> bool:
    """Does the person serve the other side of one of these contacts?"""
    return any(actor.lines & centre.barred_lines(line, queue) for line, queue in lines)


async def case(tx: Tx, case_id: str) -> CaseView | None:
    """A whole case, opened; or None."""
    row = (await tx.connection.execute(_CASES.where(cases.c.id == case_id))).one_or_none()
    if row is None:
        return None
    linked = select(case_contacts.c.contact_id).where(case_contacts.c.case_id == case_id)
    heads = [await contact_head(tx, each) for each in sorted((await tx.connection.execute(linked)).scalars())]
    noted = (
        select(case_notes, staff.c.name)
        .join(staff, staff.c.id == case_notes.c.staff_id)
        .where(case_notes.c.case_id == case_id)
        .order_by(case_notes.c.at, case_notes.c.id)
    )
    notes = [
        CaseNote(
            note.id, note.at, note.name, await tx.unseal(case_id, "case_notes", note.id, note.body_sealed)
        )
        for note in (await tx.connection.execute(noted)).all()
    ]
    return CaseView(
        row=_case_row(row),
        subject=await tx.unseal(case_id, "cases.subject", case_id, row.subject_sealed),
        coded=dict(row.coded),
        free=json.loads(await tx.unseal(case_id, "cases.free", case_id, row.free_sealed)),
        contacts=[head for head in heads if head is not None],
        notes=notes,
    )
