"""Keys that are made at their first use: of many at once one is kept, and all seal with it."""

import asyncio

import pytest

from hotline.errors import KeyDestroyed
from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.store.keys import Erasure
from hotline.system import System


async def test_what_many_seal_at_once_for_a_new_owner_can_be_opened_later(system: System) -> None:
    owner = new_id()

    async def seal(number: int) -> bytes:
        await system.ensure_key(owner)
        async with system.transaction(OPERATOR) as tx:
            return await tx.seal(owner, "shift_checks", str(number), f"words {number}")

    sealed = await asyncio.gather(*map(seal, range(8)))
    system.vault.forget(owner)  # as another process begins
    async with system.read() as tx:
        opened = [await tx.unseal(owner, "shift_checks", str(at), each) for at, each in enumerate(sealed)]
    assert opened == [f"words {number}" for number in range(8)]


async def test_a_destroyed_key_is_not_made_again(system: System) -> None:
    owner = new_id()
    await system.ensure_key(owner)
    await system.destroy_key(Erasure(owner, "staff", "request", system.clock.now()))
    with pytest.raises(KeyDestroyed):
        await system.ensure_key(owner)
