"""Wall clock to instant, in six zones and through both clock changes; the calendar of statutory holidays."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import centres
from hotline.rules.civil_time import Edge, easter, local, resolve
from tests.rules.small_centre import WARSAW

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Warsaw",
        "America/Chicago",
        "Australia/Lord_Howe",  # half an hour
        "Africa/Cairo",  # changes at midnight
        "America/Sao_Paulo",  # changed at midnight until 2019
        "UTC",
    )
]
CHANGES = {
    "Europe/Warsaw": [date(2026, 10, 25), date(2027, 3, 28)],
    "America/Chicago": [date(2026, 11, 1), date(2027, 3, 14)],
    "Australia/Lord_Howe": [date(2026, 10, 4), date(2027, 4, 4)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29), date(2026, 10, 30)],
    "America/Sao_Paulo": [date(2018, 2, 17), date(2018, 2, 18), date(2018, 11, 4)],
    "UTC": [date(2026, 10, 25)],
}
MINUTES = st.integers(0, 2880)
zones = st.sampled_from(ZONES)
calendar = centres.load("kielce").calendar


@st.composite
def zone_days(draw: st.DrawFn) -> tuple[ZoneInfo, date]:
    """A zone and a day, half of them around its clock changes."""
    zone = draw(zones)
    near = st.builds(
        lambda day, off: day + timedelta(days=off), st.sampled_from(CHANGES[zone.key]), st.integers(-2, 1)
    )
    return zone, draw(near | st.dates(date(2000, 1, 1), date(2040, 12, 31)))


@cache
def walk(zone: ZoneInfo, day: date) -> dict[datetime, list[datetime]]:
    """Every real minute of three days, by the wall-clock minute it shows: knows nothing of `resolve`."""
    found: dict[datetime, list[datetime]] = {}
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    for _ in range(5 * 1440):
        wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
        found.setdefault(wall, []).append(at)
        at += timedelta(minutes=1)
    return found


def walked(zone: ZoneInfo, day: date, minute: int, edge: Edge) -> datetime:
    """The answer by looking: first or last showing, or the first real minute that shows something later."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    minutes = walk(zone, day)
    if wall in minutes:
        return minutes[wall][0 if edge == "start" else -1]
    return min(at for shown, real in minutes.items() if shown > wall for at in real)


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.key)
def test_each_minute_of_the_nights_of_clock_changes_agrees_with_a_walk_over_real_minutes(
    zone: ZoneInfo,
) -> None:
    for day in CHANGES[zone.key]:
        for minute in range(0, 1441, 1):
            for edge in edges():
                assert resolve(day, minute, zone, edge) == walked(zone, day, minute, edge), (
                    day,
                    minute,
                    edge,
                )


def edges() -> Iterator[Edge]:
    yield "start"
    yield "end"


@given(zone_days(), MINUTES, MINUTES)
def test_resolve_is_monotone_and_a_start_is_never_after_its_end(
    zone_day: tuple[ZoneInfo, date], a: int, b: int
) -> None:
    zone, day = zone_day
    early, late = sorted((a, b))
    for edge in edges():
        assert resolve(day, early, zone, edge) <= resolve(day, late, zone, edge)
    assert resolve(day, early, zone, "start") <= resolve(day, late, zone, "end")


@given(zone_days(), MINUTES)
def test_an_unambiguous_time_comes_back_as_it_was(zone_day: tuple[ZoneInfo, date], minute: int) -> None:
    zone, day = zone_day
    start, end = resolve(day, minute, zone, "start"), resolve(day, minute, zone, "end")
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    shown = local(start, zone).replace(tzinfo=None)
    if start == end and shown.replace(fold=0) != wall:
        assert shown > wall, (
            "only a skipped time may come back changed, and then as the minute after the jump"
        )
    else:
        assert shown.replace(fold=0) == wall
        assert local(end, zone).replace(tzinfo=None, fold=0) == wall


