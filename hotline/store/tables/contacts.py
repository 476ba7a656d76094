"""Contacts, what was said in them, who was offered them and who held them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

contacts = Table(
    "contacts",
    metadata,
    row_id(primary_key=True),
    Column("ref", String(20), nullable=False, unique=True),
    Column(
        "origin", String(120), nullable=False, unique=True, comment="key of the approach: a repeat finds it"
    ),
    Column("line", String(64), nullable=False, comment="the line the caller chose; decides the wall"),
    Column("queue", String(64), comment="the queue it waits in; none for one entered by hand"),
    Column("channel", String(16), nullable=False),
    Column("state", String(12), nullable=False),
    Column("end_reason", String(32)),
    Column("priority", String(2), nullable=False),
    Column("priority_initial", String(2), nullable=False),
    Column("queue_class", SmallInteger, nullable=False),
    Column("queue_at", Instant, nullable=False),
    Column("danger", String(8)),
    Column("topic", String(32)),
    Column("under18", Boolean, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("language", String(2), nullable=False),
    Column("arrived_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("closed_at", Instant),
    Column("holder_id", ForeignKey("staff.id")),
    Column("caller_blind", String(64), comment="keyed index of the web token or chat id; none once revoked"),
    Column("address_sealed", LargeBinary, comment="chat id to answer to"),
    Column("caller_seen_at", Instant),
    Column("caller_left_at", Instant),
    Column("due_at", Instant, comment="waits outside the queue until then"),
    Column("unreachable_at", Instant, comment="since when the channel takes nothing for this caller"),
    Column("privacy_version", String(40), nullable=False),
    Column("code_blind", String(64), comment="keyed index of the short code that stands in for the secret"),
    Column("pseudonym_blind", String(64), comment="keyed index of what the caller calls themselves"),
    Column("pseudonym_sealed", LargeBinary),
    Index(
        "ix_contacts_waiting",
        "queue",
        "queue_class",
        "queue_at",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("ix_contacts_holder", "holder_id", "state"),
    Index("ix_contacts_caller_blind", "caller_blind"),
    Index("ix_contacts_code_blind", "code_blind"),
    Index("ix_contacts_pseudonym_blind", "pseudonym_blind"),
)
# Two first messages of one person at once become one contact.
unique_where(
    "uq_contacts_open_caller",
    contacts.c.caller_blind,
    where="caller_blind IS NOT NULL AND state IN ('waiting', 'active')",
)

threads = Table(
    "threads",
    metadata,
    Column("contact_id", ForeignKey("contacts.id"), primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("contact_id", ForeignKey("contacts.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(80), nullable=False, comment="the sender's own id"),
    Column("kind", String(12), nullable=False),
    Column("author", String(8), nullable=False),
    Column("author_id", String(36)),
    Column("at", Instant, nullable=False),
    Column("ref_seq", BigInteger),
    Column(
        "source_blind", String(64), comment="keyed index of the channel's own message, to find its correction"
    ),
    Column("body_sealed", LargeBinary),
    Column("data", JSON, nullable=False),
    Column("delivery", String(8), nullable=False, comment="none | pending | sending | sent | failed"),
    Column("delivery_tries", SmallInteger, nullable=False),
    Column("delivery_at", Instant, comment="next try, or when it was sent"),
    Column("delivery_reason", String(16), comment="why it failed: blocked | refused | gave_up"),
    UniqueConstraint("contact_id", "id"),
    Index("ix_entries_id", "id"),
    Index(
        "ix_entries_source",
        "source_blind",
        sqlite_where=text("source_blind IS NOT NULL"),
        postgresql_where=text("source_blind IS NOT NULL"),
    ),
    Index(
        "ix_entries_outbox",
        "contact_id",
        "seq",
        sqlite_where=text("delivery IN ('pending', 'sending')"),
        postgresql_where=text("delivery IN ('pending', 'sending')"),
    ),
)

offers = Table(
    "offers",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("token", String(64), nullable=False),
    Column(
        "state", String(12), nullable=False, comment="pending | accepted | declined | expired | withdrawn"
    ),
    Column("reason", String(32)),
    Column("made_at", Instant, nullable=False),
    Column("deadline_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column(
        "rings_all",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="one of several at once: the first who accepts wins",
    ),
    Column("why", JSON, comment="why this person, and who was passed over; codes and ids of staff only"),
)
# Danger rings everybody of the rung; one pending per person makes it one per (contact, person), too.
unique_where("uq_offers_pending_contact", offers.c.contact_id, where="state = 'pending' AND NOT rings_all")
unique_where("uq_offers_pending_staff", offers.c.staff_id, where="state = 'pending'")

assignments = Table(
    "assignments",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column(
        "how",
        String(12),
        nullable=False,
        comment="accept | by_hand | pick_up | hand_over | take_over",
    ),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant),
)
unique_where("uq_assignments_live", assignments.c.contact_id, where="until_at IS NULL")

summaries = Table(
    "summaries",
    metadata,
    row_id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("coded", JSON, nullable=False),
    Column("free_sealed", LargeBinary, nullable=False, comment="narrative, agreements and the like, as JSON"),
    UniqueConstraint("contact_id", "version"),
)
