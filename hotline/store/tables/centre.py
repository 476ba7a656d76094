"""What staff changed of the centre file, and the texts that were made of it."""

from sqlalchemy import JSON, Column, Date, Index, String, Table

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id

# Nothing here is about a caller: hours, names and reasons are published or belong to the organisation.
centre_changes = Table(
    "centre_changes",
    metadata,
    row_id(primary_key=True),
    Column("kind", String(16), nullable=False, comment="see rules.centre_changes"),
    Column("target", String(80), nullable=False, comment="the line, fact, setting or blocker it is about"),
    Column("from_day", Date, comment="the local day from which hours hold"),
    Column("value", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(36), nullable=False, comment="staff id, or the operator's shell"),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String(36)),
    Index("ix_centre_changes_target", "kind", "target"),
)

notices = Table(
    "notices",
    metadata,
    Column("version", String(40), primary_key=True, comment="fingerprint of the text"),
    Column("shown_from", Instant, nullable=False),
    Column("body", JSON, nullable=False, comment="language to sections"),
)
