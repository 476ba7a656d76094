"""Alarms: raised inside the transaction that found the trouble, seen by a person, ended when it is over."""

from collections.abc import Collection

from hotline.errors import NotFound
from hotline.live import topics
from hotline.rules import access, alarms, contact
from hotline.rules.access import Actor
from hotline.store import claims
from hotline.system import System, Transaction


async def raised(
    tx: Transaction, kind: str, thing_kind: str, thing_id: str, line: str | None = None
) -> str | None:
    """Raise an alarm; its id, or None if this one rings already."""
    if kind not in alarms.KINDS:
        raise ValueError(f"no alarm is called {kind}")
    alarm_id = await claims.raise_alarm(tx, kind, thing_kind, thing_id, line)
    if alarm_id is not None:
        tx.record("alarms.raise", thing_kind, thing_id, (topics.alarms(),), alarm=alarm_id, kind=kind)
    return alarm_id


async def report(system: System, actor: Actor, kind: str, thing_kind: str, thing_id: str) -> None:
    """Raise an alarm about what happened outside any transaction."""
    access.require(actor, "alarms.report")
    async with system.transaction(actor) as tx:
        await raised(tx, kind, thing_kind, thing_id)


async def over_but(system: System, actor: Actor, kind: str, thing_ids: Collection[str]) -> None:
    """Of this kind only the trouble with these things is left."""
    access.require(actor, "alarms.report")
    async with system.transaction(actor) as tx:
        if await only(tx, kind, thing_ids):
            tx.record("alarms.report", "alarm", kind)


async def only(tx: Transaction, kind: str, thing_ids: Collection[str]) -> int:
    """What rings of this kind about anything else falls silent; how many."""
    ended = await claims.end_alarms_but(tx, kind, thing_ids)
    if ended:
        tx.topics.add(topics.alarms())
    return ended


async def over(tx: Transaction, thing_id: str, *kinds: str) -> None:
    """The trouble with this thing is over: what rings about it falls silent."""
    if await claims.end_alarms(tx, thing_id, kinds):
        tx.topics.add(topics.alarms())


async def ring(system: System, actor: Actor, contact_id: str) -> bool:
    """Ring for a caller in danger whom nobody has taken for a minute. False if somebody has, meanwhile."""
    access.require(actor, "alarms.ring")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        if row is None or row.state != contact.WAITING or row.priority != contact.P1:
            return False
        return await raised(tx, alarms.P1_WAITS, "contact", contact_id, row.line) is not None


async def see(system: System, actor: Actor, alarm_id: str) -> None:
    """Say "I am on it". Raises NotFound if it is over or somebody else said so first."""
    access.require(actor, "alarms.see")
    async with system.transaction(actor) as tx:
        if not await claims.see_alarm(tx, alarm_id, actor.id):
            raise NotFound
        tx.record("alarms.see", "alarm", alarm_id, (topics.alarms(),))
