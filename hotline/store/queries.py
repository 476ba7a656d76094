"""What the rules need to decide: who waits, who is there, which shifts. No content is read here."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Row,
    Select,
    String,
    bindparam,
    exists,
    func,
    literal,
    select,
    tuple_,
)

from hotline.rules import ladder
from hotline.rules.alarms import P1_WAITS
from hotline.rules.assignment import Pending, Person, Waiting
from hotline.rules.centre import Centre
from hotline.rules.contact import ACTIVE, P1, VOICE, WAITING
from hotline.rules.duty import Board, asking
from hotline.rules.duty.plan import COORDINATOR, PRIMARY
from hotline.store import conflicts, order, steps
from hotline.store.callbacks import in_queue
from hotline.store.db import Ids, Instant, Tx, only
from hotline.store.held import needs_person_alone
from hotline.store.tables import (
    alarms,
    assignments,
    audit,
    contacts,
    entries,
    offers,
    parked,
    sessions,
    staff,
    threads,
)
from hotline.values import dataclass

ContactRow = Row[Any]  # a row of `contacts`
_DEMANDS = (
    contacts.c.id, contacts.c.line, contacts.c.queue, contacts.c.channel, contacts.c.state, contacts.c.priority,
    contacts.c.queue_class, contacts.c.queue_at, contacts.c.language,
)  # fmt: skip
_Reach = tuple[frozenset[str], frozenset[str], int]
_Known = dict[tuple[str, str | None, tuple[str, ...]], _Reach]


async def waiting(tx: Tx, contact_id: str | None = None, *, danger: bool = False) -> list[Waiting]:
    """Waiting contacts in queue order, with their offers so far; or just the one, or those in danger."""
    query = select(*_DEMANDS).where(in_queue(tx.now), contacts.c.queue.is_not(None))
    if contact_id is not None:
        query = query.where(contacts.c.id == contact_id)
    if danger:
        query = query.where(contacts.c.priority == P1)
    by_turn = (contacts.c.queue_class, contacts.c.queue_at, contacts.c.id)
    rows: Sequence[Any] = (await tx.connection.execute(query.order_by(*by_turn))).all()
    if not rows:
        return []
    made: dict[str, list[Any]] = defaultdict(list)
    ids = query.with_only_columns(contacts.c.id).correlate(None)
    asked = (offers.c.id, offers.c.contact_id, offers.c.staff_id, offers.c.state, offers.c.deadline_at)
    for offer in await tx.connection.execute(select(*asked).where(offers.c.contact_id.in_(ids))):
        made[offer.contact_id].append(offer)
    board = await tx.board()
    gave_back = await _gave_back(tx, ids)
    apart = await conflicts.with_contacts(tx, ids)
    opened = await steps.names_of(tx, ids)
    before = await order.last_by(tx, ids)
    known: _Known = {}
    return [
        _demand(
            board, row, apart.get(row.id, frozenset()), opened.get(row.id, ()), known,
            last_by=before.get(row.id), **_offered(row, made.get(row.id, ()), gave_back.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip


async def _gave_back(tx: Tx, contact_ids: Ids) -> dict[str, list[str]]:
    """Who had these waiting contacts before: they are asked after those who had not."""
    query = select(assignments.c.contact_id, assignments.c.staff_id)
    found: dict[str, list[str]] = defaultdict(list)
    for row in await tx.connection.execute(query.where(assignments.c.contact_id.in_(contact_ids))):
        found[row.contact_id].append(row.staff_id)
    return found


def _offered(row: Row[Any], made: Sequence[Row[Any]], gave_back: Collection[str]) -> dict[str, Any]:
    """Its pending offers, and how often each person declined, missed or gave it back."""
    if not made and not gave_back:
        return {}
    asked = Counter(offer.staff_id for offer in made if offer.state in ("declined", "expired"))
    pending = [
        Pending(offer.id, offer.staff_id, row.priority, offer.deadline_at)
        for offer in made
        if offer.state == "pending"
    ]
    return {
        "asked": dict(asked + Counter(gave_back)),
        "offers": tuple(sorted(pending, key=lambda each: each.id)),
    }


async def demand(tx: Tx, row: Row[Any]) -> Waiting:
    """Whom this contact needs, whatever has been offered. One entered by hand has its line and no queue."""
    apart = await conflicts.with_contacts(tx, [row.id])
    opened = (await steps.names_of(tx, [row.id])).get(row.id, ())
    return _demand(await tx.board(), row, apart.get(row.id, frozenset()), opened, {})


def _demand(
    board: Board, row: Row[Any], conflicted: frozenset[str], opened: Sequence[str], known: _Known, **more: Any
) -> Waiting:
    """A talk that goes on is handed to anybody on duty; one that waits climbs to them."""
    kind = row.line, row.queue, tuple(opened)
    if kind not in known:  # hundreds may wait on one line
        known[kind] = _reached(board.centre, *kind)
    lines, barred, tier = known[kind]
    return Waiting(
        id=row.id,
        priority=row.priority,
        key=(row.queue_class, row.queue_at),
        lines=lines,
        barred_lines=barred,
        call=row.channel in VOICE,
        language=row.language,
        conflicted=conflicted,
        tier=tier if row.state == WAITING else COORDINATOR,
        **more,
    )


def _reached(centre: Centre, line: str, queue: str | None, opened: Collection[str]) -> _Reach:
    """The lines whose people are asked, those behind the wall, and the highest tier that is open."""
    barred = centre.barred_lines(line, queue)
    lines = centre.queues[queue].lines if queue else (line,)
    tiers = [ladder.tier_of(name) or PRIMARY for name in opened]
    return (
        frozenset(lines) | ladder.other_lines(opened, centre, barred),
        barred,
        max(tiers, default=PRIMARY),
    )


async def danger_unanswered(tx: Tx, since: datetime) -> list[str]:
    """Contacts in danger that have waited since then or longer, and do not ring yet."""
    rings = exists().where(
        alarms.c.kind == P1_WAITS, alarms.c.thing_id == contacts.c.id, alarms.c.ended_at.is_(None)
    )
    query = select(contacts.c.id).where(
        in_queue(tx.now), contacts.c.priority == P1, contacts.c.arrived_at <= since, ~rings
    )
    return list((await tx.connection.execute(query.order_by(contacts.c.arrived_at))).scalars())


async def people(tx: Tx, staff_id: str | None = None) -> list[Person]:
    """Active staff as routing sees them now; or just the one."""
    query = select(staff).where(staff.c.active)
    if staff_id is not None:
        query = query.where(staff.c.id == staff_id)
    rows = (await tx.connection.execute(query.order_by(staff.c.id))).all()
    board = await tx.board()
    duty = asking.serving(board, tx.now)
    load = await count_by_holder(tx, ACTIVE)
    owing = await count_by_holder(tx, "wrap_up")
    pending = await _pending_by_person(tx)
    alone = await _alone(tx)
    since = await order.on_since(tx, staff_id)
    heavy = await order.heavy(tx, since)
    return [
        Person(
            id=row.id,
            duty_lines=frozenset(duty.get(row.id, ())),
            tiers=duty.get(row.id, {}),
            lines=frozenset(row.lines),
            intent=intent_now(row.intent, row.intent_until, tx.now),
            seen_at=row.seen_at,
            load=load.get(row.id, 0),
            limit=row.text_limit,
            owes_summary=row.id in owing,
            freed_at=row.freed_at,
            offer=pending.get(row.id),
            alone=row.id in alone,
            wrap_until=row.wrap_until,
            held=row.held_at is not None,
            missed=row.missed,
            heavy=heavy.get(row.id, 0) >= board.centre.duty.heavy_in_a_row,
            on_since=since.get(row.id),
            languages=frozenset(row.languages),
        )
        for row in rows
        if "counsellor" in row.roles
    ]


def intent_now(intent: str, until: datetime | None, now: datetime) -> str:
    """What the person said, unless the time they named is over: then they are available again."""
    if until is not None and until <= now:
        return "available"
    return intent


_COUNTED: Select[Any] = (
    select(contacts.c.holder_id, func.count())
    .where(contacts.c.state == bindparam("state"), contacts.c.holder_id.is_not(None))
    .group_by(contacts.c.holder_id)
)
_COUNTED_OF = only(_COUNTED, contacts.c.holder_id, "holders")


async def count_by_holder(tx: Tx, state: str, holders: Collection[str] | None = None) -> dict[str, int]:
    """How many conversations in this state everybody has, or each of these people; who has none is not among them."""
    query = _COUNTED if holders is None else tx.made(_COUNTED_OF)
    given = {"state": state, **({} if holders is None else {"holders": list(holders)})}
    return {row[0]: row[1] for row in await tx.connection.execute(query, given)}


async def _alone(tx: Tx) -> set[str]:
    """Whoever has what leaves no room for anything else."""
    query = select(contacts.c.holder_id).where(contacts.c.state == ACTIVE, needs_person_alone())
    return set((await tx.connection.execute(query)).scalars())


async def _pending_by_person(tx: Tx) -> dict[str, Pending]:
    query = (
        select(offers, contacts.c.priority)
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .where(offers.c.state == "pending")
    )
    rows = await tx.connection.execute(query)
    return {row.staff_id: Pending(row.id, row.staff_id, row.priority, row.deadline_at) for row in rows}


@dataclass(frozen=True, slots=True)
class LiveOffer:
    """A pending offer with what the engine needs to judge it."""

    id: str
    contact_id: str
    staff_id: str
    queue: str
    made_at: datetime
    deadline_at: datetime


async def pending_offers(tx: Tx) -> list[LiveOffer]:
    """Every pending offer, oldest first."""
    query = (
        select(offers, contacts.c.queue)
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .where(offers.c.state == "pending")
        .order_by(offers.c.made_at)
    )
    rows = await tx.connection.execute(query)
    return [
        LiveOffer(row.id, row.contact_id, row.staff_id, row.queue, row.made_at, row.deadline_at)
        for row in rows
    ]


async def offer(tx: Tx, offer_id: str) -> Row[Any] | None:
    return (await tx.connection.execute(select(offers).where(offers.c.id == offer_id))).one_or_none()


async def contact(tx: Tx, contact_id: str) -> Row[Any] | None:
    return (await tx.connection.execute(select(contacts).where(contacts.c.id == contact_id))).one_or_none()


async def any_contact_of(tx: Tx, lines: Collection[str]) -> bool:
    """Was there ever a contact of one of these lines?"""
    query = select(contacts.c.id).where(contacts.c.line.in_(lines)).limit(1)
    return (await tx.connection.execute(query)).first() is not None


async def looked(tx: Tx, staff_id: str, kind: str, thing_id: str, since: datetime) -> bool:
    """Did this person give a reason for opening this contact or case since then?"""
    query = select(audit.c.id).where(
        audit.c.thing_kind == kind,
        audit.c.thing_id == thing_id,
        audit.c.actor_id == staff_id,
        audit.c.verb == f"{kind}s.look",
        audit.c.reason_sealed.is_not(None),
        audit.c.at > since,
    )
    return (await tx.connection.execute(query.limit(1))).first() is not None


async def notes_shown(tx: Tx, staff_id: str, contact_id: str) -> frozenset[str]:
    """Which revisions of notes on how to talk this person has been shown at this contact."""
    query = select(audit.c.coded).where(
        audit.c.thing_kind == "contact",
        audit.c.thing_id == contact_id,
        audit.c.actor_id == staff_id,
        audit.c.verb == "handling.show",
    )
    return frozenset(coded["revision"] for coded in (await tx.connection.execute(query)).scalars())


async def contact_by_origin(tx: Tx, origin: str) -> Row[Any] | None:
    return (await tx.connection.execute(select(contacts).where(contacts.c.origin == origin))).one_or_none()


async def contact_by_caller(tx: Tx, caller_blind: str) -> ContactRow | None:
    """The newest contact of this web token or chat."""
    return (await contacts_by_callers(tx, [caller_blind]))[caller_blind]


async def contacts_by_callers(tx: Tx, blinds: Collection[str]) -> dict[str, ContactRow | None]:
    """The newest contact of each web token or chat."""
    found: dict[str, ContactRow | None] = dict.fromkeys(blinds)
    query = select(contacts).where(tx.among(contacts.c.caller_blind, blinds)).order_by(contacts.c.id)
    found.update((row.caller_blind, row) for row in await tx.connection.execute(query))
    return found


async def contact_by_code(tx: Tx, code_blind: str) -> str | None:
    """The contact whose caller was given this code."""
    return (
        await tx.connection.execute(select(contacts.c.id).where(contacts.c.code_blind == code_blind))
    ).scalar_one_or_none()


TURN = (contacts.c.queue_class, contacts.c.queue_at, contacts.c.id)  # in which contacts are offered


async def place(tx: Tx, me: Row[Any]) -> int:
    """1 for the next in turn."""
    mine = tuple_(*TURN)
    query = select(func.count()).where(
        in_queue(tx.now),
        contacts.c.queue == me.queue,
        mine < tuple_(literal(me.queue_class), literal(me.queue_at, Instant), literal(me.id)),
    )
    return int((await tx.connection.execute(query)).scalar_one()) + 1


_PLACE = func.row_number().over(partition_by=contacts.c.queue, order_by=TURN).label("place")
_TURNS = (
    select(contacts.c.id, _PLACE)
    .where(
        in_queue(bindparam("now", type_=Instant)), contacts.c.queue.in_(bindparam("queues", expanding=True))
    )
    .subquery()
)
_PLACES = only(select(_TURNS), _TURNS.c.id, "contacts")


async def places(tx: Tx, contact_ids: Collection[str], queues: Collection[str]) -> dict[str, int]:
    """The same of those among these that are in one of these queues."""
    given = {"now": tx.now, "queues": list(queues), "contacts": list(contact_ids)}
    return {row.id: row.place for row in await tx.connection.execute(tx.made(_PLACES), given)}


async def said(tx: Tx, contact_id: str, texts: Collection[str], since: datetime) -> bool:
    """Was the caller told one of these since then?"""
    query = select(entries.c.data).where(
        entries.c.contact_id == contact_id, entries.c.kind == "system", entries.c.at >= since
    )
    return any(data.get("text") in texts for data in (await tx.connection.execute(query)).scalars())


async def last_of_caller(tx: Tx, contact_id: str) -> int | None:
    """The number of the caller's last message."""
    mine = (entries.c.contact_id == contact_id, entries.c.kind == "message", entries.c.author == "caller")
    seq: int | None = (await tx.connection.execute(select(func.max(entries.c.seq)).where(*mine))).scalar_one()
    return seq


