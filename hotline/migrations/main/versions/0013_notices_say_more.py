"""What a notice to staff says besides its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "staff_notices",
        sa.Column(
            "coded",
            sa.JSON(),
            nullable=True,
            comment="what the sentence says besides: lines and times, nobody's name",
        ),
    )


def downgrade() -> None:
    op.drop_column("staff_notices", "coded")
