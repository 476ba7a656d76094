"""A console dies: who was talking with it is told and waits in front, and nobody is torn away by a hiccup."""

import pytest

from hotline.actions import contacts, disconnects, messages, presence
from hotline.attention import Attention
from hotline.errors import NotFound
from hotline.rules.presence import GONE_AFTER, GRACE, link
from hotline.store import queries, views
from hotline.store.held import held
from hotline.system import System
from tests.actions.test_assignments import holder, told
from tests.factories import MovableClock, add_caller, add_person, leading, offer_to, talk

STEP = 5.0  # seconds between two looks here


async def passes(system: System, clock: MovableClock, attention: Attention, seconds: float) -> int:
    """Time goes by while the clock looks; how many conversations went back."""
    done = 0
    for _ in range(round(seconds / STEP)):
        clock.advance(seconds=STEP)
        done += await attention.look(await leading(system))
    return done


async def test_nobody_sits_two_minutes_with_a_console_that_is_gone(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna")
    beata = await add_person(system, "Beata", present=False)
    lost, later = await talk(system, anna), await add_caller(system)
    async with system.read() as tx:
        before = await queries.contact(tx, lost.contact_id)
    attention = Attention(system)
    assert await passes(system, clock, attention, 110) == 0
    assert await holder(system, lost.contact_id) == ("active", anna.id)
    assert await passes(system, clock, attention, 5) == 1  # 115 seconds after the last sign of life
    assert await holder(system, lost.contact_id) == ("waiting", None)
    assert (await told(system, lost.contact_id))[-1][0] == "counsellor_lost"
    async with system.read() as tx:
        first, second = await queries.waiting(tx)
        after = await queries.contact(tx, lost.contact_id)
        hers = await views.console(tx, tx.centre, anna.actor)
    assert [(each.name, each.at) for each in hers.passed_on] == [(None, clock.now())]  # once she is back
    assert (first.id, second.id) == (lost.contact_id, later.contact_id)
    assert before is not None
    assert after is not None
    assert (after.queue_class, after.queue_at) == (before.queue_class, before.queue_at)
    assert await offer_to(system, lost.contact_id, anna.id) is None  # as long as she is away
    with pytest.raises(NotFound):
        await messages.reply(system, anna.actor, lost.contact_id, "too-late-1", "Jestem.")
    await presence.seen(system, beata.actor)
    assert await offer_to(system, lost.contact_id, beata.id) is not None


async def test_who_comes_back_within_the_grace_goes_on(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    attention, said = Attention(system), await told(system, caller.contact_id)
    await passes(system, clock, attention, 110)
    async with system.read() as tx:
        (found,) = await held(tx)
    clock.advance(seconds=STEP)
    await presence.seen(system, anna.actor)  # just before what the look has found is acted on
    assert not await disconnects.give_back(system, await leading(system), found)
    assert await passes(system, clock, attention, 110) == 0
    assert await holder(system, caller.contact_id) == ("active", anna.id)
    assert await told(system, caller.contact_id) == said


async def test_after_a_pause_of_the_house_consoles_may_come_back_first(
    system: System, clock: MovableClock
) -> None:
    """The database was away, or every process: silence was ours, and a new engine has heard nobody yet."""
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    attention = Attention(system)
    await passes(system, clock, attention, 5)
    clock.advance(minutes=10)
    for looks in (attention, Attention(system)):
        await looks.look(await leading(system))
    await passes(system, clock, attention, 25)
    await presence.seen(system, anna.actor)
    assert await passes(system, clock, attention, 60) == 0
    assert await holder(system, caller.contact_id) == ("active", anna.id)


async def test_the_board_counts_down_once_the_console_is_gone(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    filip = (await add_person(system, "Filip", (), ("supervisor",), hours=None)).actor
    await talk(system, anna)
    seen_at = clock.now()
    for seconds, shown in ((60, None), (1, seen_at + GONE_AFTER + GRACE)):
        clock.advance(seconds=seconds)
        async with system.read() as tx:
            (row,) = (await views.board_view(tx, tx.centre, filip)).talks
        assert row.back_at == shown
    assert [link(seen_at, seen_at + GONE_AFTER * part) for part in (0.4, 0.5, 1, 1.1)] == [
        "alive", "stale", "stale", "gone",
    ]  # fmt: skip


async def test_a_caller_who_drops_keeps_their_place_and_their_session(
    system: System, clock: MovableClock
) -> None:
    first, _second = await add_caller(system), await add_caller(system)
    await contacts.leave(system, first.actor, first.contact_id, quick=False)
    clock.advance(minutes=14)
    await add_caller(system)
    back = await contacts.caller_of(system, first.token)
    await contacts.caller_seen(system, back)
    async with system.read() as tx:
        row = await queries.contact(tx, back.id)
        assert row is not None
        assert (back.id, row.caller_left_at, await queries.place(tx, row)) == (first.contact_id, None, 1)
