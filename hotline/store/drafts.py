"""What a draft is, for whoever reads or writes one."""

from sqlalchemy import ColumnElement, exists, or_

from hotline.store.tables import drafts, entries

SPENT: ColumnElement[bool] = exists().where(
    entries.c.contact_id == drafts.c.contact_id, entries.c.id == drafts.c.client_id
)
"""It has become an entry. That is so with the entry's own commit, whatever fails after it."""


def draft_of(contact_id: str, staff_id: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    """This person's draft of this kind; a card is the contact's, whoever wrote in it."""
    whose = or_(drafts.c.kind == "card", drafts.c.staff_id == staff_id)
    return drafts.c.contact_id == contact_id, drafts.c.kind == kind, whose
