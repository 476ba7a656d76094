"""What a person is writing and has not sent; whatever became an entry meanwhile is no draft any more."""

from collections.abc import Collection

from sqlalchemy import and_, case, or_, select

from hotline.store.db import Tx, one_of
from hotline.store.drafts import SPENT
from hotline.store.tables import contacts, drafts
from hotline.values import dataclass

Revisions = dict[str, dict[str, str]]
"""contact -> kind -> revision"""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft, opened; of a card, the text is JSON of its fields."""

    kind: str
    revision: str
    client_id: str | None
    text: str


async def drafts_of(tx: Tx, contact_id: str, staff_id: str) -> list[Draft]:
    """This person's, and the contact's card, which is for its holder."""
    whose = or_(
        drafts.c.staff_id == staff_id, and_(drafts.c.kind == "card", contacts.c.holder_id == staff_id)
    )
    query = (
        select(drafts)
        .join(contacts, contacts.c.id == drafts.c.contact_id)
        .where(drafts.c.contact_id == contact_id, whose, ~SPENT)
        .order_by(drafts.c.kind)
    )
    return [
        Draft(row.kind, row.id, row.client_id, await tx.unseal(contact_id, "drafts", row.id, row.body_sealed))
        for row in (await tx.connection.execute(query)).all()
    ]


_WHO = case((drafts.c.kind == "card", contacts.c.holder_id), else_=drafts.c.staff_id)
_GOES_ON = or_(contacts.c.holder_id == _WHO, drafts.c.kind == "note")  # whoever reads along writes notes
_UNSENT = (
    select(drafts.c.contact_id, drafts.c.kind, drafts.c.id, _WHO.label("who"))
    .join(contacts, contacts.c.id == drafts.c.contact_id)
    .where(_GOES_ON, ~SPENT)
)
_WRITERS, _HOLDERS = one_of(drafts.c.staff_id, "people"), one_of(contacts.c.holder_id, "people")
_REVISIONS = {name: _UNSENT.where(or_(_WRITERS[name], _HOLDERS[name])) for name in _WRITERS}


async def draft_revisions(tx: Tx, staff_ids: Collection[str]) -> dict[str, Revisions]:
    """By person, of all that they go on with; without a word of it."""
    found: dict[str, Revisions] = {each: {} for each in staff_ids}
    for row in await tx.connection.execute(tx.made(_REVISIONS), {"people": list(staff_ids)}):
        if row.who in found:
            found[row.who].setdefault(row.contact_id, {})[row.kind] = row.id
    return found
