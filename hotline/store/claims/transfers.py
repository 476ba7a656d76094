"""One live transfer per contact and per person asked; its state and deadline decide who comes first."""

from collections.abc import Collection

from sqlalchemy import update

from hotline.ids import new_id
from hotline.rules.transfer import ANSWER_WITHIN, JOINED, LIVE, PENDING, WITHDRAWN
from hotline.store.db import Tx
from hotline.store.tables import transfers


async def ask_transfer(
    tx: Tx, contact_id: str, from_id: str, to_id: str, way: str, consent: str
) -> str | None:
    """A pending transfer's id; None if the contact, or the person asked, has one already."""
    transfer_id = new_id()
    values = {
        "id": transfer_id, "contact_id": contact_id, "from_id": from_id, "to_id": to_id, "way": way,
        "consent": consent, "state": PENDING, "asked_at": tx.now, "deadline_at": tx.now + ANSWER_WITHIN,
    }  # fmt: skip
    statement = tx.upsert(transfers).values(**values).on_conflict_do_nothing()
    return transfer_id if (await tx.connection.execute(statement)).rowcount == 1 else None


async def move_transfer(tx: Tx, transfer_id: str, states: Collection[str], to: str) -> bool:
    """Move it on from one of these states; False if somebody was faster. Nobody joins or accepts too late."""
    conditions = [transfers.c.id == transfer_id, transfers.c.state.in_(states)]
    if PENDING in states and to in (JOINED, "accepted"):
        conditions.append(transfers.c.deadline_at > tx.now)
    values = {"state": to} if to == JOINED else {"state": to, "ended_at": tx.now}
    return (await tx.connection.execute(update(transfers).where(*conditions).values(values))).rowcount == 1


async def end_transfers(tx: Tx, contact_id: str) -> None:
    """Whoever was asked is asked no more: the conversation is over, or somebody else's."""
    live = (transfers.c.contact_id == contact_id, transfers.c.state.in_(LIVE))
    ended = {"state": WITHDRAWN, "ended_at": tx.now}
    await tx.connection.execute(update(transfers).where(*live).values(ended))
