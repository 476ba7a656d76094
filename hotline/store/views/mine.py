"""The conversations that people have: which they hold, in which order, and who goes on with those they had."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select

from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.contact import ACTIVE
from hotline.rules.reply_watch import late
from hotline.store.db import Instant, Tx, only
from hotline.store.recent import Rows
from hotline.store.tables import assignments, contacts, entries, staff, threads
from hotline.store.turns import turns
from hotline.store.views.talks import caller_away
from hotline.values import dataclass

PASSED_ON = timedelta(minutes=15)  # so long a console tells that somebody else goes on
# Each console asks these whenever something happens and twice a minute, so the statements are made once.
_LAST_SAID = (
    select(func.max(entries.c.seq))
    .where(entries.c.contact_id == contacts.c.id, entries.c.author == "caller")
    .scalar_subquery()
)
_TALKS = (
    select(contacts, threads.c.last_seq, _LAST_SAID.label("caller_seq"))
    .join(threads, threads.c.contact_id == contacts.c.id)
    .where(contacts.c.state.in_((ACTIVE, "wrap_up")))
)
_HELD = only(_TALKS, contacts.c.holder_id, "holders")
_WAS_MINE, _LIVE = assignments.alias("mine"), assignments.alias("live")
_ENDED = func.max(_WAS_MINE.c.until_at)  # whoever held it twice lost it once more
_LOST = (
    select(
        _WAS_MINE.c.staff_id,
        contacts.c.ref,
        staff.c.name,
        func.coalesce(_LIVE.c.from_at, _ENDED).label("at"),
    )
    .select_from(_WAS_MINE)
    .join(contacts, contacts.c.id == _WAS_MINE.c.contact_id)
    .outerjoin(_LIVE, (_LIVE.c.contact_id == contacts.c.id) & _LIVE.c.until_at.is_(None))
    .outerjoin(staff, staff.c.id == _LIVE.c.staff_id)
    .where(
        _WAS_MINE.c.until_at > bindparam("since", type_=Instant),
        or_(_LIVE.c.staff_id != _WAS_MINE.c.staff_id, contacts.c.state == "waiting"),
    )
    .group_by(_WAS_MINE.c.staff_id, contacts.c.ref, staff.c.name, _LIVE.c.from_at)
    .order_by("at")
)
_PASSED_ON = only(_LOST, _WAS_MINE.c.staff_id, "people")


@dataclass(frozen=True, slots=True)
class Mine:
    """A conversation I hold, or one whose summary I still owe; `late` if its unanswered word should be answered,
    `draining` if I go on with it after my shift."""

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
    unanswered_since: datetime | None
    late: bool
    draining: bool


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A conversation of mine that somebody else goes on with; without a name it waits again."""

    ref: str
    name: str | None
    at: datetime


async def held(
    tx: Tx, centre: Centre, actors: Collection[Actor], on_duty: Mapping[str, Collection[str]]
) -> dict[str, list[Mine]]:
    """By person, those that they hold or owe the card of, in the order in which they need them.

    `on_duty` says for which lines each of them is.
    """
    roles = {actor.id: actor.roles for actor in actors}
    # The numbers first: whoever goes on from them hears of what was said since. The other way round a word in between
    # would be counted as heard while nobody waits for its answer.
    talks = (await tx.connection.execute(tx.made(_HELD), {"holders": list(roles)})).all()
    turn = {each.contact_id: each for each in await turns(tx, holders=roles)}
    found: dict[str, list[Mine]] = {who: [] for who in roles}
    for row in talks:
        who = row.holder_id
        mine = Mine(
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
            turn[row.id].unanswered_since if row.id in turn else None,
            row.id in turn and late(turn[row.id], tx.now, centre.talks) is not None,
            draining=row.state == "active" and draining(centre, row, roles[who], on_duty[who]),
        )
        found[who].append(mine)
    for each in found.values():
        each.sort(key=turn_order)
    return found


def turn_order(talk: Mine) -> tuple[bool, bool, datetime, str]:
    """Who waits for an answer comes first, the longest wait on top; then who was answered, as they were taken; at the
    end what only lacks its card."""
    waits = talk.unanswered_since
    begun = waits or talk.answered_at or talk.arrived_at
    return talk.state != ACTIVE, waits is None, begun, talk.contact_id


def heard(talk: Mine, rows: Rows) -> Mine:
    """The same conversation after these words; who has not been answered begins to wait with the first of them."""
    caller_seq, since, late = talk.caller_seq, talk.unanswered_since, talk.late
    for row in rows:
        if row.seq <= talk.last_seq:
            continue
        if row.author == "caller":
            caller_seq, since = row.seq, since or row.at
        elif row.kind == "message":
            since, late = None, False
    last_seq = max([talk.last_seq, *(row.seq for row in rows)])
    return replace(talk, last_seq=last_seq, caller_seq=caller_seq, unanswered_since=since, late=late)


def draining(centre: Centre, row: Row[Any], roles: Collection[str], on_duty: Collection[str]) -> bool:
    """Does a counsellor go on with this conversation although their shift for it is over?"""
    return (
        "counsellor" in roles
        and row.queue is not None
        and not set(centre.queues[row.queue].lines) & set(on_duty)
    )


async def passed_on(tx: Tx, staff_ids: Collection[str]) -> dict[str, list[PassedOn]]:
    """By person, those that were theirs a moment ago."""
    found: dict[str, list[PassedOn]] = {who: [] for who in staff_ids}
    given = {"people": list(staff_ids), "since": tx.now - PASSED_ON}
    for row in await tx.connection.execute(tx.made(_PASSED_ON), given):
        found[row.staff_id].append(PassedOn(row.ref, row.name, row.at))
    return found
