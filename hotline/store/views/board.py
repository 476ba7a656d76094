"""What a supervisor's board shows: lines, people, who waits, offers and conversations. Never a word of content.

A supervisor who serves one side of a conflict sees no contact of the other.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from hotline.rules import board, ladder
from hotline.rules.access import Actor
from hotline.rules.assignment import Person, obstacles
from hotline.rules.centre import Centre, Line
from hotline.rules.duty import Board, asking
from hotline.rules.duty.asking import Emptiness
from hotline.rules.opening import Opening, opening
from hotline.rules.presence import BUSY, given_back_at, link
from hotline.store import conflicts, queries, steps
from hotline.store.callbacks import in_queue
from hotline.store.db import Tx
from hotline.store.tables import alarms, assignments, contacts, entries, leases, offers, staff
from hotline.store.views.mine import draining
from hotline.store.views.shift_checks import CheckNow, checks_now
from hotline.store.views.talks import caller_away
from hotline.values import dataclass

HORIZON = timedelta(days=2)  # how far ahead the board looks for who comes next and where nobody does
TALKED = ("active", "wrap_up")


@dataclass(frozen=True, slots=True)
class PersonNow:
    """Somebody and what they do at this moment; `until` is the end of that, if they said so."""

    id: str
    name: str
    state: board.PersonState
    until: datetime | None
    load: int
    limit: int


@dataclass(frozen=True, slots=True)
class LineNow:
    """One line. `walled` says that its contacts are not for this supervisor's eyes."""

    id: str
    queue: str | None
    opening: Opening
    people: list[PersonNow]
    next_at: datetime | None
    next_names: list[str]
    gap: Emptiness | None
    trouble: board.LineTrouble | None
    walled: bool


@dataclass(frozen=True, slots=True)
class OfferNow:
    """A pending offer: whose console rings until when."""

    id: str
    staff_name: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class ContactNow:
    """An open contact. `last_by` is caller or staff; `holder_left` says that its person left the centre,
    `holder_conflicted` that they are in conflict with the caller, `draining` that they go on after their shift.

    `back_at` is when it waits again, if its person's console is gone and does not come back.
    """

    id: str
    ref: str
    line: str
    queue: str | None
    channel: str
    priority: str
    language: str
    state: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    holder_id: str | None
    holder_name: str | None
    holder_left: bool
    holder_conflicted: bool
    caller_away: bool
    last_by: str | None
    last_at: datetime | None
    offers: list[OfferNow]
    back_at: datetime | None
    draining: bool
    rung: "RungNow | None"


@dataclass(frozen=True, slots=True)
class RungNow:
    """How far a waiting contact has climbed, since when; `coming` is who was called and takes over."""

    kind: str
    at: datetime
    coming: str | None


@dataclass(frozen=True, slots=True)
class AlarmNow:
    """An alarm that rings; `ref` if it is about a contact, `name` if about somebody of the staff."""

    id: str
    kind: str
    thing_id: str
    ref: str | None
    name: str | None
    line: str | None
    raised_at: datetime
    seen_by: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might be given a contact, and what keeps them from it; `rings` if their console rings already."""

    person: PersonNow
    obstacles: tuple[str, ...]
    rings: bool


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything on the board; `checks` are those of the shifts, by person."""

    now: datetime
    lines: list[LineNow]
    waiting: list[ContactNow]
    talks: list[ContactNow]
    owed: list[ContactNow]
    alarms: list[AlarmNow]
    checks: dict[str, CheckNow]
    staff_ids: list[str]
    lease_holder: str | None
    lease_until: datetime | None


async def board_view(tx: Tx, centre: Centre, actor: Actor) -> BoardView:
    """The whole board as this supervisor may see it."""
    people = await queries.people(tx)
    about = await _about(tx)
    roster = await tx.board()
    found = await _contacts(tx, centre, actor)
    lease = (await tx.connection.execute(select(leases))).one_or_none()
    return BoardView(
        now=tx.now,
        lines=[_line(tx, centre, actor, line, people, about, roster) for line in centre.lines.values()],
        waiting=[each for each in found if each.state == "waiting"],
        talks=[each for each in found if each.state == "active"],
        owed=[each for each in found if each.state == "wrap_up"],
        alarms=await open_alarms(tx, centre, actor.lines),
        checks=await checks_now(tx, roster, [person.id for person in people if person.duty_lines]),
        staff_ids=[person.id for person in people],
        lease_holder=lease.holder if lease else None,
        lease_until=lease.expires_at if lease else None,
    )


