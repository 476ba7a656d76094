"""Quarantines: whose contacts are kept but offered to nobody."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "quarantines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column(
            "caller_blind",
            sa.String(length=64),
            nullable=True,
            comment="web token or chat, as in contacts; none once revoked",
        ),
        sa.Column("reason", sa.String(length=16), nullable=False, comment="see rules.abuse"),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column(
            "decision",
            sa.String(length=12),
            nullable=True,
            comment="confirmed | lifted; none until a supervisor has looked",
        ),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_quarantines_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_quarantines_staff_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name=op.f("fk_quarantines_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantines")),
    )
    op.create_index(op.f("ix_quarantines_caller_blind"), "quarantines", ["caller_blind"])
    op.create_index(
        "uq_quarantines_unreviewed",
        "quarantines",
        ["contact_id"],
        unique=True,
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("quarantines")