async def entry_seq(tx: Tx, entry_id: str, caller_blind: str) -> tuple[str, int] | None:
    """(contact, seq) of an entry this caller sent before, in whichever contact it is."""
    query = (
        select(entries.c.contact_id, entries.c.seq)
        .join(contacts, contacts.c.id == entries.c.contact_id)
        .where(entries.c.id == entry_id, contacts.c.caller_blind == caller_blind)
    )
    row = (await tx.connection.execute(query)).first()
    return None if row is None else (row.contact_id, row.seq)


async def entry_by_source(tx: Tx, source_blind: str) -> tuple[str, int] | None:
    """(contact, seq) of the entry that a channel's message became."""
    query = select(entries.c.contact_id, entries.c.seq).where(entries.c.source_blind == source_blind)
    row = (await tx.connection.execute(query)).first()
    return None if row is None else (row.contact_id, row.seq)


async def parked_updates(tx: Tx) -> list[Row[Any]]:
    """Updates that were given up and that nobody has dealt with, oldest first."""
    open_ones = (parked.c.parked_at.is_not(None), parked.c.ended_at.is_(None))
    query = select(parked).where(*open_ones).order_by(parked.c.parked_at, parked.c.id)
    return list(await tx.connection.execute(query))


async def parked_update(tx: Tx, row_id: str) -> Row[Any] | None:
    return next((row for row in await parked_updates(tx) if row.id == row_id), None)


