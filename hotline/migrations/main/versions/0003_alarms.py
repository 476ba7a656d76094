"""Alarms: what somebody must look at."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see rules.alarms"),
        sa.Column("thing_kind", sa.String(length=16), nullable=False),
        sa.Column("thing_id", sa.String(length=64), nullable=False),
        sa.Column(
            "line",
            sa.String(length=64),
            nullable=True,
            comment="decides who may see it, for what concerns a contact",
        ),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True, comment="when somebody said: I am on it"),
        sa.Column("seen_by", sa.String(length=36), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_alarms_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["kind", "thing_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_alarms_open", table_name="alarms")
    op.drop_table("alarms")
