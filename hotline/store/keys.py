"""Wrapped keys, in a small database of their own that is not part of the main dump.

This file only reads and writes rows; wrapping and unwrapping is `vault`'s.
"""

from datetime import datetime

from sqlalchemy import insert, select

from hotline.store.db import Database
from hotline.store.tables import sealing_keys


async def add(keys: Database, owner_id: str, key_id: str, wrapped: bytes, now: datetime) -> None:
    """Keep a new owner's wrapped key. It is committed before anything is sealed with it."""
    async with keys.write() as connection:
        await connection.execute(
            insert(sealing_keys).values(owner_id=owner_id, key_id=key_id, wrapped=wrapped, made_at=now)
        )


async def get(keys: Database, owner_id: str) -> tuple[str, bytes] | None:
    """(key id, wrapped key) of an owner; None if there is none or it was destroyed."""
    query = select(sealing_keys.c.key_id, sealing_keys.c.wrapped).where(
        sealing_keys.c.owner_id == owner_id, sealing_keys.c.wrapped.is_not(None)
    )
    async with keys.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.key_id, row.wrapped)
