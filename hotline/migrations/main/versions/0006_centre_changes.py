"""Changes of the centre, and the notices that callers were shown."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "centre_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="see rules.centre_changes"),
        sa.Column(
            "target",
            sa.String(length=80),
            nullable=False,
            comment="the line, fact, setting or blocker it is about",
        ),
        sa.Column("from_day", sa.Date(), nullable=True, comment="the local day from which hours hold"),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column(
            "made_by", sa.String(length=36), nullable=False, comment="staff id, or the operator's shell"
        ),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_changes")),
    )
    op.create_index("ix_centre_changes_target", "centre_changes", ["kind", "target"])
    op.create_table(
        "notices",
        sa.Column("version", sa.String(length=40), nullable=False, comment="fingerprint of the text"),
        sa.Column("shown_from", Instant(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False, comment="language to sections"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notices")),
    )


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_index("ix_centre_changes_target", table_name="centre_changes")
    op.drop_table("centre_changes")
