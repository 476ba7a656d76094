"""Who did what, and what the program itself must remember."""

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

audit = Table(
    "audit",
    metadata,
    row_id(primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_kind", String(8), nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("verb", String(40), nullable=False),
    Column("thing_kind", String(16), nullable=False),
    Column("thing_id", String(64), nullable=False),
    Column("coded", JSON, nullable=False),
    Column("reason_sealed", LargeBinary),
    Index("ix_audit_thing", "thing_kind", "thing_id"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column(
        "epoch", BigInteger, nullable=False, comment="grows with every new holder and fences off the former"
    ),
    Column("holder", String(36), comment="none once given up"),
    Column("expires_at", Instant, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
