"""What pages show: reads for people, opened for those who may see them. Lists never show content."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, func, or_, select

from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.duty import Shift
from hotline.rules.presence import CALLER_PING, LEAVING_GRACE
from hotline.store import queries
from hotline.store.db import Tx
from hotline.store.tables import (
    case_contacts,
    case_notes,
    cases,
    contacts,
    entries,
    offers,
    staff,
    summaries,
    threads,
)

Audience = Literal["caller", "staff"]
FOR_CALLER = ("message", "system", "state")


@dataclass(frozen=True, slots=True)
class ContactHead:
    """A contact without its content."""

    id: str
    ref: str
    line: str
    queue: str | None
    channel: str
    state: str
    end_reason: str | None
    priority: str
    priority_initial: str
    danger: str | None
    topic: str | None
    under18: bool
    flags: list[str]
    language: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    closed_at: datetime | None
    holder_id: str | None
    holder_name: str | None
    holder_signature: str | None
    caller_seen_at: datetime | None
    caller_left_at: datetime | None
    last_seq: int
    has_summary: bool
    case_id: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, opened. `data` is coded: catalogue key of a system text, an answer, a change of state."""

    seq: int
    id: str
    kind: str
    author: str
    author_id: str | None
    author_name: str | None
    at: datetime
    text: str | None
    data: dict[str, Any]
    delivery: str


@dataclass(frozen=True, slots=True)
class Duty:
    """On duty for a line until then."""

    line: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Me:
    """The counsellor's own state."""

    staff_id: str
    name: str
    intent: str
    intent_until: datetime | None
    duties: list[Duty]
    next_duty_at: datetime | None
    capacity: int
    active: int


