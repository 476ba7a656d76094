"""People: who is on the staff, and how they sign in. Passwords are checked off the event loop, a few at a time."""

import asyncio
import hashlib
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from hotline.errors import (
    AlreadyExists,
    Malformed,
    NotSignedIn,
    SignInBusy,
    SignInFailed,
    StaffUnknown,
    WallBreach,
)
from hotline.ids import new_id, new_secret
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.presence import LINK_LIFE, SESSION_IDLE, SESSION_LIFE, SHIFT_GRACE
from hotline.store import claims, queries, staffing
from hotline.system import System

PASSWORD_MIN, PASSWORD_MAX = 12, 200
# Hashing in one thread: a flood of sign-ins queues behind it and must not slow the chat.
_hashing: Final = ThreadPoolExecutor(1, "password")
_hasher: Final = PasswordHasher()
_room: Final = asyncio.Semaphore(8)
_SOMEBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$2Uxv8hUtPzZcnXaVGhYD0K4wAcXbyNDHBbnIymbZXB0"
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person to be put on the staff."""

    login: str
    name: str
    signature: str
    roles: Collection[str]
    lines: Collection[str] = ()
    languages: Collection[str] = ("pl",)
    flags: Collection[str] = ()
    text_limit: int = 2
    password: str | None = None


async def add(system: System, actor: Actor, newcomer: Newcomer) -> str:
    """Put somebody on the staff; the id. Raises AlreadyExists, Malformed, LineUnknown, WallBreach."""
    access.require(actor, "staff.change")
    _check(system.centre, newcomer)
    password_hash = await _hash(newcomer.password) if newcomer.password is not None else None
    staff_id = new_id()
    async with system.transaction(actor) as tx:
        values = {
            "id": staff_id,
            "login": newcomer.login,
            "name": newcomer.name,
            "signature": newcomer.signature,
            "password_hash": password_hash,
            "roles": sorted(newcomer.roles),
            "flags": sorted(newcomer.flags),
            "lines": sorted(newcomer.lines),
            "languages": sorted(newcomer.languages),
            "text_limit": newcomer.text_limit,
            "active": True,
            "intent": "available",
            "created_at": tx.now,
        }
        if not await staffing.add(tx, values):
            raise AlreadyExists
        tx.record("staff.add", "staff", staff_id, roles=sorted(newcomer.roles))
    return staff_id


def _check(centre: Centre, newcomer: Newcomer) -> None:
    if not newcomer.login or not newcomer.name or not set(newcomer.roles) <= set(access.ROLES):
        raise Malformed(field="staff")
    for line in newcomer.lines:
        centre.line(line)
        if set(newcomer.lines) & centre.lines_behind_wall(line) and not centre.both_sides_allowed:
            raise WallBreach


async def issue_link(system: System, actor: Actor, staff_id: str) -> str:
    """A one-time sign-in secret for a person, good for half a day. Raises StaffUnknown."""
    access.require(actor, "staff.change")
    secret = new_secret()
    async with system.transaction(actor) as tx:
        if await queries.staff_row(tx, staff_id) is None:
            raise StaffUnknown
        await staffing.add_link(tx, _digest(secret), staff_id, tx.now + LINK_LIFE)
        tx.record("staff.issue_link", "staff", staff_id)
    return secret


async def sign_in_with_link(system: System, secret: str) -> str:
    """Exchange a one-time link for a session secret. Raises SignInFailed."""

    async with system.transaction(access.OPERATOR) as tx:
        staff_id = await claims.use_link(tx, _digest(secret))
        if staff_id is None:
            raise SignInFailed
        session = new_secret()
        await staffing.add_session(tx, _digest(session), staff_id)
        tx.record("staff.sign_in", "staff", staff_id, how="link")
    return session


async def sign_in_with_password(system: System, login: str, password: str) -> str:
    """A session secret. Raises SignInFailed (never says why), SignInBusy."""
    async with system.read() as tx:
        row = await queries.staff_by_login(tx, login)
    known = row is not None and row.active and row.password_hash is not None
    # An unknown login costs the same time as a wrong password.
    right = await _verify(
        row.password_hash if known and row is not None else _SOMEBODY, password[:PASSWORD_MAX]
    )
    if not known or row is None or not right:
        raise SignInFailed
    async with system.transaction(access.OPERATOR) as tx:
        session = new_secret()
        await staffing.add_session(tx, _digest(session), row.id)
        tx.record("staff.sign_in", "staff", row.id, how="password")
    return session


async def sign_out(system: System, session_secret: str) -> None:
    """End a session; an unknown one is already ended."""
    actor = await actor_of(system, session_secret)
    async with system.transaction(actor) as tx:
        await staffing.revoke_session(tx, _digest(session_secret))
        tx.record("staff.sign_out", "staff", actor.id)


async def actor_of(system: System, session_secret: str) -> Actor:
    """Who this session belongs to. Raises NotSignedIn when it is unknown, revoked, idle too long or too old.

    On duty, a silent console stays signed in: the night shift must not be thrown out.
    """
    async with system.read() as tx:
        row = await queries.session(tx, _digest(session_secret))
        if row is None:
            raise NotSignedIn
        shifts = await queries.shifts_between(tx, tx.now - SHIFT_GRACE, tx.now + queries.EPSILON)
        on_duty = any(shift.staff_id == row.id for shift in shifts)
        idle, age = tx.now - row.session_seen_at, tx.now - row.session_at
        if not on_duty and (idle > SESSION_IDLE or age > SESSION_LIFE):
            raise NotSignedIn
        now = tx.now
    actor = Actor("staff", row.id, row.name, frozenset(row.roles), frozenset(row.lines), frozenset(row.flags))
    if now - row.session_seen_at > SESSION_IDLE / 6:
        async with system.transaction(actor) as tx:
            await staffing.touch_session(tx, _digest(session_secret))
    return actor


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


async def _hash(password: str) -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Malformed(field="password")
    return await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.hash, password)


async def _verify(password_hash: str, password: str) -> bool:
    if _room.locked():
        raise SignInBusy
    async with _room:
        return await asyncio.get_running_loop().run_in_executor(_hashing, _matches, password_hash, password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
