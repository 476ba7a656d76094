"""The ledger of destroyed keys."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "key_ledger",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="contact | case"),
        sa.Column(
            "reason", sa.String(length=16), nullable=False, comment="request | retention | court | mistake"
        ),
        sa.Column("destroyed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_key_ledger")),
    )
    op.create_index(op.f("ix_key_ledger_destroyed_at"), "key_ledger", ["destroyed_at"])


def downgrade() -> None:
    op.drop_table("key_ledger")
