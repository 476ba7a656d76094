"""What the column says of itself: contacts change hands by hand, too."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _comment("accept | by_hand | pick_up | hand_over | take_over")


def downgrade() -> None:
    _comment("accept | by_hand")


def _comment(text: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "assignments", "how", existing_type=sa.String(12), existing_nullable=False, comment=text
        )
