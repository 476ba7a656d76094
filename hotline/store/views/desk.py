"""What one console shows besides the conversation: the person, the offer, the queue, the conversations held."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.contact import ACTIVE
from hotline.rules.duty import asking
from hotline.rules.duty.board import Worked
from hotline.rules.signals import Signals, signals
from hotline.store import conflicts, queries
from hotline.store.callbacks import in_queue
from hotline.store.db import Instant, Tx, only
from hotline.store.handling import notes_of
from hotline.store.tables import contacts, offers
from hotline.store.views.drafts import Revisions, draft_revisions
from hotline.store.views.mine import Mine, PassedOn, held, passed_on
from hotline.store.views.shift_checks import CheckNow, checks_now
from hotline.store.views.transfers import Asked, asked_of
from hotline.values import dataclass

SHOWN = 40  # of a queue; how many more there are is a number
Pairs = frozenset[tuple[str, str]]  # (line, queue)


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
    intent_kind: str | None
    wrap_until: datetime | None
    duties: list[Duty]
    next_duty_at: datetime | None
    capacity: int
    active: int
    check: CheckNow | None
    held: bool  # an offer was left unanswered: nothing is offered until they say that they are there
    signals: Signals


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
    note_waits: bool  # somebody wrote how to talk with this caller; what, only whoever answers reads


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One waiting contact of a queue."""

    contact_id: str
    line: str
    priority: str
    language: str
    channel: str
    arrived_at: datetime
    offered_to: frozenset[str]
    apart: frozenset[str]  # staff who must not see it


@dataclass(frozen=True, slots=True)
class QueueView:
    """The head of what waits in some queues, and how many that is in all."""

    rows: tuple[WaitingRow, ...]
    total: int

    def seen_by(self, staff_id: str) -> "QueueView":
        """Without those that this person is kept apart from."""
        rows = tuple(row for row in self.rows if staff_id not in row.apart)
        return QueueView(rows, self.total - len(self.rows) + len(rows))


@dataclass(frozen=True, slots=True)
class ConsoleView:
    """Everything the console shows besides the conversation itself."""

    me: Me
    offer: OfferView | None
    queue: QueueView
    mine: list[Mine]
    passed_on: list[PassedOn]
    asked: Asked | None
    queues: list[str]
    drafts: Revisions
    now: datetime


async def console(tx: Tx, centre: Centre, actor: Actor) -> ConsoleView:
    """The counsellor's own state, offer, queue of the lines on duty for, and conversations."""
    view = await own_desk(tx, centre, actor)
    everybody = await queue(tx, seen_pairs(centre, actor, view.queues))
    return replace(view, queue=everybody.seen_by(actor.id))


async def own_desk(tx: Tx, centre: Centre, actor: Actor) -> ConsoleView:
    """All of it but the queue, which many consoles share."""
    return (await own_desks(tx, centre, [actor]))[actor.id]


async def own_desks(tx: Tx, centre: Centre, actors: Collection[Actor]) -> dict[str, ConsoleView]:
    """The same of many people, by person, with as many statements as for one."""
    ids = [actor.id for actor in actors]
    me = await _me(tx, actors)
    on_duty = {who: {duty.line for duty in each.duties} for who, each in me.items()}
    offer = await _offers(tx, centre, actors)
    mine = await held(tx, centre, actors, on_duty)
    passed = await passed_on(tx, ids)
    asked = await asked_of(tx, ids)
    drafts = await draft_revisions(tx, ids)
    return {
        actor.id: ConsoleView(
            me=me[actor.id],
            offer=offer.get(actor.id),
            queue=QueueView((), 0),
            mine=mine[actor.id],
            passed_on=passed[actor.id],
            asked=asked.get(actor.id),
            queues=[
                each.id
                for each in centre.queues.values()
                if "supervisor" in actor.roles or on_duty[actor.id] & set(each.lines)
            ],
            drafts=drafts[actor.id],
            now=tx.now,
        )
        for actor in actors
    }


def seen_pairs(centre: Centre, actor: Actor, queues: Collection[str]) -> Pairs:
    """Which contacts of these queues a person may see: the wall goes by the line the caller chose."""
    return frozenset(
        (line, each)
        for line in centre.lines
        for each in queues
        if not actor.lines & centre.barred_lines(line, each)
    )


# Each console asks these whenever something happens and twice a minute, so the statements are made once.
_NOW = bindparam("now", type_=Instant)
# as one value: hundreds of pairs would cost more than all that is found
_PAIR = contacts.c.line + "/" + contacts.c.queue
_WAITS = select(contacts).where(in_queue(_NOW))
_QUEUE = only(_WAITS.order_by(*queries.TURN).limit(SHOWN), _PAIR, "pairs")
_IN_QUEUE = only(_WAITS.with_only_columns(func.count()), _PAIR, "pairs")
_RINGING = only(
    select(offers.c.contact_id, offers.c.staff_id).where(offers.c.state == "pending"),
    offers.c.contact_id,
    "contacts",
)
_RINGS = only(
    select(offers).where(offers.c.state == "pending", offers.c.deadline_at > _NOW),
    offers.c.staff_id,
    "people",
)


