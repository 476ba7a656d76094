"""Rest between shifts and in the week, hours and nights: in real hours, also in the nights of clock changes."""

from dataclasses import replace
from datetime import date, timedelta

from hotline.rules.duty import Board, Limits, Person, Shift
from hotline.rules.duty.rest import breaches, nights, periods
from tests.rules.duty.small import WARSAW, at, board, change, shift

NONE = Limits(rest=None, week_rest=None)


def of(
    rows: list[Shift], limits: Limits, start: str = "2026-12-01 00:00", days: int = 40
) -> list[tuple[str, float]]:
    it: Board = board(rows, start=start, days=days, people=[Person("a", limits=limits)])
    return [(each.code, each.have) for each in breaches(it, "a")]


def test_eleven_hours_are_enough_and_a_minute_less_is_not() -> None:
    late = shift("a", "2026-12-04 14:00", "2026-12-04 22:00")
    assert of([late, shift("a", "2026-12-05 09:00", "2026-12-05 17:00")], Limits(week_rest=None)) == []
    ((code, have),) = of([late, shift("a", "2026-12-05 08:59", "2026-12-05 17:00")], Limits(week_rest=None))
    assert (code, round(have * 60)) == ("rest", 659)


def test_shifts_that_touch_are_one_spell_and_two_lines_are_one_person() -> None:
    rows = [
        shift("a", "2026-12-04 06:00", "2026-12-04 14:00"),
        shift("a", "2026-12-04 14:00", "2026-12-04 16:00", "late"),
    ]
    assert of(rows, Limits(week_rest=None)) == []


def test_the_night_the_clocks_go_forward_takes_an_hour_of_rest() -> None:
    rows = [
        shift("a", "2027-03-27 12:00", "2027-03-27 20:00"),
        shift("a", "2027-03-28 07:00", "2027-03-28 15:00"),
    ]
    assert of(rows, Limits(week_rest=None), "2027-03-20 00:00") == [("rest", 10)], "eleven by the wall clock"
    autumn = [
        shift("a", "2026-10-24 12:00", "2026-10-24 22:00"),
        shift("a", "2026-10-25 08:00", "2026-10-25 15:00"),
    ]
    assert of(autumn, Limits(week_rest=None), "2026-10-20 00:00") == [], (
        "ten by the wall clock, eleven in truth"
    )


def test_a_backup_at_home_rests_too_little_and_works_no_hours() -> None:
    rows = [
        shift("a", "2026-12-04 14:00", "2026-12-04 22:00"),
        shift("a", "2026-12-04 23:00", "2026-12-05 06:00", tier=2),
    ]
    assert of(rows, Limits(week_rest=None)) == [("rest", 1)]
    assert of(rows, replace(NONE, week=8)) == []
    assert of(rows, replace(NONE, week=7.5)) == [("week", 8)]


def test_thirty_five_hours_once_a_week_from_monday() -> None:
    every_day = [shift("a", f"2026-12-{day:02} 08:00", f"2026-12-{day:02} 18:00") for day in range(7, 21)]
    assert of(every_day[:6] + every_day[7:13], Limits()) == [], (
        "Saturday 18:00 to Monday 08:00 is Sunday's rest"
    )
    assert of(every_day[:7] + every_day[9:], Limits()) == [("week_rest", 17)], "Monday is of the next week"
    assert of(every_day[:6] + every_day[7:], Limits()) == [("week_rest", 17)], "one Sunday serves one week"


def test_a_break_that_a_colleague_covers_is_no_rest_between_shifts() -> None:
    day = shift("a", "2026-12-04 08:00", "2026-12-04 18:00")
    covered = change(1, "REPLACE", "a", "2026-12-04 12:00", "2026-12-04 14:00", "b")
    it = board([day], [covered])
    assert breaches(it, "a") == ()
    assert sum((each.end - each.start for each in it.worked("a")), timedelta()) == timedelta(hours=8)


def test_hours_of_weeks_months_and_quarters() -> None:
    rows = [shift("a", f"2026-12-{day:02} 08:00", f"2026-12-{day:02} 18:00") for day in (7, 8, 9, 30)]
    rows.append(shift("a", "2026-12-31 20:00", "2027-01-01 04:00"))
    assert of(rows, replace(NONE, week=29)) == [("week", 30)]
    assert of(rows, replace(NONE, month=43)) == [("month", 44)], "four of the eight hours are January's"
    assert of(rows, replace(NONE, quarter=44)) == []
    assert of(rows, replace(NONE, quarter=43.5)) == [("quarter", 44)]


def test_nights_in_a_row_and_in_a_month() -> None:
    rows = [shift("a", f"2026-12-{day:02} 22:00", f"2026-12-{day + 1:02} 06:00") for day in (7, 8, 9, 14)]
    assert of(rows, replace(NONE, nights_in_row=3)) == []
    assert of(rows, replace(NONE, nights_in_row=2)) == [("nights_in_row", 3)]
    assert of(rows, replace(NONE, nights_in_month=3)) == [("nights_in_month", 4)]


def test_a_night_is_three_hours_of_it() -> None:
    spans = [
        (at("2026-12-04 14:00"), at("2026-12-05 01:00")),
        (at("2026-12-05 14:00"), at("2026-12-06 00:59")),
    ]
    spans.append((at("2026-12-07 02:00"), at("2026-12-07 10:00")))
    assert nights(spans, Limits(), WARSAW) == [date(2026, 12, 4), date(2026, 12, 6)]


def test_a_week_of_the_clock_change_is_an_hour_longer() -> None:
    ((start, end),) = periods("week", [(at("2026-10-21 08:00"), at("2026-10-21 16:00"))], WARSAW)
    assert end - start == timedelta(hours=169)
    ((start, end),) = periods("quarter", [(at("2026-12-21 08:00"), at("2026-12-21 16:00"))], WARSAW)
    assert (start, end) == (at("2026-10-01 00:00"), at("2027-01-01 00:00"))
