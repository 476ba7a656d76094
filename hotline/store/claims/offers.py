"""One pending offer per person, and per contact unless it rings for all; token and deadline decide who comes first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update

from hotline.ids import new_id, new_secret
from hotline.store.db import Tx
from hotline.store.tables import offers, staff


async def make_offer(
    tx: Tx,
    contact_id: str,
    staff_id: str,
    deadline_at: datetime,
    *,
    rings_all: bool = False,
    why: Mapping[str, Any] | None = None,
) -> str | None:
    """A pending offer's id; None if the person has one already, or the contact one that does not ring for all."""
    offer_id = new_id()
    statement = (
        tx.upsert(offers)
        .values(
            id=offer_id,
            contact_id=contact_id,
            staff_id=staff_id,
            token=new_secret(),
            state="pending",
            made_at=tx.now,
            deadline_at=deadline_at,
            rings_all=rings_all,
            why=why,
        )
        .on_conflict_do_nothing()
    )
    return offer_id if (await tx.connection.execute(statement)).rowcount == 1 else None


async def close_offer(
    tx: Tx,
    offer_id: str,
    state: str,
    *,
    token: str | None = None,
    staff_id: str | None = None,
    reason: str | None = None,
) -> bool:
    """Move a pending offer on; False if it is gone, or if token or person do not fit."""
    conditions = [offers.c.id == offer_id, offers.c.state == "pending"]
    if token is not None:
        conditions.append(offers.c.token == token)
    if staff_id is not None:
        conditions.append(offers.c.staff_id == staff_id)
    if state == "accepted":
        conditions.append(offers.c.deadline_at > tx.now)
    statement = update(offers).where(*conditions).values(state=state, ended_at=tx.now, reason=reason)
    return (await tx.connection.execute(statement)).rowcount == 1


async def withdraw_offers(tx: Tx, contact_id: str, reason: str) -> list[str]:
    """End the pending offers of a contact; the people who had them."""
    statement = (
        update(offers)
        .where(offers.c.contact_id == contact_id, offers.c.state == "pending")
        .values(state="withdrawn", ended_at=tx.now, reason=reason)
        .returning(offers.c.staff_id)
    )
    return list((await tx.connection.execute(statement)).scalars())


async def withdraw_from(tx: Tx, staff_id: str, reason: str) -> list[str]:
    """End the pending offers a person has; the contacts they were for."""
    statement = (
        update(offers)
        .where(offers.c.staff_id == staff_id, offers.c.state == "pending")
        .values(state="withdrawn", ended_at=tx.now, reason=reason)
        .returning(offers.c.contact_id)
    )
    return list((await tx.connection.execute(statement)).scalars())


async def hold_offers_back(tx: Tx, staff_id: str) -> None:
    """The person left an offer unanswered: one more in a row, and nothing is offered until they give a sign."""
    values = {"held_at": tx.now, "missed": staff.c.missed + 1}
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(values))


async def gave_a_sign(tx: Tx, staff_id: str, *, answered: bool) -> bool:
    """Nothing is held back any more; who `answered` an offer has missed none in a row. False if nothing was."""
    values = {"held_at": None, **({"missed": 0} if answered else {})}
    held = or_(staff.c.held_at.is_not(None), staff.c.missed > 0)
    statement = update(staff).where(staff.c.id == staff_id, held).values(values)
    return (await tx.connection.execute(statement)).rowcount == 1
