"""A conversation is passed on by its holder; the caller keeps one counterpart and is told only what is so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.actions import assignments, conflicts, contacts, messages, offers, presence, transfers
from hotline.errors import (
    ConsentNeeded,
    HotlineError,
    LineUnknown,
    Malformed,
    NoLongerWaiting,
    NotAllowed,
    NotEligible,
    NotFound,
    TransferGone,
    WallBreach,
)
from hotline.rules.dispatch import decide
from hotline.store import queries, views
from hotline.store.tables import transfers as rows
from hotline.system import System
from tests.actions.test_assignments import hand_over, holder, lead, told
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    Person,
    add_caller,
    add_person,
    journal_running,
    leading,
    offer_to,
    talk,
)
from tests.rosters import at_home
from tests.store.races import at_once, count


async def ask(system: System, holder: Person, contact_id: str, to: Person, way: str, **more: str) -> str:
    given = {"consent": "not_asked", **more}
    return await transfers.ask(system, holder.actor, contact_id, to.id, way, given.pop("consent"), **given)


async def reads(system: System, person: Person, contact_id: str) -> bool:
    try:
        async with system.read() as tx:
            await contacts.require_open(tx, person.actor, contact_id)
    except HotlineError:
        return False
    return True


async def test_straight_it_stays_with_its_holder_until_the_colleague_takes_it(
    system: System, clock: MovableClock
) -> None:
    anna, beata, celina = [await add_person(system, name) for name in ("Anna", "Beata", "Celina")]
    caller = await talk(system, anna)
    before = await told(system, caller.contact_id)
    first = await ask(system, anna, caller.contact_id, beata, "straight")
    with pytest.raises(NotEligible):  # asked once at a time
        await ask(system, anna, caller.contact_id, celina, "straight")
    with pytest.raises(TransferGone):  # not asked of her
        await transfers.accept(system, celina.actor, first)
    await transfers.decline(system, beata.actor, first)
    second = await ask(system, anna, caller.contact_id, beata, "straight")
    clock.advance(seconds=121)
    for person in (anna, beata):
        await presence.seen(system, person.actor)
    with pytest.raises(TransferGone):
        await transfers.accept(system, beata.actor, second)
    assert await transfers.end_stale(system, await leading(system), second)
    assert await holder(system, caller.contact_id) == ("active", anna.id)
    assert await told(system, caller.contact_id) == before  # nobody reads, nobody is told so

    third = await ask(system, anna, caller.contact_id, beata, "straight")
    answers = await at_once(lambda n: transfers.accept(system, (beata, celina)[n % 2].actor, third))
    assert all(answer in (None, caller.contact_id) or isinstance(answer, TransferGone) for answer in answers)
    assert await holder(system, caller.contact_id) == ("active", beata.id)
    assert (await told(system, caller.contact_id))[-1] == ("changed_hands", {"signature": "Beata"})
    assert await count(system, select(rows).where(rows.c.state == "accepted")) == 1
    async with system.read() as tx:
        found = await views.entries_after(tx, caller.contact_id, 0, "staff")
        assert "transfer" not in {
            each.kind for each in await views.entries_after(tx, caller.contact_id, 0, "caller")
        }
    assert [each.data["what"] for each in found if each.kind == "transfer"] == [
        "asked", "declined", "asked", "expired", "asked",
    ]  # fmt: skip


async def test_who_is_consulted_reads_and_notes_and_the_caller_knows(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata", text_limit=1)
    caller = await talk(system, anna)
    full = await talk(system, beata)
    asked = await ask(system, anna, caller.contact_id, beata, "consult")  # to read along nobody needs room
    assert not await reads(system, beata, caller.contact_id)
    with pytest.raises(TransferGone):  # first reads along
        await transfers.accept(system, beata.actor, asked)
    async with journal_running(system):
        await transfers.join(system, beata.actor, asked)
        await transfers.join(system, beata.actor, asked)  # a second click
        assert await reads(system, beata, caller.contact_id)
        await messages.note(system, beata.actor, caller.contact_id, "note-of-beata", "Znam taki przypadek.")
        with pytest.raises((NotFound, NotAllowed)):
            await messages.reply(system, beata.actor, caller.contact_id, "word-of-beata", "Dzień dobry.")
    assert (await told(system, caller.contact_id))[-1] == (
        "consult_joined",
        {"guest": "Beata", "holder": "Anna"},
    )
    async with system.read() as tx:
        (reader,) = await views.readers(tx, caller.contact_id, anna.id)
    assert (reader.name, reader.until) == ("Beata Testowa", None)
    with pytest.raises(HotlineError):  # to take it she does
        await transfers.accept(system, beata.actor, asked)
    await contacts.end(system, beata.actor, full.contact_id, "completed")
    await transfers.decline(system, beata.actor, asked)
    assert (await told(system, caller.contact_id))[-1] == ("consult_left", {"guest": "Beata"})
    assert not await reads(system, beata, caller.contact_id)

    again = await ask(system, anna, caller.contact_id, beata, "consult")
    await transfers.join(system, beata.actor, again)
    await transfers.accept(system, beata.actor, again)
    assert await holder(system, caller.contact_id) == ("active", beata.id)
    assert not await reads(system, anna, caller.contact_id)


async def test_whoever_else_gets_it_or_ends_it_ends_the_asking(system: System) -> None:
    anna, beata, celina = [await add_person(system, name) for name in ("Anna", "Beata", "Celina")]
    filip = (await lead(system)).actor
    handed, ended = await talk(system, anna), await talk(system, anna)
    first = await ask(system, anna, handed.contact_id, beata, "consult")
    await transfers.join(system, beata.actor, first)
    await hand_over(system, filip, handed.contact_id, anna.id, celina.id)
    assert not await reads(system, beata, handed.contact_id)
    second = await ask(system, anna, ended.contact_id, beata, "straight")
    await contacts.end(system, anna.actor, ended.contact_id, "completed")
    for gone in (first, second):
        with pytest.raises(TransferGone):
            await transfers.accept(system, beata.actor, gone)


async def test_the_wall_a_conflict_and_a_silent_console_keep_people_from_it(system: System) -> None:
    anna = await add_person(system, "Anna", (VICTIMS,))
    cezary = await add_person(system, "Cezary", (PERPETRATORS,))
    silent = await add_person(system, "Ewa", (VICTIMS,), present=False)
    beata = await add_person(system, "Beata", (VICTIMS,))
    filip = (await lead(system)).actor
    caller = await talk(system, anna, line=VICTIMS)
    for person in (cezary, silent):
        with pytest.raises(NotEligible):
            await ask(system, anna, caller.contact_id, person, "consult")
    asked = await ask(system, anna, caller.contact_id, beata, "consult")
    await transfers.join(system, beata.actor, asked)
    await conflicts.mark(system, filip, "caller", caller.contact_id, beata.id, "To jej siostra.")
    assert not await reads(system, beata, caller.contact_id)
    assert (await told(system, caller.contact_id))[-1] == ("consult_left", {"guest": "Beata"})
    with pytest.raises(TransferGone):
        await transfers.accept(system, beata.actor, asked)
    other = next(each.id for each in system.centre.queues.values() if PERPETRATORS in each.lines)
    with pytest.raises(WallBreach):
        await transfers.release(system, anna.actor, caller.contact_id, other, "consented")


async def test_back_in_the_queue_it_keeps_its_key_and_does_not_come_back_first(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await talk(system, anna)
    await talk(system, beata)
    later = await add_caller(system)
    queue = system.centre.queue_of(TRUST)
    assert queue is not None
    with pytest.raises(LineUnknown):
        await transfers.release(system, anna.actor, caller.contact_id, "nowhere", "not_asked")
    with pytest.raises(ConsentNeeded):
        await transfers.release(
            system, anna.actor, caller.contact_id, queue.id, "not_asked", "Ma dwoje dzieci."
        )
    await transfers.release(system, anna.actor, caller.contact_id, queue.id, "consented", "Ma dwoje dzieci.")
    assert await holder(system, caller.contact_id) == ("waiting", None)
    assert [text for text, _ in await told(system, caller.contact_id)][-1] == "released_staffed"
    async with system.read() as tx:
        first, second = (await views.console(tx, tx.centre, beata.actor)).queue.rows
        notes = [
            each
            for each in await views.entries_after(tx, caller.contact_id, 0, "staff")
            if each.kind == "note"
        ]
    assert (first.contact_id, second.contact_id) == (caller.contact_id, later.contact_id)
    assert [each.text for each in notes] == ["Ma dwoje dzieci."]
    async with system.read() as tx:
        made = decide(await queries.waiting(tx, caller.contact_id), await queries.people(tx), tx.now)
    assert [each.staff_id for each in made] == [beata.id]  # though Anna has nobody now


async def test_after_the_shift_the_talk_goes_on_and_needs_a_yes_to_be_passed_on(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=1)
    beata = await add_person(system, "Beata", hours=8)
    caller = await talk(system, anna)
    clock.advance(hours=1, minutes=1)
    for person in (anna, beata):
        await presence.seen(system, person.actor)
    async with system.read() as tx:
        (mine,) = (await views.console(tx, tx.centre, anna.actor)).mine
        (row,) = (await views.board_view(tx, tx.centre, (await lead(system)).actor)).talks
    assert mine.draining
    assert row.draining
    assert await offer_to(system, (await add_caller(system)).contact_id, anna.id) is None
    for consent in ("not_asked", "refused"):
        with pytest.raises(ConsentNeeded):
            await ask(system, anna, caller.contact_id, beata, "straight", consent=consent)
    await transfers.ask_consent(system, anna.actor, caller.contact_id, beata.id)
    assert (await told(system, caller.contact_id))[-1] == ("handover", {"old": "Anna", "new": "Beata"})
    asked = await ask(
        system,
        anna,
        caller.contact_id,
        beata,
        "straight",
        consent="consented",
        note="Czeka na telefon z sądu.",
    )
    await transfers.accept(system, beata.actor, asked)
    assert await holder(system, caller.contact_id) == ("active", beata.id)


async def test_a_supervisor_moves_a_waiting_contact_to_another_queue(system: System) -> None:
    filip = (await lead(system)).actor
    anna = await add_person(system, "Anna", (VICTIMS,))
    caller = await add_caller(system, line=VICTIMS)
    rang = await offer_to(system, caller.contact_id, anna.id)
    assert rang is not None
    async with system.read() as tx:
        (before,) = (await views.board_view(tx, tx.centre, filip)).waiting
    fit = [each for each in system.centre.queues.values() if "web" in each.channels]
    walled = next(each.id for each in fit if PERPETRATORS in each.lines)
    other = next(each.id for each in fit if TRUST in each.lines)
    with pytest.raises(WallBreach):
        await assignments.move(system, filip, caller.contact_id, walled, "Pomyłka przy wyborze.")
    await assignments.move(system, filip, caller.contact_id, other, "Pomyłka przy wyborze.")
    with pytest.raises(HotlineError):
        await offers.accept(system, anna.actor, rang.id, rang.token)
    async with system.read() as tx:
        (after,) = (await views.board_view(tx, tx.centre, filip)).waiting
    assert (after.queue, after.arrived_at, after.priority) == (other, before.arrived_at, before.priority)
    await assignments.pick_up(system, filip, caller.contact_id)
    with pytest.raises(NoLongerWaiting):
        await assignments.move(system, filip, caller.contact_id, other, "Jeszcze raz.")


async def test_whoever_reads_along_and_is_gone_for_a_minute_reads_no_more(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    caller = await talk(system, anna)
    asked = await ask(system, anna, caller.contact_id, beata, "consult")
    await transfers.join(system, beata.actor, asked)
    clock.set(clock.now() + timedelta(seconds=61))
    await presence.seen(system, anna.actor)
    assert await transfers.end_stale(system, await leading(system), asked)
    assert (await told(system, caller.contact_id))[-1] == ("consult_left", {"guest": "Beata"})
    assert not await reads(system, beata, caller.contact_id)


async def test_to_a_rung_everybody_up_to_there_is_asked_at_once(system: System) -> None:
    anna, ewa = await add_person(system, "Anna"), await add_person(system, "Ewa", hours=None)
    caller = await talk(system, anna)
    await at_home(system, (2, ewa.id))
    queue = system.centre.queue_of(TRUST)
    assert queue is not None
    with pytest.raises(Malformed):
        await transfers.release(system, anna.actor, caller.contact_id, queue.id, "consented", rung="tier:9")
    await presence.set_intent(system, anna.actor, "break", 10)
    await transfers.release(system, anna.actor, caller.contact_id, queue.id, "consented", rung="tier:2")
    async with system.read() as tx:
        made = decide(await queries.waiting(tx, caller.contact_id), await queries.people(tx), tx.now)
    assert [each.staff_id for each in made] == [ewa.id]


async def test_who_looks_for_a_reason_is_counted_among_the_readers_for_an_hour(
    system: System, clock: MovableClock
) -> None:
    anna, filip = await add_person(system, "Anna"), (await lead(system)).actor
    caller = await talk(system, anna)
    await contacts.look(system, filip, caller.contact_id, "Skarga z rana.")
    async with system.read() as tx:
        (reader,) = await views.readers(tx, caller.contact_id, anna.id)
        shown = [each.kind for each in await views.entries_after(tx, caller.contact_id, 0, "staff")]
        hidden = [each.kind for each in await views.entries_after(tx, caller.contact_id, 0, "caller")]
    assert (reader.staff_id, "look" in shown, "look" in hidden) == (filip.id, True, False)
    clock.advance(hours=1, seconds=1)
    async with system.read() as tx:
        assert await views.readers(tx, caller.contact_id, anna.id) == []
    await assignments.take_over(system, filip, caller.contact_id, anna.id, "Anna kończy.")
    async with system.read() as tx:
        assert [each.name for each in (await views.console(tx, tx.centre, anna.actor)).passed_on] == [
            "Filip Testowa"
        ]
