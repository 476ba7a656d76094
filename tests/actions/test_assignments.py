"""Contacts change hands by hand: out of the queue, to somebody else, to the supervisor; and races have one winner."""

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from hotline.actions import assignments, contacts, messages, offers, presence
from hotline.engine import Engine
from hotline.errors import (
    ChangedHands,
    HotlineError,
    NoLongerWaiting,
    NoRoom,
    NotAllowed,
    NotEligible,
    NotFound,
    NotOnDuty,
    OfferGone,
    TextEmpty,
)
from hotline.ids import new_id
from hotline.rules.access import Actor
from hotline.rules.alarms import P1_WAITS
from hotline.rules.assignment import Proposal
from hotline.store import views
from hotline.store.tables import assignments as rows
from hotline.store.tables import audit
from hotline.store.tables import contacts as contact_rows
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
    read_offer,
    talk,
)
from tests.store.races import RUNNERS, at_once, count

WHY = "Marta zna tę sprawę z wczoraj."


async def lead(system: System, name: str = "Filip", lines: Sequence[str] = ()) -> Person:
    return await add_person(system, name, lines, ("supervisor",), hours=None)


async def holder(system: System, contact_id: str) -> tuple[str, str | None]:
    """State and holder, with the live assignments agreeing."""
    async with system.read() as tx:
        head = await views.contact_head(tx, contact_id)
    assert head is not None
    live = select(rows).where(rows.c.contact_id == contact_id, rows.c.until_at.is_(None))
    assert await count(system, live) == (head.state == "active")
    assert await count(system, live.where(rows.c.staff_id == head.holder_id)) == (head.state == "active")
    return head.state, head.holder_id


async def told(system: System, contact_id: str) -> list[tuple[str, dict[str, object]]]:
    """What the caller was told by the system, in order."""
    async with system.read() as tx:
        entries = await views.entries_after(tx, contact_id, 0, "caller")
    return [(each.data["text"], each.data["params"]) for each in entries if each.kind == "system"]


async def hand_over(
    system: System, actor: Actor, contact_id: str, from_id: str, to_id: str, *, overrule: bool = False
) -> None:
    await assignments.hand_over(system, actor, contact_id, from_id, to_id, WHY, overrule=overrule)


# -- out of the queue ------------------------------------------------------------------------------------


