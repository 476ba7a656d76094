"""Changing duty: overrides, absences, skills; and boards that are never older than whoever asks."""

import asyncio
from datetime import datetime, timedelta

import pytest

from hotline import app
from hotline.actions import abilities, absences, leaving, offers, planning, roster
from hotline.errors import (
    GapWouldOpen,
    HotlineError,
    NotAllowed,
    NotFound,
    NotOnDuty,
    StaffUnknown,
    WrongState,
)
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.duty import Limits, OnDuty, Override
from hotline.rules.duty.demand import Demand
from hotline.store import roster as rows
from hotline.store import views
from hotline.system import System
from tests.factories import (
    PERPETRATORS,
    TRUST,
    MovableClock,
    add_caller,
    add_person,
    offer_to,
)
from tests.rosters import HOUR, LEADER, MONDAY, SUNDAY, around_the_clock, on_duty, planned, two


def override(kind: str, who: str, start: datetime, hours: float = 1, by: str | None = None) -> Override:
    return Override(0, TRUST, kind, who, start, start + hours * HOUR, by, reason="swap")  # type: ignore[arg-type]


# -- changes, absences, confirmation -----------------------------------------------------------------


async def test_one_of_two_is_replaced_and_the_other_stays(system: System, clock: MovableClock) -> None:
    anna, beata = await two(system)
    dorota = (await add_person(system, "Dorota", hours=None)).id
    await planned(system, (anna, beata), seats=2)
    assert await on_duty(system) == {anna, beata}
    change = override("REPLACE", anna, clock.now(), 2, by=dorota)
    preview = await roster.preview_change(system, LEADER, change)
    assert not preview.asks_again
    await roster.change(system, LEADER, change)
    assert await on_duty(system) == {dorota, beata}
    assert await on_duty(system, clock.now() + 3 * HOUR) == {anna, beata}


async def test_a_gap_within_three_days_is_asked_about_and_named(system: System, clock: MovableClock) -> None:
    anna, _ = await two(system)
    await planned(system, (anna,))
    soon, later = (
        override("REMOVE", anna, clock.now() + HOUR),
        override("REMOVE", anna, clock.now() + 73 * HOUR),
    )
    preview = await roster.preview_change(system, LEADER, soon)
    assert [(gap.kind, gap.start) for gap in preview.asks_again] == [("EMPTY", soon.starts_at)]
    with pytest.raises(GapWouldOpen) as refused:
        await roster.change(system, LEADER, soon)
    assert refused.value.params == {
        "line": system.centre.line(TRUST).name_pl, "start": "23.11. 11:00", "end": "23.11. 12:00",
    }  # fmt: skip
    assert await on_duty(system, soon.starts_at) == {anna}
    await roster.change(system, LEADER, soon, confirmed=True)
    await roster.change(system, LEADER, later)  # time enough to find somebody
    assert await on_duty(system, soon.starts_at) == await on_duty(system, later.starts_at) == set()
    async with system.read() as tx:
        gaps = await views.roster.gaps(tx, system.centre, tx.now, tx.now + timedelta(days=5))
    assert {(gap.kind, gap.start) for gap in gaps if gap.line == TRUST} >= {
        ("EMPTY", soon.starts_at), ("EMPTY", later.starts_at),
    }  # fmt: skip


