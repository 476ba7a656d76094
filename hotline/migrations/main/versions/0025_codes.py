"""A short code with which a caller goes on elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    stands_in = "keyed index of the short code that stands in for the secret"
    op.add_column("contacts", sa.Column("code_blind", sa.String(64), comment=stands_in))
    op.create_index("ix_contacts_code_blind", "contacts", ["code_blind"])


def downgrade() -> None:
    op.drop_index("ix_contacts_code_blind", table_name="contacts")
    op.drop_column("contacts", "code_blind")
