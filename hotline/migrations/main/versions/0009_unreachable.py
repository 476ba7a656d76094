"""Callers who cannot be reached any more, and why an entry was not delivered."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0009"
down_revision = "0008"

SINCE = "since when the channel takes nothing for this caller"
WHY = "why it failed: blocked | refused | gave_up"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("unreachable_at", Instant(), nullable=True, comment=SINCE))
    op.add_column("entries", sa.Column("delivery_reason", sa.String(length=16), nullable=True, comment=WHY))


def downgrade() -> None:
    op.drop_column("entries", "delivery_reason")
    op.drop_column("contacts", "unreachable_at")
