"""One's own password, which a session opened by the operator's link may set without knowing the last; and what one
hears when somebody writes."""

from dataclasses import asdict

from hotline.actions import passwords, sessions
from hotline.actions.second_step import require_password
from hotline.actions.signing_in import SignedIn
from hotline.errors import Malformed, NotSignedIn, WrongState
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.rules.signals import VOLUMES, Signals
from hotline.store import claims, queries, sign_ins, staffing
from hotline.system import System


async def set_password(system: System, me: SignedIn, current: str, new: str) -> None:
    """A new password; all other sessions end. Raises SignInFailed, PasswordWeak, SignInBusy."""
    access.require(me.actor, "account.change", Thing(me.actor.id))
    async with system.read() as tx:
        row = await queries.staff_row(tx, me.actor.id)
    if row is None:
        raise NotSignedIn
    if me.how != "link":
        await require_password(row, current)
    kept = await passwords.hashed(new, row.login)
    async with system.transaction(me.actor) as tx:
        now = await claims.lock_staff(tx, row.id)
        if now is None or now.password_hash != row.password_hash:
            raise WrongState  # changed elsewhere meanwhile
        await staffing.change(tx, row.id, password_hash=kept)
        await sessions.look_again(tx, row.id)
        await sign_ins.end_sessions(tx, row.id, keep=me.session_id)
        tx.record("account.set_password", "staff", row.id)


async def set_signals(system: System, actor: Actor, chosen: Signals) -> None:
    """What I hear and see when somebody writes; consoles that are open follow at once. Raises Malformed."""
    access.require(actor, "account.change", Thing(actor.id))
    if chosen.volume not in VOLUMES:
        raise Malformed(field="volume")
    async with system.transaction(actor) as tx:
        await staffing.change(tx, actor.id, signals=asdict(chosen))
        tx.record("account.set_signals", "staff", actor.id, [topics.staff(actor.id)])
