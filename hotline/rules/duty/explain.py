"""Why this person is on duty, and why that one is not; and what really was, when an incident is looked into."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from hotline.rules.centre import Centre
from hotline.rules.duty.answers import Duty, Seated
from hotline.rules.duty.board import Board, build
from hotline.rules.duty.people import Absence, DutyFact
from hotline.rules.duty.plan import Override, Plan, Roster
from hotline.rules.duty.seating import Seating, apply, dress
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """`seats` are who sits, each with its shift (pattern and step in `origin`) and its chain of overrides.

    `removed` are who does not and the override or absence that took them out; `idle` are overrides in force
    that change nothing; `walled` sit, but must not answer this line.
    """

    answer: Duty
    seats: tuple[Seated, ...]
    removed: tuple[tuple[Seated, Override | Absence], ...]
    idle: tuple[Override, ...]
    walled: tuple[Seated, ...]


def explain(board: Board, line: str, at: datetime) -> Explanation:
    """Everything that led to the answer. Raises LineUnknown, and ValueError outside the span."""
    answer = board.answer(line, at)
    seatings = [_seating(board.plan, mate, at) for mate in board.centre.lines_with(line)]
    barred = board.centre.lines_behind_wall(line)
    seats = [each for seating in seatings for each in seating.seats]
    return Explanation(
        answer,
        tuple(each for each in seats if each.lines.isdisjoint(barred)),
        tuple(pair for seating in seatings for pair in seating.removed),
        tuple(change for seating in seatings for change in seating.idle),
        tuple(each for each in seats if not each.lines.isdisjoint(barred)),
    )


def _seating(plan: Plan, line: str, at: datetime) -> Seating:
    held = [
        dress(shift, shift.staff_id, plan.people, at)
        for shift in plan.shifts.get(line, ())
        if shift.starts_at <= at < shift.ends_at
    ]
    changes = [row for row in plan.overrides.get(line, ()) if row.starts_at <= at < row.ends_at]
    away = {
        row.staff_id: row
        for row in sorted(plan.absences, key=lambda row: row.id, reverse=True)
        if row.state == "approved" and row.starts_at <= at < row.ends_at
    }
    return apply(held, sorted(changes, key=lambda row: row.seq), away, plan.people, at)


@dataclass(frozen=True, slots=True)
class Recalled:
    """The past: who really was on duty, and what was planned as it was known then."""

    people: frozenset[str]
    planned: Explanation
    missing: frozenset[str]
    unplanned: frozenset[str]


def recall(
    centre: Centre,
    plan: Plan,
    rosters: Collection[Roster],
    facts: Iterable[DutyFact],
    line: str,
    at: datetime,
) -> Recalled:
    """An instant of the past from the facts, beside the plan of the versions then in force."""
    board = build(centre, plan.known(at, rosters), at, at + timedelta(days=1))
    planned = explain(board, line, at)
    people = present(facts, centre.lines_with(line), at)
    expected = frozenset(each.staff_id for each in planned.seats)
    return Recalled(people, planned, expected - people, people - expected)


def present(facts: Iterable[DutyFact], lines: Collection[str], at: datetime) -> frozenset[str]:
    """Whose last word on any of these lines by `at` was that they took up duty."""
    last: dict[tuple[str, str], DutyFact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.kind)):  # at one instant, leaving comes last
        if fact.line in lines and fact.at <= at:
            last[fact.staff_id, fact.line] = fact
    return frozenset(fact.staff_id for fact in last.values() if fact.kind == "in")
