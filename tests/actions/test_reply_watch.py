"""An unanswered word is seen and rings; a silent caller is asked, warned and only then closed; any word turns it."""

import asyncio
import time
from datetime import timedelta

from hotline.actions import contacts, messages, presence
from hotline.attention import Attention
from hotline.rules.access import Actor
from hotline.rules.alarms import REPLY_LATE
from hotline.store import views
from hotline.store.attendance import ringing
from hotline.store.journal import Line
from hotline.store.turns import turns
from hotline.system import System
from tests.actions.test_assignments import holder, told
from tests.factories import MovableClock, Person, add_person, leading, talk

STEP = timedelta(seconds=10)


async def passes(
    system: System, clock: MovableClock, person: Person, attention: Attention, **delta: float
) -> None:
    until = clock.now() + timedelta(**delta)
    while clock.now() < until:
        clock.set(min(until, clock.now() + STEP))
        await presence.seen(system, person.actor)
        await attention.look(await leading(system))


async def late_ones(system: System, person: Person) -> tuple[list[str], set[str]]:
    """(what the counsellor's list marks, longest first; what rings for the supervisor)."""
    async with system.read() as tx:
        view = await views.console(tx, tx.centre, person.actor)
        return [each.contact_id for each in view.mine if each.late], await ringing(tx, REPLY_LATE)


async def test_a_word_unanswered_is_marked_then_rings_until_it_is_answered(
    system: System, clock: MovableClock
) -> None:
    anna, attention = await add_person(system, "Anna"), Attention(system)
    first, second = (await talk(system, anna)).contact_id, (await talk(system, anna)).contact_id
    await messages.reply(system, anna.actor, first, "reply-first-1", "Jestem.")
    await passes(system, clock, anna, attention, seconds=110)
    assert await late_ones(system, anna) == ([], set())
    await passes(system, clock, anna, attention, seconds=10)
    assert await late_ones(system, anna) == ([second], set())
    await messages.receive(system, Actor("caller", first), first, "word-of-first", "Halo?")
    await passes(system, clock, anna, attention, seconds=180)
    assert await late_ones(system, anna) == ([second, first], {second})
    await messages.reply(system, anna.actor, second, "reply-second", "Już jestem.")
    await attention.look(await leading(system))
    assert await late_ones(system, anna) == ([first], set())


async def test_whose_turn_it_is_is_known_at_once_however_much_was_written(system: System) -> None:
    """Each console asks whenever something happens. Comparing all entries with all would take seconds."""
    anna = await add_person(system, "Anna")
    contact_id = (await talk(system, anna)).contact_id
    words = (Line(contact_id, f"m{number}", "message", "caller") for number in range(6000))
    await asyncio.gather(*map(system.journal.write, words))
    began = time.monotonic()
    async with system.read() as tx:
        (turn,) = await turns(tx, holders=[anna.id])
    assert turn.unanswered_since is not None
    assert time.monotonic() - began < 1


async def test_who_waits_longest_for_an_answer_stands_first_and_what_lacks_its_card_last(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", text_limit=4)
    talks = []
    for _ in range(4):
        talks.append(await talk(system, anna))
        clock.advance(seconds=5)
    ended, first, second, third = (each.contact_id for each in talks)

    async def order() -> list[str]:
        async with system.read() as tx:
            return [each.contact_id for each in (await views.console(tx, tx.centre, anna.actor)).mine]

    assert await order() == [ended, first, second, third]
    await contacts.end(system, anna.actor, ended, "completed")
    assert await order() == [first, second, third, ended]
    for each in (third, first, second):  # answered: they stand as they were taken
        await messages.reply(system, anna.actor, each, f"reply-{each}", "Jestem.")
    assert await order() == [first, second, third, ended]
    for each in (third, second):  # long before either is late
        clock.advance(seconds=5)
        await messages.receive(system, Actor("caller", each), each, f"word-{each}", "Halo?")
    await messages.receive(system, Actor("caller", third), third, "another-word", "Halo?")
    assert await order() == [third, second, first, ended]


async def test_a_silent_caller_is_asked_warned_and_closed_unless_a_word_comes(
    system: System, clock: MovableClock
) -> None:
    anna, attention = await add_person(system, "Anna", text_limit=3), Attention(system)
    silent, speaks, danger = [
        (await talk(system, anna, danger=each)).contact_id for each in (None, None, "yes")
    ]
    for each in (danger, silent, speaks):
        await messages.reply(system, anna.actor, each, f"reply-{each[-8:]}", "Proszę pisać.")
    await passes(system, clock, anna, attention, minutes=25)
    await messages.receive(system, Actor("caller", speaks), speaks, "word-at-last", "Jestem, przepraszam.")
    await passes(system, clock, anna, attention, minutes=6)
    said = [text for text, _ in await told(system, silent)]
    assert said[-3:] == ["silence_ask", "inactivity", "ended"]
    assert await holder(system, silent) == ("wrap_up", anna.id)
    async with system.read() as tx:
        head = await views.contact_head(tx, silent)
    assert head is not None
    assert head.end_reason == "silent"
    for contact_id, last in ((speaks, "inactivity"), (danger, "silence_ask")):
        assert (await told(system, contact_id))[-1][0] == last
        assert await holder(system, contact_id) == ("active", anna.id)
