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
