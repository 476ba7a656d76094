"""A conversation that its holder asks somebody else to take."""

from sqlalchemy import Column, ForeignKey, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

transfers = Table(
    "transfers",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("from_id", ForeignKey("staff.id"), nullable=False),
    Column("to_id", ForeignKey("staff.id"), nullable=False),
    Column("way", String(10), nullable=False, comment="straight | consult"),
    Column("consent", String(12), nullable=False, comment="consented | not_asked | refused"),
    Column(
        "state",
        String(12),
        nullable=False,
        comment="pending | joined | accepted | declined | expired | withdrawn",
    ),
    Column("asked_at", Instant, nullable=False),
    Column("deadline_at", Instant, nullable=False, comment="for the first answer"),
    Column("ended_at", Instant),
)
unique_where("uq_transfers_live_contact", transfers.c.contact_id, where="state IN ('pending', 'joined')")
unique_where("uq_transfers_live_to", transfers.c.to_id, where="state IN ('pending', 'joined')")
