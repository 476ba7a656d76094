"""A rung opens once, and one of those called there takes over."""

from sqlalchemy import delete, update

from hotline.ids import new_id
from hotline.store.db import Tx
from hotline.store.tables import ladder_steps


async def open_step(tx: Tx, contact_id: str, rung: str) -> str | None:
    """The new step's id; None if this rung is open already."""
    step_id = new_id()
    values = {"id": step_id, "contact_id": contact_id, "rung": rung, "opened_at": tx.now}
    statement = tx.upsert(ladder_steps).values(**values).on_conflict_do_nothing()
    return step_id if (await tx.connection.execute(statement)).rowcount == 1 else None


async def answer_step(tx: Tx, step_id: str, staff_id: str) -> bool:
    """This person takes over; False if another was faster, or the contact has been taken."""
    mine = (ladder_steps.c.id == step_id, ladder_steps.c.answered_by.is_(None))
    statement = update(ladder_steps).where(*mine).values(answered_by=staff_id, answered_at=tx.now)
    return (await tx.connection.execute(statement)).rowcount == 1


async def forget_steps(tx: Tx, contact_id: str) -> None:
    """Somebody has taken it: if it ever waits again, it climbs from the foot."""
    await tx.connection.execute(delete(ladder_steps).where(ladder_steps.c.contact_id == contact_id))
