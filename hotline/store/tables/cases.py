"""In-person help."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, LargeBinary, String, Table, UniqueConstraint

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

cases = Table(
    "cases",
    metadata,
    row_id(primary_key=True),
    Column("ref", String(20), nullable=False, unique=True),
    Column("state", String(24), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", ForeignKey("staff.id"), nullable=False),
    Column("worker_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("first_visit_at", Instant),
    Column("shelter_requested", Boolean, nullable=False),
    Column("coded", JSON, nullable=False),
    Column("subject_sealed", LargeBinary, nullable=False),
    Column("subject_blind", String(64), nullable=False, index=True),
    Column("free_sealed", LargeBinary, nullable=False, comment="reason, safe way to reach, as JSON"),
)

case_contacts = Table(
    "case_contacts",
    metadata,
    Column("contact_id", ForeignKey("contacts.id"), primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("linked_at", Instant, nullable=False),
    Column("linked_by", ForeignKey("staff.id"), nullable=False),
)

case_notes = Table(
    "case_notes",
    metadata,
    row_id(primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("client_id", String(80), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "client_id"),
)
