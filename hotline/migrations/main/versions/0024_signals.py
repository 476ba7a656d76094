"""What a person wants to hear and see when somebody writes."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("staff", sa.Column("signals", sa.JSON(), comment="sounds and notices, as the person chose"))


def downgrade() -> None:
    op.drop_column("staff", "signals")
