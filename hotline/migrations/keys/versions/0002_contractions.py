"""Contractions: what a program of the release before must know."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "key_contractions",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_key_contractions")),
    )


def downgrade() -> None:
    op.drop_table("key_contractions")
