"""What a channel brought and nobody could take: counted while it is tried, kept sealed when it is given up."""

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

parked = Table(
    "parked",
    metadata,
    row_id(primary_key=True),
    Column(
        "update_key", String(40), nullable=False, unique=True, comment="the bot and its number of the update"
    ),
    Column("tries", SmallInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("parked_at", Instant, comment="when it was given up; none while it is tried"),
    Column("reason", String(16), comment="failed | unreadable"),
    Column("payload_sealed", LargeBinary, comment="the update as it came"),
    Column("ended_at", Instant, comment="when it was taken after all, or discarded"),
)
