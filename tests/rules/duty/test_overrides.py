"""Properties 9 to 12: what overrides and absences do, and only that; and that every answer can be explained."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules.duty import Absence, OnDuty, OpenButEmpty, Override, Skill
from hotline.rules.duty.answers import collapsed
from hotline.rules.duty.explain import explain
from hotline.rules.duty.people import Person
from tests.rules.duty import differences
from tests.rules.duty.small import at, away, board, change, on, shift
from tests.rules.duty.worlds import LINES, PEOPLE, World, rolls, told, world

few = settings(max_examples=20, deadline=None)
DAY = ("2026-12-04 08:00", "2026-12-04 16:00")
NOON = "2026-12-04 12:00"


def test_replacing_one_of_two_leaves_the_other() -> None:
    both = [shift("a", *DAY, seat=1), shift("b", *DAY, seat=2)]
    it = board(both, [change(1, "REPLACE", "a", "2026-12-04 10:00", "2026-12-04 14:00", "c")])
    assert [on(it, f"2026-12-04 {hour}") for hour in ("09:59", "10:00", "13:59", "14:00")] == [
        "ab",
        "bc",
        "bc",
        "ab",
    ]


def test_a_chain_in_order_gives_the_last_and_in_reverse_the_first() -> None:
    one, two = change(1, "REPLACE", "x", *DAY, "y"), change(2, "REPLACE", "y", *DAY, "z")
    assert on(board([shift("x", *DAY)], [two, one]), NOON) == "z"
    back = board([shift("x", *DAY)], [replace(one, seq=2), replace(two, seq=1)])
    assert on(back, NOON) == "y"
    assert explain(back, "night", at(NOON)).idle == (replace(two, seq=1),), "y held nothing at that step"


def test_one_seat_only_where_a_seat_is_named() -> None:
    two = [shift("x", *DAY, seat=1), shift("x", *DAY, seat=2, id="second", tier=2)]
    it = board(two, [change(1, "REMOVE", "x", *DAY, seat=1)])
    answer = it.answer("night", at(NOON))
    assert isinstance(answer, OnDuty)
    assert [(each.staff_id, each.tier) for each in answer.people] == [("x", 2)]


def test_the_chain_of_overrides_is_told_and_so_is_who_was_removed_by_what() -> None:
    first = change(1, "REPLACE", "x", *DAY, "y")
    second = change(2, "REPLACE", "y", *DAY, "z")
    it = board([shift("x", *DAY), shift("w", *DAY)], [first, second], [away("w", *DAY)])
    told_why = explain(it, "night", at(NOON))
    assert [(each.staff_id, each.chain, each.shift.staff_id) for each in told_why.seats] == [
        ("z", (first, second), "x")
    ]
    assert [(seat.staff_id, by) for seat, by in told_why.removed] == [
        ("x", first),
        ("y", second),
        ("w", away("w", *DAY)),
    ]


def test_people_behind_the_wall_are_on_duty_and_not_for_this_line() -> None:
    torn = Person("a", lines=frozenset({"day", "late"}))
    it = board([shift("a", *DAY)], people=[torn])
    answer = it.answer("night", at(NOON))
    assert answer == OpenButEmpty(None, it.end)
    assert [each.staff_id for each in explain(it, "night", at(NOON)).walled] == ["a"]


def test_an_expired_skill_counts_to_the_instant_before() -> None:
    at_noon = Person("a", skills=(Skill("children", at(NOON)),))
    it = board([shift("a", *DAY)], people=[at_noon])
    before = it.answer("night", at("2026-12-04 11:59"))
    assert isinstance(before, OnDuty)
    assert (sorted(before.people[0].skills), before.until) == (["children"], at(NOON))
    after = it.answer("night", at(NOON))
    assert isinstance(after, OnDuty)
    assert (sorted(after.people[0].skills), sorted(after.people[0].expired)) == ([], ["children"])


# -- on random rotas -------------------------------------------------------------------------------


def looks(rng: Random, it: World, line: str) -> list[tuple[str, frozenset[tuple[str, int]]]]:
    made = it.board()
    return [told(made.answer(line, when)) for when in differences.instants(Random(7), it, made, line, 60)]


def with_overrides(it: World, line: str, more: list[Override]) -> World:
    return replace(it, plan=it.plan.with_line(line, overrides=[*it.plan.overrides.get(line, ()), *more]))


@few
@given(rolls, st.sampled_from(LINES[:4]))
def test_replacing_somebody_who_is_not_there_does_nothing(rng: Random, line: str) -> None:
    it = world(rng)
    stranger = Override(99, line, "REPLACE", "nobody", it.start, it.end, "a")
    changed = with_overrides(it, line, [stranger])
    assert changed.board().timelines == it.board().timelines
    assert stranger in explain(changed.board(), line, it.start).idle


@few
@given(rolls, st.sampled_from(LINES[:4]))
def test_a_replacement_taken_back_restores_what_was(rng: Random, line: str) -> None:
    it = world(rng)
    there = Override(98, line, "REPLACE", "a", it.start, it.end, "new")
    back = Override(99, line, "REPLACE", "new", it.start, it.end, "a")
    own = it.board().timelines[line]
    again = with_overrides(it, line, [there, back]).board().timelines[line]
    assert [(at, told(answer)) for at, answer in zip(again.instants, again.answers, strict=True)] == [
        (at, told(answer)) for at, answer in zip(own.instants, own.answers, strict=True)
    ]


@few
@given(rolls, st.sampled_from(LINES[:4]))
def test_adding_somebody_new_and_removing_them_changes_nothing(rng: Random, line: str) -> None:
    it = world(rng)
    start, end = it.start + timedelta(hours=30), it.start + timedelta(hours=77)
    added = Override(98, line, "ADD", "new", start, end)
    removed = Override(99, line, "REMOVE", "new", start, end)
    assert with_overrides(it, line, [added, removed]).board().timelines == it.board().timelines
    assert with_overrides(it, line, [added]).board().supplies[line] != it.board().supplies[line]


@few
@given(rolls, st.sampled_from(LINES[:4]), st.sampled_from(["ADD", "REMOVE", "REPLACE"]))
def test_an_override_changes_nothing_outside_its_interval(rng: Random, line: str, kind: str) -> None:
    it = world(rng)
    start = it.start + timedelta(minutes=15 * rng.randrange(1, 500))
    end = start + timedelta(minutes=15 * rng.randrange(1, 100))
    more = Override(99, line, kind, "a", start, end, "new" if kind == "REPLACE" else None)  # type: ignore[arg-type]
    was, now = it.board(), with_overrides(it, line, [more]).board()
    for other in LINES:
        for when in differences.instants(rng, it, now, other, 30):
            if not start <= when < end:
                assert told(was.answer(other, when)) == told(now.answer(other, when))
    inside = start if rng.random() < 0.5 else end - timedelta(seconds=1)
    before = (
        [each for each in was.supplies[line].at(inside) if each.staff_id != "a"] if inside < was.end else []
    )
    assert all(each in now.supplies[line].at(inside) for each in before), "other seats are untouched"


@few
@given(rolls, st.sampled_from(PEOPLE))
def test_who_is_absent_is_in_no_answer_whatever_is_added(rng: Random, who: str) -> None:
    it = world(rng)
    start, end = it.start + timedelta(hours=20), it.start + timedelta(hours=100)
    plan = replace(it.plan, absences=(*it.plan.absences, Absence("x", who, start, end, "sick")))
    away = replace(it, plan=plan)
    for line in LINES[:4]:
        away = with_overrides(away, line, [Override(99, line, "ADD", who, it.start, it.end)])
    made = away.board()
    for line in LINES:
        for since, until, answer in made.timelines[line].stretches():
            if since < end and start < until and isinstance(answer, OnDuty):
                assert all(each.staff_id != who for each in answer.people)
    assert all(each.end <= start or end <= each.start for each in made.worked(who))


@few
@given(rolls)
def test_the_explanation_seats_whom_the_answer_names(rng: Random) -> None:
    it = world(rng)
    made = it.board()
    for line in LINES:
        for when in differences.instants(rng, it, made, line, 6):
            why = explain(made, line, when)
            if isinstance(why.answer, OnDuty):
                assert collapsed(why.seats) == why.answer.people
            elif isinstance(why.answer, OpenButEmpty):
                assert why.seats == ()


def test_an_absence_that_nobody_approved_yet_does_not_count() -> None:
    asked = replace(away("a", *DAY), state="asked")
    assert on(board([shift("a", *DAY)], absences=[asked]), NOON) == "a"
    assert on(board([shift("a", *DAY)], absences=[away("a", *DAY)]), NOON) == ""


@pytest.mark.parametrize("minute", ["07:59", "16:00"])
def test_nobody_before_and_after(minute: str) -> None:
    assert on(board([shift("a", *DAY)]), f"2026-12-04 {minute}") == ""
