"""Codes of an authenticator app (TOTP): set up, proved with a first code, switched off; each code works once."""

import hmac
from typing import Any, Final

from pyotp import TOTP, random_base32

from hotline.actions import passwords
from hotline.errors import CodeWrong, KeyDestroyed, NotAllowed, SignInFailed, WrongState
from hotline.live import topics
from hotline.rules import access
from hotline.rules import second_step as rules
from hotline.rules.access import Actor, Thing
from hotline.store import claims, queries, staffing
from hotline.system import System, Transaction
from hotline.values import dataclass

PLACE: Final = "staff.totp"


@dataclass(frozen=True, slots=True)
class SettingUp:
    """What the app must be given: the secret itself, and the address that a QR code holds."""

    secret: str
    address: str


async def begin(system: System, actor: Actor, password: str | None) -> None:
    """A new secret to be proved. Whoever has one already says the password. Raises SignInFailed, SignInBusy."""
    access.require(actor, "account.change", Thing(actor.id))
    async with system.read() as tx:
        row = await queries.staff_row(tx, actor.id)
    if row is not None and row.totp_sealed is not None:
        await require_password(row, password or "")
    async with system.transaction(actor) as tx:
        await claims.lock_staff(tx, actor.id)
        try:
            await system.open_key(actor.id)
        except KeyDestroyed:  # there never was one; the lock lets nobody else make it meanwhile
            await system.make_key(actor.id)
        sealed = await tx.seal(actor.id, PLACE, actor.id, random_base32())
        await staffing.change(tx, actor.id, totp_next_sealed=sealed)
        tx.record("second_step.begin", "staff", actor.id)


async def setting_up(system: System, actor: Actor) -> SettingUp | None:
    """What is being set up; None if nothing is."""
    async with system.read() as tx:
        row = await queries.staff_row(tx, actor.id)
        if row is None or row.totp_next_sealed is None:
            return None
        secret = await tx.unseal(actor.id, PLACE, actor.id, row.totp_next_sealed)
    address = TOTP(secret).provisioning_uri(name=row.login, issuer_name=system.centre.short_name_pl)
    return SettingUp(secret, address)


async def prove(system: System, actor: Actor, code: str) -> None:
    """The first code of the app: from now on it is asked for. Raises CodeWrong, WrongState."""
    access.require(actor, "account.change", Thing(actor.id))
    async with system.transaction(actor) as tx:
        row = await claims.lock_staff(tx, actor.id)
        if row is None or row.totp_next_sealed is None:
            raise WrongState
        step = await _step_of(tx, row.id, row.totp_next_sealed, code)
        if step is None:
            raise CodeWrong
        await staffing.change(
            tx, actor.id, totp_sealed=row.totp_next_sealed, totp_next_sealed=None, totp_step=step
        )
        tx.record("second_step.prove", "staff", actor.id, (topics.staff(actor.id),))


async def switch_off(system: System, actor: Actor, password: str) -> None:
    """Without codes from now on, where the role allows it. Raises NotAllowed, SignInFailed, SignInBusy."""
    access.require(actor, "account.change", Thing(actor.id))
    if rules.required(actor.roles, actor.flags):
        raise NotAllowed
    async with system.read() as tx:
        row = await queries.staff_row(tx, actor.id)
    await require_password(row, password)
    async with system.transaction(actor) as tx:
        await staffing.change(tx, actor.id, totp_sealed=None, totp_next_sealed=None)
        tx.record("second_step.switch_off", "staff", actor.id)


async def require_password(row: Any, password: str) -> None:
    """An open session alone is not enough for this. Raises SignInFailed, SignInBusy."""
    if row is None or row.password_hash is None:
        return
    async with passwords.seat(known=True):
        if not await passwords.matches(row.password_hash, password):
            raise SignInFailed


async def fits(tx: Transaction, row: Any, code: str) -> bool:
    """Is this the person's code now, never used before? Using it is part of the answer."""
    if row.totp_sealed is None:
        return False
    step = await _step_of(tx, row.id, row.totp_sealed, code)
    return step is not None and await claims.use_step(tx, row.id, step)


async def _step_of(tx: Transaction, staff_id: str, sealed: bytes, code: str) -> int | None:
    """The step of time this code belongs to, now or a step away."""
    totp = TOTP(await tx.unseal(staff_id, PLACE, staff_id, sealed))
    given = "".join(code.split()).encode(errors="replace")
    for step in rules.steps_around(tx.now):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            return step
    return None
