"""What is planned: versions of rosters and their shifts, patterns, demands, changes, absences, skills; what was.

Rows of overrides and facts are only added. Kinds and reasons are coded; nobody writes free text here, because it
would name illness.
"""

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

rosters = Table(
    "rosters",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False),
    Column("first", Date, nullable=False, comment="local days, both included"),
    Column("last", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(12), nullable=False, comment="draft | proposed | published | superseded"),
    Column("author", String(36), nullable=False, comment="staff id, or the operator's shell"),
    Column("made_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("superseded_at", Instant),
    UniqueConstraint("line", "version"),
)

BARRED = "exclusive AND in_force AND vacant_at IS NULL"

shifts = Table(
    "shifts",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column(
        "vacant_at", Instant, comment="since when nobody stands behind it: the person left or lost the line"
    ),
    Column("roster_id", ForeignKey("rosters.id"), index=True, comment="none: written by hand"),
    Column("seat", SmallInteger, nullable=False, server_default="1"),
    Column("tier", SmallInteger, nullable=False, server_default="1"),
    Column("exclusive", Boolean, nullable=False, server_default=text("false")),
    Column("pattern_id", String(36), comment="of which turn of which pattern it was made"),
    Column("pattern_day", Date),
    Column("step", Integer),
    Column("confirmed", Boolean, nullable=False, server_default=text("true")),
    Column(
        "in_force",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="of a published version, or by hand",
    ),
    Column(
        "clear_at",
        Instant,
        comment="where it ends in an hour that occurs twice: from when another may sit down, so that a hand-over fits",
    ),
    CheckConstraint("ends_at > starts_at", name="lasts"),
    Index("ix_shifts_when", "ends_at", "starts_at"),
)
unique_where(
    "uq_shifts_by_hand",
    shifts.c.line,
    shifts.c.staff_id,
    shifts.c.starts_at,
    where="roster_id IS NULL",
)
_sits = func.tstzrange(shifts.c.starts_at, func.coalesce(shifts.c.clear_at, shifts.c.ends_at))
for _name, *_columns in (("one_place", "staff_id"), ("one_person", "line", "seat")):
    shifts.append_constraint(
        ExcludeConstraint(
            *((shifts.c[column], "=") for column in _columns),
            (_sits, "&&"),
            where=text(BARRED),
            name=f"ex_shifts_{_name}",
        ).ddl_if(dialect="postgresql")
    )
event.listen(
    shifts,
    "before_create",
    DDL("CREATE EXTENSION IF NOT EXISTS btree_gist").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

patterns = Table(
    "patterns",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False, index=True),
    Column("first", Date, nullable=False),
    Column("last", Date, comment="an ended pattern keeps the shifts it made"),
    Column("spec", JSON, nullable=False, comment="see rules.duty.plan.Pattern"),
    Column("author", String(36), nullable=False),
    Column("made_at", Instant, nullable=False),
)

demands = Table(
    "demands",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False, index=True),
    Column("first", Date),
    Column("last", Date),
    Column("spec", JSON, nullable=False, comment="see rules.duty.demand.Demand"),
    Column("author", String(36), nullable=False),
    Column("made_at", Instant, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    row_id(primary_key=True),
    Column("line", String(64), nullable=False),
    Column("seq", Integer, nullable=False, comment="the order in which they apply"),
    Column("kind", String(8), nullable=False, comment="ADD | REMOVE | REPLACE"),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("by_id", ForeignKey("staff.id"), comment="who comes instead"),
    Column("seat", SmallInteger),
    Column("tier", SmallInteger, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("reason", String(16), nullable=False, comment="coded"),
    Column("author", String(36), nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("line", "seq"),
    CheckConstraint("ends_at > starts_at", name="lasts"),
)

absences = Table(
    "absences",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("kind", String(12), nullable=False, comment="coded"),
    Column("state", String(12), nullable=False, comment="asked | approved | withdrawn"),
    Column("noted_at", Instant, nullable=False),
    Column("noted_by", String(36), nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(36)),
    CheckConstraint("ends_at > starts_at", name="lasts"),
)

skills = Table(
    "skills",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("valid_until", Instant),
)

duty_facts = Table(
    "duty_facts",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("line", String(64), nullable=False),
    Column("kind", String(4), nullable=False, comment="in | out"),
    Column("at", Instant, nullable=False),
    Column("source", String(16), nullable=False),
    Index("ix_duty_facts_line", "line", "at"),
)

gap_notices = Table(
    "gap_notices",
    metadata,
    Column("line", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("start", String(32), primary_key=True, comment="ISO 8601; empty where it began before one looked"),
    Column("need", String(120), primary_key=True),
    Column("step", String(8), primary_key=True),
    Column("told_at", Instant, nullable=False),
)

roster_versions = Table(
    "roster_versions",
    metadata,
    Column("line", String(64), primary_key=True, comment="or * for people: absences, skills, limits"),
    Column(
        "version",
        String(36),
        nullable=False,
        comment="a new one with every edit",
    ),
)
