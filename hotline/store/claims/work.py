"""Room for one more conversation. Every way to get one leads through here, and the database has the last word."""

from sqlalchemy import case, exists, func, select, update

from hotline.errors import NoRoom
from hotline.rules.contact import ACTIVE, VOICE
from hotline.store.db import Tx
from hotline.store.held import needs_person_alone
from hotline.store.tables import contacts, staff, work


async def occupy(tx: Tx, staff_id: str, contact_id: str, *, beyond: bool) -> None:
    """Count one more conversation of this person's; `beyond` lets danger and a supervisor's word pass the limit.

    The row is locked first and counted after, so that nobody else is about to add to what was counted; the
    constraint on it would refuse even a program that no longer compared. Raises NoRoom.
    """
    mine = work.c.staff_id == staff_id
    row = tx.upsert(work).values(staff_id=staff_id, talks=0, ceiling=0)
    row = row.on_conflict_do_update(index_elements=[work.c.staff_id], set_={"staff_id": staff_id})
    await tx.connection.execute(row)
    await tx.connection.execute(update(work).where(mine).values(**_counted(staff_id, contact_id)))
    more = {"talks": work.c.talks + 1}
    if beyond:
        more["ceiling"] = case((work.c.ceiling > work.c.talks, work.c.ceiling), else_=work.c.talks + 1)
    statement = update(work).where(mine).values(more)
    if not beyond:
        statement = statement.where(work.c.talks < work.c.ceiling)
    if (await tx.connection.execute(statement)).rowcount != 1:
        raise NoRoom


def _counted(staff_id: str, contact_id: str) -> dict[str, object]:
    """What is held now, and how much this contact lets it become: nothing is added to a call or to danger."""
    held = (contacts.c.holder_id == staff_id, contacts.c.state == ACTIVE)
    talks = select(func.count()).select_from(contacts).where(*held).scalar_subquery()
    alone = exists().where(*held, needs_person_alone())
    is_call = exists().where(contacts.c.id == contact_id, contacts.c.channel.in_(VOICE))
    limit = select(staff.c.text_limit).where(staff.c.id == staff_id).scalar_subquery()
    allowed = case((alone, 0), (is_call, 1), else_=limit)
    return {"talks": talks, "ceiling": case((allowed > talks, allowed), else_=talks)}
