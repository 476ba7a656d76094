"""What is being written about a contact and not sent or saved yet."""

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column(
            "id", sa.String(36), nullable=False, comment="another with every save: it is the revision, too"
        ),
        sa.Column("contact_id", sa.String(36), nullable=False),
        sa.Column(
            "staff_id", sa.String(36), nullable=False, comment="whose it is; of a card, who wrote last"
        ),
        sa.Column("kind", sa.String(8), nullable=False, comment="message | note | card"),
        sa.Column("client_id", sa.String(80), comment="the id of the entry it will become; a card has none"),
        sa.Column(
            "body_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="of a card: JSON of the fields touched so far",
        ),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_drafts_contact_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_drafts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    _one_each("uq_drafts_words", ["contact_id", "staff_id", "kind"], "kind != 'card'")
    _one_each("uq_drafts_card", ["contact_id"], "kind = 'card'")


def downgrade() -> None:
    op.drop_table("drafts")


def _one_each(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "drafts", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