async def staff_row(tx: Tx, staff_id: str) -> Row[Any] | None:
    return (await tx.connection.execute(select(staff).where(staff.c.id == staff_id))).one_or_none()


_STAFF = only(select(staff), staff.c.id, "people")


async def staff_rows(tx: Tx, staff_ids: Collection[str]) -> dict[str, Row[Any]]:
    """Of these people, by id."""
    rows = await tx.connection.execute(tx.made(_STAFF), {"people": list(staff_ids)})
    return {row.id: row for row in rows}


async def staff_by_login(tx: Tx, login: str) -> Row[Any] | None:
    return (await tx.connection.execute(select(staff).where(staff.c.login == login))).one_or_none()


_SESSION = (
    select(
        sessions.c.secret_hash,
        sessions.c.id.label("session_id"),
        sessions.c.seen_at.label("session_seen_at"),
        sessions.c.created_at.label("session_at"),
        sessions.c.locked_at.label("session_locked_at"),
        sessions.c.how,
        staff,
    )
    .join(staff, staff.c.id == sessions.c.staff_id)
    .where(sessions.c.revoked_at.is_(None), staff.c.active)
)
# Made once: making them costs as much as running them, for every request of staff and every page now and then.
_SESSIONS = only(_SESSION, sessions.c.secret_hash, "hashes")


