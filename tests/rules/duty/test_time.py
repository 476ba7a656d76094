"""Properties 1 to 3: edges by the wall clock, tilings without a gap, and as many hours as a year has."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules.civil_time import WEEKDAYS, resolve
from hotline.rules.duty import Pattern, Plan, Rotation
from hotline.rules.duty.expansion import edges, expand, holidays_of
from hotline.rules.duty.spans import length, union
from hotline.rules.duty.supply import compile_supply
from tests.rules.duty.oracle import instant, walls
from tests.rules.duty.worlds import YEARS, ZONES, changes, own_centre, windows

WARSAW = ZONES[0]
EVERY = frozenset(WEEKDAYS)
SOMEBODY = Rotation((("a",),))

zones = st.sampled_from(ZONES)


@st.composite
def zone_days(draw: st.DrawFn) -> tuple[ZoneInfo, date]:
    """A day of the twenty years in some zone; half of them close to a clock change."""
    zone = draw(zones)
    close = st.sampled_from(windows(zone)).map(lambda first: first + timedelta(days=4))
    days = st.dates(date(YEARS[0], 1, 1), date(YEARS.stop - 1, 12, 31))
    return zone, draw(close | days) + timedelta(days=draw(st.integers(-2, 2)))


@settings(max_examples=80, deadline=None)
@given(zone_days(), st.integers(0, 1439), st.integers(1, 1440))
def test_both_edges_are_what_a_walk_over_real_minutes_finds(
    where: tuple[ZoneInfo, date], start: int, lasts: int
) -> None:
    zone, day = where
    found = edges(day, start, start + lasts, zone)
    seen = walls(zone, day, 2)
    assert found == (instant(seen.starts(day, start)), instant(seen.ends(day, start + lasts)))
    assert found == (resolve(day, start, zone, "start"), resolve(day, start + lasts, zone, "end"))
    assert found[0] <= found[1]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_short_cut_for_ordinary_days_agrees_with_the_long_way_on_every_day(zone: ZoneInfo) -> None:
    """Near a clock change by three spans each, on ordinary days by one of them in turn."""
    near = {first + timedelta(days=days) for first in changes(zone) for days in range(2, 8)}
    spans = ((0, 1440), (1320, 1800), (119, 121))
    day = date(YEARS[0], 1, 1)
    while day.year < YEARS.stop:
        for start, end in spans if day in near else [spans[day.toordinal() % 3]]:
            assert edges(day, start, end, zone) == (
                resolve(day, start, zone, "start"),
                resolve(day, end, zone, "end"),
            )
        day += timedelta(days=1)


@settings(max_examples=25, deadline=None)
@given(zone_days(), st.lists(st.integers(1, 1439), max_size=5, unique=True))
def test_patterns_that_tile_the_day_leave_no_gap_and_overlap_in_the_repeated_hour_only(
    where: tuple[ZoneInfo, date], cuts: list[int]
) -> None:
    zone, day = where
    points = [0, *sorted(cuts), 1440]
    tiles = [
        Pattern(f"p{n}", "night", EVERY, start, end, SOMEBODY, day - timedelta(days=3))
        for n, (start, end) in enumerate(pairwise(points))
    ]
    first, last = resolve(day, 0, zone, "start"), resolve(day + timedelta(days=2), 0, zone, "end")
    shifts = [shift for each in tiles for shift in expand(each, (), zone, first, last).shifts]
    assert union((each.starts_at, each.ends_at) for each in shifts)[0][0] <= first
    supply = compile_supply("night", Plan.of(shifts), first, last)
    seen = walls(zone, day, 3)
    for start, end, seats in supply.stretches():
        assert seats, f"nobody from {start} to {end}"
        if len(seats) > 1:
            minute = int(start.timestamp()) // 60
            wall = seen.wall[minute]
            assert seen.first_shown[wall] != seen.last_shown[wall], f"two at {start}, in no repeated hour"


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("year", [YEARS[0], 2026, 2028])
def test_a_line_round_the_clock_has_as_many_hours_as_the_year(zone: ZoneInfo, year: int) -> None:
    night = Pattern("n", "night", EVERY, 1320, 1800, SOMEBODY, date(year - 1, 12, 1))
    day = Pattern("d", "night", EVERY, 360, 1320, SOMEBODY, date(year - 1, 12, 1))
    start, end = resolve(date(year, 1, 1), 0, zone, "start"), resolve(date(year + 1, 1, 1), 0, zone, "start")
    shifts = [shift for each in (night, day) for shift in expand(each, (), zone, start, end).shifts]
    supply = compile_supply("night", Plan.of(shifts), start, end)
    hours = length((a, b) for a, b, seats in supply.stretches() if seats) / timedelta(hours=1)
    assert hours == (8784 if year == 2028 else 8760)
    lengths = {(each.ends_at - each.starts_at) / timedelta(hours=1) for each in shifts if each.id[0] == "n"}
    if zone == WARSAW:
        assert lengths == {7, 8, 9}


@pytest.mark.parametrize(("evening", "hours"), [(date(2026, 10, 24), 9), (date(2027, 3, 27), 7)])
def test_the_night_shift_lasts_as_long_as_the_night_does(evening: date, hours: int) -> None:
    night = Pattern("n", "night", EVERY, 1320, 1800, SOMEBODY, evening, evening)
    span = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    (shift,) = expand(night, (), WARSAW, *span).shifts
    assert shift.ends_at - shift.starts_at == timedelta(hours=hours)


def test_a_quarter_in_the_repeated_hour_lasts_an_hour_and_a_quarter_and_one_in_the_skipped_hour_is_dropped() -> (
    None
):
    quarter = Pattern("q", "night", EVERY, 135, 150, SOMEBODY, date(2026, 10, 25), date(2027, 3, 28))
    span = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)
    found = expand(quarter, (), WARSAW, *span)
    assert found.shifts[0].ends_at - found.shifts[0].starts_at == timedelta(minutes=75)
    assert [(each.pattern_id, each.day) for each in found.dropped] == [("q", date(2027, 3, 28))]
    assert len(found.shifts) == (date(2027, 3, 28) - date(2026, 10, 25)).days


@pytest.mark.parametrize("year", range(2024, 2031))
def test_the_polish_holidays_are_these(year: int) -> None:
    easter = {
        2024: "03-31",
        2025: "04-20",
        2026: "04-05",
        2027: "03-28",
        2028: "04-16",
        2029: "04-01",
        2030: "04-21",
    }
    sunday = date.fromisoformat(f"{year}-{easter[year]}")
    fixed = ["01-01", "01-06", "05-01", "05-03", "08-15", "11-01", "11-11", "12-25", "12-26"]
    fixed += ["12-24"] if year >= 2025 else []
    moving = {sunday + timedelta(days=after) for after in (0, 1, 49, 60)}
    expected = {date.fromisoformat(f"{year}-{day}") for day in fixed} | moving
    found = holidays_of(own_centre(WARSAW).calendar, date(year, 1, 1), date(year, 12, 31))
    assert found == expected
    assert len(found) == (13 if year == 2024 else 14)


def test_easter_monday_and_corpus_christi_of_2026() -> None:
    found = holidays_of(own_centre(WARSAW).calendar, date(2026, 1, 1), date(2026, 12, 31))
    assert {date(2026, 4, 6), date(2026, 6, 4)} <= found
