"""A check is saved with what the program measured; what does not work rings once, until it works or is long over."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline.actions import presence, reach, roster, shift_checks
from hotline.clockwork import Clockwork
from hotline.errors import Malformed, NoCheckDue, NotAllowed
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.alarms import SHIFT_CHECK
from hotline.store import tables, views
from hotline.store.views import CheckNow
from hotline.system import System
from tests import factories
from tests.factories import TRUST, VICTIMS, MovableClock, Person

FINE = dict.fromkeys(("phone_on", "phone_test", "greeting", "number_shown"), "ok")
ENDED = dict.fromkeys(("announcement", "announcement_test"), "ok")


async def on_shift(system: System, clock: MovableClock) -> Person:
    """Anna, a quarter of an hour before her eight hours."""
    anna = await factories.add_person(system, "Anna", hours=None)
    start = clock.now() + timedelta(minutes=15)
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, start, start + timedelta(hours=8))
    return anna


async def rung(system: System) -> list[tuple[str, str | None, bool]]:
    """(about whom, line, is over)"""
    query = select(tables.alarms).where(tables.alarms.c.kind == SHIFT_CHECK)
    async with system.read() as tx:
        found = await tx.connection.execute(query.order_by(tables.alarms.c.raised_at))
        return [(row.thing_id, row.line, row.ended_at is not None) for row in found]


async def now(system: System, person: Person) -> CheckNow:
    async with system.read() as tx:
        found = await views.check_now(tx, await tx.board(), person.id)
    assert found is not None
    return found


async def seen_by(system: System, lines: tuple[str, ...] = ()) -> dict[str, CheckNow]:
    """What somebody who leads reads."""
    async with system.read() as tx:
        return await views.checks_on_duty(tx, await tx.board(), frozenset(lines))


async def count(system: System) -> list[int]:
    async with system.read() as tx:
        tables_of_callers = (tables.contacts, tables.threads, tables.entries, tables.counters)
        queries = [select(func.count()).select_from(table) for table in tables_of_callers]
        return [int((await tx.connection.execute(query)).scalar_one()) for query in queries]


async def test_what_is_measured_is_measured_and_the_try_of_the_chat_leaves_nothing(
    system: System, clock: MovableClock
) -> None:
    anna = await on_shift(system, clock)
    before = await count(system)
    assert await shift_checks.save(system, anna.actor, "start", FINE) == "done"
    saved = (await now(system, anna)).saved
    assert saved is not None
    assert saved.results["chat"]["result"] == "ok"
    assert saved.results["console"] == {"result": "ok", "seconds": 0}
    assert await count(system) == before
    assert await rung(system) == []
    with pytest.raises(NoCheckDue):
        await shift_checks.save(system, anna.actor, "end", ENDED)


async def test_a_chat_that_keeps_nothing_is_told_from_one_that_works(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await on_shift(system, clock)

    async def silent(_system: System) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(shift_checks, "PATIENCE", 0.05)
    monkeypatch.setattr(shift_checks, "_ask_journal", silent)
    assert await shift_checks.save(system, anna.actor, "start", FINE) == "failed"
    assert await rung(system) == [(anna.id, TRUST, False)]


async def test_what_does_not_work_rings_once_with_a_remark_for_whoever_leads_and_is_over_when_it_works(
    system: System, clock: MovableClock
) -> None:
    anna = await on_shift(system, clock)
    broken = {**FINE, "phone_on": "bad"}
    words = "Ładowarka nie działa."
    states = await asyncio.gather(
        *(shift_checks.save(system, anna.actor, "start", broken, words) for _ in range(5))
    )
    assert states == ["failed"] * 5
    assert await rung(system) == [(anna.id, TRUST, False)]
    assert (await seen_by(system))[anna.id].remark == words
    async with system.read() as tx:
        rows = (await tx.connection.execute(select(tables.shift_checks))).all()
        audit = select(tables.audit.c.coded).where(tables.audit.c.verb == "shift_checks.save")
        recorded = (await tx.connection.execute(audit)).scalars().all()
    assert not any(words.encode() in (row.remark_sealed or b"") for row in rows)
    assert recorded == [{"phase": "start", "failed": ["phone_on"]}] * 5
    assert await shift_checks.save(system, anna.actor, "start", {"phone_on": "ok"}) == "open"
    assert await rung(system) == [(anna.id, TRUST, False)], "half an answer ends no alarm"
    assert await shift_checks.save(system, anna.actor, "start", FINE) == "done"
    assert await rung(system) == [(anna.id, TRUST, True)]


async def test_the_wall_stands_between_a_check_and_who_leads_the_other_side(
    system: System, clock: MovableClock
) -> None:
    behind = next(iter(system.centre.lines_behind_wall(VICTIMS)))
    franek = await factories.add_person(system, "Franek", (behind,))
    assert franek.id in await seen_by(system)
    assert franek.id not in await seen_by(system, (VICTIMS,))


async def test_the_end_says_what_is_still_in_hand_and_a_failure_falls_silent_by_the_clock(
    system: System, clock: MovableClock
) -> None:
    anna = await on_shift(system, clock)
    clock.advance(minutes=15)
    await shift_checks.save(system, anna.actor, "start", {**FINE, "phone_test": "bad"})
    clock.advance(hours=7, minutes=40)
    await presence.seen(system, anna.actor)
    await factories.talk(system, anna)
    engine, clockwork = await factories.leading(system), Clockwork(system)
    await clockwork.look(engine)
    assert await rung(system) == [(anna.id, TRUST, False)]
    assert await shift_checks.save(system, anna.actor, "end", {**ENDED, "announcement": "bad"}) == "failed"
    saved = (await now(system, anna)).saved
    assert saved is not None
    assert saved.results["talks"] == {"result": "note", "talks": 1, "cards": 0}
    for hours, over in ((2, False), (1, True)):
        clock.advance(hours=hours)
        await clockwork.look(engine)
        assert await rung(system) == [(anna.id, TRUST, over)]


async def test_the_bots_own_word_is_believed_while_it_is_fresh(system: System, clock: MovableClock) -> None:
    anna = await on_shift(system, clock)
    system.settings = dataclasses.replace(system.settings, telegram_token="1:x")

    async def bot() -> dict[str, object]:
        await presence.seen(system, anna.actor)
        await shift_checks.save(system, anna.actor, "start", FINE)
        saved = (await now(system, anna)).saved
        assert saved is not None
        return dict(saved.results["bot"])

    assert await bot() == {"result": "bad", "why": "silent"}
    await reach.sign(system, CHANNEL, "telegram", "")
    clock.advance(seconds=40)
    assert await bot() == {"result": "ok", "seconds": 40}
    await reach.sign(system, CHANNEL, "telegram", "webhook")
    assert await bot() == {"result": "bad", "why": "webhook"}
    clock.advance(minutes=4)
    assert await bot() == {"result": "bad", "why": "silent"}


async def test_nobody_answers_for_another_and_nothing_else_is_taken(
    system: System, clock: MovableClock
) -> None:
    anna = await on_shift(system, clock)
    filip = await factories.add_person(system, "Filip", (), ("supervisor",), hours=None)
    with pytest.raises(NotAllowed):
        await shift_checks.save(system, filip.actor, "start", FINE)
    for answers in ({"phone_on": "maybe"}, {"announcement": "ok"}, {"console": "ok"}):
        with pytest.raises(Malformed):
            await shift_checks.save(system, anna.actor, "start", answers)
    assert (await now(system, anna)).saved is None
