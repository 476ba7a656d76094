"""Who of the staff can be told by Telegram, and what there is to tell."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from hotline.rules.alarms import DUTY_MISSED
from hotline.rules.centre import Centre
from hotline.rules.duty import Board
from hotline.rules.duty.attendance import next_rungs
from hotline.rules.staff_notices import Reach, Ringing
from hotline.store.db import Tx
from hotline.store.tables import alarms, contacts, staff, staff_chats


async def reachable(tx: Tx) -> list[Reach]:
    """Everybody who linked a chat; none means that outside the house nobody can be reached."""
    query = select(staff).join(staff_chats, staff_chats.c.staff_id == staff.c.id).where(staff.c.active)
    rows = await tx.connection.execute(query.order_by(staff.c.id))
    return [Reach(row.id, "supervisor" in row.roles, frozenset(row.lines)) for row in rows]


async def unanswered(tx: Tx) -> dict[str, datetime]:
    """Who left an offer unanswered and has given no sign since then."""
    query = select(staff.c.id, staff.c.held_at).where(staff.c.active, staff.c.held_at.is_not(None))
    return {row.id: row.held_at for row in await tx.connection.execute(query)}


async def ringing(tx: Tx, centre: Centre, board: Board) -> list[Ringing]:
    """Alarms that nobody has seen yet, oldest first."""
    query = (
        select(alarms, contacts.c.queue)
        .outerjoin(contacts, contacts.c.id == alarms.c.thing_id)
        .where(alarms.c.ended_at.is_(None), alarms.c.seen_at.is_(None))
        .order_by(alarms.c.raised_at, alarms.c.id)
    )
    found = []
    for row in await tx.connection.execute(query):
        barred = centre.barred_lines(row.line, row.queue) if row.line else frozenset()
        lines = centre.queues[row.queue].lines if row.queue in centre.queues else ()
        missed = row.kind == DUTY_MISSED and row.line in centre.lines
        rungs = next_rungs(board, row.line, tx.now) if missed else frozenset()
        found.append(Ringing(row.id, row.kind, frozenset(lines), frozenset(barred), row.line, rungs))
    return found


async def chat_of(tx: Tx, staff_id: str) -> Row[Any] | None:
    """The person's chat, if they linked one."""
    query = select(staff_chats).where(staff_chats.c.staff_id == staff_id)
    return (await tx.connection.execute(query)).one_or_none()


async def owner_of(tx: Tx, chat_blind: str) -> str | None:
    """Whose chat this is."""
    query = (
        select(staff.c.id)
        .join(staff_chats, staff_chats.c.staff_id == staff.c.id)
        .where(staff_chats.c.chat_blind == chat_blind, staff.c.active)
    )
    return (await tx.connection.execute(query)).scalar_one_or_none()
