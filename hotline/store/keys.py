"""Wrapped keys, in a small database of their own that is not part of the main dump, and the ledger of destroyed ones.

This file only reads and writes rows; wrapping and unwrapping is `vault`'s.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline.store.db import Database, upsert_on
from hotline.store.tables import key_ledger, sealing_keys
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Erasure:
    """A line of the ledger: whose key was destroyed, when and why. It stands for ever, and holds no content."""

    owner_id: str
    kind: str
    reason: str
    destroyed_at: datetime


async def add(keys: Database, owner_id: str, key_id: str, wrapped: bytes, now: datetime) -> None:
    """Keep a new owner's wrapped key. It is committed before anything is sealed with it."""
    async with keys.write() as connection:
        await connection.execute(
            insert(sealing_keys).values(owner_id=owner_id, key_id=key_id, wrapped=wrapped, made_at=now)
        )


async def add_first(keys: Database, owner_id: str, key_id: str, wrapped: bytes, now: datetime) -> None:
    """The same for an owner whom two may discover at once: the first key stays, also one that was destroyed."""
    row = {"owner_id": owner_id, "key_id": key_id, "wrapped": wrapped, "made_at": now}
    async with keys.write() as connection:
        await connection.execute(upsert_on(connection, sealing_keys).values(**row).on_conflict_do_nothing())


async def get(keys: Database, owner_id: str) -> tuple[str, bytes] | None:
    """(key id, wrapped key) of an owner; None if there is none or it was destroyed."""
    query = select(sealing_keys.c.key_id, sealing_keys.c.wrapped).where(
        sealing_keys.c.owner_id == owner_id, sealing_keys.c.wrapped.is_not(None)
    )
    async with keys.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.key_id, row.wrapped)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key by its own id, as a sealed value names it; `wrapped` is None once it was destroyed."""

    owner_id: str
    wrapped: bytes | None


async def by_ids(connection: AsyncConnection, key_ids: Collection[str]) -> dict[str, StoredKey]:
    """The keys of these ids, destroyed ones included."""
    query = select(sealing_keys).where(sealing_keys.c.key_id.in_(key_ids))
    return {row.key_id: StoredKey(row.owner_id, row.wrapped) for row in await connection.execute(query)}


async def destroyed(keys: Database, owner_ids: Collection[str]) -> set[str]:
    """Those of these owners of whom nothing can be read any more."""
    query = select(sealing_keys.c.owner_id).where(
        sealing_keys.c.owner_id.in_(owner_ids), sealing_keys.c.wrapped.is_(None)
    )
    async with keys.read() as connection:
        return set((await connection.execute(query)).scalars())


async def destroy(keys: Database, erasures: Collection[Erasure]) -> None:
    """Write the ledger and empty the keys, in one transaction. Done again, it changes nothing."""
    async with keys.write() as connection:
        await replay(connection, erasures)
    await keys.wipe_log()


async def replay(connection: AsyncConnection, erasures: Collection[Erasure]) -> None:
    """What the ledger says, done once more: also where an older backup of the keys was brought back."""
    for each in erasures:
        line = {
            "owner_id": each.owner_id,
            "kind": each.kind,
            "reason": each.reason,
            "destroyed_at": each.destroyed_at,
        }
        await connection.execute(upsert_on(connection, key_ledger).values(**line).on_conflict_do_nothing())
        await connection.execute(
            update(sealing_keys)
            .where(sealing_keys.c.owner_id == each.owner_id, sealing_keys.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed_at=each.destroyed_at)
        )


async def ledger(connection: AsyncConnection, since: datetime | None = None) -> list[Erasure]:
    """Every erasure, oldest first; or those from an instant on."""
    query = select(key_ledger).order_by(key_ledger.c.destroyed_at, key_ledger.c.owner_id)
    if since is not None:
        query = query.where(key_ledger.c.destroyed_at >= since)
    rows = await connection.execute(query)
    return [Erasure(row.owner_id, row.kind, row.reason, row.destroyed_at) for row in rows]
