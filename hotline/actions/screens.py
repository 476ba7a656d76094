"""Locking a screen and unlocking it: the session lasts, so that its person goes on being asked and hears it.

The password is tried as at signing in: counted before it is looked at, ever longer pauses, nobody locked out for good.
"""

from typing import Literal

from hotline.actions import passwords, sessions, signing_in, throttle
from hotline.actions.signing_in import SignedIn
from hotline.actions.throttle import Place
from hotline.errors import NotSignedIn, PasswordWrong
from hotline.rules import access
from hotline.rules.access import Thing
from hotline.store import claims, queries, sign_ins, staffing
from hotline.system import System


async def lock(system: System, me: SignedIn, how: Literal["hand", "idle"]) -> None:
    """Nothing is shown or taken in any page of this session from now on."""
    access.require(me.actor, "screens.lock", Thing(me.actor.id))
    async with system.transaction(me.actor) as tx:
        await sessions.lock(tx, me.actor.id, me.session_id, how)


async def unlock(system: System, me: SignedIn, password: str, place: Place) -> None:
    """The session goes on; one that is not locked does anyway.

    Raises PasswordWrong, also where there is no password (a new link signs in instead), SignInBusy, TooSoon,
    NotSignedIn if the session has ended meanwhile.
    """
    access.require(me.actor, "screens.unlock", Thing(me.actor.id))
    async with system.read() as tx:
        row = await queries.staff_row(tx, me.actor.id)
        known = await throttle.is_known(tx, me.actor.id, place)
    if row is None or me.session_id is None:
        raise NotSignedIn
    async with passwords.seat(known=known):
        right = await signing_in.tried(system, row.id, row.login, row.password_hash, password, place)
        if not right or row.password_hash is None:
            async with system.transaction(me.actor) as tx:
                tx.record("screens.refuse", "staff", row.id)
            raise PasswordWrong
        better = await passwords.renewed(password) if passwords.is_old(row.password_hash) else None
    async with system.transaction(me.actor) as tx:
        now = await claims.lock_staff(tx, row.id)
        if now is None or not now.active or now.password_hash != row.password_hash:
            raise NotSignedIn  # changed while it was looked at, which ends sessions
        if better is not None:
            await staffing.change(tx, row.id, password_hash=better)
        await throttle.succeeded(tx, row.id, row.login, place, tries=1)
        if await sign_ins.unlock_session(tx, me.session_id):
            await sessions.look_again(tx, row.id)
            tx.record("screens.unlock", "staff", row.id)
