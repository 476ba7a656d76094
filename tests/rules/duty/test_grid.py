"""The roster as a table: every instant of a day has a place, nights belong to both days, gaps are where they are."""

from datetime import date, timedelta

import pytest

from hotline.rules.duty.demand import Demand
from hotline.rules.duty.grid import Day, grid, month, real_hours, week
from tests.rules.duty.small import WARSAW, at, away, board, change, shift

TWO = (Demand("two", "night", people=2),)
MONDAY = date(2026, 12, 7)


def strip(day: Day) -> list[tuple[str, int, int, bool]]:
    """(from, needed, there, short), by the wall clock."""
    return [
        (f"{each.start.astimezone(WARSAW):%H:%M}", each.needed, each.there, each.short) for each in day.strip
    ]


def test_a_night_is_a_piece_of_both_days() -> None:
    it = board([shift("a", "2026-12-07 22:00", "2026-12-08 06:00")])
    row = grid(it, "night", TWO, week(MONDAY), ["a", "b"]).rows[0]
    evening, morning = (cell.pieces[0] for cell in row.cells[:2])
    assert (evening.begins, morning.begins) == (True, False)
    assert evening.seated == morning.seated == (at("2026-12-07 22:00"), at("2026-12-08 06:00"))
    assert (evening.end, morning.end) == (at("2026-12-08 00:00"), at("2026-12-08 06:00"))
    assert row.hours == 8


def test_an_empty_roster_is_one_gap_on_every_day() -> None:
    drawn = grid(board([]), "night", TWO, week(MONDAY), ["a"])
    assert [(gap.kind, gap.line) for gap in drawn.gaps] == [("EMPTY", "night")]
    assert all(day.gaps == drawn.gaps and strip(day) == [("00:00", 2, 0, True)] for day in drawn.days)
    assert not any(cell.pieces for row in drawn.rows for cell in row.cells)


def test_the_strip_says_how_many_of_how_many() -> None:
    it = board(
        [
            shift("a", "2026-12-07 00:00", "2026-12-07 12:00"),
            shift("b", "2026-12-07 06:00", "2026-12-08 00:00"),
        ]
    )
    monday = grid(it, "night", TWO, week(MONDAY), []).days[0]
    assert strip(monday) == [("00:00", 2, 1, True), ("06:00", 2, 2, False), ("12:00", 2, 1, True)]
    assert {gap.kind for gap in monday.gaps} == {"THIN"}


def test_closed_hours_are_no_gap_and_need_nobody() -> None:
    sunday = grid(board([]), "day", (Demand("one", "day"),), week(MONDAY), []).days[6]
    assert [(each.opening, each.needed, each.short) for each in sunday.strip] == [("closed", 0, False)]
    assert not sunday.gaps


def test_changes_and_absences_show_where_they_hold() -> None:
    it = board(
        [shift("a", "2026-12-07 08:00", "2026-12-07 16:00")],
        [change(1, "REPLACE", "a", "2026-12-07 12:00", "2026-12-07 16:00", by="b")],
        [away("c", "2026-12-08 10:00", "2026-12-09 10:00")],
    )
    rows = {row.staff_id: row for row in grid(it, "night", TWO, week(MONDAY), ["a", "c"]).rows}
    assert [each.end for each in rows["a"].cells[0].pieces] == [at("2026-12-07 12:00")]
    assert [each.seat.chain[0].kind for each in rows["b"].cells[0].pieces] == ["REPLACE"]
    assert [len(cell.away) for cell in rows["c"].cells] == [0, 1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("start", "end", "day", "hours", "real"),
    [
        ("2026-10-24 22:00", "2026-10-25 06:00", date(2026, 10, 25), 25, 9),
        ("2027-03-27 22:00", "2027-03-28 06:00", date(2027, 3, 28), 23, 7),
        ("2026-12-07 22:00", "2026-12-08 06:00", date(2026, 12, 8), 24, None),
    ],
)
def test_the_nights_of_a_clock_change_have_their_real_hours(
    start: str, end: str, day: date, hours: int, real: float | None
) -> None:
    it = board([shift("a", start, end)], start=f"{day - timedelta(days=10)} 00:00", days=30)
    drawn = grid(it, "night", TWO, week(day), ["a"])
    column = next(each for each in drawn.days if each.date == day)
    assert column.hours == hours
    assert (column.strip[0].start, column.strip[-1].end) == (column.start, column.end)
    assert real_hours((at(start), at(end)), WARSAW) == real


def test_a_month_is_whole_and_a_week_begins_on_monday() -> None:
    assert (month(date(2028, 2, 29))[0], len(month(date(2028, 2, 29)))) == (date(2028, 2, 1), 29)
    assert (month(date(2026, 12, 31))[-1], week(date(2026, 12, 13))[0]) == (date(2026, 12, 31), MONDAY)


def test_people_of_a_queue_are_shown_on_each_of_its_lines() -> None:
    """Whoever sits on `day` answers `night` too: the strip counts them, and so their row is there."""
    it = board([shift("a", "2026-12-07 08:00", "2026-12-07 16:00", line="day")])
    drawn = grid(it, "night", TWO, week(MONDAY), [])
    assert [(row.staff_id, [each.line for each in row.cells[0].pieces]) for row in drawn.rows] == [
        ("a", ["day"])
    ]
    assert strip(drawn.days[0])[1] == ("08:00", 2, 1, True)
