"""Wrapped keys."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("owner_id", sa.String(length=36), nullable=False, comment="contact or case"),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("destroyed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_sealing_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_sealing_keys_key_id")),
    )


def downgrade() -> None:
    op.drop_table("sealing_keys")