async def queue(tx: Tx, pairs: Pairs) -> QueueView:
    """Who waits there, in the order in which they are offered."""
    given = {"now": tx.now, "pairs": [f"{line}/{each}" for line, each in sorted(pairs)]}
    rows = (await tx.connection.execute(tx.made(_QUEUE), given)).all()
    total = len(rows)
    if total == SHOWN:
        total = (await tx.connection.execute(tx.made(_IN_QUEUE), given)).scalar_one()
    apart = await conflicts.with_contacts(tx, [row.id for row in rows])
    rings = await _ringing(tx, [row.id for row in rows])
    return QueueView(
        tuple(
            WaitingRow(
                row.id,
                row.line,
                row.priority,
                row.language,
                row.channel,
                row.arrived_at,
                frozenset(rings.get(row.id, ())),
                frozenset(apart.get(row.id, ())),
            )
            for row in rows
        ),
        total,
    )


async def _me(tx: Tx, actors: Collection[Actor]) -> dict[str, Me]:
    board, ids = await tx.board(), [actor.id for actor in actors]
    rows = await queries.staff_rows(tx, ids)
    load = await queries.count_by_holder(tx, ACTIVE, ids)
    checks = await checks_now(tx, board, ids)
    found = {}
    for actor in actors:
        shifts = asking.worked(board, actor.id, tx.now, board.end)
        found[actor.id] = _one(
            actor, rows.get(actor.id), shifts, load.get(actor.id, 0), checks.get(actor.id), tx.now
        )
    return found


def _one(
    actor: Actor,
    row: Row[Any] | None,
    shifts: Sequence[Worked],
    active: int,
    check: CheckNow | None,
    now: datetime,
) -> Me:
    until, later = _until(shifts, now)
    return Me(
        staff_id=actor.id,
        name=row.name if row else actor.name,
        intent=queries.intent_now(row.intent, row.intent_until, now) if row else "off",
        intent_until=row.intent_until if row else None,
        intent_kind=row.intent_kind if row else None,
        wrap_until=row.wrap_until if row and row.wrap_until and row.wrap_until > now else None,
        duties=[Duty(line, end) for line, end in sorted(until.items())],
        next_duty_at=min(later, default=None),
        capacity=row.text_limit if row else 0,
        active=active,
        check=check,
        held=row is not None and row.held_at is not None,
        signals=signals(row.signals if row else None),
    )


async def on_duty_until(tx: Tx, actor: Actor, line: str) -> datetime | None:
    """When this person's duty on the line ends; None where they have none now."""
    board = await tx.board()
    return _until(asking.worked(board, actor.id, tx.now, board.end), tx.now)[0].get(line)


def _until(shifts: Sequence[Worked], now: datetime) -> tuple[dict[str, datetime], list[datetime]]:
    """By line, the end of the duty under way; and when later shifts begin.

    In order of start: a shift that follows without a gap prolongs the first.
    """
    until: dict[str, datetime] = {}
    later = []
    for shift in shifts:
        known = until.get(shift.line)
        if shift.start <= now or (known is not None and shift.start <= known):
            until[shift.line] = max(shift.end, known or shift.end)
        else:
            later.append(shift.start)
    return until, later


async def _offers(tx: Tx, centre: Centre, actors: Collection[Actor]) -> dict[str, OfferView]:
    """Few ring at a time, so what each of them says is read one by one."""
    who = {actor.id: actor for actor in actors}
    found = {}
    rows = await tx.connection.execute(tx.made(_RINGS), {"people": list(who), "now": tx.now})
    for offer in rows.all():
        contact = await queries.contact(tx, offer.contact_id)
        if contact is not None:
            found[offer.staff_id] = await _offer(tx, centre, who[offer.staff_id], offer, contact)
    return found


async def _offer(
    tx: Tx, centre: Centre, actor: Actor, offer: Row[Any], contact: queries.ContactRow
) -> OfferView:
    return OfferView(
        id=offer.id,
        token=offer.token,
        contact_id=contact.id,
        line=contact.line,
        priority=contact.priority,
        language=contact.language,
        channel=contact.channel,
        arrived_at=contact.arrived_at,
        made_at=offer.made_at,
        deadline_at=offer.deadline_at,
        danger=contact.danger,
        topic=contact.topic,
        flagged="phrase" in contact.flags,
        under18=contact.under18,
        note_waits=bool(await notes_of(tx, centre, actor, contact)),
    )


async def _ringing(tx: Tx, contact_ids: list[str]) -> dict[str, set[str]]:
    """Whose consoles ring for each of these contacts."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in await tx.connection.execute(tx.made(_RINGING), {"contacts": contact_ids}):
        found[row.contact_id].add(row.staff_id)
    return found
