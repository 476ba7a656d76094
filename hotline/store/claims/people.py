"""Signing in: what works once works once."""

from sqlalchemy import update

from hotline.store.db import Tx
from hotline.store.tables import sign_in_links


async def use_link(tx: Tx, secret_hash: str) -> str | None:
    """The person whose one-time link this is; None if it is unknown, used or too old."""
    statement = (
        update(sign_in_links)
        .where(
            sign_in_links.c.secret_hash == secret_hash,
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(sign_in_links.c.staff_id)
    )
    found: str | None = (await tx.connection.execute(statement)).scalar_one_or_none()
    return found