@dataclass(frozen=True, slots=True)
class OfferView:
    """The offer that rings for this person."""

    id: str
    token: str
    contact_id: str
    line: str
    priority: str
    language: str
    channel: str
    arrived_at: datetime
    made_at: datetime
    deadline_at: datetime
    danger: str | None
    topic: str | None
    flagged: bool
    under18: bool


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One waiting contact of a queue."""

    contact_id: str
    line: str
    priority: str
    language: str
    channel: str
    arrived_at: datetime
    offered: bool
    offered_to_me: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """A conversation I hold, or one whose summary I still owe."""

    contact_id: str
    ref: str
    line: str
    channel: str
    state: str
    priority: str
    last_seq: int
    caller_seq: int
    caller_away: bool
    arrived_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsoleView:
    """Everything the console shows besides the conversation itself."""

    me: Me
    offer: OfferView | None
    queue: list[WaitingRow]
    mine: list[Mine]
    now: datetime


# -- contacts --------------------------------------------------------------------------------------


async def contact_head(tx: Tx, contact_id: str) -> ContactHead | None:
    """The contact without its content, or None."""
    summary = select(func.count()).where(summaries.c.contact_id == contacts.c.id).scalar_subquery()
    query = (
        select(
            contacts,
            threads.c.last_seq,
            staff.c.name.label("holder_name"),
            staff.c.signature.label("holder_signature"),
            case_contacts.c.case_id,
            summary.label("summaries"),
        )
        .join(threads, threads.c.contact_id == contacts.c.id)
        .outerjoin(staff, staff.c.id == contacts.c.holder_id)
        .outerjoin(case_contacts, case_contacts.c.contact_id == contacts.c.id)
        .where(contacts.c.id == contact_id)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return None
    names = [name for name in ContactHead.__slots__ if name != "has_summary"]
    return ContactHead(**{name: getattr(row, name) for name in names}, has_summary=row.summaries > 0)


async def entries_after(
    tx: Tx, contact_id: str, after: int, audience: Audience, limit: int = 200
) -> list[Entry]:
    """Entries with a number greater than `after`, in order, opened. Notes are never for the caller."""
    query = (
        select(entries, staff.c.name.label("author_name"), staff.c.signature)
        .outerjoin(staff, staff.c.id == entries.c.author_id)
        .where(entries.c.contact_id == contact_id, entries.c.seq > after)
        .order_by(entries.c.seq)
        .limit(limit)
    )
    if audience == "caller":
        query = query.where(entries.c.kind.in_(FOR_CALLER))
    rows = (await tx.connection.execute(query)).all()
    return [await _entry(tx, row, audience) for row in rows]


async def _entry(tx: Tx, row: Row[Any], audience: Audience) -> Entry:
    text = None
    if row.body_sealed is not None:
        text = await tx.unseal(row.contact_id, "entries", row.id, row.body_sealed)
    name = row.signature if audience == "caller" else row.author_name
    return Entry(
        row.seq, row.id, row.kind, row.author, row.author_id, name, row.at, text, dict(row.data), row.delivery
    )


async def address(tx: Tx, contact_id: str) -> str:
    """Where this contact is answered outside the web: its chat id; "" if it has none."""
    row = await queries.contact(tx, contact_id)
    if row is None or row.address_sealed is None:
        return ""
    return await tx.unseal(contact_id, "contacts", contact_id, row.address_sealed)


async def queue_place(tx: Tx, contact_id: str) -> int:
    """1 for the next in turn; 0 if the contact does not wait."""
    me = await queries.contact(tx, contact_id)
    if me is None or me.state != "waiting":
        return 0
    return await queries.place(tx, me)


async def summary(tx: Tx, contact_id: str) -> dict[str, Any] | None:
    """The newest version of the card: field -> value, with `version`, `saved_at`, `staff_id`; or None."""
    query = (
        select(summaries)
        .where(summaries.c.contact_id == contact_id)
        .order_by(summaries.c.version.desc())
        .limit(1)
    )
    row = (await tx.connection.execute(query)).one_or_none()
    if row is None:
        return None
    free = json.loads(await tx.unseal(contact_id, "summaries", row.id, row.free_sealed))
    return {**row.coded, **free, "version": row.version, "saved_at": row.saved_at, "staff_id": row.staff_id}


async def earlier_contacts(tx: Tx, contact_id: str) -> list[ContactHead]:
    """Other contacts of the same case, newest first."""
    case_id = (
        select(case_contacts.c.case_id).where(case_contacts.c.contact_id == contact_id).scalar_subquery()
    )
    query = select(case_contacts.c.contact_id).where(
        case_contacts.c.case_id == case_id, case_contacts.c.contact_id != contact_id
    )
    ids = sorted((await tx.connection.execute(query)).scalars(), reverse=True)
    heads = [await contact_head(tx, each) for each in ids]
    return [head for head in heads if head is not None]


# -- the console -----------------------------------------------------------------------------------


async def console(tx: Tx, centre: Centre, actor: Actor) -> ConsoleView:
    """The counsellor's own state, offer, queue of the lines on duty for, and conversations."""
    shifts = [
        shift for shift in await queries.next_shifts(tx, list(centre.lines)) if shift.staff_id == actor.id
    ]
    me = await _me(tx, actor, shifts)
    on_duty = {duty.line for duty in me.duties}
    leads = "supervisor" in actor.roles
    queues = [queue.id for queue in centre.queues.values() if leads or on_duty & set(queue.lines)]
    return ConsoleView(
        me=me,
        offer=await _offer(tx, actor.id),
        queue=await _queue(tx, centre, actor, queues),
        mine=await _mine(tx, actor.id),
        now=tx.now,
    )


async def _me(tx: Tx, actor: Actor, shifts: Sequence[Shift]) -> Me:
    row = await queries.staff_row(tx, actor.id)
    until: dict[str, datetime] = {}
    later = []
    for shift in shifts:  # in order of start: a shift that follows without a gap prolongs the first
        known = until.get(shift.line)
        if shift.starts_at <= tx.now or (known is not None and shift.starts_at <= known):
            until[shift.line] = max(shift.ends_at, known or shift.ends_at)
        else:
            later.append(shift.starts_at)
    query = select(func.count()).where(contacts.c.holder_id == actor.id, contacts.c.state == "active")
    return Me(
        staff_id=actor.id,
        name=row.name if row else actor.name,
        intent=queries.intent_now(row.intent, row.intent_until, tx.now) if row else "off",
        intent_until=row.intent_until if row else None,
        duties=[Duty(line, end) for line, end in sorted(until.items())],
        next_duty_at=min(later, default=None),
        capacity=row.text_limit if row else 0,
        active=int((await tx.connection.execute(query)).scalar_one()),
    )


