"""Ending sessions: one, all but this one, or all. Open sockets see it within seconds, poked or not."""

from hotline.errors import NotFound
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.store import sign_ins, staffing
from hotline.system import System, Transaction


async def end_one(system: System, actor: Actor, staff_id: str, session_id: str) -> None:
    """End one session of a person. Raises NotFound."""
    access.require(actor, "sessions.end", Thing(staff_id))
    async with system.transaction(actor) as tx:
        if await sign_ins.end_sessions(tx, staff_id, only=session_id) == 0:
            raise NotFound
        await _ended(tx, staff_id, 1)


async def end_all(system: System, actor: Actor, staff_id: str, keep: str | None = None) -> int:
    """Sign a person out everywhere, but for the session to `keep`; how many ended."""
    access.require(actor, "sessions.end", Thing(staff_id))
    async with system.transaction(actor) as tx:
        ended = await sign_ins.end_sessions(tx, staff_id, keep=keep)
        await _ended(tx, staff_id, ended)
    return ended


async def lock(tx: Transaction, staff_id: str, session_id: str | None, how: str) -> None:
    """Nothing is shown in this session from now on; one that is locked stays so. how: hand | idle | away"""
    if session_id is not None and await sign_ins.lock_session(tx, session_id):
        await look_again(tx, staff_id)
        tx.record("screens.lock", "staff", staff_id, how=how)


async def _ended(tx: Transaction, staff_id: str, count: int) -> None:
    await look_again(tx, staff_id)
    tx.record("sessions.end", "staff", staff_id, count=count)


async def look_again(tx: Transaction, staff_id: str) -> None:
    """Whatever the person has open reads anew who they are and what they may: by the poke, or by the poll."""
    await staffing.revise(tx, staff_id)
    tx.topics.update((topics.rights(staff_id), topics.staff(staff_id)))
