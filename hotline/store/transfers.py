"""Transfers as actions and rights look at them."""

from typing import Any

from sqlalchemy import Row, select

from hotline.rules.transfer import JOINED, LIVE
from hotline.store.db import Tx
from hotline.store.tables import staff, transfers

TransferRow = Row[Any]  # a row of `transfers`


async def transfer(tx: Tx, transfer_id: str) -> TransferRow | None:
    return (await tx.connection.execute(select(transfers).where(transfers.c.id == transfer_id))).one_or_none()


async def guest_of(tx: Tx, contact_id: str) -> str | None:
    """Who reads along, asked by the holder."""
    query = select(transfers.c.to_id).where(transfers.c.contact_id == contact_id, transfers.c.state == JOINED)
    found: str | None = (await tx.connection.execute(query)).scalar_one_or_none()
    return found


async def asked_of_here(tx: Tx, contact_id: str, staff_id: str) -> TransferRow | None:
    """The live one by which this person is asked to take this contact."""
    query = select(transfers).where(
        transfers.c.contact_id == contact_id, transfers.c.to_id == staff_id, transfers.c.state.in_(LIVE)
    )
    return (await tx.connection.execute(query)).one_or_none()


async def live_transfers(tx: Tx) -> list[TransferRow]:
    """Every live one, with the last sign of life of whoever was asked."""
    query = (
        select(transfers, staff.c.seen_at)
        .join(staff, staff.c.id == transfers.c.to_id)
        .where(transfers.c.state.in_(LIVE))
        .order_by(transfers.c.asked_at, transfers.c.id)
    )
    return list(await tx.connection.execute(query))
