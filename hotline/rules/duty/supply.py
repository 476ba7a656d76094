"""One line's people over a span, whether or not the line is open: one sweep over every edge, then look-ups.

Breakpoints are strictly increasing and neighbours differ; the first is the start of the span.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field
from datetime import datetime
from functools import cached_property

from hotline.rules.duty.answers import Seated
from hotline.rules.duty.people import Absence
from hotline.rules.duty.plan import Override, Plan, Shift
from hotline.rules.duty.seating import apply, dress
from hotline.values import dataclass

Seats = tuple[Seated, ...]


@dataclass(frozen=True)
class Supply:
    """Who sits on the line: `seats[i]` from `instants[i]` to the next; people may hold two seats."""

    line: str
    start: datetime
    end: datetime
    instants: tuple[datetime, ...]
    seats: tuple[Seats, ...]

    def at(self, at: datetime) -> Seats:
        """The seats at an instant of the span."""
        return self.seats[bisect_right(self.instants, at) - 1]

    def stretches(self) -> Iterator[tuple[datetime, datetime, Seats]]:
        """(start, end, seats) from the start of the span to its end."""
        yield from zip(self.instants, (*self.instants[1:], self.end), self.seats, strict=True)

    @cached_property
    def by_person(self) -> dict[str, tuple[tuple[datetime, datetime, Seated], ...]]:
        """Per person, when they really sit and in which seat, by start; one shift without a break is one span."""
        spans: dict[str, list[tuple[datetime, datetime, Seated]]] = defaultdict(list)
        last: dict[tuple[str, str], int] = {}
        for start, end, seats in self.stretches():
            for each in seats:
                mine, key = spans[each.staff_id], (each.staff_id, each.shift.id)
                place = last.get(key)
                if place is not None and mine[place][1] == start:
                    mine[place] = (mine[place][0], end, mine[place][2])
                else:
                    last[key] = len(mine)
                    mine.append((start, end, each))
        return {staff_id: tuple(each) for staff_id, each in spans.items()}


def compile_supply(line: str, plan: Plan, start: datetime, end: datetime) -> Supply:
    """Sweep the shifts, overrides, absences and expiring skills that touch [start, end)."""
    sweep = _Sweep(plan)
    instants: list[datetime] = []
    seats: list[Seats] = []
    begins, ends = _events(line, plan, start, end)
    for instant in sorted(begins.keys() | ends.keys()):
        for over in ends.get(instant, ()):
            sweep.leave(over)
        for what in begins.get(instant, ()):
            sweep.enter(what, instant)
        now = sweep.seats(instant)
        if not seats or now != seats[-1]:
            instants.append(instant)
            seats.append(now)
    return Supply(line, start, end, tuple(instants), tuple(seats))


Lasting = Shift | Override | Absence
Begins = dict[datetime, list[Lasting | str]]  # a str is a person whose skills have changed
Ends = dict[datetime, list[Lasting]]


def _events(line: str, plan: Plan, start: datetime, end: datetime) -> tuple[Begins, Ends]:
    """What begins and what ends at each instant of [start, end); what began before begins at `start`."""
    begins: Begins = defaultdict(list, {start: []})
    ends: Ends = defaultdict(list)
    shifts, overrides = plan.shifts.get(line, ()), plan.overrides.get(line, ())
    people = {shift.staff_id for shift in shifts}
    people.update(who for change in overrides for who in (change.staff_id, change.by) if who is not None)
    absences = [row for row in plan.absences if row.state == "approved" and row.staff_id in people]
    rows: tuple[Lasting, ...] = (*shifts, *overrides, *absences)
    for row in rows:
        if row.starts_at < end and start < row.ends_at and row.starts_at < row.ends_at:
            begins[max(row.starts_at, start)].append(row)
            if row.ends_at < end:
                ends[row.ends_at].append(row)
    for person in (plan.people[each] for each in people if each in plan.people):
        for skill in person.skills:
            if skill.valid_until is not None and start < skill.valid_until < end:
                begins[skill.valid_until].append(person.id)
    return begins, ends


@dataclass
class _Sweep:
    """What is in force while the sweep passes; `held` is kept in order, `keys` beside it for bisecting."""

    plan: Plan
    keys: list[tuple[int, str, str]] = field(default_factory=list)
    held: list[Seated] = field(default_factory=list)
    changes: list[Override] = field(default_factory=list)
    away: dict[str, list[Absence]] = field(default_factory=lambda: defaultdict(list))

    def enter(self, what: Lasting | str, at: datetime) -> None:
        people = self.plan.people
        match what:
            case Shift():
                place = bisect_left(self.keys, key := _key(what))
                self.keys.insert(place, key)
                self.held.insert(place, dress(what, what.staff_id, people, at))
            case Override():
                insort(self.changes, what, key=lambda change: change.seq)
            case Absence(staff_id=staff_id):
                insort(self.away[staff_id], what, key=lambda row: row.id)
            case str():
                self.held = [
                    dress(each.shift, what, people, at) if each.staff_id == what else each
                    for each in self.held
                ]

    def leave(self, what: Lasting) -> None:
        match what:
            case Shift():
                place = bisect_left(self.keys, _key(what))
                del self.keys[place], self.held[place]
            case Override():
                self.changes.remove(what)
            case Absence(staff_id=staff_id):
                self.away[staff_id].remove(what)
                if not self.away[staff_id]:
                    del self.away[staff_id]

    def seats(self, at: datetime) -> Seats:
        if not self.changes and not self.away:
            return tuple(self.held)
        away = {staff_id: rows[0] for staff_id, rows in self.away.items()}
        return apply(self.held, self.changes, away, self.plan.people, at).seats


def _key(shift: Shift) -> tuple[int, str, str]:
    """The order of seats that no override has touched."""
    return (shift.tier, shift.staff_id, shift.id)
