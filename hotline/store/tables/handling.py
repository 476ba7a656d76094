"""How to talk with a caller who comes often: a word of staff for staff, under a key of its own, until it ends."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, UniqueConstraint

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

handling_notes = Table(
    "handling_notes",
    metadata,
    row_id(primary_key=True),
    Column("revision", String(36), nullable=False, comment="another with every change of its words"),
    Column("blind", String(64), nullable=False, comment="keyed index of that caller's chat or pseudonym"),
    Column("known_by", String(12), nullable=False, comment="telegram | pseudonym"),
    Column(
        "contact_id",
        ForeignKey("contacts.id"),
        nullable=False,
        index=True,
        comment="where it was written; decides the wall",
    ),
    Column("line", String(64), nullable=False, comment="of that contact"),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, comment="whose words they are"),
    Column("written_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True, comment="then its key is destroyed"),
    # Each side of the wall has its own and learns nothing of the other's.
    UniqueConstraint("blind", "line"),
)
