"""Offers that ring for all, why each was made, and people whose offers go unanswered."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0022"
down_revision = "0021"

PENDING = "state = 'pending'"


def upgrade() -> None:
    ringing = "one of several at once: the first who accepts wins"
    op.add_column(
        "offers",
        sa.Column("rings_all", sa.Boolean(), nullable=False, server_default=sa.false(), comment=ringing),
    )
    why = "why this person, and who was passed over; codes and ids of staff only"
    op.add_column("offers", sa.Column("why", sa.JSON(), comment=why))
    held = "an offer went unanswered then: nothing is offered until a word comes"
    op.add_column("staff", sa.Column("held_at", Instant(), comment=held))
    missed = "offers unanswered, one after another"
    op.add_column(
        "staff", sa.Column("missed", sa.Integer(), nullable=False, server_default="0", comment=missed)
    )
    paused = "the last break; hard contacts are counted from here"
    op.add_column("staff", sa.Column("paused_at", Instant(), comment=paused))
    _one_pending(f"{PENDING} AND NOT rings_all")


def downgrade() -> None:
    _one_pending(PENDING)
    op.drop_column("staff", "paused_at")
    op.drop_column("staff", "missed")
    op.drop_column("staff", "held_at")
    op.drop_column("offers", "why")
    op.drop_column("offers", "rings_all")


def _one_pending(where: str) -> None:
    op.drop_index("uq_offers_pending_contact", table_name="offers")
    op.create_index(
        "uq_offers_pending_contact",
        "offers",
        ["contact_id"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
