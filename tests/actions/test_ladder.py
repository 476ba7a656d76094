"""Climbing: who is called at home and answers with one press, what is told once, and whose word counts when two act."""

import asyncio
from collections.abc import Sequence
from itertools import count

import pytest
from sqlalchemy import select, update

from hotline.actions import ladder, leases, offers, presence, roster
from hotline.actions.staff_notices import CHAT
from hotline.engine import CLIMBS, Engine
from hotline.errors import LeaseLost
from hotline.live import topics
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.alarms import LADDER_END, RUNG_SILENT, STUCK
from hotline.rules.centre_duty import LadderRung
from hotline.rules.ladder import Standing
from hotline.rules.staff_notices import CALLED
from hotline.store import claims, tables, views
from hotline.store.ladder import standings
from hotline.sweep import EVERY, Sweep
from hotline.system import System, Transaction
from tests import factories
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    Caller,
    MovableClock,
    Person,
    add_caller,
    add_person,
    pending,
)
from tests.rosters import HOUR, at_home

numbers = count(700_000)


async def with_phone(system: System, name: str) -> tuple[Person, int]:
    """Somebody at home who linked a chat; their chat."""
    person, chat = await add_person(system, name, hours=None, present=False), next(numbers)
    await system.ensure_key(person.id)
    async with system.transaction(OPERATOR) as tx:
        sealed = await tx.seal(person.id, "staff_chats", person.id, str(chat))
        await claims.link_chat(tx, person.id, tx.blind(CHAT, str(chat)), sealed)
    return person, chat


async def called(system: System) -> list[tuple[str, str]]:
    """(who, id of the call), in order; every call has gone out."""
    notices = tables.staff_notices
    async with system.transaction(OPERATOR) as tx:
        await tx.connection.execute(update(notices).values(delivery="sent"))
        query = select(notices).where(notices.c.kind == CALLED).order_by(notices.c.made_at, notices.c.id)
        return [(row.staff_id, row.id) for row in await tx.connection.execute(query)]


async def rings(system: System) -> set[str]:
    async with system.read() as tx:
        return {each.kind for each in await views.open_alarms(tx, tx.centre, frozenset())}


async def told(system: System, caller: Caller) -> list[str]:
    async with system.read() as tx:
        entries = await views.entries_after(tx, caller.contact_id, 0, "staff")
    return [entry.data["text"] for entry in entries if entry.kind == "system"]


async def later(system: System, clock: MovableClock, people: Sequence[Person], **delta: float) -> None:
    clock.advance(**delta)
    for person in people:
        await presence.seen(system, person.actor)


