"""The engine's lease: one engine acts at a time, and a former one can do nothing any more.

`take` and `give_up` are here; that every transaction of an engine holds its epoch is seen to in `system`.
"""

from hotline.rules import access
from hotline.rules.access import STANDBY, Actor
from hotline.store import claims
from hotline.system import LEASE, LEASE_LIFE, System


async def take(system: System, holder: str, leads: Actor | None = None) -> Actor | None:
    """Take the lease or renew it: the engine to act as. None while another holder's runs. Raises Unavailable.

    `leads` is what the caller acts as already. A new leader waits until nothing of a former one is under way.
    """
    access.require(STANDBY, "leases.take")
    async with system.transaction(STANDBY) as tx:
        epoch = await claims.take_lease(tx, LEASE, holder, LEASE_LIFE)
    actor = None if epoch is None else access.engine(epoch)
    if actor is not None and actor != leads:
        async with system.transaction(STANDBY) as tx:
            await claims.drain_lease(tx, LEASE)
    return actor


async def give_up(system: System, actor: Actor) -> None:
    """The next engine need not wait. Raises LeaseLost if there is one already, Unavailable."""
    access.require(actor, "leases.give_up")
    async with system.transaction(actor) as tx:
        await claims.give_lease_up(tx, LEASE, actor.epoch)
