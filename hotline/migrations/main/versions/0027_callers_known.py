"""Callers known from before: a pseudonym of a contact, and how to talk with whoever comes often."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    called = "keyed index of what the caller calls themselves"
    op.add_column("contacts", sa.Column("pseudonym_blind", sa.String(64), comment=called))
    op.add_column("contacts", sa.Column("pseudonym_sealed", sa.LargeBinary()))
    op.create_index("ix_contacts_pseudonym_blind", "contacts", ["pseudonym_blind"])
    op.create_table(
        "handling_notes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column(
            "revision", sa.String(36), nullable=False, comment="another with every change of its words"
        ),
        sa.Column(
            "blind", sa.String(64), nullable=False, comment="keyed index of that caller's chat or pseudonym"
        ),
        sa.Column("known_by", sa.String(12), nullable=False, comment="telegram | pseudonym"),
        sa.Column(
            "contact_id", sa.String(36), nullable=False, comment="where it was written; decides the wall"
        ),
        sa.Column("line", sa.String(64), nullable=False, comment="of that contact"),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.String(36), nullable=False, comment="whose words they are"),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False, comment="then its key is destroyed"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_handling_notes_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_handling_notes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_notes")),
        sa.UniqueConstraint("blind", "line", name=op.f("uq_handling_notes_blind_line")),
    )
    op.create_index(op.f("ix_handling_notes_contact_id"), "handling_notes", ["contact_id"])
    op.create_index(op.f("ix_handling_notes_expires_at"), "handling_notes", ["expires_at"])


def downgrade() -> None:
    op.drop_table("handling_notes")
    op.drop_index("ix_contacts_pseudonym_blind", table_name="contacts")
    op.drop_column("contacts", "pseudonym_sealed")
    op.drop_column("contacts", "pseudonym_blind")
