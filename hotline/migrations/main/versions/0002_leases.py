"""Leases: which engine is the running one."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            nullable=False,
            comment="grows with every new holder and fences off the former",
        ),
        sa.Column("holder", sa.String(length=36), nullable=True, comment="none once given up"),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    op.drop_table("leases")