async def sessions_of(tx: Tx, secret_hashes: Collection[str]) -> dict[str, Row[Any]]:
    """Of these the sessions that were not revoked, each with its person."""
    rows = await tx.connection.execute(tx.made(_SESSIONS), {"hashes": list(secret_hashes)})
    return {row.secret_hash: row for row in rows}


async def administrators(tx: Tx) -> set[str]:
    """Who looks after the staff now."""
    rows = await tx.connection.execute(select(staff.c.id, staff.c.roles).where(staff.c.active))
    return {row.id for row in rows if "administrator" in row.roles}


async def held_by(tx: Tx, staff_id: str) -> list[str]:
    """The conversations of a person, ids ascending: the order in which they are locked."""
    query = select(contacts.c.id).where(contacts.c.holder_id == staff_id, contacts.c.state == "active")
    return list((await tx.connection.execute(query.order_by(contacts.c.id))).scalars())


async def last_seq(tx: Tx, contact_id: str) -> int:
    """The newest number of this thread."""
    query = select(threads.c.last_seq).where(threads.c.contact_id == contact_id)
    return int((await tx.connection.execute(query)).scalar_one())


async def moved_threads(tx: Tx, seen: Mapping[str, int]) -> dict[str, int]:
    """Of these threads, each with a number that was its newest, those that have another by now, with it."""
    return await _moved(tx, threads.c.contact_id, threads.c.last_seq, seen)


async def moved_people(tx: Tx, seen: Mapping[str, int]) -> dict[str, int]:
    """The same of people and their revisions."""
    return await _moved(tx, staff.c.id, staff.c.revision, seen)


async def _moved(tx: Tx, row_id: Column[str], number: Column[int], seen: Mapping[str, int]) -> dict[str, int]:
    query = select(row_id, number)
    if tx.connection.dialect.name == "sqlite":
        rows = (await tx.connection.execute(query.where(row_id.in_(seen)))).all()
        return {each: newest for each, newest in rows if seen[each] != newest}
    # Thousands of pages are open and nothing moves: what they have seen goes there, so that hardly anything comes back.
    known = func.unnest(literal(list(seen), ARRAY(String)), literal(list(seen.values()), ARRAY(BigInteger)))
    columns = known.table_valued("id", "number").render_derived("seen")
    query = query.join(columns, row_id == columns.c.id).where(number != columns.c.number)
    return dict((await tx.connection.execute(query)).all())
