"""Offers: who is offered what, the token that decides, and what happens when time passes."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hotline.actions import contacts, offers, presence, roster, staff_notices
from hotline.engine import Engine
from hotline.errors import NotOnDuty, OfferGone
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.alarms import OFFERS_MISSED
from hotline.rules.duty import Override
from hotline.store import claims, queries, views
from hotline.store.tables import alarms
from hotline.store.tables import contacts as contact_rows
from hotline.store.tables import staff_notices as notice_rows
from hotline.system import System
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    Person,
    add_caller,
    add_person,
    offer_to,
    pending,
    talk,
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


async def test_danger_rings_for_all_of_the_rung_and_of_twenty_accepts_one_wins(system: System) -> None:
    people = [await add_person(system, f"Osoba{number}") for number in range(20)]
    caller = await add_caller(system, danger="yes")
    await Engine(system).step()
    rings = await pending(system)
    assert {each.staff_id for each in rings} == {each.id for each in people}
    assert {each.contact_id for each in rings} == {caller.contact_id}
    actors = {each.id: each.actor for each in people}
    answers = await asyncio.gather(
        *(offers.accept(system, actors[each.staff_id], each.id, each.token) for each in rings),
        return_exceptions=True,
    )
    assert [each for each in answers if isinstance(each, str)] == [caller.contact_id]
    assert sum(isinstance(each, OfferGone) for each in answers) == 19
    assert await pending(system) == []
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
    winner = next(each for each, answer in zip(rings, answers, strict=True) if isinstance(answer, str))
    assert head is not None
    assert head.holder_id == winner.staff_id


async def test_who_leaves_an_offer_unanswered_is_asked_nothing_until_they_give_a_sign(
    system: System, clock: MovableClock
) -> None:
    """The backup at home is asked at once; the second time in a row the coordinator is told."""
    anna = await add_person(system, "Anna")
    beata = await add_person(system, "Beata", hours=None)
    now = clock.now()
    backup = Override(0, TRUST, "ADD", beata.id, now, now + timedelta(hours=8), tier=2, reason="need")
    await roster.change(system, OPERATOR, backup, confirmed=True)
    await add_caller(system)
    engine = Engine(system)

    async def missed(by: Person) -> None:
        (rings,) = await pending(system)
        assert rings.staff_id == by.id
        clock.advance(seconds=31)
        for each in (anna, beata):
            await presence.seen(system, each.actor)
        await engine.step()

    await engine.step()
    async with system.transaction(OPERATOR) as tx:
        for each in (anna, beata):
            await claims.link_chat(tx, each.id, each.id, b"sealed")
    await missed(anna)
    assert await ringing(system) == set()  # the backup is there
    for _ in range(2):
        await staff_notices.gather(system, Actor("channel", "staff telegram"))
    async with system.read() as tx:
        asked = select(notice_rows.c.staff_id).where(notice_rows.c.kind == "unanswered")
        assert list((await tx.connection.execute(asked)).scalars()) == [anna.id]
    await missed(beata)
    assert await ringing(system) == {beata.id}  # nobody is
    assert await pending(system) == []
    await presence.set_intent(system, anna.actor, "available")
    await engine.step()
    await missed(anna)
    assert await ringing(system) == {anna.id, beata.id}
    await presence.set_intent(system, anna.actor, "available")
    await engine.step()
    (rings,) = await pending(system)
    await offers.decline(system, anna.actor, rings.id, rings.token)
    assert await ringing(system) == {beata.id}


async def ringing(system: System) -> set[str]:
    async with system.read() as tx:
        query = select(alarms.c.thing_id).where(alarms.c.kind == OFFERS_MISSED, alarms.c.ended_at.is_(None))
        return set((await tx.connection.execute(query)).scalars())


async def test_whoever_talked_with_the_caller_last_is_asked_first_and_why_is_stored(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    before = await talk(system, beata)
    await contacts.end(system, beata.actor, before.contact_id, "completed")
    caller = await add_caller(system)
    async with system.transaction(OPERATOR) as tx:
        (blind,) = await tx.connection.execute(
            select(contact_rows.c.caller_blind).where(contact_rows.c.id == before.contact_id)
        )
        same = update(contact_rows).where(contact_rows.c.id == caller.contact_id)
        await tx.connection.execute(same.values(caller_blind=blind.caller_blind))
        owed = update(contact_rows).where(contact_rows.c.id == before.contact_id)
        await tx.connection.execute(owed.values(state="closed"))
    clock.advance(minutes=6)  # the time for the card is over
    for each in (anna, beata):
        await presence.seen(system, each.actor)
    await Engine(system).step()
    (rings,) = await pending(system)
    async with system.read() as tx:
        stored = await queries.offer(tx, rings.id)
    assert stored is not None
    assert (stored.staff_id, stored.why["rule"]) == (beata.id, "continuity")
    assert stored.why["passed"] == {anna.id: "continuity"}


async def test_after_hard_contacts_somebody_is_asked_last_until_a_pause(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna")
    for _ in range(system.centre.duty.heavy_in_a_row):
        clock.advance(seconds=1)
        hard = await talk(system, anna, danger="yes")
        await contacts.end(system, anna.actor, hard.contact_id, "completed")
    clock.advance(seconds=1)

    async def heavy() -> bool:
        async with system.read() as tx:
            return (await queries.people(tx, anna.id))[0].heavy

    assert await heavy()
    await presence.set_intent(system, anna.actor, "break", 5)
    assert not await heavy()
