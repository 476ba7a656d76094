"""Alarms: the same trouble rings once, somebody says that they are on it, and it falls silent with the contact."""

import asyncio

import pytest
from sqlalchemy import select

from hotline.actions import alarms, contacts
from hotline.errors import NotAllowed, NotFound
from hotline.rules.access import OPERATOR
from hotline.store.tables import alarms as rows
from hotline.system import System
from tests import factories


async def ringing(system: System) -> list[tuple[str, str, bool]]:
    async with system.read() as tx:
        found = await tx.connection.execute(select(rows).where(rows.c.ended_at.is_(None)))
        return [(row.kind, row.thing_id, row.seen_by is not None) for row in found]


async def test_leaving_in_a_hurry_rings_only_in_danger(system: System) -> None:
    calm = await factories.add_caller(system)
    danger = await factories.add_caller(system, danger="yes")
    for caller in (calm, danger):
        await contacts.leave(system, caller.actor, caller.contact_id, quick=True)
    assert await ringing(system) == [("caller_left", danger.contact_id, False)]


async def test_twenty_at_once_raise_one_alarm(system: System) -> None:
    async def raise_one() -> str | None:
        async with system.transaction(OPERATOR) as tx:
            return await alarms.raised(tx, "caller_left", "contact", "one and the same")

    made = await asyncio.gather(*(raise_one() for _ in range(20)))
    assert len([each for each in made if each]) == 1
    assert len(await ringing(system)) == 1


async def test_one_supervisor_is_on_it_and_a_counsellor_cannot_be(system: System) -> None:
    caller = await factories.add_caller(system, danger="yes")
    await contacts.leave(system, caller.actor, caller.contact_id, quick=True)
    async with system.read() as tx:
        alarm_id = (await tx.connection.execute(select(rows.c.id))).scalar_one()
    filip, ewa = [
        await factories.add_person(system, name, (), ("supervisor",), hours=None) for name in ("Filip", "Ewa")
    ]
    anna = await factories.add_person(system, "Anna")
    with pytest.raises(NotAllowed):
        await alarms.see(system, anna.actor, alarm_id)
    await alarms.see(system, filip.actor, alarm_id)
    with pytest.raises(NotFound):
        await alarms.see(system, ewa.actor, alarm_id)
    assert await ringing(system) == [("caller_left", caller.contact_id, True)]
