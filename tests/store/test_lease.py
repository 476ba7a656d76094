"""The engine's lease: one holder at a time, a newer epoch for each, and nothing more for a former one."""

import asyncio
import time

import pytest
from sqlalchemy import select

import hotline.system
from hotline.actions import leases, offers
from hotline.engine import Engine
from hotline.errors import LeaseLost, NotAllowed, Unavailable
from hotline.ids import new_id
from hotline.rules.access import OPERATOR, STANDBY, Actor, engine
from hotline.rules.assignment import Proposal
from hotline.store import claims, queries
from hotline.store.tables import leases as lease_rows
from hotline.system import LEASE, LEASE_LIFE, DatabaseClock, System, Transaction
from tests.databases import postgres_only
from tests.factories import MovableClock, add_caller, add_person, pending
from tests.store.races import RUNNERS, at_once, one_value, race


async def test_of_twenty_contenders_one_gets_it(system: System, clock: MovableClock) -> None:
    contenders = [new_id() for _ in range(RUNNERS)]

    async def contend(tx: Transaction, number: int) -> int | None:
        return await claims.take_lease(tx, LEASE, contenders[number], LEASE_LIFE)

    for epoch in (1, 2):  # the row is not there yet; then it is, and has run out
        epochs = await race(system, contend)
        assert [each for each in epochs if each is not None] == [epoch]
        winner = contenders[epochs.index(epoch)]
        assert await one_value(system, select(lease_rows.c.holder)) == winner
        contenders[epochs.index(epoch)] = new_id()
        clock.advance(seconds=LEASE_LIFE.total_seconds())


async def test_a_lease_is_renewed_runs_out_and_is_given_up(system: System, clock: MovableClock) -> None:
    first = await leases.take(system, "first")
    assert first == engine(1)
    for _ in range(3):
        clock.advance(seconds=2)
        assert await leases.take(system, "first") == first
        assert await leases.take(system, "second") is None
    clock.advance(seconds=2.9)
    assert await leases.take(system, "second") is None
    clock.advance(seconds=0.1)
    second = await leases.take(system, "second")
    assert second == engine(2)
    assert await leases.take(system, "first") is None
    assert second is not None
    await leases.give_up(system, second)
    third = await leases.take(system, "first")
    assert third == engine(3), "at once, and the epoch grows even for one who had it before"
    with pytest.raises(LeaseLost):
        await leases.give_up(system, second)
    assert await leases.take(system, "second") is None


async def test_one_that_nobody_replaced_goes_on_after_its_time(system: System, clock: MovableClock) -> None:
    first = await leases.take(system, "first")
    clock.advance(minutes=10)
    assert await leases.take(system, "first") == first


