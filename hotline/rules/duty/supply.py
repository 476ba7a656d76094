"""One line's people over a span, whether or not the line is open: one sweep over every edge, then look-ups.

Breakpoints are strictly increasing and neighbours differ; the first is the start of the span.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from hotline.rules.duty.answers import Seated
from hotline.rules.duty.people import Absence
from hotline.rules.duty.plan import Override, Plan, Shift
from hotline.rules.duty.seating import apply, dress

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
    events = _events(line, plan, start, end)
    for instant in sorted(events):
        for begins, what in events[instant]:
            sweep.take(begins, what, instant)
        now = sweep.seats(instant)
        if not seats or now != seats[-1]:
            instants.append(instant)
            seats.append(now)
    return Supply(line, start, end, tuple(instants), tuple(seats))


Event = Shift | Override | Absence | str  # a str is a person whose skills have changed


def _events(
    line: str, plan: Plan, start: datetime, end: datetime
) -> dict[datetime, list[tuple[bool, Event]]]:
    """What begins or ends at each instant of [start, end); what began before begins at `start`."""
    events: dict[datetime, list[tuple[bool, Event]]] = defaultdict(list, {start: []})
    shifts, overrides = plan.shifts.get(line, ()), plan.overrides.get(line, ())
    people = {shift.staff_id for shift in shifts}
    people.update(who for change in overrides for who in (change.staff_id, change.by) if who is not None)
    absences = [row for row in plan.absences if row.state == "approved" and row.staff_id in people]
    rows: tuple[Shift | Override | Absence, ...] = (*shifts, *overrides, *absences)
    for row in rows:
        if row.starts_at < end and start < row.ends_at and row.starts_at < row.ends_at:
            events[max(row.starts_at, start)].append((True, row))
            if row.ends_at < end:
                events[row.ends_at].append((False, row))
    for person in (plan.people[each] for each in people if each in plan.people):
        for skill in person.skills:
            if skill.valid_until is not None and start < skill.valid_until < end:
                events[skill.valid_until].append((True, person.id))
    return events


@dataclass
class _Sweep:
    """What is in force while the sweep passes; `held` is kept in order, `keys` beside it for bisecting."""

    plan: Plan
    keys: list[tuple[int, str, str, int]] = field(default_factory=list)
    held: list[Seated] = field(default_factory=list)
    changes: list[Override] = field(default_factory=list)
    away: dict[str, list[Absence]] = field(default_factory=lambda: defaultdict(list))

    def take(self, begins: bool, what: Event, at: datetime) -> None:
        match what:
            case Shift():
                self._sit(begins, what, at)
            case Override():
                if begins:
                    insort(self.changes, what, key=lambda change: change.seq)
                else:
                    self.changes.remove(what)
            case Absence(staff_id=staff_id):
                rows = self.away[staff_id]
                if begins:
                    insort(rows, what, key=lambda row: row.id)
                else:
                    rows.remove(what)
                if not rows:
                    del self.away[staff_id]
            case str():
                people = self.plan.people
                self.held = [
                    dress(each.shift, what, people, at) if each.staff_id == what else each
                    for each in self.held
                ]

    def _sit(self, begins: bool, shift: Shift, at: datetime) -> None:
        key = (shift.tier, shift.staff_id, shift.id, 0)
        place = bisect_left(self.keys, key)
        if begins:
            self.keys.insert(place, key)
            self.held.insert(place, dress(shift, shift.staff_id, self.plan.people, at))
        else:
            del self.keys[place], self.held[place]

    def seats(self, at: datetime) -> Seats:
        if not self.changes and not self.away:
            return tuple(self.held)
        away = {staff_id: rows[0] for staff_id, rows in self.away.items()}
        return apply(self.held, self.changes, away, self.plan.people, at).seats
