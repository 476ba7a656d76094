"""Checks at the beginning and end of a shift, and signs of life of the channels."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "shift_checks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False, comment="start | end"),
        sa.Column("starts_at", Instant(), nullable=False, comment="the shift, as it was planned then"),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="was every item of that day answered"),
        sa.Column(
            "results", sa.JSON(), nullable=False, comment="item -> ok | bad | note, and what was measured"
        ),
        sa.Column(
            "remark_sealed", sa.LargeBinary(), nullable=True, comment="a sentence, under the person's own key"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shift_checks_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_checks")),
    )
    op.create_index("ix_shift_checks_newest", "shift_checks", ["staff_id", "done_at"])
    op.create_table(
        "channel_signs",
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column(
            "trouble",
            sa.String(length=16),
            nullable=False,
            comment="empty: it works | away | refused | webhook",
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_signs")),
    )


def downgrade() -> None:
    op.drop_table("channel_signs")
    op.drop_table("shift_checks")
