"""Cases: a list without content, and one case opened."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from hotline.rules.access import Actor
from hotline.store.db import Tx
from hotline.store.tables import case_contacts, case_notes, cases, staff
from hotline.store.views.talks import ContactHead, contact_head


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


async def case_list(tx: Tx, actor: Actor) -> list[CaseRow]:
    """Cases the person works on or opened; all of them for a supervisor."""
    query = _CASES.order_by(cases.c.opened_at.desc(), cases.c.id)
    if "supervisor" not in actor.roles:
        query = query.where(or_(cases.c.worker_id == actor.id, cases.c.opened_by == actor.id))
    return [_case_row(row) for row in await tx.connection.execute(query)]


async def case_row(tx: Tx, case_id: str) -> Row[Any] | None:
    """The bare row, for rights."""
    return (await tx.connection.execute(select(cases).where(cases.c.id == case_id))).one_or_none()


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
