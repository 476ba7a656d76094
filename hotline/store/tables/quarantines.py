"""Whose contacts are taken and kept but offered to nobody, on a counsellor's word, until somebody has looked."""

from sqlalchemy import Column, ForeignKey, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

quarantines = Table(
    "quarantines",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column(
        "caller_blind", String(64), index=True, comment="web token or chat, as in contacts; none once revoked"
    ),
    Column("reason", String(16), nullable=False, comment="see rules.abuse"),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("decision", String(12), comment="confirmed | lifted; none until a supervisor has looked"),
    Column("reviewed_at", Instant),
    Column("reviewed_by", ForeignKey("staff.id")),
)
unique_where("uq_quarantines_unreviewed", quarantines.c.contact_id, where="decision IS NULL")
