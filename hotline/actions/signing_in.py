"""Signing in and out, and who a session belongs to.

A password is the first step; a person with an authenticator app shows its code as the second. Links that work
once come from the operator's shell.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from hotline.actions import passwords, second_step, sessions, throttle
from hotline.actions.throttle import Place
from hotline.errors import CodeWrong, LinkGone, NotSignedIn, SignInFailed
from hotline.ids import new_secret
from hotline.rules import access
from hotline.rules import second_step as codes
from hotline.rules.access import Actor
from hotline.rules.duty import Board, asking
from hotline.rules.presence import SECOND_STEP_LIFE, SESSION_IDLE, SESSION_LIFE, SHIFT_GRACE
from hotline.store import claims, queries, sign_ins, staffing
from hotline.system import System, Transaction
from hotline.values import dataclass

NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the right password gives: a session, or a secret with which to show a code."""

    session: str = ""
    second_step: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is. `confined`: only their own account, until the second step is set up; `locked`: nothing
    but the way back, which is the password, if there is one."""

    actor: Actor
    revision: int  # another as soon as anything of this is another, but for what time brings
    session_id: str | None
    how: str
    confined: bool
    locked: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A session that holds, its person in the same row; `idle` for so long."""

    row: Any
    on_duty: bool
    idle: timedelta


def digest(secret: str) -> str:
    """What is kept of a secret of ours: it has 256 random bits, so that no slower hash is needed."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _self(row: Any) -> Actor:
    """Whoever signs in does so themselves."""
    return Actor("staff", row.id, row.name)


async def sign_in_with_link(system: System, secret: str, place: Place = NOWHERE) -> str:
    """Exchange a one-time link for a session secret. Raises SignInFailed."""
    async with system.read() as tx:
        found = await sign_ins.link(tx, digest(secret), "sign_in")
    if found is None:
        raise SignInFailed
    async with system.transaction(_self(found)) as tx:
        row = await claims.lock_staff(tx, found.id)
        if row is None or not row.active or await claims.use_link(tx, digest(secret), "sign_in") is None:
            raise SignInFailed
        return await begin_session(tx, row, place, "link")


async def sign_in_with_password(
    system: System, login: str, password: str, place: Place = NOWHERE
) -> Entrance:
    """The first step. Raises SignInFailed (never says why), SignInBusy, TooSoon."""
    async with passwords.door(), system.read() as tx:
        row = await queries.staff_by_login(tx, login)
        staff_id = row.id if row is not None else None
        known = await throttle.is_known(tx, staff_id, place)
    kept = row.password_hash if row is not None and row.active else None
    async with passwords.seat(known=known):
        right = await tried(system, staff_id, login, kept, password, place)
        if not right or kept is None or row is None:
            raise SignInFailed
        better = await passwords.renewed(password) if passwords.is_old(kept) else kept
    async with system.transaction(_self(row)) as tx:
        row = await claims.lock_staff(tx, row.id)
        if row is None or not row.active or row.password_hash != kept:
            raise SignInFailed  # changed while it was looked at
        if better != kept:
            await staffing.change(tx, row.id, password_hash=better)
        return await _go_on(tx, row, login, place)


async def tried(
    system: System, staff_id: str | None, login: str, kept: str | None, password: str, place: Place
) -> bool:
    """Is it the password? The try is counted before anybody looks; the caller has a seat. Raises TooSoon."""
    async with system.transaction(access.OPERATOR) as tx:
        await throttle.count(tx, staff_id, login, place)
    # An unknown login costs the same time as a wrong password.
    return await passwords.matches(kept or passwords.NOBODY, password)


async def _go_on(tx: Transaction, row: Any, login: str, place: Place) -> Entrance:
    if row.totp_sealed is None:
        await throttle.succeeded(tx, row.id, login, place, tries=1)
        return Entrance(session=await begin_session(tx, row, place, "password"))
    secret = new_secret()
    await sign_ins.add_link(tx, digest(secret), row.id, "second_step", tx.now + SECOND_STEP_LIFE)
    return Entrance(second_step=secret)


async def sign_in_with_code(system: System, secret: str, code: str, place: Place = NOWHERE) -> str:
    """The second step: a session secret. Raises LinkGone (start again), CodeWrong (try the next), TooSoon."""
    async with system.read() as tx:
        found = await sign_ins.link(tx, digest(secret), "second_step")
    if found is None:
        raise LinkGone
    async with system.transaction(access.OPERATOR) as tx:
        await throttle.count(tx, found.id, found.login, place, code=True)
    async with system.transaction(_self(found)) as tx:
        row = await claims.lock_staff(tx, found.id)
        if row is None or not row.active or row.password_hash != found.password_hash:
            raise LinkGone
        if not await second_step.fits(tx, row, code):
            raise CodeWrong
        if await claims.use_link(tx, digest(secret), "second_step") is None:
            raise LinkGone
        await throttle.succeeded(tx, row.id, row.login, place, tries=2)
        return await begin_session(tx, row, place, "password")


async def begin_session(tx: Transaction, row: Any, place: Place, how: str) -> str:
    """A new session's secret, for a person whose row is locked."""
    secret = new_secret()
    await sign_ins.add_session(tx, digest(secret), row.id, how, place.device)
    tx.record("staff.sign_in", "staff", row.id, how=how)
    return secret


