"""What was looked at when a shift began or ended, and what channels say of themselves."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, LargeBinary, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

# Rows are only added: the newest of a person is how things stand.
shift_checks = Table(
    "shift_checks",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("phase", String(8), nullable=False, comment="start | end"),
    Column("starts_at", Instant, nullable=False, comment="the shift, as it was planned then"),
    Column("ends_at", Instant, nullable=False),
    Column("done_at", Instant, nullable=False),
    Column("complete", Boolean, nullable=False, comment="was every item of that day answered"),
    Column("results", JSON, nullable=False, comment="item -> ok | bad | note, and what was measured"),
    Column("remark_sealed", LargeBinary, comment="a sentence, under the person's own key"),
    Index("ix_shift_checks_newest", "staff_id", "done_at"),
)

channel_signs = Table(
    "channel_signs",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("trouble", String(16), nullable=False, comment="empty: it works | away | refused | webhook"),
)