async def _offer(tx: Tx, staff_id: str) -> OfferView | None:
    query = (
        select(offers, contacts)
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .where(offers.c.staff_id == staff_id, offers.c.state == "pending", offers.c.deadline_at > tx.now)
    )
    row = (await tx.connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    return OfferView(
        id=row[offers.c.id],
        token=row[offers.c.token],
        contact_id=row[contacts.c.id],
        line=row[contacts.c.line],
        priority=row[contacts.c.priority],
        language=row[contacts.c.language],
        channel=row[contacts.c.channel],
        arrived_at=row[contacts.c.arrived_at],
        made_at=row[offers.c.made_at],
        deadline_at=row[offers.c.deadline_at],
        danger=row[contacts.c.danger],
        topic=row[contacts.c.topic],
        flagged="phrase" in row[contacts.c.flags],
        under18=row[contacts.c.under18],
    )


async def _queue(tx: Tx, centre: Centre, actor: Actor, queues: list[str]) -> list[WaitingRow]:
    query = (
        select(contacts, offers.c.staff_id.label("offered_to"))
        .outerjoin(offers, (offers.c.contact_id == contacts.c.id) & (offers.c.state == "pending"))
        .where(contacts.c.state == "waiting", contacts.c.queue.in_(queues))
        .order_by(contacts.c.queue_class, contacts.c.queue_at, contacts.c.id)
    )
    return [
        WaitingRow(
            row.id,
            row.line,
            row.priority,
            row.language,
            row.channel,
            row.arrived_at,
            row.offered_to is not None,
            row.offered_to == actor.id,
        )
        for row in await tx.connection.execute(query)
        if not actor.lines & queries.barred_lines(centre, row.line, row.queue)
    ]


def caller_away(row: Row[Any] | ContactHead, now: datetime) -> bool:
    """Has the caller's page been closed, or its network been gone for a while? Telegram has no presence."""
    if row.channel != "web":
        return False
    left = row.caller_left_at is not None and now - row.caller_left_at > LEAVING_GRACE
    return left or row.caller_seen_at is None or now - row.caller_seen_at > 3 * CALLER_PING


async def _mine(tx: Tx, staff_id: str) -> list[Mine]:
    last_said = (
        select(func.max(entries.c.seq))
        .where(entries.c.contact_id == contacts.c.id, entries.c.author == "caller")
        .scalar_subquery()
    )
    query = (
        select(contacts, threads.c.last_seq, last_said.label("caller_seq"))
        .join(threads, threads.c.contact_id == contacts.c.id)
        .where(contacts.c.holder_id == staff_id, contacts.c.state.in_(("active", "wrap_up")))
        .order_by(contacts.c.state, contacts.c.answered_at, contacts.c.id)
    )
    return [
        Mine(
            row.id,
            row.ref,
            row.line,
            row.channel,
            row.state,
            row.priority,
            row.last_seq,
            row.caller_seq or 0,
            caller_away(row, tx.now),
            row.arrived_at,
            row.answered_at,
        )
        for row in await tx.connection.execute(query)
    ]


async def shifts(tx: Tx, lines: Collection[str], start: datetime, end: datetime) -> list[Shift]:
    """Shifts of these lines that touch [start, end)."""
    return await queries.shifts_between(tx, start, end, lines)


async def shifts_around(tx: Tx, lines: Collection[str], at: datetime) -> list[Shift]:
    """Shifts of these lines from a day before an instant to a fortnight after it."""
    return await queries.shifts_between(tx, at - timedelta(days=1), at + timedelta(days=14), lines)


# -- staff and cases ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person on the staff."""

    id: str
    login: str
    name: str
    signature: str
    roles: list[str]
    lines: list[str]
    active: bool


async def people(tx: Tx) -> list[StaffRow]:
    """The whole staff by name."""
    rows = await tx.connection.execute(select(staff).order_by(staff.c.name, staff.c.id))
    return [
        StaffRow(row.id, row.login, row.name, row.signature, row.roles, row.lines, row.active) for row in rows
    ]


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
