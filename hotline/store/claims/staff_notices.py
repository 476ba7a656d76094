"""Staff outside the house: one chat each, told once of each occasion, however many processes look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, or_, select, update

from hotline.ids import new_id
from hotline.rules.staff_notices import FRESH, GAPS, GAPS_FRESH, Notice
from hotline.store.db import Tx
from hotline.store.tables import staff_chats, staff_notices


async def link_chat(tx: Tx, staff_id: str, chat_blind: str, address_sealed: bytes) -> None:
    """This chat is this person's, and nobody else's any more."""
    others = (staff_chats.c.chat_blind == chat_blind) | (staff_chats.c.staff_id == staff_id)
    await tx.connection.execute(delete(staff_chats).where(others))
    values = {"staff_id": staff_id, "chat_blind": chat_blind, "address_sealed": address_sealed}
    statement = tx.upsert(staff_chats).values(**values, linked_at=tx.now).on_conflict_do_nothing()
    await tx.connection.execute(statement)


async def unlink_chat(tx: Tx, *, staff_id: str | None = None, chat_blind: str | None = None) -> str | None:
    """Whose chat that was; None if it was nobody's."""
    here = staff_chats.c.staff_id == staff_id if staff_id else staff_chats.c.chat_blind == chat_blind
    statement = delete(staff_chats).where(here).returning(staff_chats.c.staff_id)
    return (await tx.connection.execute(statement)).scalar_one_or_none()


async def add_notices(tx: Tx, notices: Sequence[Notice]) -> int:
    """Those that were not made before; how many."""
    made = 0
    for each in notices:
        values = {
            "id": new_id(), "staff_id": each.staff_id, "kind": each.kind, "occasion": each.occasion,
            "coded": each.coded,
        }  # fmt: skip
        due = {"made_at": tx.now, "delivery": "pending", "delivery_tries": 0, "delivery_at": tx.now}
        statement = tx.upsert(staff_notices).values(**values, **due).on_conflict_do_nothing()
        made += (await tx.connection.execute(statement)).rowcount
    return made


async def claim_notice(tx: Tx, until: datetime) -> Row[Any] | None:
    """The oldest notice that is due and fresh, marked as being sent until then; None if none is."""
    due = (
        select(staff_notices.c.id)
        .where(
            staff_notices.c.delivery.in_(("pending", "sending")),
            staff_notices.c.delivery_at <= tx.now,
            or_(
                staff_notices.c.made_at > tx.now - FRESH,
                and_(staff_notices.c.kind == GAPS, staff_notices.c.made_at > tx.now - GAPS_FRESH),
            ),
        )
        .order_by(staff_notices.c.delivery_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = (await tx.connection.execute(due)).scalar_one_or_none()
    statement = (
        update(staff_notices)
        .where(staff_notices.c.id == found)
        .values(delivery="sending", delivery_tries=staff_notices.c.delivery_tries + 1, delivery_at=until)
        .returning(staff_notices)
    )
    row: Row[Any] | None = (await tx.connection.execute(statement)).one_or_none()
    return row


async def settle_notice(tx: Tx, notice_id: str, delivery: str, at: datetime) -> None:
    """Sent, failed, or pending again until then."""
    values = {"delivery": delivery, "delivery_at": at}
    await tx.connection.execute(update(staff_notices).where(staff_notices.c.id == notice_id).values(**values))
