"""How far each waiting contact has climbed."""

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

ladder_steps = Table(
    "ladder_steps",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column("rung", String(80), nullable=False, comment="tier:2 | line:… | end, or update:300"),
    Column("opened_at", Instant, nullable=False),
    Column("answered_by", ForeignKey("staff.id"), comment="who was called and said that they take over"),
    Column("answered_at", Instant),
    UniqueConstraint("contact_id", "rung"),
)