async def test_nobody_on_shift_takes_it_and_who_is_at_home_does(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", text_limit=1)
    (beata, phone), (filip, other_phone) = [await with_phone(system, name) for name in ("Beata", "Filip")]
    await at_home(system, (2, beata.id), (2, filip.id))
    await factories.talk(system, anna)
    caller, engine = await add_caller(system), Engine(system)
    await later(system, clock, [anna], seconds=119)
    await engine.step()
    assert await called(system) == []
    await later(system, clock, [anna], seconds=1)
    await engine.step()
    await engine.step()
    calls = dict(await called(system))
    assert set(calls) == {beata.id, filip.id}
    assert await ladder.take_up(system, CHANNEL, phone, calls[filip.id]) == "gone", "the call was not hers"
    async with system.transaction(OPERATOR) as tx:
        await claims.hold_offers_back(
            tx, beata.id
        )  # of an evening before; pressing is a sign that she is there
    taken = [await ladder.take_up(system, CHANNEL, phone, calls[beata.id]) for _ in range(2)]
    assert taken == ["taken", "taken"], "pressed twice"
    assert await ladder.take_up(system, CHANNEL, other_phone, calls[filip.id]) == "taken_before"
    await presence.seen(system, beata.actor)
    await engine.step()
    (offer,) = await pending(system)
    assert (offer.contact_id, offer.staff_id) == (caller.contact_id, beata.id)
    await offers.accept(system, beata.actor, offer.id, offer.token)
    assert await ladder.take_up(system, CHANNEL, other_phone, calls[filip.id]) == "gone"
    await later(system, clock, [anna, beata], minutes=20)
    await engine.step()
    assert len(await called(system)) == 2
    assert await rings(system) == set()


async def test_nobody_answers_at_all(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", text_limit=1)
    (beata, _), (filip, _) = [await with_phone(system, name) for name in ("Beata", "Filip")]
    await at_home(system, (2, beata.id), (3, filip.id))
    await factories.talk(system, anna)
    caller, engine = await add_caller(system), Engine(system)
    seen = []
    for seconds in (120, 180, 300):
        await later(system, clock, [anna], seconds=seconds)
        await engine.step()
        names = {beata.id: "beata", filip.id: "filip"}
        seen.append(([names[who] for who, _ in await called(system)], await rings(system)))
    assert seen == [
        (["beata"], set()),
        (["beata", "filip"], {RUNG_SILENT}),
        (["beata", "filip"], {RUNG_SILENT, LADDER_END}),
    ]
    assert await told(system, caller) == ["queue_long"], "Anna is there, and busy"


async def test_who_climbs_moves_nobody_else_and_wakes_no_queue(system: System, clock: MovableClock) -> None:
    caller, other = await add_caller(system), await add_caller(system)
    clock.advance(minutes=3)
    heard: set[str] = set()
    system.bus.listen(heard.update)
    assert await ladder.climb(system, await factories.leading(system), caller.contact_id)
    assert topics.contact(caller.contact_id) in heard
    assert topics.contact(other.contact_id) not in heard
    assert not [topic for topic in heard if topics.concerns_routing(topic)]


async def test_telegram_is_away_and_the_next_rung_is_called_at_once(
    system: System, clock: MovableClock
) -> None:
    (beata, _), (filip, _) = [await with_phone(system, name) for name in ("Beata", "Filip")]
    await at_home(system, (2, beata.id), (3, filip.id))
    celina, tonight = await add_person(system, "Celina", hours=None, present=False), clock.now() + 2 * HOUR
    await roster.add_shift(system, OPERATOR, TRUST, celina.id, tonight, tonight + HOUR)
    caller, engine = await add_caller(system), Engine(system)
    await engine.step()
    notices = tables.staff_notices
    async with system.transaction(OPERATOR) as tx:
        assert (await tx.connection.execute(select(notices.c.staff_id))).scalars().all() == [beata.id]
        await tx.connection.execute(update(notices).values(delivery_tries=1))
    await engine.step()
    assert [who for who, _ in await called(system)] == [beata.id, filip.id]
    assert await rings(system) == {RUNG_SILENT}
    assert await told(system, caller) == []
    clock.advance(seconds=301)
    await engine.step()
    await engine.step()
    assert await told(system, caller) == ["nobody_took"], (
        "when somebody new comes by the roster, 112 and the numbers"
    )


async def test_who_was_told_that_nobody_is_there_is_not_told_again(
    system: System, clock: MovableClock
) -> None:
    caller, danger = await add_caller(system), await add_caller(system, danger="yes")
    for _ in range(2):
        await Engine(system).step()
        clock.advance(minutes=30)
    assert await told(system, caller) == ["nobody_on_duty_unplanned"]
    assert await told(system, danger) == ["danger_unstaffed"]
    assert LADDER_END in await rings(system)


async def test_another_line_takes_it_and_never_one_behind_the_wall(
    system: System, clock: MovableClock
) -> None:
    rungs = ("tier", "1"), ("line", PERPETRATORS), ("line", TRUST)
    ladders = {VICTIMS: tuple(LadderRung(kind=kind, target=target) for kind, target in rungs)}
    duty = system.centre.duty.model_copy(update={"ladders": ladders})
    system.centre = system.centre.model_copy(update={"duty": duty})
    await add_person(system, "Cezary", (PERPETRATORS,))
    anna = await add_person(system, "Anna", (TRUST,))
    caller = await add_caller(system, line=VICTIMS)
    async with system.read() as tx:
        before = (await tx.connection.execute(select(tables.contacts.c.queue_at))).scalar_one()
    await Engine(system).step()
    (offer,) = await pending(system)
    assert offer.staff_id == anna.id
    assert await offers.accept(system, anna.actor, offer.id, offer.token) == caller.contact_id
    async with system.read() as tx:
        row = (await tx.connection.execute(select(tables.contacts))).one()
    assert (row.line, row.queue_at) == (VICTIMS, before)


async def test_many_who_are_due_together_are_found_once_and_go_on_by_ten(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [await add_caller(system) for _ in range(2 * CLIMBS)]
    looks = 0

    async def counted(tx: Transaction) -> list[Standing]:
        nonlocal looks
        looks += 1
        return await standings(tx)

    monkeypatch.setattr("hotline.engine.standings", counted)
    monkeypatch.setattr("hotline.engine.LOOKING", 1000)
    engine, done = Engine(system), []
    clock.advance(minutes=20)
    await add_caller(system, danger="yes")  # is the first of the first ten
    for _ in range(3):
        await engine.step()
        done.append(sum([len(await told(system, each)) == 2 for each in callers]))
    assert (done, looks) == ([CLIMBS - 1, 2 * CLIMBS - 1, 2 * CLIMBS], 1)


async def test_an_engine_that_lost_its_lease_in_the_middle_does_nothing_twice(
    system: System, clock: MovableClock
) -> None:
    (beata, _) = await with_phone(system, "Beata")
    await at_home(system, (2, beata.id))
    one, other = await add_caller(system), await add_caller(system)
    former = await leases.take(system, "first")
    assert former is not None
    assert await ladder.climb(system, former, one.contact_id)
    clock.advance(seconds=3)
    newest = await leases.take(system, "second")
    assert newest is not None
    with pytest.raises(LeaseLost):
        await ladder.climb(system, former, other.contact_id)
    again = await asyncio.gather(
        *(ladder.climb(system, newest, each.contact_id) for each in (one, other) * 10)
    )
    assert again.count(True) == 1
    assert len(await called(system)) == 2
    clock.advance(minutes=20)
    with pytest.raises(LeaseLost):
        await ladder.climb(system, former, one.contact_id)
    for _ in range(2):
        await asyncio.gather(*(ladder.climb(system, newest, one.contact_id) for _ in range(10)))
        clock.advance(minutes=1)
    assert await told(system, one) == ["nobody_took_unplanned"]
    assert await told(system, other) == []


async def test_what_is_due_and_does_not_happen_rings(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    await add_caller(system)
    sweep, actor = Sweep(system), await factories.leading(system)
    looks = []
    for _ in range(4):
        looks.append(await sweep.look(actor))
        await later(system, clock, [anna], seconds=EVERY.total_seconds())
    assert looks == [0, 0, 1, 0], "nobody makes the offer: two looks later a person must look, once"
    assert await rings(system) == {STUCK}
    await Engine(system).step()
    (offer,) = await pending(system)
    await offers.accept(system, anna.actor, offer.id, offer.token)
    assert await rings(system) == set()
