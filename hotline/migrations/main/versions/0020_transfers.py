"""Conversations that their holders pass on."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0020"
down_revision = "0019"

LIVE = sa.text("state IN ('pending', 'joined')")
STATES = "pending | joined | accepted | declined | expired | withdrawn"


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("to_id", sa.String(length=36), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False, comment="straight | consult"),
        sa.Column("consent", sa.String(length=12), nullable=False, comment="consented | not_asked | refused"),
        sa.Column("state", sa.String(length=12), nullable=False, comment=STATES),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("deadline_at", Instant(), nullable=False, comment="for the first answer"),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_transfers_contact_id")),
        sa.ForeignKeyConstraint(["from_id"], ["staff.id"], name=op.f("fk_transfers_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name=op.f("fk_transfers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index(op.f("ix_transfers_contact_id"), "transfers", ["contact_id"])
    for name, column in (("uq_transfers_live_contact", "contact_id"), ("uq_transfers_live_to", "to_id")):
        op.create_index(name, "transfers", [column], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)


def downgrade() -> None:
    op.drop_table("transfers")
