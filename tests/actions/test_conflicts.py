"""A member of staff in personal conflict with a caller is kept apart: at routing, by hand, and from every record."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from hotline.actions import arrivals, assignments, cases, conflicts, contacts, messages, offers
from hotline.errors import ChangedHands, InConflict, NoLongerWaiting, NotAllowed, NotFound, OfferGone
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.tables import audit
from hotline.store.tables import conflicts as rows
from hotline.system import System
from tests.factories import TRUST, Person, add_caller, add_person, finish, offer_to, read_offer, talk
from tests.store.races import at_once, count
from tests.web.doors import CASE

WHY = "To siostra Beaty."


async def lead(system: System, name: str = "Filip") -> Actor:
    return (await add_person(system, name, (), ("supervisor",), hours=None)).actor


async def sees(system: System, person: Person, contact_id: str) -> tuple[bool, bool]:
    """Does the contact stand in the console's queue, and on the board?"""
    async with system.read() as tx:
        queue = (await views.console(tx, tx.centre, person.actor)).queue.rows
        board = await views.board_view(tx, tx.centre, person.actor)
    listed = [*board.waiting, *board.talks, *board.owed]
    return contact_id in {row.contact_id for row in queue}, contact_id in {each.id for each in listed}


async def chat(system: System, number: int) -> str:
    """The same Telegram chat begins a contact."""
    arrival = arrivals.Arrival(
        line=TRUST, channel="telegram", origin=f"telegram:{number}", client_id=f"word-{number}", language="pl",
        text="Dzień dobry.", address="4711",
    )  # fmt: skip
    return (await arrivals.start(system, arrival)).contact_id


async def test_from_the_mark_on_nothing_of_this_caller_comes_to_them_until_it_is_ended(
    system: System,
) -> None:
    filip, anna, beata = (
        await lead(system),
        await add_person(system, "Anna"),
        await add_person(system, "Beata"),
    )
    caller = await add_caller(system)
    rings = await offer_to(system, caller.contact_id, beata.id)
    assert rings is not None
    assert await sees(system, beata, caller.contact_id) == (True, True)
    await at_once(
        lambda _: conflicts.mark(system, filip, "caller", caller.contact_id, beata.id, WHY)
    )  # many notice it at once
    assert await count(system, select(rows)) == 1

    assert (await read_offer(system, rings.id)).staff_id == beata.id
    with pytest.raises(OfferGone):
        await offers.accept(system, beata.actor, rings.id, rings.token)
    assert await offer_to(system, caller.contact_id, beata.id) is None
    assert await sees(system, beata, caller.contact_id) == (False, False)
    with pytest.raises(NoLongerWaiting):
        await assignments.pick_up(system, beata.actor, caller.contact_id)
    with pytest.raises(NotFound):
        await contacts.look(system, replace(beata.actor, roles=filip.roles), caller.contact_id, "Ciekawość.")
    await assignments.pick_up(system, anna.actor, caller.contact_id)
    with pytest.raises(InConflict):
        await assignments.hand_over(system, filip, caller.contact_id, anna.id, beata.id, WHY, overrule=True)
    with pytest.raises(ChangedHands):
        await assignments.take_over(
            system, replace(beata.actor, roles=filip.roles), caller.contact_id, anna.id, WHY
        )

    async with system.read() as tx:
        (mark,) = await views.conflicts_of(tx, beata.id)
        (here,) = await views.conflicts_at(tx, caller.contact_id)
    assert (here.name, here.reason, here.marked_by) == ("Beata Testowa", WHY, "Filip Testowa")
    with pytest.raises(NotFound):  # nobody ends it for themselves
        await conflicts.end(system, replace(beata.actor, roles=filip.roles), mark.id, beata.id)
    await conflicts.end(system, filip, mark.id, beata.id)
    await assignments.hand_over(system, filip, caller.contact_id, anna.id, beata.id, WHY, overrule=True)
    assert (
        await count(system, select(audit).where(audit.c.verb.in_(("conflicts.mark", "conflicts.end")))) == 2
    )


async def test_a_caller_known_again_is_kept_apart_again_and_one_contact_alone_is_not(system: System) -> None:
    filip, anna, beata = (
        await lead(system),
        await add_person(system, "Anna"),
        await add_person(system, "Beata"),
    )
    first = await chat(system, 1)
    await conflicts.mark(system, filip, "caller", first, beata.id, WHY)
    await conflicts.mark(system, filip, "contact", first, anna.id, WHY)
    celina = await add_person(system, "Celina")
    await assignments.pick_up(system, celina.actor, first)
    await finish(system, celina, first)
    again = await chat(system, 2)
    assert await offer_to(system, again, beata.id) is None
    assert await offer_to(system, again, anna.id) is not None


async def test_a_case_is_closed_to_them_whatever_it_was_marked_at(system: System) -> None:
    filip, anna = await lead(system), await add_person(system, "Anna")
    halina = await add_person(system, "Halina", (), ("caseworker",), hours=None)
    iga = await add_person(system, "Iga", (), ("caseworker",), hours=None)
    one, other = await talk(system, anna), await talk(system, anna)
    case = await cases.open_case(system, anna.actor, one.contact_id, {**CASE, "worker": halina.id})
    await cases.look(system, halina.actor, case)
    await conflicts.mark(system, halina.actor, "case", case, halina.id, "Znam tę osobę.")
    with pytest.raises(NotFound):  # even who leads it
        await cases.look(system, halina.actor, case)
    async with system.read() as tx:
        assert await views.case_list(tx, tx.centre, halina.actor) == []
    # the same name in another contact's case
    with_iga = await cases.open_case(system, anna.actor, other.contact_id, {**CASE, "worker": iga.id})
    with pytest.raises(NotFound):
        await cases.look(system, replace(halina.actor, roles=filip.roles), with_iga, "Sprawdzam.")
    await cases.look(system, iga.actor, with_iga)
    await conflicts.mark(system, filip, "contact", other.contact_id, iga.id, WHY)
    with pytest.raises(NotFound):
        await cases.look(system, iga.actor, with_iga)
    third = await talk(system, await add_person(system, "Celina"))
    await conflicts.mark(system, filip, "caller", third.contact_id, iga.id, WHY)
    with pytest.raises(InConflict):
        await cases.open_case(system, filip, third.contact_id, {**CASE, "worker": iga.id})


async def test_who_holds_the_talk_goes_on_until_somebody_else_does(system: System) -> None:
    filip, anna, beata = (
        await lead(system),
        await add_person(system, "Anna"),
        await add_person(system, "Beata"),
    )
    caller = await talk(system, anna)
    with pytest.raises(NotFound):
        await conflicts.mark(system, beata.actor, "caller", caller.contact_id, beata.id, WHY)
    with pytest.raises((NotAllowed, NotFound)):
        await conflicts.mark(system, anna.actor, "caller", caller.contact_id, beata.id, WHY)
    await conflicts.mark(system, anna.actor, "caller", caller.contact_id, anna.id, "Znam tę osobę.")
    await messages.note(system, anna.actor, caller.contact_id, "note-of-anna", "Przekażę dalej.")
    async with system.read() as tx:
        (row,) = (await views.board_view(tx, tx.centre, filip)).talks
    assert row.holder_conflicted
    await assignments.hand_over(system, filip, caller.contact_id, anna.id, beata.id, WHY, overrule=False)
    with pytest.raises(NotFound):
        await contacts.look(
            system, replace(anna.actor, roles=filip.roles), caller.contact_id, "Chcę zobaczyć."
        )