async def test_people_ask_for_their_own_absence_and_it_counts_once_approved(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await two(system)
    await planned(system, (anna,))
    myself = Actor("staff", anna, roles=frozenset({"counsellor"}))
    start, end = clock.now(), clock.now() + 4 * HOUR
    with pytest.raises(HotlineError):
        await absences.note_absence(system, myself, beata, "leave", start, end)
    with pytest.raises(NotAllowed):
        await absences.note_absence(system, myself, anna, "leave", start, end, approved=True)
    asked = await absences.note_absence(system, myself, anna, "leave", start, end)
    assert await on_duty(system) == {anna}
    with pytest.raises(GapWouldOpen):
        await absences.approve(system, LEADER, asked)
    await absences.approve(system, LEADER, asked, confirmed=True)
    assert await on_duty(system) == set()
    with pytest.raises(WrongState):
        await absences.approve(system, LEADER, asked)
    await absences.withdraw_absence(system, myself, asked)
    assert await on_duty(system) == {anna}
    with pytest.raises(NotFound):
        await absences.withdraw_absence(system, Actor("staff", beata), asked)


async def test_skills_limits_and_demands_are_what_gaps_are_made_of(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await two(system)
    await planned(system, (anna,))
    await planning.add_demand(system, LEADER, Demand("", TRUST, people=2))
    ends = clock.now() + 2 * HOUR
    await abilities.set_skill(system, LEADER, anna, "children", ends)
    await abilities.set_limits(system, LEADER, anna, {"rest": 8, "nights_in_row": 1})
    async with system.read() as tx:
        board = await tx.board()
        (seat,) = board.answer(TRUST, tx.now).people  # type: ignore[union-attr]
        (after,) = board.answer(TRUST, ends).people  # type: ignore[union-attr]
        kinds = {gap.kind for gap in await views.roster.gaps(tx, system.centre, tx.now, tx.now + HOUR)}
    assert (seat.skills, after.skills, after.expired) == ({"children"}, set(), {"children"})
    assert {"THIN", "REST"} <= kinds
    assert board.plan.people[anna].limits == Limits(rest=8, nights_in_row=1)
    assert board.plan.people[beata].limits == Limits()
    await abilities.remove_skill(system, LEADER, anna, "children")
    with pytest.raises(NotFound):
        await abilities.remove_skill(system, LEADER, anna, "children")


# -- never older than the transaction that asks ------------------------------------------------------


async def test_a_process_that_heard_no_poke_lets_nobody_accept_who_is_off_duty(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=None)
    shift = await roster.add_shift(system, OPERATOR, TRUST, anna.id, clock.now(), clock.now() + 8 * HOUR)
    caller = await add_caller(system)
    made = await offer_to(system, caller.contact_id, anna.id)
    assert made is not None
    async with app.open_system(
        system.settings, clock
    ) as other:  # its own memory, its own bus: no poke arrives
        assert await on_duty(other) == {anna.id}
        await roster.remove_shift(system, OPERATOR, shift)
        with pytest.raises(NotOnDuty):
            await offers.accept(other, anna.actor, made.id, made.token)
        assert await on_duty(other) == set()


async def test_an_edit_that_is_rolled_back_leaves_no_trace_in_memory(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=None)
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, clock.now(), clock.now() + 8 * HOUR)

    async def fail() -> None:
        async with system.transaction(OPERATOR) as tx:
            await rows.vacate_shifts(tx, anna.id, [TRUST])
            assert not isinstance((await tx.board()).answer(TRUST, tx.now), OnDuty)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await on_duty(system) == {anna.id}


async def test_only_the_touched_line_is_compiled_anew(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", hours=None)
    async with system.read() as tx:
        before = await tx.board()
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, clock.now(), clock.now() + HOUR)
    async with system.read() as tx:
        after = await tx.board()
    fresh = {line for line in after.supplies if after.supplies[line] is not before.supplies[line]}
    assert fresh == {TRUST}


async def test_a_board_knows_the_wall_of_whoever_came_after_it(system: System) -> None:
    await two(system)
    assert await on_duty(system) == set()
    cezary = await add_person(system, "Cezary", lines=(PERPETRATORS,))
    async with system.read() as tx:
        board = await tx.board()
    assert board.plan.people[cezary.id].lines == {PERPETRATORS}
    (seat,) = board.supplies[PERPETRATORS].at(system.clock.now())
    assert seat.lines == {PERPETRATORS}


async def test_who_leaves_is_not_published_by_whoever_plans_at_that_moment(system: System) -> None:
    anna, beata = await two(system)
    for pattern in around_the_clock((anna,), (beata,)):
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, TRUST, MONDAY, SUNDAY)
    both = (planning.publish(system, OPERATOR, version), leaving.leave(system, OPERATOR, anna))
    published, left = await asyncio.gather(*both, return_exceptions=True)
    assert left is None
    assert published is None or isinstance(published, StaffUnknown)
    async with system.read() as tx:
        board = await tx.board()
    assert anna not in board.people()
    assert (beata in board.people()) == (published is None)
