"""Where staff are told by Telegram that they are needed, and what they were told."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

staff_chats = Table(
    "staff_chats",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("chat_blind", String(64), nullable=False, unique=True, comment="keyed index of the chat id"),
    Column("address_sealed", LargeBinary, nullable=False, comment="chat id, under the person's own key"),
    Column("linked_at", Instant, nullable=False),
)

staff_notices = Table(
    "staff_notices",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("kind", String(16), nullable=False, comment="see rules.staff_notices"),
    Column("occasion", String(80), nullable=False, comment="each person is told once of each"),
    Column("coded", JSON, comment="what the sentence says besides: lines and times, nobody's name"),
    Column("made_at", Instant, nullable=False),
    Column("delivery", String(8), nullable=False, comment="pending | sending | sent | failed"),
    Column("delivery_tries", SmallInteger, nullable=False),
    Column("delivery_at", Instant, nullable=False, comment="next try, or when it was sent"),
    UniqueConstraint("staff_id", "kind", "occasion"),
    Index(
        "ix_staff_notices_due",
        "delivery_at",
        sqlite_where=text("delivery IN ('pending', 'sending')"),
        postgresql_where=text("delivery IN ('pending', 'sending')"),
    ),
)