async def sign_out(system: System, session_secret: str) -> None:
    """End a session; an unknown one is already ended."""
    actor = await actor_of(system, session_secret)
    async with system.transaction(actor) as tx:
        await sign_ins.end_session(tx, digest(session_secret))
        await sessions.look_again(tx, actor.id)
        tx.record("staff.sign_out", "staff", actor.id)


async def actor_of(system: System, session_secret: str) -> Actor:
    """Who this session belongs to, with the rights of this moment. Raises NotSignedIn."""
    return (await signed_in(system, session_secret)).actor


async def signed_in(system: System, session_secret: str, *, opening: bool = False) -> SignedIn:
    """The session. Raises NotSignedIn when it is unknown, revoked, idle too long or too old.

    `opening`: a page is opened anew, and where none was open for so long, it is locked.
    """
    found = await look_up(system, [session_secret])
    me = await entered(system, found[session_secret], opening=opening)
    if not me.locked:
        await _keep_alive(system, found)
    return me


async def look_up_again(system: System, session_secrets: Collection[str]) -> dict[str, Found | None]:
    """The same for pages that stay open, which keeps their sessions alive."""
    found = await look_up(system, session_secrets)
    await _keep_alive(system, found)
    return found


async def look_up(system: System, session_secrets: Collection[str]) -> dict[str, Found | None]:
    """What these secrets open just now; None for what is unknown, revoked, idle too long or too old.

    On duty, a silent console stays signed in: the night shift must not be thrown out.
    """
    hashes = {secret: digest(secret) for secret in session_secrets}
    async with system.read() as tx:
        rows = await queries.sessions_of(tx, hashes.values())
        board = await tx.board()
        lasting = {each: await _lasts(tx, board, row) for each, row in rows.items()}
    return {secret: lasting.get(each) for secret, each in hashes.items()}


async def _lasts(tx: Transaction, board: Board, row: Any) -> Found | None:
    on_duty = bool(asking.worked(board, row.id, tx.now - SHIFT_GRACE, tx.now + timedelta.resolution))
    idle, age = tx.now - row.session_seen_at, tx.now - row.session_at
    if not on_duty and (idle > SESSION_IDLE or age > SESSION_LIFE):
        return None
    shift_over = not on_duty and asking.worked(board, row.id, row.session_at, tx.now - SHIFT_GRACE)
    if shift_over and not await queries.held_by(tx, row.id):  # nobody is thrown out of a talk
        return None
    return Found(row, on_duty, idle)


async def entered(system: System, session: Found | None, *, opening: bool = False) -> SignedIn:
    """Whose it is. Raises NotSignedIn where there is none."""
    if session is None:
        raise NotSignedIn
    row = session.row
    actor = Actor("staff", row.id, row.name, frozenset(row.roles), frozenset(row.lines), frozenset(row.flags))
    locked = row.session_locked_at is not None
    if not locked and opening and system.centre.screen.locks(session.idle, on_duty=session.on_duty):
        locked = True
        await _lock(system, actor, row.session_id)
    lacking = row.totp_sealed is None and codes.required(row.roles, row.flags)
    confined, has_password = lacking and row.how != "link", row.password_hash is not None
    return SignedIn(actor, row.revision, row.session_id, row.how, confined, locked, has_password)


async def _keep_alive(system: System, found: Mapping[str, Found | None]) -> None:
    """Write down now and then that they are in use; one that is locked is not."""
    seldom = min(SESSION_IDLE / 6, system.centre.screen.lock_after / 2)
    used = [
        each.row.secret_hash
        for each in found.values()
        if each is not None and each.row.session_locked_at is None and each.idle > seldom
    ]
    if used:
        async with system.transaction(access.CHANNEL) as tx:
            await sign_ins.touch_sessions(tx, used)


async def _lock(system: System, actor: Actor, session_id: str | None) -> None:
    async with system.transaction(actor) as tx:
        await sessions.lock(tx, actor.id, session_id, "away")


async def forget(system: System, actor: Actor) -> int:
    """The clock's part: tries, networks and dead links that are a day old; how many rows."""
    access.require(actor, "sign_ins.forget")
    async with system.transaction(actor) as tx:
        return await sign_ins.forget(tx)
