"""How many conversations a person may have, held by the database."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "work",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column(
            "talks",
            sa.Integer(),
            nullable=False,
            comment="conversations when the last one was taken, that one included",
        ),
        sa.Column("ceiling", sa.Integer(), nullable=False, comment="how many there might be at that moment"),
        sa.CheckConstraint("talks <= ceiling", name=op.f("ck_work_ceiling")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_work_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_work")),
    )


def downgrade() -> None:
    op.drop_table("work")
