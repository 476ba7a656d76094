"""Planning and changing duty: from pattern to published version, changes, absences, and what is refused."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from hotline import app
from hotline.actions import abilities, absences, leaving, offers, planning, roster
from hotline.errors import (
    DoubleBooked,
    GapWouldOpen,
    HotlineError,
    LineNotServed,
    NotAllowed,
    NotFound,
    NotOnDuty,
    OverrideInvalid,
    PatternInvalid,
    RosterFrozen,
    RotationEmpty,
    SeatTaken,
    ShiftInvalid,
    SkillExpired,
    SpanInvalid,
    StaffUnknown,
    WrongState,
)
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.civil_time import WEEKDAYS, resolve
from hotline.rules.duty import Limits, OnDuty, Override, Pattern, Rotation, Shift
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.explain import explain
from hotline.store import plans, views
from hotline.store import roster as rows
from hotline.store.tables import shifts
from hotline.system import System
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    add_caller,
    add_person,
    offer_to,
)
from tests.store.races import at_once

MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 29)
LEADER = Actor("staff", "leader", roles=frozenset({"supervisor"}))
HOUR = timedelta(hours=1)


async def two(system: System) -> tuple[str, str]:
    """Anna and Beata, without a shift."""
    return (await add_person(system, "Anna", hours=None)).id, (
        await add_person(system, "Beata", hours=None)
    ).id


def around_the_clock(*groups: tuple[str | None, ...], line: str = TRUST, seats: int = 1) -> list[Pattern]:
    """Three shifts a day from Monday on; the groups take turns."""
    return [
        Pattern(
            "", line, frozenset(WEEKDAYS), start * 60, start * 60 + 480, Rotation(groups), MONDAY, seats=seats
        )
        for start in (6, 14, 22)
    ]


async def planned(system: System, *groups: tuple[str | None, ...], line: str = TRUST, seats: int = 1) -> str:
    """A published week by those patterns; the version's id."""
    for pattern in around_the_clock(*groups, line=line, seats=seats):
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, line, MONDAY, SUNDAY)
    await planning.publish(system, OPERATOR, version)
    return version


async def on_duty(system: System, at: datetime | None = None, line: str = TRUST) -> set[str]:
    async with system.read() as tx:
        answer = (await tx.board()).answer(line, at or tx.now)
    return {each.staff_id for each in answer.people} if isinstance(answer, OnDuty) else set()


async def in_force(system: System) -> int:
    async with system.read() as tx:
        counted = select(func.count()).where(shifts.c.in_force)
        return int((await tx.connection.execute(counted)).scalar_one())


def override(kind: str, who: str, start: datetime, hours: float = 1, by: str | None = None) -> Override:
    return Override(0, TRUST, kind, who, start, start + hours * HOUR, by, reason="swap")  # type: ignore[arg-type]


# -- patterns, drafts, publication -----------------------------------------------------------------------


async def test_a_draft_is_made_of_patterns_and_counts_once_published(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await two(system)
    for pattern in around_the_clock((anna,), (beata,)):
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, TRUST, MONDAY, SUNDAY)
    async with system.read() as tx:
        drafted = await views.roster.version_shifts(tx, version)
    assert (len(drafted), await in_force(system), await on_duty(system)) == (21, 0, set())
    await planning.propose(system, OPERATOR, version)
    preview = await planning.preview_publish(system, OPERATOR, version)
    assert {gap.kind for gap in preview.closed} >= {"EMPTY"}
    assert {each.code for each in preview.breached} == {"week_rest"}
    assert preview.asks_again == ()
    await planning.publish(system, OPERATOR, version)
    assert await on_duty(system) == {anna}
    assert await on_duty(system, clock.now() + timedelta(days=1)) == {beata}
    async with system.read() as tx:
        why = explain(await tx.board(), TRUST, tx.now)
    assert [(each.shift.roster_id, each.shift.origin.day) for each in why.seats if each.shift.origin] == [
        (version, MONDAY)
    ]


async def test_a_published_version_never_changes(system: System) -> None:
    anna, beata = await two(system)
    version = await planned(system, (anna,), (beata,))
    async with system.read() as tx:
        planned_before = await views.roster.version_shifts(tx, version)
    start = resolve(MONDAY, 6 * 60, system.centre.zone, "start")
    for attempt in (
        planning.plan_shift(system, OPERATOR, version, Shift("", TRUST, beata, start, start + HOUR)),
        planning.unplan_shift(system, OPERATOR, planned_before[0].id),
        roster.remove_shift(system, OPERATOR, planned_before[0].id),
        planning.propose(system, OPERATOR, version),
        planning.publish(system, OPERATOR, version),
    ):
        with pytest.raises(RosterFrozen):
            await attempt
    async with system.read() as tx:
        assert await views.roster.version_shifts(tx, version) == planned_before


