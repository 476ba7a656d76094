"""Planning ahead: from pattern to published version, and what is refused."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from hotline.actions import abilities, absences, planning, roster
from hotline.errors import (
    DoubleBooked,
    LineNotServed,
    OverrideInvalid,
    PatternInvalid,
    RosterFrozen,
    RotationEmpty,
    SeatTaken,
    ShiftInvalid,
    SkillExpired,
    SpanInvalid,
    Unavailable,
)
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import WEEKDAYS, resolve
from hotline.rules.duty import Override, Pattern, Rotation, Shift
from hotline.rules.duty.explain import explain
from hotline.store import plans, views
from hotline.store import roster as rows
from hotline.store.tables import shifts
from hotline.system import System
from tests.databases import postgres_only
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    add_person,
)
from tests.rosters import HOUR, MONDAY, SUNDAY, around_the_clock, in_force, on_duty, planned, two
from tests.store.races import at_once

# -- patterns, drafts, publication -------------------------------------------------------------------


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


# -- what is refused ---------------------------------------------------------------------------------


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
        OverrideInvalid: roster.change(
            system, OPERATOR, Override(0, TRUST, "REPLACE", anna, now, now + HOUR, by=anna, reason="swap")
        ),
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
        while True:
            try:
                await planning.publish(system, OPERATOR, versions[number], confirmed=True)
            except Unavailable:  # the database saw two wait for each other, or no connection was free
                continue
            return "published"

    answers = await at_once(publish, len(versions))
    others = {type(each) for each in answers if each != "published"}
    assert "published" in answers
    assert others <= {DoubleBooked, SeatTaken}
    async with system.read() as tx:
        query = select(shifts.c.starts_at, shifts.c.ends_at).where(shifts.c.in_force)
        spans = sorted((start, end) for start, end in await tx.connection.execute(query))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@postgres_only  # on SQLite one writer at a time sees all others
async def test_the_database_itself_refuses_what_two_edits_could_not_see(system: System) -> None:
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
