"""One budget of conversations over all channels: whatever two do at once, the database holds the limit."""

import asyncio

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hotline.actions import assignments, callbacks, contacts, offers, presence
from hotline.errors import NoRoom, NotEligible
from hotline.rules.access import OPERATOR
from hotline.store import queries
from hotline.store.tables import contacts as contact_rows
from hotline.store.tables import work
from hotline.system import System
from tests.actions.test_callbacks import AT_SIX, EVENING, accepted
from tests.factories import MovableClock, Person, add_caller, add_person, offer_to, talk
from tests.store.races import RUNNERS, at_once, count

WHY = "Tak trzeba."


async def lead(system: System) -> Person:
    return await add_person(system, "Filip", (), ("supervisor",), hours=None)


async def held(system: System, person: Person) -> int:
    mine = (contact_rows.c.holder_id == person.id, contact_rows.c.state == "active")
    return await count(system, select(contact_rows.c.id).where(*mine))


async def test_twenty_at_once_by_every_way_never_pass_the_limit(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata", text_limit=20)
    filip = (await lead(system)).actor
    offered = await add_caller(system)
    offer = await offer_to(system, offered.contact_id, anna.id)
    assert offer is not None
    waiting = [(await add_caller(system)).contact_id for _ in range(RUNNERS // 2)]
    talking = [(await talk(system, beata)).contact_id for _ in range(RUNNERS // 2 - 1)]

    async def one_more(number: int) -> None:
        if number == 0:
            await offers.accept(system, anna.actor, offer.id, offer.token)
        elif number % 2:
            await assignments.pick_up(system, anna.actor, waiting[number // 2])
        else:
            contact_id = talking[number // 2 - 1]
            await assignments.hand_over(system, filip, contact_id, beata.id, anna.id, WHY, overrule=False)

    answers = await at_once(one_more)
    assert all(answer is None or isinstance(answer, str | NoRoom | NotEligible) for answer in answers), (
        answers
    )
    assert await held(system, anna) == 2


async def test_the_database_refuses_a_program_that_no_longer_compares(system: System) -> None:
    anna = await add_person(system, "Anna", text_limit=3)
    await talk(system, anna)

    async def take_without_asking(_number: int) -> None:
        async with system.transaction(OPERATOR) as tx:
            more = update(work).where(work.c.staff_id == anna.id).values(talks=work.c.talks + 1)
            await tx.connection.execute(more)

    answers = await asyncio.gather(*map(take_without_asking, range(RUNNERS)), return_exceptions=True)
    assert [answer for answer in answers if answer is None] == [None, None]
    assert all(isinstance(answer, IntegrityError) for answer in answers if answer is not None), answers


async def test_nothing_ordinary_joins_danger_or_a_call_and_danger_passes_every_limit(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    await talk(system, anna)
    calm = await add_caller(system)
    standing = await offer_to(system, calm.contact_id, anna.id)
    danger, other = [await add_caller(system, danger="yes") for _ in range(2)]
    assert standing is not None
    await assignments.pick_up(system, anna.actor, danger.contact_id)
    with pytest.raises(NoRoom):
        await offers.accept(system, anna.actor, standing.id, standing.token)
    assert await offer_to(system, other.contact_id, anna.id) is None
    await assignments.pick_up(system, anna.actor, other.contact_id)
    assert await held(system, anna) == 3
    for each in (danger, other):
        await contacts.end(system, anna.actor, each.contact_id, "completed")
    await assignments.pick_up(system, anna.actor, calm.contact_id)

    called = await talk(system, beata)
    async with system.transaction(OPERATOR) as tx:
        call = update(contact_rows).where(contact_rows.c.id == called.contact_id).values(channel="phone")
        await tx.connection.execute(call)
        (person,) = await queries.people(tx, beata.id)
    assert person.alone
    with pytest.raises(NoRoom):
        await assignments.pick_up(system, beata.actor, (await add_caller(system)).contact_id)


async def test_nothing_ordinary_joins_a_call_back_by_telephone(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", hours=12)
    caller = await add_caller(system)
    await callbacks.ask(system, caller.actor, caller.contact_id, EVENING)
    clock.set(AT_SIX)
    await presence.seen(system, anna.actor)
    await accepted(system, anna, caller.contact_id)
    other = await add_caller(system)
    assert await offer_to(system, other.contact_id, anna.id) is None
    with pytest.raises(NoRoom):
        await assignments.pick_up(system, anna.actor, other.contact_id)