async def test_a_later_version_supersedes_its_days_and_leaves_the_others(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await two(system)
    former = await planned(system, (anna,))
    known = clock.now()
    clock.advance(minutes=5)
    tuesday = MONDAY + timedelta(days=1)
    later = await planning.draft(system, OPERATOR, TRUST, tuesday, tuesday)
    async with system.read() as tx:
        drafted = await views.roster.version_shifts(tx, later)
    for shift in drafted:
        await planning.unplan_shift(system, OPERATOR, shift.id)
        mine = Shift("", "", beata, shift.starts_at, shift.ends_at)
        await planning.plan_shift(system, OPERATOR, later, mine)
    await planning.publish(system, OPERATOR, later)
    at = clock.now()
    assert [await on_duty(system, at + timedelta(days=days)) for days in range(3)] == [
        {anna},
        {beata},
        {anna},
    ]
    assert await in_force(system) == 21
    async with system.read() as tx:
        versions = await views.roster.rosters(tx, TRUST)
        (first,) = (each for each in versions if each.id == former)
        assert (first.status, first.in_force(known), first.in_force(at)) == ("superseded", True, False)
        assert sum(each.in_force(at) for each in versions) == 3  # Monday, Tuesday, the rest of the week
        recalled = await views.roster.recalled(tx, system.centre, TRUST, at + timedelta(days=1))
    assert {each.staff_id for each in recalled.planned.seats} == {beata}


async def test_two_patterns_at_once_sit_in_seats_of_their_own(system: System) -> None:
    anna, beata = await two(system)
    for who in (anna, beata):
        await planning.add_pattern(system, OPERATOR, around_the_clock((who,))[0])
    version = await planning.draft(system, OPERATOR, TRUST, MONDAY, MONDAY)
    await planning.publish(system, OPERATOR, version)
    assert await on_duty(system) == {anna, beata}


@pytest.mark.parametrize(
    ("evening", "hours"), [(date(2026, 10, 24), 9), (date(2027, 3, 27), 7)], ids=["longer", "shorter"]
)
async def test_hand_overs_of_a_night_on_which_the_clocks_change_fit(
    system: System, evening: date, hours: int
) -> None:
    """Exclusive shifts that touch at 02:30 overlap for an hour in autumn: neither database may refuse them."""
    anna, beata = await two(system)
    for start, end, who in ((22 * 60, 26 * 60 + 30, anna), (26 * 60 + 30, 30 * 60, beata)):
        day = evening if start < 24 * 60 else evening + timedelta(days=1)
        shift = start % (24 * 60)
        pattern = Pattern(
            "", TRUST, frozenset(WEEKDAYS), shift, shift + end - start, Rotation(((who,),)), day, day
        )
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, TRUST, evening, evening + timedelta(days=1))
    async with system.read() as tx:
        drafted = await views.roster.version_shifts(tx, version)
    assert drafted[-1].ends_at - drafted[0].starts_at == timedelta(hours=hours)
    await planning.publish(system, OPERATOR, version, confirmed=True)
    assert await in_force(system) == 2


# -- what is refused --------------------------------------------------------------------------------------


async def test_what_does_not_fit_is_refused_and_leaves_nothing(system: System, clock: MovableClock) -> None:
    anna, _ = await two(system)
    cezary = (await add_person(system, "Cezary", lines=(PERPETRATORS,), hours=None)).id
    now = clock.now()
    async with system.read() as tx:
        before = await plans.versions(tx)
    whole = around_the_clock((anna,))[0]
    empty = Pattern("", TRUST, whole.days, 0, 60, Rotation(((None,),)), MONDAY)
    backwards = Pattern("", TRUST, whole.days, 60, 60, Rotation(((anna,),)), MONDAY)
    foreign = Pattern("", TRUST, whole.days, 0, 60, Rotation(((cezary,),)), MONDAY)
    refused = {
        RotationEmpty: planning.add_pattern(system, OPERATOR, empty),
        PatternInvalid: planning.add_pattern(system, OPERATOR, backwards),
        LineNotServed: planning.add_pattern(system, OPERATOR, foreign),
        SpanInvalid: absences.note_absence(system, OPERATOR, anna, "leave", now, now),
        ShiftInvalid: roster.add_shift(system, OPERATOR, TRUST, anna, now, now),
        SkillExpired: abilities.set_skill(system, OPERATOR, anna, "children", now),
        OverrideInvalid: roster.change(system, OPERATOR, override("REPLACE", anna, now, by=anna)),
    }
    for error, attempt in refused.items():
        with pytest.raises(error):
            await attempt
    async with system.read() as tx:
        assert await views.roster.patterns(tx) == []
        assert await plans.versions(tx) == before
        assert (await views.roster.abilities(tx))[anna].skills == ()


