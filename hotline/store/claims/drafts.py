"""Two pages of one person may write one draft at once: a save names the revision that it takes the place of."""

from typing import Any

from sqlalchemy import delete, select, update

from hotline.store.db import Tx
from hotline.store.drafts import SPENT, draft_of
from hotline.store.tables import drafts


async def keep_draft(tx: Tx, base: str | None, values: dict[str, Any]) -> bool:
    """Put it in the place of the revision `base`, or where there is none; False if another one is there."""
    statement: Any = tx.upsert(drafts).values(**values).on_conflict_do_nothing()
    if base is not None:
        place = draft_of(values["contact_id"], values["staff_id"], values["kind"])
        statement = update(drafts).where(drafts.c.id == base, *place).values(**values)
    return bool((await tx.connection.execute(statement)).rowcount == 1)


async def drop_draft(tx: Tx, contact_id: str, staff_id: str, kind: str, base: str | None) -> bool:
    """Remove the revision `base`; False if another one is there."""
    place = draft_of(contact_id, staff_id, kind)
    await tx.connection.execute(delete(drafts).where(drafts.c.id == base, *place))
    return (await tx.connection.execute(select(drafts.c.id).where(*place))).first() is None


async def drop_spent(tx: Tx, contact_id: str) -> None:
    """Remove what has become an entry of this contact."""
    await tx.connection.execute(delete(drafts).where(drafts.c.contact_id == contact_id, SPENT))


async def drop_drafts(tx: Tx, contact_id: str) -> None:
    """The contact is over: nothing stays of what was only being written."""
    await tx.connection.execute(delete(drafts).where(drafts.c.contact_id == contact_id))
