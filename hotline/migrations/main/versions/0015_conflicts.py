"""Personal conflicts between staff and callers."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="contact | caller | case"),
        sa.Column(
            "thing_id",
            sa.String(length=36),
            nullable=False,
            comment="the contact or case it was marked at, whose key seals the reason",
        ),
        sa.Column(
            "blind",
            sa.String(length=64),
            nullable=True,
            comment="keyed index of that caller, or of the person the case is about",
        ),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("marked_at", Instant(), nullable=False),
        sa.Column("marked_by", sa.String(length=36), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conflicts_staff_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["staff.id"], name=op.f("fk_conflicts_marked_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_conflicts_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(op.f("ix_conflicts_staff_id"), "conflicts", ["staff_id"])
    op.create_index(
        "uq_conflicts_live",
        "conflicts",
        ["staff_id", "thing_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("conflicts")
