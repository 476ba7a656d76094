"""Who asked to be called back, how it is safe, and how it ended."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, LargeBinary, SmallInteger, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

callbacks = Table(
    "callbacks",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("from_contact_id", ForeignKey("contacts.id"), comment="the talk it was agreed in"),
    Column("way", String(12), nullable=False, comment="phone | telegram"),
    Column("number_sealed", LargeBinary, comment="none where the channel itself is the way, or once erased"),
    Column("says", String(12), nullable=False, comment="to whoever answers: nothing | first_name | centre"),
    Column("voicemail", Boolean, nullable=False),
    Column("safe_first", Date, nullable=False, comment="local day from which on the safe time holds daily"),
    Column("safe_start", SmallInteger, nullable=False, comment="minute of the local day"),
    Column("safe_end", SmallInteger, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("outcome", String(16), comment="see rules.callback; none while it is open"),
    Column("ended_at", Instant),
)
unique_where("uq_callbacks_open", callbacks.c.contact_id, where="outcome IS NULL")