async def contact_now(tx: Tx, centre: Centre, actor: Actor, contact_id: str) -> ContactNow | None:
    """One contact in whatever state; None if there is none or it is behind the wall."""
    found = await _contacts(tx, centre, actor, contact_id)
    return found[0] if found else None


async def candidates(tx: Tx, contact_id: str) -> list[Candidate]:
    """Every counsellor but the holder: who could take the contact first, then the others with the reason."""
    row = await queries.contact(tx, contact_id)
    if row is None:
        return []
    about, demand = await _about(tx), await queries.demand(tx, row)
    found = [
        Candidate(
            _person(person, about[person.id], tx.now),
            obstacles(person, demand, tx.now),
            person.offer is not None,
        )
        for person in await queries.people(tx)
        if person.id != row.holder_id
    ]
    return sorted(found, key=lambda each: (bool(each.obstacles), each.rings, each.person.name))


async def open_alarms(tx: Tx, centre: Centre, lines: frozenset[str]) -> list[AlarmNow]:
    """What rings, oldest first, less what concerns the other side of somebody who serves these lines."""
    about = staff.alias()
    query = (
        select(alarms, contacts.c.ref, contacts.c.queue, about.c.name, staff.c.name.label("seen_name"))
        .outerjoin(contacts, and_(alarms.c.thing_kind == "contact", contacts.c.id == alarms.c.thing_id))
        .outerjoin(about, and_(alarms.c.thing_kind == "staff", about.c.id == alarms.c.thing_id))
        .outerjoin(staff, staff.c.id == alarms.c.seen_by)
        .where(alarms.c.ended_at.is_(None))
        .order_by(alarms.c.raised_at, alarms.c.id)
    )
    return [
        AlarmNow(row.id, row.kind, row.thing_id, row.ref, row.name, row.line, row.raised_at, row.seen_name)
        for row in await tx.connection.execute(query)
        if row.line is None or not lines & centre.barred_lines(row.line, row.queue)
    ]


async def _about(tx: Tx) -> dict[str, Any]:
    query = select(staff.c.id, staff.c.name, staff.c.intent_until, staff.c.wrap_until)
    return {row.id: row for row in await tx.connection.execute(query)}


def _person(person: Person, about: Row[Any], now: datetime) -> PersonNow:
    state = board.person_state(person, now)
    until = about.intent_until if state in BUSY else about.wrap_until if state == "wrap_up" else None
    return PersonNow(person.id, about.name, state, until, person.load, person.limit)


def _line(
    tx: Tx,
    centre: Centre,
    actor: Actor,
    line: Line,
    people: list[Person],
    about: dict[str, Any],
    roster: Board,
) -> LineNow:
    lines, queue = frozenset(centre.lines_with(line.id)), centre.queue_of(line.id)
    here = [person for person in people if person.duty_lines & lines]
    on_duty = {person.id for person in here}
    next_at, next_ids = asking.follows(roster, lines, tx.now, tx.now + HORIZON, on_duty)
    answer = opening(centre, line, tx.now)
    return LineNow(
        id=line.id,
        queue=queue.id if queue else None,
        opening=answer,
        people=sorted((_person(each, about[each.id], tx.now) for each in here), key=lambda each: each.name),
        next_at=next_at,
        next_names=sorted(about[each].name for each in next_ids),
        gap=asking.next_empty(roster, line.id, tx.now, tx.now + HORIZON) if queue else None,
        trouble=board.line_trouble(answer, here, tx.now) if queue else None,
        walled=bool(actor.lines & centre.lines_behind_wall(line.id)),
    )