@given(zone_days(), st.lists(st.integers(1, 2879), max_size=8))
def test_shifts_that_tile_the_wall_clock_leave_no_real_gap(
    zone_day: tuple[ZoneInfo, date], cuts: list[int]
) -> None:
    zone, day = zone_day
    edges_of_shifts = [0, *sorted(set(cuts)), 2880]
    spans = [
        (resolve(day, start, zone, "start"), resolve(day, end, zone, "end"))
        for start, end in pairwise(edges_of_shifts)
    ]
    overlap = timedelta()
    for (_, ends), (starts, _) in pairwise(spans):
        assert starts <= ends
        overlap = max(overlap, ends - starts)
    repeated = (resolve(day, m, zone, "end") - resolve(day, m, zone, "start") for m in edges_of_shifts[1:-1])
    assert overlap == max(repeated, default=timedelta()), "they overlap only inside the repeated hour"


@pytest.mark.parametrize(
    ("evening", "hours"), [(date(2026, 10, 24), 9), (date(2027, 3, 27), 7), (date(2026, 12, 24), 8)]
)
def test_a_night_shift_has_real_hours(evening: date, hours: int) -> None:
    length = resolve(evening, 30 * 60, WARSAW, "end") - resolve(evening, 22 * 60, WARSAW, "start")
    assert length == timedelta(hours=hours)


@given(st.integers(2000, 2040))
def test_a_line_open_round_the_clock_has_the_hours_of_its_year(year: int) -> None:
    days = [
        date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]
    lengths = [resolve(day, 1440, WARSAW, "end") - resolve(day, 0, WARSAW, "start") for day in days]
    assert sum(lengths, timedelta()) == timedelta(days=len(days))
    assert {timedelta(hours=23), timedelta(hours=25)} < set(lengths)


def test_a_minute_outside_two_days_and_an_instant_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="2881"):
        resolve(date(2026, 1, 1), 2881, WARSAW, "end")
    with pytest.raises(ValueError, match="time zone"):
        local(datetime(2026, 1, 1), WARSAW)  # noqa: DTZ001


# -- holidays --------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", range(2019, 2101))  # 12 November 2018 was free by a law of its own
def test_the_calendar_agrees_with_the_holidays_package(year: int) -> None:
    stated = {day for day, _ in oracle.country_holidays("PL", years=year).items()}
    assert set(calendar.holidays(year)) == stated
    assert len(stated) == (13 if year < 2025 else 14)
    assert list(calendar.holidays(year)) == sorted(stated)


@given(st.dates(date(2011, 1, 1), date(2100, 12, 31)))
def test_one_day_and_the_whole_year_say_the_same(day: date) -> None:
    assert calendar.is_holiday(day) == (day in calendar.holidays(day.year))
    assert calendar.holiday_name(day) == calendar.holidays(day.year).get(day)
    assert calendar.is_working_day(day) == (day.weekday() < 5 and not calendar.is_holiday(day))


def test_easter_and_christmas_eve() -> None:
    assert [easter(year) for year in (2026, 2027, 2038)] == [
        date(2026, 4, 5),
        date(2027, 3, 28),
        date(2038, 4, 25),
    ]
    assert not calendar.is_holiday(date(2024, 12, 24))
    assert calendar.holiday_name(date(2026, 12, 24)) == "Wigilia Bożego Narodzenia"
    assert calendar.holiday_name(date(2026, 6, 4), "en") == "Corpus Christi"
    assert calendar.holidays(2026)[date(2026, 4, 6)] == "Poniedziałek Wielkanocny"


def test_the_test_lists_of_the_file_are_what_is_computed() -> None:
    assert set(calendar.holidays(2026)) == set(calendar.test_2026)
    assert set(calendar.holidays(2027)) == set(calendar.test_2027)
    assert all(
        calendar.holiday_name(day, language) for day in calendar.test_2026 for language in ("uk", "en")
    )
