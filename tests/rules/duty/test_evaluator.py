"""Properties 4 to 8: compiled answers against the oracle, how long they stand, and what must not matter."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotline.rules.civil_time import resolve
from hotline.rules.duty import Absence, Ask, Board, Duty, OnDuty, OpenButEmpty, Plan, Shift, asking, build
from hotline.rules.opening import Closed, Open, opening
from tests.rules.duty import differences
from tests.rules.duty.worlds import (
    LINES,
    PEOPLE,
    ZONES,
    World,
    ask,
    changes,
    expanded,
    override,
    pattern,
    rolls,
    told,
    world,
)

few = settings(max_examples=20, deadline=None)


@settings(max_examples=25, deadline=None)
@given(rolls)
def test_the_evaluator_and_the_oracle_agree_at_random_instants_and_at_every_kind_of_edge(rng: Random) -> None:
    it = world(rng)
    assert differences.random_pairs(rng, it, 60) == []


@few
@given(rolls)
def test_an_answer_stands_until_it_says_and_then_changes(rng: Random) -> None:
    it = world(rng)
    board, oracle = it.board(), it.oracle()
    line = rng.choice(LINES)
    for when in differences.instants(rng, it, board, line, 3):
        assert differences.holding(board, oracle, line, when, ask(rng)) == []


@pytest.mark.parametrize("zone", ZONES[:5], ids=str)
def test_each_minute_of_the_days_around_a_clock_change(zone: ZoneInfo) -> None:
    for number, first in enumerate(changes(zone)[-2:]):
        assert differences.night_by_minutes(Random(number), zone, first) == []


@few
@given(rolls)
def test_breakpoints_increase_and_neighbours_differ(rng: Random) -> None:
    board = world(rng).board()
    for timeline in board.timelines.values():
        assert timeline.instants[0] == board.start
        assert list(timeline.instants) == sorted(set(timeline.instants))
        stretches = list(timeline.stretches())
        for (_, end, one), (start, _, other) in pairwise(stretches):
            assert end == start == one.until
            assert (told(one), getattr(one, "people", ())) != (told(other), getattr(other, "people", ()))


@few
@given(rolls)
def test_hours_day_by_day_are_what_opening_says_at_the_instant(rng: Random) -> None:
    it = world(rng)
    board = it.board()
    for line, hours in board.hours.items():
        for stretch in hours:
            for when in (stretch.start, stretch.start - timedelta(seconds=1)):
                if board.start <= when:
                    answer = opening(it.centre, line, when)
                    kind = {Open: "open", Closed: "closed"}.get(type(answer), "unknown")
                    assert [each.kind for each in hours if each.start <= when][-1] == kind


@few
@given(rolls)
def test_what_one_person_works_is_what_the_lines_say(rng: Random) -> None:
    it = world(rng)
    board = it.board()
    for who in PEOPLE:
        for each in board.worked(who):
            for when in (each.start, each.end - timedelta(seconds=1)):
                assert any(seat.staff_id == who for seat in board.supplies[each.line].at(when))
    sat = {(line, who) for line, each in board.supplies.items() for who in each.by_person}
    assert sat == {(each.line, who) for who in board.people() for each in board.worked(who)}


@few
@given(rolls)
def test_the_live_answer_the_forecast_and_the_shifts_people_are_told_are_one_truth(rng: Random) -> None:
    """What a person's list of shifts is made of, put together again, is who answers; whatever span was compiled."""
    it = world(rng)
    board, line = it.board(), rng.choice(LINES)
    shifts = {who: board.worked(who) for who in board.people()}
    lines, barred = it.centre.lines_with(line), it.centre.lines_behind_wall(line)
    for when in differences.instants(rng, it, board, line, 5):
        now = {who: [each for each in mine if each.start <= when < each.end] for who, mine in shifts.items()}
        serving = asking.serving(board, when)
        assert {who: {each.line for each in mine} for who, mine in now.items() if mine} == {
            who: set(mine) for who, mine in serving.items()
        }
        listed = {
            (who, min(each.seat.tier for each in mine if each.line in lines))
            for who, mine in now.items()
            if any(each.line in lines and barred.isdisjoint(each.seat.lines) for each in mine)
        }
        live = board.answer(line, when)
        forecast = build(it.centre, it.plan, max(it.start, when - timedelta(hours=1)), it.end)
        assert told(forecast.answer(line, when)) == told(live)
        if isinstance(live, OnDuty | OpenButEmpty):
            assert told(live)[1] == listed


