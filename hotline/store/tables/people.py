"""People, and how they sign in."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
)

from hotline.store.db import Instant
from hotline.store.tables.parts import metadata, row_id, unique_where

staff = Table(
    "staff",
    metadata,
    row_id(primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("signature", String(60), nullable=False, comment="what callers see"),
    Column("password_hash", String(200)),
    Column("roles", JSON, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("lines", JSON, nullable=False, comment="lines the person may serve; decides the wall"),
    Column("languages", JSON, nullable=False),
    Column(
        "text_limit", SmallInteger, nullable=False, comment="conversations at once over all text channels"
    ),
    Column("active", Boolean, nullable=False),
    Column("intent", String(12), nullable=False, comment="available | break | call | meeting | visit | off"),
    Column("intent_until", Instant),
    Column("intent_kind", String(12), comment="of a break: rest | meal | breath"),
    Column(
        "wrap_until", Instant, comment="left alone with the card until then: one clock, whatever the line"
    ),
    Column("seen_at", Instant, comment="last sign of life of a console"),
    Column("freed_at", Instant, comment="end of the last conversation"),
    Column(
        "held_at", Instant, comment="an offer went unanswered then: nothing is offered until a word comes"
    ),
    Column(
        "missed", Integer, nullable=False, server_default="0", comment="offers unanswered, one after another"
    ),
    Column("paused_at", Instant, comment="the last break; hard contacts are counted from here"),
    Column("created_at", Instant, nullable=False),
    Column("left_at", Instant, comment="when the person left the staff"),
    Column("totp_sealed", LargeBinary, comment="secret of the authenticator app, under the person's own key"),
    Column(
        "totp_next_sealed",
        LargeBinary,
        comment="one that is being set up and not yet proved",
        info={"place": "staff.totp"},  # it becomes the other as it is
    ),
    Column("totp_step", BigInteger, comment="newest step of time whose code was used; a code works once"),
    Column(
        "revision",
        Integer,
        nullable=False,
        server_default="0",
        comment="grows when sessions or rights change: what open sockets poll for",
    ),
    Column("limits", JSON, comment="of hours and rest, where they differ from the centre's"),
    Column("signals", JSON, comment="sounds and notices, as the person chose"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("id", String(36), comment="what a page names it by; never the secret"),
    Column("how", String(12), nullable=False, server_default="link", comment="link | password | invitation"),
    Column("device", String(24), comment="coarse: browser and system, no user agent"),
    Column("locked_at", Instant, comment="nothing is shown and taken since then"),
)
unique_where("uq_sessions_id", sessions.c.id, where="id IS NOT NULL")

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column(
        "purpose",
        String(12),
        nullable=False,
        server_default="sign_in",
        comment="sign_in | invitation | recovery | second_step",
    ),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column(
        "key", String(64), primary_key=True, comment="blind index of an account and a place, or a network"
    ),
    Column("tries", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
    Column("until", Instant, nullable=False, comment="no try before"),
)

sign_in_places = Table(
    "sign_in_places",
    metadata,
    Column("staff_id", ForeignKey("staff.id"), primary_key=True),
    Column(
        "blind", String(64), primary_key=True, comment="blind index of a network, or of a browser's secret"
    ),
    Column("kind", String(8), nullable=False, comment="network | browser"),
    Column("seen_at", Instant, nullable=False),
)

recoveries = Table(
    "recoveries",
    metadata,
    row_id(primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("asked_by", ForeignKey("staff.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("confirmed_by", ForeignKey("staff.id")),
    Column("ended_at", Instant, comment="confirmed, or withdrawn"),
)
unique_where("uq_recoveries_open", recoveries.c.staff_id, where="ended_at IS NULL")
