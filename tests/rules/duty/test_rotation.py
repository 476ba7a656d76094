"""Properties 13 and 14: turns are shared fairly, and an edit from a day on leaves all before it alone."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules.civil_time import WEEKDAYS, Weekday
from hotline.rules.duty import Pattern, Plan, Rotation, Shift, build
from hotline.rules.duty.expansion import expand, holidays_of, occurrences, revise
from hotline.rules.duty.plan import Advance, HolidayRule
from tests.rules.duty.oracle import turns
from tests.rules.duty.small import CENTRE, EVERY, WARSAW, rota
from tests.rules.duty.worlds import pattern, rolls

HOLIDAYS = holidays_of(CENTRE.calendar, date(2016, 1, 1), date(2040, 1, 1))


def served(it: Pattern, days: int) -> list[Shift]:
    start = datetime(it.first.year, it.first.month, it.first.day, tzinfo=UTC) - timedelta(days=1)
    return list(expand(it, HOLIDAYS, WARSAW, start, start + timedelta(days=days)).shifts)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    st.sampled_from(["as_weekday", "closed", "like_sunday", "only"]),
    st.integers(1, 14),
    st.integers(1, 3),
    st.dates(date(2020, 1, 1), date(2034, 1, 1)),
)
def test_each_of_n_serves_k_times_in_n_times_k_turns(
    days: set[Weekday], holidays: HolidayRule, n: int, every: int, first: date
) -> None:
    people = [f"w{number}" for number in range(n)]
    it = rota("p", 480, 960, *[(who,) for who in people], first=first, every_weeks=every)
    it = replace(it, days=frozenset(days), holidays=holidays)
    found = [shift.staff_id for shift in served(it, 730)]
    k = len(found) // n
    assert Counter(found[: n * k]) == (dict.fromkeys(people, k) if k else {})
    assert found[: n * k] == people * k, "in order"


@settings(max_examples=50, deadline=None)
@given(rolls)
def test_turns_are_those_a_walk_counts(rng: Random) -> None:
    it = pattern(rng, "p", date(2026, 10, 22))
    walked = list(turns(it, date(2027, 3, 1)))
    assert [day for day, _ in walked] == list(occurrences(it, HOLIDAYS, date(2027, 3, 1)))
    span = datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
    found = expand(it, HOLIDAYS, WARSAW, *span)
    seats = {(each.origin.day, each.seat): each.staff_id for each in found.shifts if each.origin}
    for day, members in walked:
        if date(2026, 10, 28) < day < date(2027, 2, 26) and all(day != each.day for each in found.dropped):
            for seat, who in enumerate(members[: it.seats], 1):
                assert seats.get((day, seat)) == who


@settings(max_examples=25, deadline=None)
@given(rolls, st.integers(1, 60))
def test_a_longer_span_holds_the_same_shifts(rng: Random, days: int) -> None:
    it = pattern(rng, "p", date(2026, 10, 22))
    start = datetime(2026, 10, 24, tzinfo=UTC)
    whole = expand(it, HOLIDAYS, WARSAW, start - timedelta(days=40), start + timedelta(days=100)).shifts
    part = expand(it, HOLIDAYS, WARSAW, start, start + timedelta(days=days)).shifts
    end = start + timedelta(days=days)
    assert part == tuple(each for each in whole if each.starts_at < end and start < each.ends_at)


@settings(max_examples=25, deadline=None)
@given(rolls, st.integers(1, 50), st.booleans())
def test_an_edit_from_a_day_on_leaves_everything_before_it_as_it_was(
    rng: Random, after: int, moves: bool
) -> None:
    it = replace(pattern(rng, "p", date(2026, 10, 1)), line="night", last=None)
    day = it.first + timedelta(days=after)
    wanted = replace(it, id="new", start=it.start, end=it.end)
    if moves:
        wanted = replace(wanted, start=0, end=60, rotation=Rotation((("z",),)))
    old, new = revise(it, day, wanted, HOLIDAYS)
    start = datetime(it.first.year, it.first.month, it.first.day, tzinfo=UTC)
    span = start, start + timedelta(days=120)

    def shifts(*patterns: Pattern) -> list[Shift]:
        return [each for one in patterns for each in expand(one, HOLIDAYS, WARSAW, *span).shifts]

    was, now = (build(CENTRE, Plan.of(rows), *span) for rows in (shifts(it), shifts(old, new)))
    edge = datetime(day.year, day.month, day.day, tzinfo=WARSAW)
    for line in was.supplies:
        one, other = (
            [
                (start, min(end, edge), seats)
                for start, end, seats in board.supplies[line].stretches()
                if start < edge
            ]
            for board in (was, now)
        )
        assert one == other
    if not moves:  # the same rotation goes on where it stood: nobody is skipped, nobody serves twice
        key = [(each.staff_id, each.starts_at, each.seat) for each in shifts(it)]
        assert key == [(each.staff_id, each.starts_at, each.seat) for each in shifts(old, new)]


def test_empty_chairs_take_their_turn() -> None:
    it = rota("p", 480, 960, ("a",), (None,), ("b",), first=date(2026, 12, 1))
    found = [(each.origin.day.day, each.staff_id) for each in served(it, 8) if each.origin]
    assert found == [(1, "a"), (3, "b"), (4, "a"), (6, "b"), (7, "a")]


@pytest.mark.parametrize(
    ("advance", "expected"),
    [("day", "abababa"), ("week", "aaaaaab"), ("per_occurrence", "abababa")],
)
def test_ways_to_advance(advance: Advance, expected: str) -> None:
    """From Tuesday 1 December 2026 to the Monday after."""
    it = rota("p", 480, 960, ("a",), ("b",), first=date(2026, 12, 1))
    it = replace(it, rotation=replace(it.rotation, advance=advance))
    assert "".join(each.staff_id for each in served(it, 8)) == expected


def test_month_by_month() -> None:
    it = rota("p", 480, 960, ("a",), ("b",), first=date(2026, 11, 29))
    it = replace(it, rotation=Rotation(it.rotation.groups, "month", anchor=1))
    assert "".join(each.staff_id for each in served(it, 5)) == "bbaa"


def test_holidays_skip_or_run_like_a_sunday_or_run_alone() -> None:
    """24 to 26 December 2026, a Thursday to a Saturday."""
    first, last = date(2026, 12, 23), date(2026, 12, 28)
    days: list[tuple[HolidayRule, frozenset[Weekday]]] = [
        ("as_weekday", EVERY),
        ("closed", EVERY),
        ("like_sunday", frozenset({"sun"})),
        ("only", EVERY),
    ]
    runs = {}
    for policy, mask in days:
        it = replace(rota("p", 0, 60, ("a",), first=first), days=mask, holidays=policy)
        runs[policy] = [day.day for day in occurrences(it, HOLIDAYS, last)]
    assert runs == {
        "as_weekday": [23, 24, 25, 26, 27, 28],
        "closed": [23, 27, 28],
        "like_sunday": [24, 25, 26, 27],
        "only": [24, 25, 26],
    }
