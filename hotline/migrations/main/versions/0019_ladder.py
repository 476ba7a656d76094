"""How far each waiting contact has climbed."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "ladder_steps",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column(
            "rung", sa.String(length=80), nullable=False, comment="tier:2 | line:… | end, or update:300"
        ),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column(
            "answered_by",
            sa.String(length=36),
            nullable=True,
            comment="who was called and said that they take over",
        ),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["staff.id"], name=op.f("fk_ladder_steps_answered_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_ladder_steps_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_steps")),
        sa.UniqueConstraint("contact_id", "rung", name=op.f("uq_ladder_steps_contact_id_rung")),
    )


def downgrade() -> None:
    op.drop_table("ladder_steps")
