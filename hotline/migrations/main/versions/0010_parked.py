"""Updates of a channel that nobody could take."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "parked",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "update_key", sa.String(length=40), nullable=False, comment="the bot and its number of the update"
        ),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column(
            "parked_at", Instant(), nullable=True, comment="when it was given up; none while it is tried"
        ),
        sa.Column("reason", sa.String(length=16), nullable=True, comment="failed | unreadable"),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=True, comment="the update as it came"),
        sa.Column("ended_at", Instant(), nullable=True, comment="when it was taken after all, or discarded"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
        sa.UniqueConstraint("update_key", name=op.f("uq_parked_update_key")),
    )


def downgrade() -> None:
    op.drop_table("parked")
