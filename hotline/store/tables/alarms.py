"""What somebody must look at, until somebody has."""

from sqlalchemy import Column, ForeignKey, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

alarms = Table(
    "alarms",
    metadata,
    row_id(primary_key=True),
    Column("kind", String(32), nullable=False, comment="see rules.alarms"),
    Column("thing_kind", String(16), nullable=False),
    Column("thing_id", String(64), nullable=False),
    Column("line", String(64), comment="decides who may see it, for what concerns a contact"),
    Column("raised_at", Instant, nullable=False),
    Column("seen_at", Instant, comment="when somebody said: I am on it"),
    Column("seen_by", ForeignKey("staff.id")),
    Column("ended_at", Instant),
)
# The same trouble rings once, however often it is noticed.
unique_where("uq_alarms_open", alarms.c.kind, alarms.c.thing_id, where="ended_at IS NULL")
