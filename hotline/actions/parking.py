"""An update that cannot be taken must not stop the others: after some tries it is put aside, sealed, with an alarm."""

from hotline.actions import alarms
from hotline.errors import NotFound
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.alarms import UPDATE_PARKED
from hotline.store import claims, queries
from hotline.store.keys import Erasure
from hotline.system import System

TRIES = 5


async def failed(system: System, actor: Actor, update_key: str) -> bool:
    """One more try failed, also across restarts; True if it is time to give up. Raises Unavailable."""
    access.require(actor, "parking.park")
    async with system.transaction(actor) as tx:
        row = await claims.count_failure(tx, update_key)
        return bool(row.tries >= TRIES)


async def park(system: System, actor: Actor, update_key: str, reason: str, payload: str) -> bool:
    """Keep the update under a key of its own; False if it is there already. Raises Unavailable."""
    access.require(actor, "parking.park")
    async with system.transaction(actor) as tx:
        row = await claims.count_failure(tx, update_key)
    if row.parked_at is not None:
        return False
    await system.ensure_key(row.id)
    async with system.transaction(actor) as tx:
        sealed = await tx.seal(row.id, "parked", row.id, payload)
        if not await claims.park(tx, row.id, reason, sealed):
            return False
        await alarms.raised(tx, UPDATE_PARKED, "update", row.id)
        tx.record("parking.park", "update", row.id, why=reason)
    return True


async def recovered(system: System, actor: Actor, update_key: str) -> None:
    """It was taken after all, before it was given up."""
    access.require(actor, "parking.park")
    async with system.transaction(actor) as tx:
        await claims.forget_tries(tx, update_key)


async def payload(system: System, actor: Actor, row_id: str) -> tuple[str, str]:
    """(key, payload) of a parked update, to try it again. Raises NotFound."""
    access.require(actor, "parking.take_out")
    async with system.transaction(actor) as tx:
        row = await queries.parked_update(tx, row_id)
        if row is None:
            raise NotFound
        tx.record("parking.take_out", "update", row_id, how="opened")
        return str(row.update_key), await tx.unseal(row_id, "parked", row_id, row.payload_sealed)


async def take_out(system: System, actor: Actor, row_id: str, how: str) -> None:
    """It was taken after all ("taken") or is not worth it ("discarded"): nothing of it is kept. Raises NotFound."""
    access.require(actor, "parking.take_out")
    async with system.transaction(actor) as tx:
        if not await claims.end_parked(tx, row_id):
            raise NotFound
        await system.destroy_key(Erasure(row_id, "update", how, tx.now))
        await alarms.over(tx, row_id)
        tx.record("parking.take_out", "update", row_id, (topics.keys(),), how=how)
