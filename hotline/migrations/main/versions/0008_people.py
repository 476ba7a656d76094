"""People: codes of an app, sessions one can name, invitations, recovery by two, tries, places, vacant shifts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0008"
down_revision = "0007"


def columns() -> dict[str, list[sa.Column[Any]]]:
    """Made anew each time: a column belongs to one table once."""
    return {
        "staff": [
            sa.Column("left_at", Instant(), comment="when the person left the staff"),
            sa.Column(
                "totp_sealed",
                sa.LargeBinary(),
                comment="secret of the authenticator app, under the person's own key",
            ),
            sa.Column(
                "totp_next_sealed", sa.LargeBinary(), comment="one that is being set up and not yet proved"
            ),
            sa.Column(
                "totp_step",
                sa.BigInteger(),
                comment="newest step of time whose code was used; a code works once",
            ),
            sa.Column(
                "revision",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="grows when sessions or rights change: what open sockets poll for",
            ),
        ],
        "sessions": [
            sa.Column("id", sa.String(length=36), comment="what a page names it by; never the secret"),
            sa.Column(
                "how",
                sa.String(length=12),
                nullable=False,
                server_default="link",
                comment="link | password | invitation",
            ),
            sa.Column("device", sa.String(length=24), comment="coarse: browser and system, no user agent"),
        ],
        "sign_in_links": [
            sa.Column(
                "purpose",
                sa.String(length=12),
                nullable=False,
                server_default="sign_in",
                comment="sign_in | invitation | recovery | second_step",
            ),
        ],
        "shifts": [
            sa.Column(
                "vacant_at",
                Instant(),
                comment="since when nobody stands behind it: the person left or lost the line",
            ),
        ],
    }


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    op.create_index(
        "uq_sessions_id",
        "sessions",
        ["id"],
        unique=True,
        sqlite_where=sa.text("id IS NOT NULL"),
        postgresql_where=sa.text("id IS NOT NULL"),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column(
            "key",
            sa.String(length=64),
            nullable=False,
            comment="blind index of an account and a place, or a network",
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False, comment="no try before"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_tries")),
    )
    op.create_index(op.f("ix_sign_in_tries_last_at"), "sign_in_tries", ["last_at"])
    op.create_table(
        "sign_in_places",
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column(
            "blind",
            sa.String(length=64),
            nullable=False,
            comment="blind index of a network, or of a browser's secret",
        ),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="network | browser"),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_places_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "blind", name=op.f("pk_sign_in_places")),
    )
    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=36)),
        sa.Column("ended_at", Instant(), comment="confirmed, or withdrawn"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recoveries_staff_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_recoveries_asked_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_recoveries_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
    )
    op.create_index(
        "uq_recoveries_open",
        "recoveries",
        ["staff_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("recoveries", "sign_in_places", "sign_in_tries"):
        op.drop_table(table)
    op.drop_index("uq_sessions_id", table_name="sessions")
    for table, added in columns().items():
        for column in added:
            op.drop_column(table, column.name)
