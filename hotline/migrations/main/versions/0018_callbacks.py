"""Call-backs, and contacts that wait outside the queue until they are due."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column(
        "contacts",
        sa.Column("due_at", Instant(), nullable=True, comment="waits outside the queue until then"),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column(
            "from_contact_id", sa.String(length=36), nullable=True, comment="the talk it was agreed in"
        ),
        sa.Column("way", sa.String(length=12), nullable=False, comment="phone | telegram"),
        sa.Column(
            "number_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="none where the channel itself is the way, or once erased",
        ),
        sa.Column(
            "says",
            sa.String(length=12),
            nullable=False,
            comment="to whoever answers: nothing | first_name | centre",
        ),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column(
            "safe_first",
            sa.Date(),
            nullable=False,
            comment="local day from which on the safe time holds daily",
        ),
        sa.Column("safe_start", sa.SmallInteger(), nullable=False, comment="minute of the local day"),
        sa.Column("safe_end", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column(
            "outcome",
            sa.String(length=16),
            nullable=True,
            comment="see rules.callback; none while it is open",
        ),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_callbacks_contact_id")),
        sa.ForeignKeyConstraint(
            ["from_contact_id"], ["contacts.id"], name=op.f("fk_callbacks_from_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_contact_id"), "callbacks", ["contact_id"])
    op.create_index(
        "uq_callbacks_open",
        "callbacks",
        ["contact_id"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("callbacks")
    op.drop_column("contacts", "due_at")
