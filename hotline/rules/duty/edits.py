"""An edit of the plan as a value, and the board after it: the save dialog and the saving itself both ask here."""

from collections.abc import Iterable
from dataclasses import replace

from hotline.rules.duty.board import Board
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.people import Absence, Person
from hotline.rules.duty.plan import Override, Plan, Row, Shift
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Shifts that come into force and ids of those that no longer are, changes, absences and people as they will be.

    An absence or a person takes the place of the one with the same id; `demands` of all there were, unless None.
    """

    shifts: tuple[Shift, ...] = ()
    without: frozenset[str] = frozenset()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    people: tuple[Person, ...] = ()
    demands: tuple[Demand, ...] | None = None


def edited(board: Board, edit: Edit) -> Board:
    """The board with the edit; only what it touches is compiled anew."""
    plan = board.plan
    lines = {each.line for each in edit.shifts} | {each.line for each in edit.overrides}
    lines |= {line for line, rows in plan.shifts.items() if any(row.id in edit.without for row in rows)}
    for line in lines:
        shifts = [row for row in plan.shifts.get(line, ()) if row.id not in edit.without]
        overrides = plan.overrides.get(line, ())
        plan = plan.with_line(
            line,
            (*shifts, *_of(line, edit.shifts)),
            (*overrides, *_of(line, edit.overrides)),
        )
    plan = _with_people(plan, edit)
    for who in {each.staff_id for each in edit.absences} | {each.id for each in edit.people}:
        lines |= plan.lines_of(who)
    return board.edited(plan, lines & board.supplies.keys())


def _of(line: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.line == line)


def _with_people(plan: Plan, edit: Edit) -> Plan:
    replaced = {each.id for each in edit.absences}
    kept = tuple(each for each in plan.absences if each.id not in replaced)
    people = {**plan.people, **{each.id: each for each in edit.people}}
    return replace(plan, absences=(*kept, *edit.absences), people=people)
