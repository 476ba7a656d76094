"""Who is on duty, until when: known nights of Kielce, and random rosters against each minute one by one."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline import centres
from hotline.errors import LineUnknown
from hotline.rules.centre import Centre
from hotline.rules.civil_time import Weekday, resolve, weekday
from hotline.rules.duty import ClosedNow, Duty, NotStated, OnDuty, OpenButEmpty, Plan, Seated, Shift
from hotline.rules.duty.answers import collapsed
from hotline.rules.duty.board import never_closing
from hotline.rules.duty.supply import compile_supply
from hotline.rules.duty.timeline import compile_timeline
from hotline.rules.opening import Closed, Open, next_change, next_start, opening, stretches
from tests.rules.small_centre import WARSAW, centre, line, warsaw, window

demo = centres.load("kielce", [centres.DEMO])
MOMENT, SOON = timedelta(microseconds=1), timedelta(days=1)
ANNA, BEATA, CEZARY = "anna", "beata", "cezary"


def shift(shift_id: str, who: str, line_id: str, start: str, end: str) -> Shift:
    return Shift(shift_id, line_id, who, warsaw(start).astimezone(UTC), warsaw(end).astimezone(UTC))


def patterned(who: str, line_id: str, pattern_id: str, day: date, shift_id: str = "1") -> Shift:
    pattern = next(each for each in demo.shift_patterns if each.id == pattern_id)
    start = resolve(day, pattern.start, WARSAW, "start")
    return Shift(shift_id, line_id, who, start, resolve(day, pattern.end, WARSAW, "end"))


def duty(centre: Centre, shifts: Iterable[Shift], line_id: str, at: datetime) -> Duty:
    """The answer for a line at `at`, compiled for as far as these shifts reach; None: as far as they tell."""
    line, lines = centre.line(line_id), centre.lines_with(line_id)
    plan = Plan.of(shift for shift in shifts if shift.line in lines and shift.ends_at > at)
    ends = [shift.ends_at for rows in plan.shifts.values() for shift in rows]
    span = (at, max(ends, default=at) + SOON)
    hours = stretches(centre, line, *span)
    supplies = [compile_supply(each, plan, *span) for each in lines]
    redirect = never_closing(centre, line_id, lambda each: opening(centre, each, at) == Open(None))
    timeline = compile_timeline(line_id, hours, supplies, span, redirect=redirect)
    answer = timeline.at(at)
    if isinstance(answer, ClosedNow):
        answer = replace(answer, next_open=next_start(centre, line, at))
    return replace(answer, until=next_change(centre, line, at)) if answer.until == timeline.end else answer


def on(shift: Shift, until: datetime) -> OnDuty:
    return OnDuty((Seated(shift.staff_id, 1, shift),), until)


def on_duty(shifts: Iterable[Shift], lines: Collection[str], at: datetime) -> tuple[Shift, ...]:
    """Straight from the sweep: one seat per person, over several lines."""
    plan = Plan.of(shifts)
    seats = [seat for each in lines for seat in compile_supply(each, plan, at, at + MOMENT).at(at)]
    return tuple(each.shift for each in collapsed(seats))


# -- known instants ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("evening", "hours"), [(date(2026, 10, 24), 9), (date(2027, 3, 27), 7)])
def test_the_night_of_the_clock_change_is_covered_to_the_second(evening: date, hours: int) -> None:
    night = patterned(ANNA, "sow_victims_24h", "night", evening)
    morning = patterned(BEATA, "sow_victims_24h", "morning", evening + timedelta(days=1), "2")
    assert night.ends_at - night.starts_at == timedelta(hours=hours)
    at = night.starts_at
    while at < night.ends_at:
        assert duty(demo, [morning, night], "sow_victims_24h", at) == on(night, night.ends_at)
        at += timedelta(minutes=1)
    assert duty(demo, [morning, night], "sow_victims_24h", at) == on(morning, morning.ends_at)


def test_people_of_one_queue_answer_all_its_lines_and_nobody_elses() -> None:
    day = shift("1", ANNA, "sow_victims_day", "2026-12-04 14:00", "2026-12-04 22:00")
    at = warsaw("2026-12-04 15:00")
    assert duty(demo, [day], "sow_victims_24h", at) == on(day, warsaw("2026-12-04 22:00"))
    assert duty(demo, [day], "sow_victims_day", at) == on(day, warsaw("2026-12-04 18:00"))
    assert duty(demo, [day], "sow_perpetrators", at) == OpenButEmpty(None, warsaw("2026-12-04 16:00"))
    assert duty(demo, [day], "city_trust_19513", at) == OpenButEmpty(None, None)


def test_a_line_closes_although_its_people_stay() -> None:
    late = shift("1", CEZARY, "sow_perpetrators", "2026-12-04 14:00", "2026-12-04 22:00")
    monday = warsaw("2026-12-07 08:00")
    assert duty(demo, [late], "sow_perpetrators", warsaw("2026-12-04 15:58")) == on(
        late, warsaw("2026-12-04 16:00")
    )
    for minute in ("16:00", "16:03"):
        answer = duty(demo, [late], "sow_perpetrators", warsaw(f"2026-12-04 {minute}"))
        assert answer == ClosedNow(monday, monday, redirect="city_trust_19513")


def test_nothing_is_said_about_lines_without_hours_or_without_name() -> None:
    on = shift("1", ANNA, "kis", "2026-12-04 08:00", "2026-12-04 22:00")
    assert duty(demo, [on], "kis", warsaw("2026-12-04 10:00")) == NotStated()
    with pytest.raises(LineUnknown):
        duty(demo, [on], "nobody", warsaw("2026-12-04 10:00"))


def test_the_next_duty_is_when_a_shift_meets_an_open_line() -> None:
    shifts = [
        shift("1", CEZARY, "sow_perpetrators", "2026-12-04 16:00", "2026-12-04 22:00"),  # after closing
        shift("2", CEZARY, "sow_perpetrators", "2026-12-07 06:00", "2026-12-07 14:00"),  # opens at 8
        shift("3", CEZARY, "sow_perpetrators", "2026-12-07 07:00", "2026-12-07 08:00"),
    ]
    answer = duty(demo, shifts, "sow_perpetrators", warsaw("2026-12-04 15:00"))
    assert answer == OpenButEmpty(warsaw("2026-12-07 08:00"), warsaw("2026-12-04 16:00"))


def test_a_person_in_two_seats_counts_once() -> None:
    seats = [
        shift("1", ANNA, "sow_victims_day", "2026-12-04 08:00", "2026-12-04 14:00"),
        shift("2", ANNA, "sow_victims_24h", "2026-12-04 08:00", "2026-12-04 16:00"),
    ]
    lines = demo.lines_with("sow_victims_24h")
    assert on_duty(seats, lines, warsaw("2026-12-04 09:00")) == (seats[1],)
    # the shorter seat's end changes nothing
    answer = duty(demo, seats, "sow_victims_24h", warsaw("2026-12-04 09:00"))
    assert answer == on(seats[1], warsaw("2026-12-04 16:00"))


def test_a_shift_covers_its_first_instant_and_not_its_last() -> None:
    one = shift("1", ANNA, "l", "2026-12-04 08:00", "2026-12-04 09:00")
    instant = timedelta(microseconds=1)
    inside = [at for at in (one.starts_at - instant, one.starts_at, one.ends_at - instant, one.ends_at)
              if on_duty([one], ["l"], at)]  # fmt: skip
    assert inside == [one.starts_at, one.ends_at - instant]


# -- against each minute -----------------------------------------------------------------------------

random_centre = centre(
    line("a", window("08:00", "18:00")),
    line("b", always=True),
    line("c", window("22:00", "06:00", ["mon", "wed", "fri", "sun"])),
    line("d", window("09:00", "15:00"), on_public_holiday="unstated"),
    line("e", hours_status="unstated"),
    queue=[
        {"id": "ab", "lines": ["a", "b"], "coverage": "always"},
        {"id": "cd", "lines": ["c", "d"], "coverage": "line_hours"},
    ],
)
DAYS = [date(2026, 10, 23), date(2027, 3, 26), date(2026, 12, 22), date(2027, 5, 1)]


@st.composite
def rosters(draw: st.DrawFn) -> tuple[date, list[Shift]]:
    first = draw(st.sampled_from(DAYS))
    base = resolve(first, 0, WARSAW, "start")
    quarter = st.integers(0, 4 * 24 * 4)
    spans = draw(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.integers(1, 4), quarter, st.integers(1, 60)), max_size=8
        )
    )
    shifts = [
        Shift(
            str(n),
            line_id,
            str(who),
            base + timedelta(minutes=15 * start),
            base + timedelta(minutes=15 * (start + length)),
        )
        for n, (line_id, who, start, length) in enumerate(spans)
    ]
    return first, shifts


def brute(own: Centre, shifts: list[Shift], line_id: str, at: datetime) -> tuple[str, frozenset[str]]:
    """The kind of answer and the people, straight from the definition."""
    lines = {"a": "ab", "b": "ab", "c": "cd", "d": "cd"}.get(line_id, line_id)
    answer = opening(own, line_id, at)
    if isinstance(answer, Open):
        people = frozenset(s.staff_id for s in shifts if s.line in lines and s.starts_at <= at < s.ends_at)
        return ("on" if people else "empty"), people
    return ("closed" if isinstance(answer, Closed) else "unstated"), frozenset()


def kind(answer: Duty) -> tuple[str, frozenset[str]]:
    match answer:
        case OnDuty(people=people):
            assert len({each.staff_id for each in people}) == len(people)
            return "on", frozenset(each.staff_id for each in people)
        case OpenButEmpty():
            return "empty", frozenset()
        case ClosedNow():
            return "closed", frozenset()
        case NotStated():
            return "unstated", frozenset()


@settings(max_examples=25, deadline=None)
@given(rosters(), st.sampled_from("abcde"), st.integers(0, 3 * 1440))
@example((date(2026, 12, 22), []), "d", 1440)
def test_the_answer_holds_until_it_says_and_then_changes(
    roster: tuple[date, list[Shift]], line_id: str, minute: int
) -> None:
    first, shifts = roster
    at = resolve(first, 0, WARSAW, "start") + timedelta(minutes=minute)
    answer = duty(random_centre, shifts, line_id, at)
    assert kind(answer) == brute(random_centre, shifts, line_id, at)
    assert duty(random_centre, shifts[::-1], line_id, at) == answer, "the order of shifts does not matter"
    until = answer.until
    assert until is None or until > at
    soon = min(until or at + timedelta(days=2), at + timedelta(days=2))
    step = at
    while step < soon:
        again = duty(random_centre, shifts, line_id, step)
        assert again == answer, f"changed at {step} before {until}"
        step += timedelta(minutes=15)
    if until is not None:
        after = duty(random_centre, shifts, line_id, until)
        assert after != answer
        assert kind(after) == brute(random_centre, shifts, line_id, until)
    if isinstance(answer, OpenButEmpty) and answer.next_at is not None:
        assert isinstance(duty(random_centre, shifts, line_id, answer.next_at), OnDuty)
        step = at
        while step < answer.next_at:
            assert brute(random_centre, shifts, line_id, step)[0] != "on"
            step += timedelta(minutes=15)


@given(rosters(), st.integers(0, 5 * 1440))
def test_on_duty_is_the_union_of_people_whatever_the_order(
    roster: tuple[date, list[Shift]], minute: int
) -> None:
    first, shifts = roster
    at = resolve(first, 0, WARSAW, "start") + timedelta(minutes=minute)
    found = on_duty(shifts, "ab", at)
    assert found == on_duty(reversed(shifts), "ab", at)
    covering = [each for each in shifts if each.line in "ab" and each.starts_at <= at < each.ends_at]
    assert {each.staff_id for each in found} == {each.staff_id for each in covering}
    assert all(each in covering for each in found)


# -- tiling ------------------------------------------------------------------------------------------


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_the_three_shifts_of_a_day_leave_no_gap(day: date) -> None:
    spans = []
    for ahead in (0, 1):
        on = day + timedelta(days=ahead)
        name: Weekday = weekday(on)
        spans += [
            (resolve(on, each.start, WARSAW, "start"), resolve(on, each.end, WARSAW, "end"))
            for each in demo.shift_patterns
            if name in each.days
        ]
    assert all(ends == starts for (_, ends), (starts, _) in pairwise(spans))