async def test_a_former_engine_can_do_nothing(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    caller = await add_caller(system)
    former = await leases.take(system, "first")
    assert former is not None
    clock.advance(seconds=3)
    newest = await leases.take(system, "second")
    assert newest is not None
    proposal = Proposal(caller.contact_id, anna.id)
    with pytest.raises(LeaseLost):
        await offers.make(system, former, proposal)
    assert await pending(system) == []
    assert await offers.make(system, newest, proposal) is not None
    async with system.read() as tx:
        (live,) = await queries.pending_offers(tx)
    clock.advance(seconds=31)
    with pytest.raises(LeaseLost):
        await offers.end_stale(system, former, live)
    assert len(await pending(system)) == 1
    assert await offers.end_stale(system, newest, live)


@pytest.mark.parametrize(
    "actor", [Actor("engine", "engine"), engine(0), engine(2)], ids=["none", "old", "newer"]
)
async def test_no_transaction_of_an_engine_begins_without_the_newest_epoch(
    system: System, actor: Actor
) -> None:
    """Not in `offers` alone: wherever an engine opens one."""
    assert await leases.take(system, "first") == engine(1)
    with pytest.raises(LeaseLost):
        async with system.transaction(actor):
            pytest.fail("it got in")


@pytest.mark.parametrize("actor", [STANDBY, OPERATOR], ids=lambda actor: actor.kind)
async def test_only_an_engine_makes_offers(system: System, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        await offers.make(system, actor, Proposal("", ""))


async def test_a_successor_waits_for_what_is_under_way(system: System, clock: MovableClock) -> None:
    """An engine that got in may finish: between its check and its commit nobody else becomes the engine."""
    first = await leases.take(system, "first")
    assert first is not None
    clock.advance(seconds=10)
    async with system.transaction(first):
        successor = asyncio.get_running_loop().create_task(leases.take(system, "second"))
        await asyncio.sleep(0.2)
        assert not successor.done()
    assert await successor == engine(2)


@postgres_only  # SQLite lets one writer in at a time
async def test_steps_that_overlap_without_end_keep_nobody_from_the_lease(
    system: System, clock: MovableClock
) -> None:
    first = await leases.take(system, "first")
    assert first is not None
    lost = 0

    async def step_after_step(number: int) -> None:
        nonlocal lost
        await asyncio.sleep(number * 0.05)
        while not lost:
            try:
                async with system.transaction(first):
                    await asyncio.sleep(0.2)
            except LeaseLost:
                lost += 1

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(step_after_step(number))
        await asyncio.sleep(0.3)
        for _ in range(3):
            clock.advance(seconds=2)
            assert await leases.take(system, "first", first) == first
        clock.advance(seconds=10)
        assert await leases.take(system, "second") == engine(2)
    assert lost


@postgres_only  # on SQLite all engines are in one process and pause together
async def test_an_engine_paused_in_the_middle_is_not_waited_for_long(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotline.system, "LEASE_LIFE", LEASE_LIFE)
    anna = await add_person(system, "Anna")
    caller = await add_caller(system)
    first = await leases.take(system, "first")
    assert first is not None
    clock.advance(seconds=10)

    async def pause_holding_the_contact() -> None:
        async with system.transaction(first) as tx:
            await claims.lock_contact(tx, caller.contact_id)
            began = time.monotonic()
            second = await leases.take(system, "second")
            assert time.monotonic() - began < LEASE_LIFE.total_seconds() + 1.5
            assert second == engine(2)
            assert await offers.make(system, second, Proposal(caller.contact_id, anna.id)) is not None
            await claims.withdraw_offers(tx, caller.contact_id, "too late")

    with pytest.raises(Unavailable):
        await pause_holding_the_contact()
    assert len(await pending(system)) == 1


async def test_a_second_engine_does_nothing_until_the_first_stops(
    system: System, clock: MovableClock
) -> None:
    await add_person(system, "Anna")
    await add_caller(system)
    one, other = Engine(system), Engine(system)
    assert await one.step() == 1
    assert await other.step() == 0
    running = asyncio.get_running_loop().create_task(one.run())
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait([running])
    clock.advance(seconds=31)
    assert await other.step() > 0
    assert await one_value(system, select(lease_rows.c.epoch)) == 2


async def test_twenty_offers_at_once_while_the_lease_moves_on(system: System, clock: MovableClock) -> None:
    """Whatever got in before the successor stands, whatever came after is refused; nothing hangs."""
    anna = await add_person(system, "Anna")
    caller = await add_caller(system)
    first = await leases.take(system, "first")
    assert first is not None
    clock.advance(seconds=3)

    async def attempt(number: int) -> object:
        if number == RUNNERS // 2:
            return await leases.take(system, "second")
        return await offers.make(system, first, Proposal(caller.contact_id, anna.id))

    answers = await at_once(attempt)
    assert engine(2) in answers
    assert {type(each) for each in answers if isinstance(each, BaseException)} <= {LeaseLost}
    with pytest.raises(LeaseLost):
        await attempt(0)


@postgres_only  # SQLite has no clock of its own
async def test_the_databases_clock_is_followed_and_never_runs_back(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = DatabaseClock(system.db)
    await clock.measure()
    there = await system.db.time()
    assert abs((clock.now() - there).total_seconds()) < 5
    before = clock.now()

    async def earlier() -> object:
        return there.replace(year=there.year - 1)

    monkeypatch.setattr(system.db, "time", earlier)
    await clock.measure()
    assert clock.now() == clock.now() >= before

    async def later() -> object:
        return there.replace(year=there.year + 1)

    monkeypatch.setattr(system.db, "time", later)
    await clock.measure()
    assert clock.now() >= there.replace(year=there.year + 1)
