"""Who must never meet whom: a member of staff in personal conflict with a caller, a contact or a case."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

conflicts = Table(
    "conflicts",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("kind", String(8), nullable=False, comment="contact | caller | case"),
    Column(
        "thing_id",
        String(36),
        nullable=False,
        comment="the contact or case it was marked at, whose key seals the reason",
    ),
    Column("blind", String(64), comment="keyed index of that caller, or of the person the case is about"),
    Column("reason_sealed", LargeBinary, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("marked_by", ForeignKey("staff.id"), nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", ForeignKey("staff.id")),
)
unique_where("uq_conflicts_live", conflicts.c.staff_id, conflicts.c.thing_id, where="ended_at IS NULL")
