"""Staff who are told by Telegram that they are needed."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0011"
down_revision = "0010"

DUE = sa.text("delivery IN ('pending', 'sending')")


def upgrade() -> None:
    op.create_table(
        "staff_chats",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("chat_blind", sa.String(length=64), nullable=False, comment="keyed index of the chat id"),
        sa.Column(
            "address_sealed", sa.LargeBinary(), nullable=False, comment="chat id, under the person's own key"
        ),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_chats_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_chats")),
        sa.UniqueConstraint("chat_blind", name=op.f("uq_staff_chats_chat_blind")),
    )
    op.create_table(
        "staff_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="see rules.staff_notices"),
        sa.Column(
            "occasion", sa.String(length=80), nullable=False, comment="each person is told once of each"
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column(
            "delivery", sa.String(length=8), nullable=False, comment="pending | sending | sent | failed"
        ),
        sa.Column("delivery_tries", sa.SmallInteger(), nullable=False),
        sa.Column("delivery_at", Instant(), nullable=False, comment="next try, or when it was sent"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_notices_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notices")),
        sa.UniqueConstraint(
            "staff_id", "kind", "occasion", name=op.f("uq_staff_notices_staff_id_kind_occasion")
        ),
    )
    op.create_index(
        "ix_staff_notices_due", "staff_notices", ["delivery_at"], sqlite_where=DUE, postgresql_where=DUE
    )


def downgrade() -> None:
    op.drop_index("ix_staff_notices_due", table_name="staff_notices")
    op.drop_table("staff_notices")
    op.drop_table("staff_chats")