async def _contacts(tx: Tx, centre: Centre, actor: Actor, contact_id: str | None = None) -> list[ContactNow]:
    """Open contacts in queue order, or just the one, with their holder, offer and last word."""
    query = (
        select(
            contacts,
            staff.c.name.label("holder_name"),
            staff.c.active.label("holder_active"),
            staff.c.seen_at.label("holder_seen_at"),
            assignments.c.from_at.label("held_since"),
            staff.c.roles.label("holder_roles"),
        )
        .outerjoin(staff, staff.c.id == contacts.c.holder_id)
        .outerjoin(
            assignments, and_(assignments.c.contact_id == contacts.c.id, assignments.c.until_at.is_(None))
        )
        .order_by(contacts.c.queue_class, contacts.c.queue_at, contacts.c.id)
    )
    here = or_(contacts.c.state.in_(TALKED), in_queue(tx.now))
    query = query.where(here if contact_id is None else contacts.c.id == contact_id)
    found = (await tx.connection.execute(query)).all()
    apart = await conflicts.with_contacts(tx, [row.id for row in found])
    rows = [
        row
        for row in found
        if row.holder_id == actor.id
        or not (actor.lines & centre.barred_lines(row.line, row.queue) or actor.id in apart.get(row.id, ()))
    ]
    words = await _last_words(tx, [row.id for row in rows if row.state == "active"])
    climbed = await _rungs(tx, [row.id for row in rows if row.state == "waiting"])
    duty = asking.serving(await tx.board(), tx.now)
    rings = await _rings(tx, [row.id for row in rows])
    return [
        _contact(
            row,
            words.get(row.id),
            apart.get(row.id, frozenset()),
            rings.get(row.id, []),
            tx.now,
            climbed.get(row.id),
            draining=draining(centre, row, row.holder_roles or (), duty.get(row.holder_id, ())),
        )
        for row in rows
    ]


async def _rings(tx: Tx, contact_ids: list[str]) -> dict[str, list[OfferNow]]:
    """The pending offers of each of these contacts; danger rings for several people at once."""
    query = (
        select(offers, staff.c.name)
        .join(staff, staff.c.id == offers.c.staff_id)
        .where(offers.c.contact_id.in_(contact_ids), offers.c.state == "pending")
        .order_by(offers.c.made_at, offers.c.id)
    )
    found: dict[str, list[OfferNow]] = defaultdict(list)
    for row in await tx.connection.execute(query):
        found[row.contact_id].append(OfferNow(row.id, row.name, row.deadline_at))
    return found


async def _rungs(tx: Tx, contact_ids: list[str]) -> dict[str, RungNow]:
    """Contact -> the rung it has reached, where that is not the first."""
    opened = await steps.of_contacts(tx, contact_ids)
    called = {step.answered_by for each in opened.values() for step in each.values()} - {None}
    query = select(staff.c.id, staff.c.name).where(staff.c.id.in_(called))
    names = {row.id: row.name for row in await tx.connection.execute(query)} if called else {}
    found = {}
    for contact_id, climbed in opened.items():
        name = ladder.in_use(climbed)
        if name is not None:
            step = climbed[name]
            kind, _, target = name.partition(":")
            found[contact_id] = RungNow(
                f"tier_{target}" if kind == "tier" else kind, step.at, names.get(step.answered_by or "")
            )
    return found


async def _last_words(tx: Tx, contact_ids: list[str]) -> dict[str, Any]:
    """By whom and when the newest message of each conversation was; not what."""
    newest = (
        select(entries.c.contact_id, func.max(entries.c.seq).label("seq"))
        .where(entries.c.contact_id.in_(contact_ids), entries.c.kind == "message")
        .group_by(entries.c.contact_id)
        .subquery()
    )
    query = select(entries.c.contact_id, entries.c.author, entries.c.at).join(
        newest, and_(newest.c.contact_id == entries.c.contact_id, newest.c.seq == entries.c.seq)
    )
    return {row.contact_id: row for row in await tx.connection.execute(query)}


def _contact(
    row: Row[Any],
    word: Row[Any] | None,
    conflicted: frozenset[str],
    rings: list[OfferNow],
    now: datetime,
    rung: RungNow | None,
    *,
    draining: bool,
) -> ContactNow:
    gone = (
        row.held_since is not None
        and link(max(row.holder_seen_at or row.held_since, row.held_since), now) == "gone"
    )
    names = [each for each in ContactNow.__slots__ if each in row._fields]
    return ContactNow(
        **{name: getattr(row, name) for name in names},
        holder_left=row.holder_id is not None and not row.holder_active,
        holder_conflicted=row.holder_id in conflicted,
        caller_away=caller_away(row, now),
        last_by=word.author if word else None,
        last_at=word.at if word else None,
        offers=rings,
        back_at=given_back_at(row.holder_seen_at, row.held_since) if gone else None,
        draining=draining and row.state == "active",
        rung=rung,
    )
