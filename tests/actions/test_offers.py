"""Offers: who is offered what, the token that decides, and what happens when time passes."""

import asyncio

import pytest

from hotline.actions import contacts, offers, presence
from hotline.engine import Engine
from hotline.errors import NotOnDuty, OfferGone
from hotline.store import views
from hotline.system import System
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    add_caller,
    add_person,
    offer_to,
    pending,
)


async def test_the_first_in_the_queue_is_offered_to_who_is_on_duty(system: System) -> None:
    anna = await add_person(system, "Anna")
    first = await add_caller(system)
    await add_caller(system)
    await Engine(system).step()
    (offer,) = await pending(system)
    assert (offer.contact_id, offer.staff_id) == (first.contact_id, anna.id)
    assert await offers.accept(system, anna.actor, offer.id, offer.token) == first.contact_id
    async with system.read() as tx:
        head = await views.contact_head(tx, first.contact_id)
    assert head is not None
    assert (head.state, head.holder_id) == ("active", anna.id)


async def test_a_missed_offer_moves_on_and_the_contact_keeps_its_place(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna")
    beata = await add_person(system, "Beata")
    first = await add_caller(system)
    engine = Engine(system)
    await engine.step()
    (offer,) = await pending(system)
    other = beata if offer.staff_id == anna.id else anna
    clock.advance(seconds=31)
    for person in (anna, beata):
        await presence.seen(system, person.actor)
    await add_caller(system)
    await engine.step()
    moved = {each.contact_id: each.staff_id for each in await pending(system)}
    assert moved[first.contact_id] == other.id
    late = anna if offer.staff_id == anna.id else beata
    with pytest.raises(OfferGone):
        await offers.accept(system, late.actor, offer.id, offer.token)


async def test_at_the_end_of_the_shift_an_offer_is_withdrawn_and_cannot_be_accepted(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=0.001)
    caller = await add_caller(system)
    offer = await offer_to(system, caller.contact_id, anna.id)
    assert offer is not None
    clock.advance(seconds=10)
    with pytest.raises(NotOnDuty):
        await offers.accept(system, anna.actor, offer.id, offer.token)
    await Engine(system).step()
    assert await pending(system) == []


async def test_twenty_accepts_at_once_have_one_winner(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await add_caller(system)
    offer = await offer_to(system, caller.contact_id, anna.id)
    assert offer is not None
    taken = await asyncio.gather(
        *(offers.accept(system, anna.actor, offer.id, offer.token) for _ in range(20)), return_exceptions=True
    )
    assert set(taken) == {caller.contact_id}  # a double click of the same person is answered alike
    async with system.read() as tx:
        entries = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert [entry.data.get("to") for entry in entries if entry.kind == "state"] == ["active"]


async def test_the_two_sides_of_violence_stay_apart(system: System) -> None:
    await add_person(system, "Anna", lines=(VICTIMS, TRUST))
    cezary = await add_person(system, "Cezary", lines=(PERPETRATORS,))
    victim = await add_caller(system, line=VICTIMS)
    user = await add_caller(system, line=PERPETRATORS)
    await Engine(system).step()
    found = {each.contact_id: each.staff_id for each in await pending(system)}
    assert found[user.contact_id] == cezary.id
    assert found[victim.contact_id] != cezary.id


async def test_danger_withdraws_an_ordinary_offer(system: System) -> None:
    anna = await add_person(system, "Anna")
    await add_caller(system)
    engine = Engine(system)
    await engine.step()
    urgent = await add_caller(system)
    await contacts.answer(system, urgent.actor, urgent.contact_id, "danger", "yes")
    await engine.step()
    (offer,) = await pending(system)
    assert (offer.contact_id, offer.staff_id) == (urgent.contact_id, anna.id)
