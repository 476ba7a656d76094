"""What kind of break it is, and until when somebody is left alone with the card."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0017"
down_revision = "0016"

FORMER_WORDS = "available | break | off"
WORDS = "available | break | call | meeting | visit | off"


def upgrade() -> None:
    op.add_column(
        "staff",
        sa.Column(
            "intent_kind", sa.String(length=12), nullable=True, comment="of a break: rest | meal | breath"
        ),
    )
    op.add_column(
        "staff",
        sa.Column(
            "wrap_until",
            Instant(),
            nullable=True,
            comment="left alone with the card until then: one clock, whatever the line",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("staff", "intent", comment=WORDS, existing_comment=FORMER_WORDS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("staff", "intent", comment=FORMER_WORDS, existing_comment=WORDS)
    op.drop_column("staff", "wrap_until")
    op.drop_column("staff", "intent_kind")
