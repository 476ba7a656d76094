"""A caller who was here before: earlier contacts, coded facts only, and the notes on how to talk with them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from hotline.rules import handling
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.store import conflicts
from hotline.store.db import Tx
from hotline.store.handling import marks, notes_of
from hotline.store.tables import case_contacts, contacts, staff, summaries
from hotline.values import dataclass

MOST = 500  # of one caller, newest first


@dataclass(frozen=True, slots=True)
class HandlingNote:
    """How to talk with the caller, opened."""

    id: str
    revision: str
    known_by: str
    text: str
    author: str
    written_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SameCaller:
    """Another contact of the same caller, and by what that is known."""

    id: str
    line: str
    queue: str | None
    arrived_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One of them without a word of its content; `answered_by` is None if nobody did, or somebody of the other side."""

    id: str
    ref: str
    by: str
    line: str
    channel: str
    state: str
    priority: str
    end_reason: str | None
    topic: str | None
    problem: str | None
    arrived_at: datetime
    minutes: int | None
    holder_id: str | None
    answered_by: str | None


async def handling_notes(tx: Tx, centre: Centre, actor: Actor, row: Any) -> list[HandlingNote]:
    """Those for the caller of this contact that the person may see. Raises KeyDestroyed."""
    found = await notes_of(tx, centre, actor, row)
    query = select(staff.c.id, staff.c.name).where(staff.c.id.in_({each.staff_id for each in found}))
    names = {each.id: each.name for each in await tx.connection.execute(query)} if found else {}
    return [
        HandlingNote(
            each.id, each.revision, each.known_by,
            await tx.unseal(each.id, "handling_notes", each.id, each.body_sealed),
            names[each.staff_id], each.written_at, each.expires_at,
        )
        for each in found
    ]  # fmt: skip


async def pseudonym(tx: Tx, row: Any) -> str:
    """What the caller of this contact calls themselves; "" if nobody wrote it down. Raises KeyDestroyed."""
    if row.pseudonym_sealed is None:
        return ""
    return await tx.unseal(row.id, "contacts.pseudonym", row.id, row.pseudonym_sealed)


async def same_caller(tx: Tx, centre: Centre, actor: Actor, row: Any) -> list[SameCaller]:
    """Other contacts of the caller of this one, newest first, less what is behind the wall for this person."""
    known = marks(row)
    chat, name = known.get(handling.TELEGRAM), known.get(handling.PSEUDONYM)
    case_id = select(case_contacts.c.case_id).where(case_contacts.c.contact_id == row.id).scalar_subquery()
    siblings = select(case_contacts.c.contact_id).where(case_contacts.c.case_id == case_id)
    same: list[ColumnElement[bool]] = [contacts.c.id.in_(siblings)]
    if chat is not None:
        same.append(and_(contacts.c.channel == "telegram", contacts.c.caller_blind == chat))
    if name is not None:
        same.append(contacts.c.pseudonym_blind == name)
    query = (
        select(
            contacts.c.id, contacts.c.line, contacts.c.queue, contacts.c.arrived_at,
            contacts.c.caller_blind, contacts.c.pseudonym_blind,
        )
        .where(or_(*same), contacts.c.id != row.id)
        .order_by(contacts.c.arrived_at.desc(), contacts.c.id.desc())
        .limit(MOST)
    )  # fmt: skip
    found = (await tx.connection.execute(query)).all()
    met = await conflicts.with_contacts(tx, [each.id for each in found]) if found else {}
    return [
        SameCaller(each.id, each.line, each.queue, each.arrived_at, _by(each, chat, name))
        for each in found
        if not handling.apart(centre, actor.lines, row, each) and actor.id not in met.get(each.id, ())
    ]


def _by(row: Any, chat: str | None, name: str | None) -> str:
    if chat is not None and row.caller_blind == chat:
        return handling.TELEGRAM
    return handling.PSEUDONYM if name is not None and row.pseudonym_blind == name else handling.CASE


async def earlier_contacts(
    tx: Tx, centre: Centre, here: Any, chosen: Collection[SameCaller]
) -> list[EarlierContact]:
    """What may be told of these, for whoever is at the contact `here`."""
    by = {each.id: each.by for each in chosen}
    query = (
        select(contacts, staff.c.name, staff.c.lines)
        .outerjoin(staff, staff.c.id == contacts.c.holder_id)
        .where(contacts.c.id.in_(by))
        .order_by(contacts.c.arrived_at.desc(), contacts.c.id.desc())
    )
    barred = centre.barred_lines(here.line, here.queue)
    problems = await _problems(tx, by)
    return [
        EarlierContact(
            row.id, row.ref, by[row.id], row.line, row.channel, row.state, row.priority, row.end_reason,
            row.topic, problems.get(row.id), row.arrived_at, _minutes(row.answered_at, row.ended_at),
            row.holder_id, None if barred & set(row.lines or ()) else row.name,
        )
        for row in await tx.connection.execute(query)
    ]  # fmt: skip


async def _problems(tx: Tx, contact_ids: Collection[str]) -> dict[str, str]:
    """Contact -> the code of its problem, as the newest version of its card has it."""
    query = (
        select(summaries.c.contact_id, summaries.c.coded)
        .where(summaries.c.contact_id.in_(contact_ids))
        .order_by(summaries.c.version)
    )
    return {row.contact_id: row.coded["problem_primary"] for row in await tx.connection.execute(query)}


def _minutes(answered_at: datetime | None, ended_at: datetime | None) -> int | None:
    if answered_at is None or ended_at is None:
        return None
    return int((ended_at - answered_at).total_seconds()) // 60
