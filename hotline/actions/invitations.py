"""Links with which a person sets a password of their own: an invitation, or what two people agreed to give.

A link works once, for a short time, and is shown once: to whoever asked for it.
"""

from datetime import timedelta
from typing import Any

from hotline.actions import passwords, sessions, staff
from hotline.actions.signing_in import NOWHERE, begin_session, digest
from hotline.actions.staff import Newcomer
from hotline.actions.throttle import Place
from hotline.errors import AnotherMustConfirm, LinkGone, StaffUnknown, WrongState
from hotline.ids import new_secret
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.rules.presence import INVITATION_LIFE, RECOVERY_LIFE, RECOVERY_WAITS
from hotline.store import claims, sign_ins, staffing
from hotline.system import System, Transaction

PURPOSES = ("invitation", "recovery")


async def invite(system: System, actor: Actor, newcomer: Newcomer) -> tuple[str, str]:
    """Put somebody on the staff: (id, secret of the link). Raises as `staff.add`."""
    access.require(actor, "staff.change")
    staff.check(system.centre, newcomer)
    async with system.transaction(actor) as tx:
        staff_id = await staff.insert(tx, newcomer, None)
        return staff_id, await _link(tx, staff_id, "invitation", INVITATION_LIFE)


async def invite_again(system: System, actor: Actor, staff_id: str) -> str:
    """A new link for somebody who has no password, or who comes back. Raises StaffUnknown, WrongState."""
    access.require(actor, "staff.change")
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, staff_id)
        if row is None:
            raise StaffUnknown
        if row.password_hash is not None:
            raise WrongState  # whoever has one needs two people's word
        await staffing.change(tx, staff_id, active=True, left_at=None)
        tx.record("staff.invite", "staff", staff_id, (topics.staff(staff_id),))
        return await _link(tx, staff_id, "invitation", INVITATION_LIFE)


async def ask_recovery(system: System, actor: Actor, staff_id: str) -> None:
    """The first of two: this person cannot get in any more. Raises StaffUnknown, WrongState, NotFound for oneself."""
    access.require(actor, "recovery.ask", Thing(staff_id))
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, staff_id)
        if row is None:
            raise StaffUnknown
        if not row.active or row.password_hash is None:
            raise WrongState  # an invitation is enough
        await sign_ins.end_stale_recovery(tx, staff_id, tx.now - RECOVERY_WAITS)
        if await claims.ask_recovery(tx, staff_id, actor.id):
            tx.record("recovery.ask", "staff", staff_id)


async def confirm_recovery(system: System, actor: Actor, staff_id: str) -> str:
    """The second of two: the secret of the link, to be handed over in person. Raises AnotherMustConfirm."""
    access.require(actor, "recovery.confirm", Thing(staff_id))
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, staff_id)
        since = tx.now - RECOVERY_WAITS
        if row is None or not row.active or not await claims.confirm_recovery(tx, staff_id, actor.id, since):
            raise AnotherMustConfirm
        tx.record("recovery.confirm", "staff", staff_id)
        return await _link(tx, staff_id, "recovery", RECOVERY_LIFE)


async def invited(system: System, secret: str) -> Any:
    """The person this link is for; looking does not use it. Raises LinkGone."""
    async with system.read() as tx:
        row = await sign_ins.link(tx, digest(secret), *PURPOSES)
    if row is None:
        raise LinkGone
    return row


async def accept(system: System, secret: str, password: str, place: Place = NOWHERE) -> str:
    """Set the password and sign in; all that was before ends: sessions, codes, known places.

    Raises LinkGone, PasswordWeak, SignInBusy.
    """
    known = await invited(system, secret)
    password_hash = await passwords.hashed(password, known.login)
    actor = Actor("staff", known.id, known.name)
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, known.id)
        link = await claims.use_link(tx, digest(secret), *PURPOSES)
        if link is None or row is None or not row.active:
            raise LinkGone
        await sign_ins.end_sessions(tx, row.id)
        await sign_ins.forget_places_of(tx, row.id)
        await sign_ins.void_links(tx, row.id)
        await staffing.change(
            tx, row.id, password_hash=password_hash, totp_sealed=None, totp_next_sealed=None
        )
        await sessions.look_again(tx, row.id)
        tx.record(f"{link.purpose}.accept", "staff", row.id)
        return await begin_session(tx, row, place, "invitation")


async def _link(tx: Transaction, staff_id: str, purpose: str, life: timedelta) -> str:
    """A link's secret; earlier ones of the person work no longer."""
    secret = new_secret()
    await sign_ins.void_links(tx, staff_id)
    await sign_ins.add_link(tx, digest(secret), staff_id, purpose, tx.now + life)
    return secret