async def test_nobody_sits_in_two_places_and_no_seat_holds_two(system: System) -> None:
    anna = (await add_person(system, "Anna", lines=(TRUST, VICTIMS), hours=None)).id
    beata = (await add_person(system, "Beata", hours=None)).id
    await planned(system, (anna,))
    start = resolve(MONDAY + timedelta(days=1), 8 * 60, system.centre.zone, "start")
    elsewhere = await planning.draft(system, OPERATOR, VICTIMS, MONDAY, SUNDAY)
    await planning.plan_shift(system, OPERATOR, elsewhere, Shift("", "", anna, start, start + HOUR))
    with pytest.raises(DoubleBooked):
        await planning.publish(system, OPERATOR, elsewhere)
    twice = await planning.draft(system, OPERATOR, TRUST, SUNDAY, SUNDAY)
    day = resolve(SUNDAY, 8 * 60, system.centre.zone, "start")
    with pytest.raises(SeatTaken):
        await planning.plan_shift(system, OPERATOR, twice, Shift("", "", beata, day, day + HOUR))
    assert await in_force(system) == 21


async def test_fifty_edits_at_once_leave_one_person_in_one_place(system: System) -> None:
    """Two lines are held apart from each other, so only the database can see that they meet in one person."""
    anna = (await add_person(system, "Anna", lines=(TRUST, VICTIMS), hours=None)).id
    start = resolve(MONDAY + timedelta(days=1), 8 * 60, system.centre.zone, "start")
    versions = []
    for number in range(50):
        line = (TRUST, VICTIMS)[number % 2]
        first = MONDAY + timedelta(days=100 + number)  # no version supersedes another
        version = await planning.draft(system, OPERATOR, line, MONDAY, first)
        at = start + timedelta(minutes=number)
        await planning.plan_shift(
            system, OPERATOR, version, Shift("", "", anna, at, at + 2 * HOUR, seat=number + 1)
        )
        versions.append(version)

    async def publish(number: int) -> str:
        await planning.publish(system, OPERATOR, versions[number], confirmed=True)
        return "published"

    answers = await at_once(publish, len(versions))
    others = {type(each) for each in answers if each != "published"}
    assert "published" in answers
    assert others <= {DoubleBooked, SeatTaken}
    async with system.read() as tx:
        query = select(shifts.c.starts_at, shifts.c.ends_at).where(shifts.c.in_force)
        spans = sorted((start, end) for start, end in await tx.connection.execute(query))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


async def test_the_database_itself_refuses_what_two_edits_could_not_see(system: System) -> None:
    if system.db.is_sqlite:
        pytest.skip("one writer at a time sees all others")
    anna, beata = await two(system)
    start = resolve(MONDAY, 8 * 60, system.centre.zone, "start")

    async def write(shift: Shift) -> None:
        async with system.transaction(OPERATOR) as tx:
            await rows.add_shift(tx, shift, system.centre.zone)

    await write(Shift("1", TRUST, anna, start, start + 2 * HOUR))
    await write(Shift("2", TRUST, beata, start + 2 * HOUR, start + 3 * HOUR))
    with pytest.raises(SeatTaken):
        await write(Shift("3", TRUST, beata, start + HOUR, start + 2 * HOUR))
    with pytest.raises(DoubleBooked):
        await write(Shift("4", VICTIMS, anna, start + HOUR, start + 2 * HOUR))
    assert await in_force(system) == 2


# -- changes, absences, confirmation ------------------------------------------------------------------------


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
    await abilities.set_limits(system, LEADER, anna, Limits(rest=None, week_rest=None, nights_in_row=1))
    async with system.read() as tx:
        board = await tx.board()
        (seat,) = board.answer(TRUST, tx.now).people  # type: ignore[union-attr]
        (after,) = board.answer(TRUST, ends).people  # type: ignore[union-attr]
        kinds = {gap.kind for gap in await views.roster.gaps(tx, system.centre, tx.now, tx.now + HOUR)}
    assert (seat.skills, after.skills, after.expired) == ({"children"}, set(), {"children"})
    assert {"THIN", "REST"} <= kinds
    assert board.plan.people[anna].limits.nights_in_row == 1
    assert board.plan.people[beata].limits == Limits()
    await abilities.remove_skill(system, LEADER, anna, "children")
    with pytest.raises(NotFound):
        await abilities.remove_skill(system, LEADER, anna, "children")


# -- never older than the transaction that asks ---------------------------------------------------------------


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
