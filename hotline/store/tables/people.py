"""People, how they sign in, and when they are planned."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

staff = Table(
    "staff",
    metadata,
    row_id(primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("signature", String(60), nullable=False, comment="what callers see"),
    Column("password_hash", String(200)),
    Column("roles", JSON, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("lines", JSON, nullable=False, comment="lines the person may serve; decides the wall"),
    Column("languages", JSON, nullable=False),
    Column(
        "text_limit", SmallInteger, nullable=False, comment="conversations at once over all text channels"
    ),
    Column("active", Boolean, nullable=False),
    Column("intent", String(12), nullable=False, comment="available | break | off"),
    Column("intent_until", Instant),
    Column("seen_at", Instant, comment="last sign of life of a console"),
    Column("freed_at", Instant, comment="end of the last conversation"),
    Column("created_at", Instant, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

shifts = Table(
    "shifts",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    UniqueConstraint("line", "staff_id", "starts_at"),
    CheckConstraint("ends_at > starts_at", name="lasts"),
    Index("ix_shifts_when", "ends_at", "starts_at"),
)
