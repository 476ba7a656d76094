"""Gaps are told once per step whoever looks, ring on the board a day ahead; comings and goings are written once."""

import argparse
import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from hotline import duty_commands
from hotline.actions import attendance, presence, roster, staff_notices
from hotline.clockwork import Clockwork
from hotline.ids import new_id
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.alarms import DUTY_EMPTY, DUTY_MISSED
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Override
from hotline.rules.duty.demand import Demand, DemandWindow
from hotline.rules.duty.explain import present
from hotline.store import claims, duty_log, tables
from hotline.store import roster as rows
from hotline.system import System
from tests import factories
from tests.factories import TRUST, VICTIMS, MovableClock, Person

EVER = timedelta(days=36)
Kind = Literal["ADD", "REMOVE", "REPLACE"]


async def look(system: System, *clocks: Clockwork) -> None:
    actor = await factories.leading(system)
    for each in clocks or (Clockwork(system),):
        await each.look(actor)


async def reachable(system: System, name: str = "Ewa", lines: Iterable[str] = ()) -> Person:
    """A supervisor with a chat."""
    person = await factories.add_person(system, name, tuple(lines), ("supervisor",), hours=None)
    async with system.transaction(OPERATOR) as tx:
        await claims.link_chat(tx, person.id, name, b"sealed")
    return person


async def needed_only(system: System, line: str, start: datetime) -> Person:
    """Somebody is needed on this line for an hour of this day, and is planned for it; nowhere else anybody is."""
    day, minute = start.astimezone(system.centre.zone).date(), start.astimezone(system.centre.zone).hour * 60
    async with system.transaction(OPERATOR) as tx:
        lines = [line for queue in system.centre.queues.values() for line in queue.lines]
        await claims.edit_lines(tx, lines)
        window = DemandWindow(frozenset(WEEKDAYS), minute, minute + 60)
        for each in lines:  # what is stated for all days, so that nobody is taken for granted
            nobody = Demand("", each, windows=(DemandWindow(frozenset(), 0, 0),))
            stated = [nobody]
            if each == line:
                before, after = day - timedelta(days=1), day + timedelta(days=1)
                here = Demand("", each, windows=(window,), first=day, last=day)
                stated = [replace(nobody, last=before), here, replace(nobody, first=after)]
            for demand in stated:
                await rows.add_demand(tx, replace(demand, id=new_id()), "operator")
    person = await factories.add_person(system, "Anna", (line,), hours=None)
    await roster.add_shift(system, OPERATOR, line, person.id, start, start + timedelta(hours=1))
    return person


