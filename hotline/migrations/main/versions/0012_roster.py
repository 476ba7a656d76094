"""The roster: versions, patterns, demands, changes, absences, skills, facts; shifts learn where they come from."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline.store.db import Instant

revision = "0012"
down_revision = "0011"

BARRED = "exclusive AND in_force AND vacant_at IS NULL"
SITS = "tstzrange(starts_at, coalesce(clear_at, ends_at))"
TABLES = (
    "absences",
    "demands",
    "duty_facts",
    "gap_notices",
    "overrides",
    "patterns",
    "skills",
    "roster_versions",
)
SHIFTS = (
    "roster_id", "seat", "tier", "exclusive", "pattern_id", "pattern_day", "step", "confirmed", "in_force", "clear_at",
)  # fmt: skip


def key(*names: str, length: int = 36) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(length=length), nullable=False) for name in names]


def person(table: str, name: str = "staff_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["staff.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    op.add_column(
        "staff",
        sa.Column("limits", sa.JSON(), comment="of hours and rest, where they differ from the centre's"),
    )
    _rosters()
    _shifts()
    _plans()
    _changes()
    _people()
    op.create_table(
        "gap_notices",
        *key("line", length=64),
        *key("kind", length=16),
        sa.Column(
            "start",
            sa.String(length=32),
            nullable=False,
            comment="ISO 8601; empty where it began before one looked",
        ),
        *key("need", length=120),
        *key("step", length=8),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("line", "kind", "start", "need", "step", name=op.f("pk_gap_notices")),
    )
    op.create_table(
        "roster_versions",
        sa.Column(
            "line",
            sa.String(length=64),
            nullable=False,
            comment="or * for people: absences, skills, limits",
        ),
        sa.Column(
            "version",
            sa.String(length=36),
            nullable=False,
            comment="a new one with every edit",
        ),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_roster_versions")),
    )


def _rosters() -> None:
    op.create_table(
        "rosters",
        *key("id"),
        *key("line", length=64),
        sa.Column("first", sa.Date(), nullable=False, comment="local days, both included"),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.String(length=12),
            nullable=False,
            comment="draft | proposed | published | superseded",
        ),
        sa.Column(
            "author", sa.String(length=36), nullable=False, comment="staff id, or the operator's shell"
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.Column("superseded_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rosters")),
        sa.UniqueConstraint("line", "version", name=op.f("uq_rosters_line_version")),
    )


def _shifts() -> None:
    with op.batch_alter_table("shifts") as batch:
        batch.drop_constraint("uq_shifts_line_staff_id_starts_at", type_="unique")
        batch.add_column(sa.Column("roster_id", sa.String(length=36), comment="none: written by hand"))
        batch.create_foreign_key(op.f("fk_shifts_roster_id"), "rosters", ["roster_id"], ["id"])
        batch.add_column(sa.Column("seat", sa.SmallInteger(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("tier", sa.SmallInteger(), nullable=False, server_default="1"))
        batch.add_column(_flag("exclusive", "false"))
        batch.add_column(
            sa.Column(
                "pattern_id", sa.String(length=36), comment="of which turn of which pattern it was made"
            )
        )
        batch.add_column(sa.Column("pattern_day", sa.Date()))
        batch.add_column(sa.Column("step", sa.Integer()))
        batch.add_column(_flag("confirmed", "true"))
        batch.add_column(_flag("in_force", "true", comment="of a published version, or by hand"))
        batch.add_column(
            sa.Column(
                "clear_at",
                Instant(),
                comment="where it ends in an hour that occurs twice: from when another may sit down, "
                "so that a hand-over fits",
            )
        )
        batch.create_index("ix_shifts_roster_id", ["roster_id"])
    by_hand = sa.text("roster_id IS NULL")
    op.create_index(
        "uq_shifts_by_hand",
        "shifts",
        ["line", "staff_id", "starts_at"],
        unique=True,
        sqlite_where=by_hand,
        postgresql_where=by_hand,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        for name, columns in (("one_place", ("staff_id",)), ("one_person", ("line", "seat"))):
            op.create_exclude_constraint(
                f"ex_shifts_{name}",
                "shifts",
                *((sa.column(column), "=") for column in columns),
                (sa.literal_column(SITS), "&&"),
                where=sa.text(BARRED),
            )


def _flag(name: str, default: str, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(default), comment=comment)


def _plans() -> None:
    for table, wanted in (("patterns", True), ("demands", False)):
        last = "an ended pattern keeps the shifts it made" if wanted else None
        source = "see rules.duty.plan.Pattern" if wanted else "see rules.duty.demand.Demand"
        op.create_table(
            table,
            *key("id"),
            *key("line", length=64),
            sa.Column("first", sa.Date(), nullable=not wanted),
            sa.Column("last", sa.Date(), comment=last),
            sa.Column("spec", sa.JSON(), nullable=False, comment=source),
            *key("author"),
            sa.Column("made_at", Instant(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_line"), table, ["line"])


def _changes() -> None:
    op.create_table(
        "overrides",
        *key("id"),
        *key("line", length=64),
        sa.Column("seq", sa.Integer(), nullable=False, comment="the order in which they apply"),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="ADD | REMOVE | REPLACE"),
        *key("staff_id"),
        sa.Column("by_id", sa.String(length=36), comment="who comes instead"),
        sa.Column("seat", sa.SmallInteger()),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False, comment="coded"),
        *key("author"),
        sa.Column("made_at", Instant(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_overrides_lasts")),
        person("overrides"),
        person("overrides", "by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
        sa.UniqueConstraint("line", "seq", name=op.f("uq_overrides_line_seq")),
    )
    op.create_table(
        "absences",
        *key("id", "staff_id"),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="coded"),
        sa.Column("state", sa.String(length=12), nullable=False, comment="asked | approved | withdrawn"),
        sa.Column("noted_at", Instant(), nullable=False),
        *key("noted_by"),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.String(length=36)),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_absences_lasts")),
        person("absences"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_staff_id"), "absences", ["staff_id"])


def _people() -> None:
    op.create_table(
        "skills",
        *key("staff_id"),
        *key("name", length=40),
        sa.Column("valid_until", Instant()),
        person("skills"),
        sa.PrimaryKeyConstraint("staff_id", "name", name=op.f("pk_skills")),
    )
    op.create_table(
        "duty_facts",
        *key("id", "staff_id"),
        *key("line", length=64),
        sa.Column("kind", sa.String(length=4), nullable=False, comment="in | out"),
        sa.Column("at", Instant(), nullable=False),
        *key("source", length=16),
        person("duty_facts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_facts")),
    )
    op.create_index("ix_duty_facts_line", "duty_facts", ["line", "at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("staff", "limits")
    op.execute("DELETE FROM shifts WHERE roster_id IS NOT NULL")  # the release before knows none of a roster
    if op.get_bind().dialect.name == "postgresql":
        for name in ("one_place", "one_person"):
            op.drop_constraint(f"ex_shifts_{name}", "shifts")
    op.drop_index("uq_shifts_by_hand", table_name="shifts")
    with op.batch_alter_table("shifts") as batch:
        batch.drop_index("ix_shifts_roster_id")
        batch.drop_constraint("fk_shifts_roster_id", type_="foreignkey")
        for column in SHIFTS:
            batch.drop_column(column)
        batch.create_unique_constraint("uq_shifts_line_staff_id_starts_at", ["line", "staff_id", "starts_at"])
    op.drop_table("rosters")
