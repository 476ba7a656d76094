"""Every table. Sealed columns are bytes and end in `_sealed`; everything else is coded and readable."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from hotline.store.db import Instant

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)
key_metadata = MetaData(naming_convention=NAMES)


def _id(name: str = "id", **more: bool) -> Column[str]:
    return Column(name, String(36), **more)  # type: ignore[arg-type]


def _unique_where(name: str, *columns: Column[str], where: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


# -- staff -----------------------------------------------------------------------------------------

staff = Table(
    "staff",
    metadata,
    _id(primary_key=True),
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
    _id(primary_key=True),
    Column("line", String(64), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    UniqueConstraint("line", "staff_id", "starts_at"),
    CheckConstraint("ends_at > starts_at", name="lasts"),
    Index("ix_shifts_when", "ends_at", "starts_at"),
)

# -- contacts --------------------------------------------------------------------------------------

contacts = Table(
    "contacts",
    metadata,
    _id(primary_key=True),
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
    Column("privacy_version", String(40), nullable=False),
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
)
# Two first messages of one person at once become one contact.
_unique_where(
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
    Column("body_sealed", LargeBinary),
    Column("data", JSON, nullable=False),
    Column("delivery", String(8), nullable=False, comment="none | pending | sending | sent | failed"),
    Column("delivery_tries", SmallInteger, nullable=False),
    Column("delivery_at", Instant, comment="next try, or when it was sent"),
    UniqueConstraint("contact_id", "id"),
    Index("ix_entries_id", "id"),
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
    _id(primary_key=True),
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
)
_unique_where("uq_offers_pending_contact", offers.c.contact_id, where="state = 'pending'")
_unique_where("uq_offers_pending_staff", offers.c.staff_id, where="state = 'pending'")

assignments = Table(
    "assignments",
    metadata,
    _id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False, index=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("how", String(12), nullable=False, comment="accept | by_hand"),
    Column("from_at", Instant, nullable=False),
    Column("until_at", Instant),
)
_unique_where("uq_assignments_live", assignments.c.contact_id, where="until_at IS NULL")

summaries = Table(
    "summaries",
    metadata,
    _id(primary_key=True),
    Column("contact_id", ForeignKey("contacts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("coded", JSON, nullable=False),
    Column("free_sealed", LargeBinary, nullable=False, comment="narrative, agreements and the like, as JSON"),
    UniqueConstraint("contact_id", "version"),
)

# -- cases -----------------------------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    _id(primary_key=True),
    Column("ref", String(20), nullable=False, unique=True),
    Column("state", String(24), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", ForeignKey("staff.id"), nullable=False),
    Column("worker_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("first_visit_at", Instant),
    Column("shelter_requested", Boolean, nullable=False),
    Column("coded", JSON, nullable=False),
    Column("subject_sealed", LargeBinary, nullable=False),
    Column("subject_blind", String(64), nullable=False, index=True),
    Column("free_sealed", LargeBinary, nullable=False, comment="reason, safe way to reach, as JSON"),
)

case_contacts = Table(
    "case_contacts",
    metadata,
    Column("contact_id", ForeignKey("contacts.id"), primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("linked_at", Instant, nullable=False),
    Column("linked_by", ForeignKey("staff.id"), nullable=False),
)

case_notes = Table(
    "case_notes",
    metadata,
    _id(primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("client_id", String(80), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "client_id"),
)

# -- the record ------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    _id(primary_key=True),
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

# -- kept apart: its own file or database, never in the main dump ------------------------------------

sealing_keys = Table(
    "sealing_keys",
    key_metadata,
    Column("owner_id", String(36), primary_key=True, comment="contact or case"),
    Column("key_id", String(36), nullable=False, unique=True),
    Column("wrapped", LargeBinary),
    Column("made_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
)
