"""Corrections: the message of a channel that an entry came from, so that its correction finds it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SOURCE = "keyed index of the channel's own message, to find its correction"
KNOWN = sa.text("source_blind IS NOT NULL")


def upgrade() -> None:
    op.add_column("entries", sa.Column("source_blind", sa.String(length=64), nullable=True, comment=SOURCE))
    op.create_index(
        "ix_entries_source", "entries", ["source_blind"], sqlite_where=KNOWN, postgresql_where=KNOWN
    )


def downgrade() -> None:
    op.drop_index("ix_entries_source", table_name="entries")
    op.drop_column("entries", "source_blind")
