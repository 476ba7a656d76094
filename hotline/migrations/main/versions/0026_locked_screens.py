"""A screen that is locked while its session lasts."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("locked_at", Instant, comment="nothing is shown and taken since then")
    )


def downgrade() -> None:
    op.drop_column("sessions", "locked_at")
