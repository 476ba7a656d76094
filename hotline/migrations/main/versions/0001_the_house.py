"""The house."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("thing_kind", sa.String(length=16), nullable=False),
        sa.Column("thing_id", sa.String(length=64), nullable=False),
        sa.Column("coded", sa.JSON(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_thing", ["thing_kind", "thing_id"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("signature", sa.String(length=60), nullable=False, comment="what callers see"),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False, comment="lines the person may serve; decides the wall"),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column(
            "text_limit",
            sa.SmallInteger(),
            nullable=False,
            comment="conversations at once over all text channels",
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("intent", sa.String(length=12), nullable=False, comment="available | break | off"),
        sa.Column("intent_until", Instant(), nullable=True),
        sa.Column(
            "seen_at",
            Instant(),
            nullable=True,
            comment="last sign of life of a console",
        ),
        sa.Column(
            "freed_at",
            Instant(),
            nullable=True,
            comment="end of the last conversation",
        ),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("first_visit_at", Instant(), nullable=True),
        sa.Column("shelter_requested", sa.Boolean(), nullable=False),
        sa.Column("coded", sa.JSON(), nullable=False),
        sa.Column("subject_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("subject_blind", sa.String(length=64), nullable=False),
        sa.Column(
            "free_sealed", sa.LargeBinary(), nullable=False, comment="reason, safe way to reach, as JSON"
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_cases_opened_by")),
        sa.ForeignKeyConstraint(["worker_id"], ["staff.id"], name=op.f("fk_cases_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("ref", name=op.f("uq_cases_ref")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_subject_blind"), ["subject_blind"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column(
            "origin", sa.String(length=120), nullable=False, comment="key of the approach: a repeat finds it"
        ),
        sa.Column(
            "line",
            sa.String(length=64),
            nullable=False,
            comment="the line the caller chose; decides the wall",
        ),
        sa.Column(
            "queue",
            sa.String(length=64),
            nullable=True,
            comment="the queue it waits in; none for one entered by hand",
        ),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("priority_initial", sa.String(length=2), nullable=False),
        sa.Column("queue_class", sa.SmallInteger(), nullable=False),
        sa.Column("queue_at", Instant(), nullable=False),
        sa.Column("danger", sa.String(length=8), nullable=True),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("under18", sa.Boolean(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("holder_id", sa.String(length=36), nullable=True),
        sa.Column(
            "caller_blind",
            sa.String(length=64),
            nullable=True,
            comment="keyed index of the web token or chat id; none once revoked",
        ),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True, comment="chat id to answer to"),
        sa.Column("caller_seen_at", Instant(), nullable=True),
        sa.Column("caller_left_at", Instant(), nullable=True),
        sa.Column("privacy_version", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["holder_id"], ["staff.id"], name=op.f("fk_contacts_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("origin", name=op.f("uq_contacts_origin")),
        sa.UniqueConstraint("ref", name=op.f("uq_contacts_ref")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index("ix_contacts_caller_blind", ["caller_blind"], unique=False)
        batch_op.create_index("ix_contacts_holder", ["holder_id", "state"], unique=False)
        batch_op.create_index(
            "ix_contacts_waiting",
            ["queue", "queue_class", "queue_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "uq_contacts_open_caller",
            ["caller_blind"],
            unique=True,
            sqlite_where=sa.text("caller_blind IS NOT NULL AND state IN ('waiting', 'active')"),
            postgresql_where=sa.text("caller_blind IS NOT NULL AND state IN ('waiting', 'active')"),
        )

    op.create_table(
        "sessions",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sessions_staff_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shifts_lasts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shifts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("line", "staff_id", "starts_at", name=op.f("uq_shifts_line_staff_id_starts_at")),
    )
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        batch_op.create_index("ix_shifts_when", ["ends_at", "starts_at"], unique=False)

    op.create_table(
        "sign_in_links",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_links_staff_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("how", sa.String(length=12), nullable=False, comment="accept | by_hand"),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_assignments_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignments_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignments_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignments_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(
            "uq_assignments_live",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("until_at IS NULL"),
            postgresql_where=sa.text("until_at IS NULL"),
        )

    op.create_table(
        "case_contacts",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.Column("linked_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_contacts_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_case_contacts_contact_id")),
        sa.ForeignKeyConstraint(["linked_by"], ["staff.id"], name=op.f("fk_case_contacts_linked_by")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_case_contacts")),
    )
    with op.batch_alter_table("case_contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_contacts_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=80), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_notes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
        sa.UniqueConstraint("case_id", "client_id", name=op.f("uq_case_notes_case_id_client_id")),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "entries",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False, comment="the sender's own id"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ref_seq", sa.BigInteger(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column(
            "delivery",
            sa.String(length=8),
            nullable=False,
            comment="none | pending | sending | sent | failed",
        ),
        sa.Column("delivery_tries", sa.SmallInteger(), nullable=False),
        sa.Column(
            "delivery_at",
            Instant(),
            nullable=True,
            comment="next try, or when it was sent",
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_entries_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "seq", name=op.f("pk_entries")),
        sa.UniqueConstraint("contact_id", "id", name=op.f("uq_entries_contact_id_id")),
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index("ix_entries_id", ["id"], unique=False)
        batch_op.create_index(
            "ix_entries_outbox",
            ["contact_id", "seq"],
            unique=False,
            sqlite_where=sa.text("delivery IN ('pending', 'sending')"),
            postgresql_where=sa.text("delivery IN ('pending', 'sending')"),
        )

    op.create_table(
        "offers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.String(length=12),
            nullable=False,
            comment="pending | accepted | declined | expired | withdrawn",
        ),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("deadline_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_offers_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_offers_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offers_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(
            "uq_offers_pending_contact",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index(
            "uq_offers_pending_staff",
            ["staff_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "summaries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("coded", sa.JSON(), nullable=False),
        sa.Column(
            "free_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="narrative, agreements and the like, as JSON",
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_summaries_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_summaries_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
        sa.UniqueConstraint("contact_id", "version", name=op.f("uq_summaries_contact_id_version")),
    )
    op.create_table(
        "threads",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_threads_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_threads")),
    )


def downgrade() -> None:
    op.drop_table("threads")
    op.drop_table("summaries")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_offers_pending_staff",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(
            "uq_offers_pending_contact",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_offers_staff_id"))
        batch_op.drop_index(batch_op.f("ix_offers_contact_id"))

    op.drop_table("offers")
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_entries_outbox",
            sqlite_where=sa.text("delivery IN ('pending', 'sending')"),
            postgresql_where=sa.text("delivery IN ('pending', 'sending')"),
        )
        batch_op.drop_index("ix_entries_id")

    op.drop_table("entries")
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_notes_case_id"))

    op.drop_table("case_notes")
    with op.batch_alter_table("case_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_contacts_case_id"))

    op.drop_table("case_contacts")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignments_live",
            sqlite_where=sa.text("until_at IS NULL"),
            postgresql_where=sa.text("until_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_assignments_staff_id"))
        batch_op.drop_index(batch_op.f("ix_assignments_contact_id"))

    op.drop_table("assignments")
    op.drop_table("sign_in_links")
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        batch_op.drop_index("ix_shifts_when")

    op.drop_table("shifts")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_staff_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_contacts_open_caller",
            sqlite_where=sa.text("caller_blind IS NOT NULL AND state IN ('waiting', 'active')"),
            postgresql_where=sa.text("caller_blind IS NOT NULL AND state IN ('waiting', 'active')"),
        )
        batch_op.drop_index(
            "ix_contacts_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index("ix_contacts_holder")
        batch_op.drop_index("ix_contacts_caller_blind")

    op.drop_table("contacts")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_worker_id"))
        batch_op.drop_index(batch_op.f("ix_cases_subject_blind"))

    op.drop_table("cases")
    op.drop_table("staff")
    op.drop_table("counters")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_thing")
        batch_op.drop_index(batch_op.f("ix_audit_at"))

    op.drop_table("audit")