async def messages(system: System, kind: str = "gaps") -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(whom, [(line, kind, step)]) of all that was told."""
    query = select(tables.staff_notices).where(tables.staff_notices.c.kind == kind)
    async with system.read() as tx:
        found = await tx.connection.execute(query.order_by(tables.staff_notices.c.made_at))
        return [
            (row.staff_id, [(gap["line"], gap["kind"], gap["step"]) for gap in row.coded.get("gaps", [])])
            for row in found
        ]


async def rung(system: System, kind: str) -> list[tuple[str | None, bool]]:
    """(line, is over) of these alarms."""
    query = select(tables.alarms).where(tables.alarms.c.kind == kind).order_by(tables.alarms.c.raised_at)
    async with system.read() as tx:
        return [(row.line, row.ended_at is not None) for row in await tx.connection.execute(query)]


def change(kind: Kind, who: Person, start: datetime) -> Override:
    return Override(0, TRUST, kind, who.id, start, start + timedelta(hours=1), reason="mistake")


async def test_an_edit_that_opens_a_gap_is_told_at_once_and_then_at_every_step_once(
    system: System, clock: MovableClock
) -> None:
    ewa = await reachable(system)
    start = clock.now() + timedelta(days=42)
    anna = await needed_only(system, TRUST, start)
    first, second = Clockwork(system), Clockwork(system)
    await look(system, first, second)
    assert await messages(system) == []
    await roster.change(system, OPERATOR, change("REMOVE", anna, start))
    await look(system, first, second, first, Clockwork(system))
    told = [(ewa.id, [(TRUST, "EMPTY", "at_once")])]
    assert await messages(system) == told
    for days, step in ((28, "14d"), (35.5, "7d"), (41.1, "24h"), (41.95, "2h")):
        clock.set(factories.MONDAY + timedelta(days=days))
        await look(system, first, second, Clockwork(system))
        told += [(ewa.id, [(TRUST, "EMPTY", step)])]
        assert await messages(system) == told, step
    assert await rung(system, DUTY_EMPTY) == [(TRUST, False)]
    clock.set(start + timedelta(hours=1))
    await look(system, first)
    assert await rung(system, DUTY_EMPTY) == [(TRUST, True)]


async def test_an_empty_roster_is_one_message_and_none_from_behind_the_wall(system: System) -> None:
    ewa, walled = await reachable(system), await reachable(system, "Wanda", [VICTIMS])
    await look(system)
    rung_lines = [line for line, _ in await rung(system, DUTY_EMPTY)]
    assert TRUST in rung_lines
    assert len(rung_lines) == len(set(rung_lines)), (
        "one alarm for each line, however many of its days are empty"
    )
    told = dict(await messages(system))
    assert set(told) == {ewa.id, walled.id}
    assert {kind for _, kind, _ in told[ewa.id]} == {"EMPTY"}
    async with system.read() as tx:
        coded = (await tx.connection.execute(select(tables.staff_notices.c.coded))).scalars().all()
    behind = system.centre.lines_behind_wall(VICTIMS)
    assert behind
    shown = {line for line, _, _ in told[walled.id]}
    assert not shown & behind
    assert all("need" not in gap for row in coded for gap in row["gaps"])


async def test_nobody_to_be_told_means_that_nothing_was_told(system: System) -> None:
    await look(system)
    ewa = await reachable(system)
    await look(system)
    assert [who for who, _ in await messages(system)] == [ewa.id]


async def test_a_gap_that_was_closed_is_news_when_it_opens_again(system: System) -> None:
    await reachable(system)
    start = system.clock.now() + timedelta(days=5)
    anna = await needed_only(system, TRUST, start)
    clockwork = Clockwork(system)
    await look(system, clockwork)
    for round_number in (1, 2):
        await roster.change(system, OPERATOR, change("REMOVE", anna, start))
        await look(system, clockwork)
        assert len(await messages(system)) == round_number
        await roster.change(system, OPERATOR, change("ADD", anna, start))
        await look(system, clockwork)


async def test_missing_five_minutes_into_the_shift_calls_supervisor_and_next_rung_once(
    system: System, clock: MovableClock
) -> None:
    ewa = await reachable(system)
    start = clock.now() + timedelta(hours=1)
    anna, beata = [
        await factories.add_person(system, name, (TRUST,), hours=None, present=False)
        for name in ("Anna", "Beata")
    ]
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, start, start + timedelta(hours=8))
    backup = Override(0, TRUST, "ADD", beata.id, start, start + timedelta(hours=8), tier=2, reason="need")
    await roster.change(system, OPERATOR, backup)
    async with system.transaction(OPERATOR) as tx:
        await claims.link_chat(tx, beata.id, "Beata", b"sealed")
    clock.set(start + timedelta(minutes=4, seconds=59))
    await look(system)
    assert await rung(system, DUTY_MISSED) == []
    clock.set(start + timedelta(minutes=5))
    for _ in range(2):
        await look(system)
        await staff_notices.gather(system, CHANNEL)
    assert await rung(system, DUTY_MISSED) == [(TRUST, False)]
    assert {who for who, _ in await messages(system, "missed")} == {ewa.id, beata.id}
    assert len(await messages(system, "missed")) == 2
    await presence.seen(system, anna.actor)
    await look(system)
    assert await rung(system, DUTY_MISSED) == [(TRUST, True)]


async def test_who_was_on_duty_is_written_once_per_change_and_answers_the_past(
    system: System, clock: MovableClock
) -> None:
    start = clock.now()
    anna = await factories.add_person(system, "Anna", (TRUST,), hours=None)
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, start, start + timedelta(hours=2))
    engine = await factories.leading(system)

    async def facts() -> list[tuple[str, str, datetime]]:
        async with system.read() as tx:
            found = await duty_log.facts(tx, [TRUST], start - EVER, start + EVER)
        return [(fact.kind, fact.source, fact.at) for fact in found]

    await asyncio.gather(
        *(attendance.settle(system, engine, {anna.id}) for _ in range(2)),
        *(presence.set_intent(system, anna.actor, "available") for _ in range(2)),
    )
    clock.advance(seconds=10)
    await asyncio.gather(*(presence.seen(system, anna.actor) for _ in range(4)))
    await look(system)
    assert [(kind, at) for kind, _, at in await facts()] == [("in", start)]
    clock.advance(minutes=6)
    await look(system)
    quiet = start + timedelta(seconds=10)
    assert (await facts())[1:] == [("out", "engine", quiet)]
    await presence.seen(system, anna.actor)
    back = clock.now()
    await presence.set_intent(system, anna.actor, "off")
    await presence.set_intent(system, anna.actor, "available")
    clock.set(start + timedelta(hours=2, minutes=3))
    await look(system)
    ended = start + timedelta(hours=2)
    assert ("out", "hand", back) in await facts()
    async with system.read() as tx:
        found = await duty_log.facts(tx, [TRUST], start - EVER, start + EVER)
    asked = argparse.Namespace(what="who", line=TRUST, at=datetime.fromisoformat("2026-11-23T10:03"))
    was = await duty_commands._asked(system, asked)
    assert was[:2] == ["THERE: nobody took up duty", "MISSING: Anna Testowa"]
    for at, there in ((start, True), (quiet, False), (ended - timedelta(minutes=1), False)):
        assert (anna.id in present(found, [TRUST], at)) is there, at
