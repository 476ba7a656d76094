"""What a person says and what the clock says about them: breaks, visits, done for today, time for the card."""

from datetime import datetime, timedelta

import pytest

from hotline import app
from hotline.actions import contacts, presence
from hotline.errors import Malformed, WrongState
from hotline.live import topics
from hotline.rules.assignment import offerable
from hotline.rules.duty import Board, asking
from hotline.rules.duty import attendance as rules
from hotline.store import duty_log, queries, views
from hotline.system import System
from tests.factories import (
    TRUST,
    VICTIMS,
    MovableClock,
    Person,
    add_caller,
    add_person,
    finish,
    offer_to,
    talk,
)


async def obstacles(system: System, person: Person, contact_id: str) -> tuple[str, ...]:
    async with system.read() as tx:
        (found,) = [each for each in await views.candidates(tx, contact_id) if each.person.id == person.id]
    return found.obstacles


async def stays_alive(system: System, clock: MovableClock, person: Person, **delta: float) -> None:
    clock.advance(**delta)
    await presence.seen(system, person.actor)


async def test_whoever_is_busy_is_offered_nothing_until_the_time_they_named(
    system: System, clock: MovableClock
) -> None:
    anna, caller = await add_person(system, "Anna"), await add_caller(system, danger="yes")
    words = (("break", 30, "meal"), ("call", 60, None), ("meeting", 60, None), ("visit", 120, None))
    for intent, minutes, kind in words:
        await presence.set_intent(system, anna.actor, intent, minutes, kind)
        assert await offer_to(system, caller.contact_id, anna.id) is None
        await stays_alive(system, clock, anna, minutes=minutes - 1)
        assert await obstacles(system, anna, caller.contact_id) == (intent,)
        await stays_alive(system, clock, anna, minutes=1)
        assert await obstacles(system, anna, caller.contact_id) == ()
    for intent, minutes, kind in (("visit", 481, None), ("off", 5, None), ("meeting", 5, "meal")):
        with pytest.raises(Malformed):
            await presence.set_intent(system, anna.actor, intent, minutes, kind)


async def test_done_for_today_ends_with_the_duty_and_off_duty_with_a_word(
    system: System, clock: MovableClock
) -> None:
    anna, off = await add_person(system, "Anna", hours=2), await add_person(system, "Celina", hours=None)
    for person, until in ((anna, clock.now() + timedelta(hours=2)), (off, None)):
        await presence.set_intent(system, person.actor, "off")
        async with system.read() as tx:
            row = await queries.staff_row(tx, person.id)
        assert row is not None
        assert (row.intent, row.intent_until) == ("off", until)


async def test_the_card_has_its_time_once_for_all_that_is_owed(system: System, clock: MovableClock) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    done = await talk(system, beata)
    calm, danger = await talk(system, anna), await talk(system, anna, danger="yes")
    waiting, hurt = await add_caller(system), await add_caller(system, danger="yes")
    await finish(system, beata, done.contact_id)
    assert await obstacles(system, beata, waiting.contact_id) == ()  # saving the card ends it
    await contacts.end(system, anna.actor, danger.contact_id, "completed")
    await contacts.end(system, anna.actor, calm.contact_id, "completed")  # five minutes shorten no ten
    await stays_alive(system, clock, anna, minutes=9)
    assert await obstacles(system, anna, waiting.contact_id) == ("wrap_up",)
    assert await obstacles(system, anna, hurt.contact_id) == ()  # danger comes before a card
    await presence.prolong_wrap_up(system, anna.actor)
    await stays_alive(system, clock, anna, minutes=5, seconds=59)
    assert await obstacles(system, anna, waiting.contact_id) == ("wrap_up",)
    await stays_alive(system, clock, anna, seconds=1)
    assert await obstacles(system, anna, waiting.contact_id) == ()  # owing it still, last but not barred
    with pytest.raises(WrongState):
        await presence.prolong_wrap_up(system, anna.actor)


async def test_restarting_every_process_changes_no_answer(system: System, clock: MovableClock) -> None:
    anna, beata, celina = [await add_person(system, name) for name in ("Anna", "Beata", "Celina")]
    await talk(system, anna, danger="yes")
    await presence.set_intent(system, beata.actor, "break", 30, "meal")
    ended = await talk(system, celina)
    await contacts.end(system, celina.actor, ended.contact_id, "completed")
    await add_person(system, "Dorota", present=False)
    await add_person(system, "Ewa")
    await add_caller(system)
    await add_caller(system, danger="yes")

    async def answers(there: System) -> dict[tuple[str, str], bool]:
        async with there.read() as tx:
            return {
                (person.id, contact.id): offerable(person, contact, tx.now)
                for person in await queries.people(tx)
                for contact in await queries.waiting(tx)
            }

    before = await answers(system)
    assert sorted(before.values()) == [False] * 7 + [True] * 3  # Ewa for both, Celina for danger
    async with app.open_system(system.settings, clock) as again:
        assert await answers(again) == before


async def test_all_who_come_back_at_once_take_up_duty_in_one_go(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage everybody does: one by one, each with a look at all the others, that took minutes."""
    people = [
        await add_person(system, name, lines, present=False)
        for name, lines in (("Anna", (TRUST,)), ("Beata", (TRUST, VICTIMS)), ("Celina", (VICTIMS,)))
    ]
    dorota = await add_person(system, "Dorota", hours=None, present=False)
    looks: list[object] = []

    def looked(board: Board, at: datetime) -> dict[str, dict[str, int]]:
        looks.append(at)
        return asking.serving(board, at)

    monkeypatch.setattr(rules, "serving", looked)
    await presence.consoles_seen(system, {each.id for each in (*people, dorota)})
    async with system.read() as tx:
        taken = await duty_log.taken(tx)
        of_two = await duty_log.taken(tx, [people[0].id, people[1].id])
    assert set(taken) == {(each.id, line) for each in people for line in each.lines}
    assert set(of_two) == {(each.id, line) for each in people[:2] for line in each.lines}
    assert len(looks) == 1
    clock.advance(seconds=10)
    await presence.consoles_seen(system, {each.id for each in people})
    assert len(looks) == 1, "they were there all along"


async def test_of_consoles_that_were_heard_only_those_come_back_that_had_been_silent(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    await stays_alive(system, clock, anna, seconds=30)  # and Beata has been silent for that long
    told: list[frozenset[str]] = []
    system.bus.listen(told.append)
    clock.advance(seconds=10)
    await presence.consoles_seen(system, {anna.id, beata.id})
    assert told == [frozenset({topics.staff(beata.id)})]
    async with system.read() as tx:
        rows = [await queries.staff_row(tx, each.id) for each in (anna, beata)]
    assert [row.seen_at for row in rows if row] == [clock.now()] * 2
