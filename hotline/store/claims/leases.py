"""Which engine is the running one."""

from datetime import timedelta

from sqlalchemy import and_, case, func, or_, select, update

from hotline.store.db import Tx
from hotline.store.tables import leases


async def take_lease(tx: Tx, name: str, holder: str, life: timedelta) -> int | None:
    """Take a lease that is free, or renew one's own; its epoch. None while somebody else's has not run out.

    The epoch grows when the holder changes, and only then.
    """
    mine = leases.c.holder == holder
    statement = tx.upsert(leases).values(name=name, epoch=1, holder=holder, expires_at=tx.now + life)
    statement = statement.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={
            "epoch": leases.c.epoch + case((mine, 0), else_=1),
            "holder": holder,
            "expires_at": tx.now + life,
        },
        where=or_(mine, leases.c.holder.is_(None), leases.c.expires_at <= tx.now),
    )
    epoch: int | None = (
        await tx.connection.execute(statement.returning(leases.c.epoch))
    ).scalar_one_or_none()
    return epoch


async def hold_lease(tx: Tx, name: str, epoch: int | None, life: timedelta) -> bool:
    """Is this still the newest epoch? Then no successor acts before the end of this transaction.

    The lock stands in the way of `drain_lease` only, not of a renewal: steps that overlap without end would keep
    it from ever getting the row. So that a successor need not wait for a holder that was paused in the middle,
    PostgreSQL ends a transaction that stays silent for the lease's whole life.
    """
    if tx.connection.dialect.name == "postgresql":
        milliseconds = str(int(life.total_seconds() * 1000))
        silence = func.set_config("idle_in_transaction_session_timeout", milliseconds, True)
        await tx.connection.execute(select(silence))
    query = select(leases.c.epoch).where(leases.c.name == name).with_for_update(read=True, key_share=True)
    return epoch is not None and (await tx.connection.execute(query)).scalar_one_or_none() == epoch


async def drain_lease(tx: Tx, name: str) -> None:
    """Wait for what former holders have under way; since the new epoch was committed, they begin nothing more."""
    await tx.connection.execute(select(leases.c.epoch).where(leases.c.name == name).with_for_update())


async def give_lease_up(tx: Tx, name: str, epoch: int | None) -> None:
    """The next to ask gets it at once."""
    mine = and_(leases.c.name == name, leases.c.epoch == epoch)
    await tx.connection.execute(update(leases).where(mine).values(holder=None, expires_at=tx.now))