def same(one: Board, other: Board) -> bool:
    return one.timelines == other.timelines and one.supplies == other.supplies


@few
@given(rolls)
def test_the_order_of_rows_does_not_matter_and_compiling_again_changes_nothing(rng: Random) -> None:
    it = world(rng)

    shifts = [each for rows in it.plan.shifts.values() for each in rows]
    overrides = [each for rows in it.plan.overrides.values() for each in rows]
    absences = list(it.plan.absences)
    for rows in (shifts, overrides, absences):
        rng.shuffle(rows)
    plan = Plan.of(shifts, overrides, absences, it.plan.people.values())
    assert same(build(it.centre, plan, it.start, it.end), it.board())


@few
@given(rolls)
def test_an_edit_of_one_line_gives_the_board_that_building_anew_gives(rng: Random) -> None:
    it = world(rng)
    board = it.board()
    line = rng.choice(LINES[:4])
    patterns = [replace(pattern(rng, f"new{n}", it.first), line=line) for n in range(2)]
    changes = [replace(override(rng, seq, it.start), line=line) for seq in range(10, 13)]
    plan = it.plan.with_line(line, expanded(patterns, it.zone, it.start, it.end), changes)
    edited = board.edited(plan, [line])
    assert same(edited, build(it.centre, plan, it.start, it.end))
    for other in LINES:
        if other not in it.centre.lines_with(line):
            assert edited.timelines[other] is board.timelines[other], "untouched lines are shared"
    sick = Absence("new", rng.choice(PEOPLE), it.start, it.end, "sick")
    away = replace(plan, absences=(*plan.absences, sick))
    assert same(edited.edited(away, away.lines_of(sick.staff_id)), build(it.centre, away, it.start, it.end))


@few
@given(rolls, st.sampled_from([date(2026, 1, 12), date(2026, 6, 8), date(2027, 8, 30)]))
def test_four_weeks_later_inside_one_offset_the_answers_are_the_same(rng: Random, first: date) -> None:
    """On lines that holidays do not touch: by hand, so that no rotation moves on."""
    it = world(rng)
    zone, shift = it.zone, timedelta(days=28)
    start, end = resolve(first, 0, zone, "start"), resolve(first + timedelta(days=9), 0, zone, "start")
    assume((end + shift).astimezone(zone).utcoffset() == start.astimezone(zone).utcoffset())
    moved_by = start - it.start
    plan = Plan.of(
        [moved(each, moved_by) for rows in it.plan.shifts.values() for each in rows],
        people=[replace(each, skills=()) for each in it.plan.people.values()],
    )
    later = replace(
        plan, shifts={line: tuple(moved(each, shift) for each in rows) for line, rows in plan.shifts.items()}
    )
    one = build(it.centre, plan, start, end)
    other = build(it.centre, later, start + shift, end + shift)
    for line in ("night", "late"):
        told_then = [(at + shift, told(answer)) for at, answer in pairs(one, line)]
        assert told_then == [(at, told(answer)) for at, answer in pairs(other, line)]


def pairs(board: Board, line: str) -> list[tuple[datetime, Duty]]:
    return list(zip(board.timelines[line].instants, board.timelines[line].answers, strict=True))


def moved(it: Shift, by: timedelta) -> Shift:
    return replace(it, starts_at=it.starts_at + by, ends_at=it.ends_at + by)


def test_outside_of_what_was_compiled_nothing_is_said() -> None:
    it: World = world(Random(1))
    board = it.board()
    for when in (board.start - timedelta(microseconds=1), board.end):
        with pytest.raises(ValueError, match="outside"):
            board.answer("night", when)
        with pytest.raises(ValueError, match="outside"):
            board.answer("night", when, Ask(skill="children"))