async def test_who_picks_up_needs_no_engine_and_the_offer_to_another_is_withdrawn(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await add_caller(system)
    offer = await offer_to(system, caller.contact_id, beata.id)
    assert offer is not None
    await assignments.pick_up(system, anna.actor, caller.contact_id)
    assert await holder(system, caller.contact_id) == ("active", anna.id)
    assert await pending(system) == []
    with pytest.raises(OfferGone):
        await offers.accept(system, beata.actor, offer.id, offer.token)
    assert (await told(system, caller.contact_id))[-1] == ("assigned", {"signature": "Anna"})
    await assignments.pick_up(system, anna.actor, caller.contact_id)  # a second click changes nothing
    assert await count(system, select(rows)) == 1


async def test_twenty_pick_up_at_once_and_one_has_it(system: System) -> None:
    people = [await add_person(system, f"Osoba{number}") for number in range(RUNNERS)]
    caller = await add_caller(system)
    answers = await at_once(lambda n: assignments.pick_up(system, people[n].actor, caller.contact_id))
    (winner,) = [number for number, answer in enumerate(answers) if answer is None]
    assert all(isinstance(answer, NoLongerWaiting) for answer in answers if answer is not None)
    assert await holder(system, caller.contact_id) == ("active", people[winner].id)


async def test_accepting_and_picking_up_at_once_give_one_holder(system: System) -> None:
    people = [await add_person(system, f"Osoba{number}") for number in range(RUNNERS)]
    caller = await add_caller(system)
    offer = await offer_to(system, caller.contact_id, people[0].id)
    assert offer is not None

    async def reach(number: int) -> None:
        if number == 0:
            await offers.accept(system, people[0].actor, offer.id, offer.token)
        else:
            await assignments.pick_up(system, people[number].actor, caller.contact_id)

    answers = await at_once(reach)
    (winner,) = [number for number, answer in enumerate(answers) if answer is None]
    assert await holder(system, caller.contact_id) == ("active", people[winner].id)


async def test_a_counsellor_needs_duty_and_room_but_for_danger(system: System) -> None:
    off = await add_person(system, "Celina", hours=None)
    anna = await add_person(system, "Anna", text_limit=1)
    await talk(system, anna)
    calm, danger = await add_caller(system), await add_caller(system, danger="yes")
    with pytest.raises(NotOnDuty):
        await assignments.pick_up(system, off.actor, calm.contact_id)
    with pytest.raises(NoRoom):
        await assignments.pick_up(system, anna.actor, calm.contact_id)
    await assignments.pick_up(system, anna.actor, danger.contact_id)
    filip = await lead(system)
    await assignments.pick_up(system, filip.actor, calm.contact_id)
    assert await holder(system, calm.contact_id) == ("active", filip.id)


async def test_what_was_picked_up_meanwhile_fills_who_accepts(system: System) -> None:
    anna = await add_person(system, "Anna", text_limit=1)
    first, second = await add_caller(system), await add_caller(system)
    offer = await offer_to(system, first.contact_id, anna.id)
    assert offer is not None
    await assignments.pick_up(system, anna.actor, second.contact_id)
    with pytest.raises(NoRoom):
        await offers.accept(system, anna.actor, offer.id, offer.token)


async def test_what_is_foreign_closed_walled_off_or_absent_is_no_longer_waiting(system: System) -> None:
    anna, vera = await add_person(system, "Anna"), await add_person(system, "Vera", (VICTIMS,))
    foreign = await talk(system, anna)
    walled = await add_caller(system, line=PERPETRATORS)
    closed = await talk(system, anna)
    await contacts.end(system, anna.actor, closed.contact_id, "completed")
    ids = [foreign.contact_id, walled.contact_id, closed.contact_id, new_id()]
    for person in (vera, await lead(system, "Grażyna", (VICTIMS,))):
        answers = await at_once(lambda n, who=person: assignments.pick_up(system, who.actor, ids[n]), 4)  # type: ignore[misc]
        assert {type(each) for each in answers} == {NoLongerWaiting}
    assert await holder(system, walled.contact_id) == ("waiting", None)


# -- offered by a supervisor -------------------------------------------------------------------------------


async def test_a_supervisor_offers_and_moves_the_offer_within_the_same_gates(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    away = await add_person(system, "Celina", hours=None)
    filip = (await lead(system)).actor
    caller = await add_caller(system)
    first = await offers.make(system, filip, Proposal(caller.contact_id, anna.id))
    assert first is not None
    assert await offers.make(system, filip, Proposal(caller.contact_id, away.id, first)) is None
    assert await offers.make(system, filip, Proposal(caller.contact_id, beata.id)) is None  # unseen by Filip
    second = await offers.make(system, filip, Proposal(caller.contact_id, beata.id, first))
    assert second is not None
    assert [each.staff_id for each in await pending(system)] == [beata.id]
    offer = await read_offer(system, second)
    await offers.accept(system, beata.actor, second, offer.token)
    assert await holder(system, caller.contact_id) == ("active", beata.id)
    with pytest.raises(NotAllowed):
        await offers.make(system, anna.actor, Proposal(caller.contact_id, anna.id))


async def test_an_offer_is_not_moved_onto_somebody_who_has_one(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    filip = (await lead(system)).actor
    one = await add_caller(system)
    first = await offer_to(system, one.contact_id, anna.id)
    other = await add_caller(system, danger="yes")
    second = await offer_to(system, other.contact_id, beata.id)
    assert first is not None
    assert second is not None
    assert await offers.make(system, filip, Proposal(one.contact_id, beata.id, first.id)) is None
    assert len(await pending(system)) == 2


async def test_a_supervisor_of_one_side_offers_nothing_of_the_other(system: System) -> None:
    await add_person(system, "Cezary", (PERPETRATORS,))
    barred = await add_caller(system, line=PERPETRATORS)
    grazyna = await lead(system, "Grażyna", (VICTIMS,))
    (cezary,) = [each for each in await _people(system) if each.login == "cezary"]
    assert await offers.make(system, grazyna.actor, Proposal(barred.contact_id, cezary.id)) is None


async def _people(system: System) -> list[views.StaffRow]:
    async with system.read() as tx:
        return await views.people(tx)


# -- to somebody else --------------------------------------------------------------------------------------


async def test_a_conversation_is_handed_over_and_the_caller_is_told_by_whom_they_go_on(
    system: System,
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    filip = (await lead(system)).actor
    caller = await talk(system, anna)
    await hand_over(system, filip, caller.contact_id, anna.id, beata.id)
    assert await holder(system, caller.contact_id) == ("active", beata.id)
    assert (await told(system, caller.contact_id))[-1] == ("changed_hands", {"signature": "Beata"})
    await messages.reply(system, beata.actor, caller.contact_id, "reply-of-beata", "Jestem.")
    with pytest.raises(NotFound):
        await messages.reply(system, anna.actor, caller.contact_id, "reply-of-anna", "Jeszcze ja.")
    async with system.read() as tx:
        query = select(audit).where(audit.c.verb == "assignments.hand_over")
        row = (await tx.connection.execute(query)).one()
        reason = await tx.unseal(caller.contact_id, "audit", row.id, row.reason_sealed)
    assert (row.actor_id, reason, row.coded["after"]) == (filip.id, WHY, beata.id)
    assert "Marta" not in json.dumps(row.coded)


async def test_twenty_hand_over_at_once_to_different_people_and_one_does(system: System) -> None:
    anna = await add_person(system, "Anna")
    people = [await add_person(system, f"Osoba{number}") for number in range(RUNNERS)]
    filip = (await lead(system)).actor
    caller = await talk(system, anna)
    answers = await at_once(lambda n: hand_over(system, filip, caller.contact_id, anna.id, people[n].id))
    (winner,) = [number for number, answer in enumerate(answers) if answer is None]
    assert all(isinstance(answer, ChangedHands) for answer in answers if answer is not None)
    assert await holder(system, caller.contact_id) == ("active", people[winner].id)


async def test_duty_word_and_room_may_be_overruled_the_wall_and_silence_never(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", (VICTIMS,))
    filip = (await lead(system)).actor
    off = await add_person(system, "Celina", (VICTIMS,), hours=None)
    resting = await add_person(system, "Dorota", (VICTIMS,))
    await presence.set_intent(system, resting.actor, "break", 10)
    walled = await add_person(system, "Cezary", (PERPETRATORS,))
    silent = await add_person(system, "Ewa", (VICTIMS,), present=False)
    caller = await talk(system, anna, line=VICTIMS)
    for person in (off, resting, walled, silent):
        with pytest.raises(NotEligible):
            await hand_over(system, filip, caller.contact_id, anna.id, person.id)
    for person in (walled, silent):
        with pytest.raises(NotEligible):
            await hand_over(system, filip, caller.contact_id, anna.id, person.id, overrule=True)
    await hand_over(system, filip, caller.contact_id, anna.id, off.id, overrule=True)
    await hand_over(system, filip, caller.contact_id, off.id, resting.id, overrule=True)
    assert await holder(system, caller.contact_id) == ("active", resting.id)
    clock.advance(seconds=30)  # every console falls silent
    with pytest.raises(NotEligible):
        await hand_over(system, filip, caller.contact_id, resting.id, anna.id, overrule=True)


async def test_a_reason_is_needed_and_a_role(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    filip = (await lead(system)).actor
    caller = await talk(system, anna)
    with pytest.raises(TextEmpty):
        await assignments.take_over(system, filip, caller.contact_id, anna.id, "  ")
    with pytest.raises(NotAllowed):
        await hand_over(system, anna.actor, caller.contact_id, anna.id, beata.id)


# -- to oneself --------------------------------------------------------------------------------------------


async def test_a_supervisor_takes_over_writes_on_and_ends(system: System) -> None:
    anna = await add_person(system, "Anna")
    filip = (await lead(system)).actor
    caller = await talk(system, anna)
    await assignments.take_over(system, filip, caller.contact_id, anna.id, WHY)
    await assignments.take_over(system, filip, caller.contact_id, anna.id, WHY)  # a second click
    assert await holder(system, caller.contact_id) == ("active", filip.id)
    await messages.reply(system, filip, caller.contact_id, "reply-of-filip", "Dzień dobry.")
    await contacts.end(system, filip, caller.contact_id, "completed")
    assert await holder(system, caller.contact_id) == ("wrap_up", filip.id)
    assert [text for text, _ in await told(system, caller.contact_id)][-2:] == ["changed_hands", "goodbye"]


async def test_twenty_take_over_at_once_and_one_does(system: System) -> None:
    anna = await add_person(system, "Anna")
    leads = [await lead(system, f"Filip{number}") for number in range(RUNNERS)]
    caller = await talk(system, anna)
    answers = await at_once(
        lambda n: assignments.take_over(system, leads[n].actor, caller.contact_id, anna.id, WHY)
    )
    (winner,) = [number for number, answer in enumerate(answers) if answer is None]
    assert all(isinstance(answer, ChangedHands) for answer in answers if answer is not None)
    assert await holder(system, caller.contact_id) == ("active", leads[winner].id)


async def test_what_is_walled_off_ended_or_absent_has_changed_hands(system: System) -> None:
    cezary = await add_person(system, "Cezary", (PERPETRATORS,))
    anna = await add_person(system, "Anna")
    grazyna = (await lead(system, "Grażyna", (VICTIMS,))).actor
    walled, ended = await talk(system, cezary, line=PERPETRATORS), await talk(system, anna)
    await contacts.end(system, anna.actor, ended.contact_id, "completed")
    for contact_id, from_id in (
        (walled.contact_id, cezary.id),
        (ended.contact_id, anna.id),
        (new_id(), anna.id),
    ):
        with pytest.raises(ChangedHands):
            await assignments.take_over(system, grazyna, contact_id, from_id, WHY)
        with pytest.raises(ChangedHands):
            await hand_over(system, grazyna, contact_id, from_id, anna.id, overrule=True)


# -- danger that waits -------------------------------------------------------------------------------------


async def ringing(system: System, contact_id: str) -> bool:
    async with system.read() as tx:
        found = await views.open_alarms(tx, tx.centre, frozenset())
    return (P1_WAITS, contact_id) in {(each.kind, each.thing_id) for each in found}


async def test_danger_that_nobody_takes_for_a_minute_rings_until_somebody_does(
    system: System, clock: MovableClock
) -> None:
    calm, danger = await add_caller(system), await add_caller(system, danger="yes")
    engine = Engine(system)
    await engine.step()
    assert not await ringing(system, danger.contact_id)
    clock.advance(seconds=61)
    await engine.step()
    await engine.step()
    assert await ringing(system, danger.contact_id)
    assert not await ringing(system, calm.contact_id)
    anna = await add_person(system, "Anna")
    await assignments.pick_up(system, anna.actor, danger.contact_id)
    assert not await ringing(system, danger.contact_id)


async def test_it_falls_silent_by_an_accepted_offer_and_by_a_lowered_priority(
    system: System, clock: MovableClock
) -> None:
    one, other = await add_caller(system, danger="yes"), await add_caller(system, danger="yes")
    clock.advance(seconds=61)
    await Engine(system).step()
    anna, filip = await add_person(system, "Anna"), await lead(system)
    offer = await offer_to(system, one.contact_id, anna.id)
    assert offer is not None
    await offers.accept(system, anna.actor, offer.id, offer.token)
    await contacts.set_priority(system, filip.actor, other.contact_id, "P2", "Pomyłka przy pytaniu.")
    assert not await ringing(system, one.contact_id)
    assert not await ringing(system, other.contact_id)


async def test_the_invariants_hold_whatever_twenty_do_at_once(system: System) -> None:
    """Pick up, offer, accept, hand over, take over, all at once: a live holder each, an offer each at most."""
    people = [await add_person(system, f"Osoba{number}", (TRUST,)) for number in range(5)]
    filip = (await lead(system)).actor
    waiting = [(await add_caller(system)).contact_id for _ in range(4)]
    held = (await talk(system, people[0])).contact_id

    async def act(number: int) -> None:
        person, contact_id = people[number % 5], waiting[number % 4]
        if number % 4 == 0:
            await assignments.pick_up(system, person.actor, contact_id)
        elif number % 4 == 1:
            await offers.make(system, filip, Proposal(contact_id, person.id))
        elif number % 4 == 2:
            await hand_over(system, filip, held, people[0].id, person.id)
        else:
            await assignments.take_over(system, filip, held, people[0].id, WHY)

    answers = await at_once(act)
    assert all(answer is None or isinstance(answer, HotlineError) for answer in answers), answers
    for contact_id in (*waiting, held):
        await holder(system, contact_id)
    found = await pending(system)
    assert len({each.staff_id for each in found}) == len({each.contact_id for each in found}) == len(found)
    query = select(contact_rows).where(contact_rows.c.state == "active", contact_rows.c.holder_id.is_(None))
    assert await count(system, query) == 0
