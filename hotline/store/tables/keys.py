"""Wrapped keys: kept apart, in a file or database of their own, never in the main dump."""

from sqlalchemy import Column, LargeBinary, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import key_metadata

sealing_keys = Table(
    "sealing_keys",
    key_metadata,
    Column("owner_id", String(36), primary_key=True, comment="contact or case"),
    Column("key_id", String(36), nullable=False, unique=True),
    Column("wrapped", LargeBinary),
    Column("made_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
)

# Which keys were destroyed. It goes into every backup and is replayed on every restore: what was erased stays erased.
key_ledger = Table(
    "key_ledger",
    key_metadata,
    Column("owner_id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False, comment="contact | case"),
    Column("reason", String(16), nullable=False, comment="request | retention | court | mistake"),
    Column("destroyed_at", Instant, nullable=False, index=True),
)
