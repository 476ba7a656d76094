"""What is planned: patterns with their rotations, the shifts they make, roster versions, overrides, the plan.

Local parts are a date and minutes 0..2880 counted from its midnight; instants are aware and UTC; intervals are
half-open; `first` and `last` days are both included. Nobody changes a value: a plan is shared between threads.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, Self, TypeVar

from hotline.rules.civil_time import Weekday
from hotline.rules.duty.people import Absence, Person
from hotline.values import dataclass

Advance = Literal["per_occurrence", "day", "week", "month"]
HolidayRule = Literal["as_weekday", "closed", "like_sunday", "only"]
RosterStatus = Literal["draft", "proposed", "published", "superseded"]
EMPTY = None  # an empty chair in a rotation

PRIMARY, BACKUP, COORDINATOR = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Rotation:
    """Groups that take turns; a group names who sits in seat 1, 2, … or EMPTY.

    `anchor` is the index of the group whose turn it is on the first day of the pattern. Per occurrence, each
    group serves equally often whatever the weekdays and holidays; the other ways follow the calendar.
    """

    groups: tuple[tuple[str | None, ...], ...]
    advance: Advance = "per_occurrence"
    anchor: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A template of shifts: on which days, from when to when, in every which week, who takes turns.

    Weeks are counted from that of `anchor` (default: `first`) when `every_weeks` is more than one.
    """

    id: str
    line: str
    days: frozenset[Weekday]
    start: int
    end: int
    rotation: Rotation
    first: date
    last: date | None = None
    every_weeks: int = 1
    anchor: date | None = None
    holidays: HolidayRule = "as_weekday"
    seats: int = 1
    tier: int = PRIMARY
    exclusive: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """Which turn of which pattern made a shift: the local day it belongs to and the group of the rotation."""

    pattern_id: str
    day: date
    step: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One planned span [starts_at, ends_at) of a person on a line, in UTC.

    `origin` is None for one written by hand. `confirmed` is False while it hangs on a proposal or a swap.
    """

    id: str
    line: str
    staff_id: str
    starts_at: datetime
    ends_at: datetime
    seat: int = 1
    tier: int = PRIMARY
    exclusive: bool = True
    roster_id: str = ""
    origin: Origin | None = None
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Roster:
    """A version of a line's roster. A published one never changes: a later version supersedes it."""

    id: str
    line: str
    first: date
    last: date
    version: int
    status: RosterStatus = "draft"
    published_at: datetime | None = None
    superseded_at: datetime | None = None

    def in_force(self, known_at: datetime) -> bool:
        """Whether this was the published version at that instant."""
        published = self.published_at is not None and self.published_at <= known_at
        return published and (self.superseded_at is None or known_at < self.superseded_at)


@dataclass(frozen=True, slots=True)
class Override:
    """A change to who is on duty in [starts_at, ends_at); rows are only added, and apply in order of `seq`.

    ADD gives `staff_id` an extra seat. REMOVE vacates the seats `staff_id` holds. REPLACE puts `by` there; if
    `staff_id` holds none at that step it does nothing. `seat` narrows both to one seat.
    """

    seq: int
    line: str
    kind: Literal["ADD", "REMOVE", "REPLACE"]
    staff_id: str
    starts_at: datetime
    ends_at: datetime
    by: str | None = None
    seat: int | None = None
    tier: int = PRIMARY
    reason: str = ""
    author: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a line's ladder: the people of a tier, or another line or number. An empty rung is skipped."""

    kind: Literal["tier", "line", "number"]
    target: str


Row = TypeVar("Row", Shift, Override)


@dataclass(frozen=True)
class Plan:
    """Everything duty is computed from, besides the hours: shifts in force, overrides, absences, people."""

    shifts: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    ladders: Mapping[str, tuple[Rung, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        shifts: Iterable[Shift] = (),
        overrides: Iterable[Override] = (),
        absences: Iterable[Absence] = (),
        people: Iterable[Person] = (),
        ladders: Mapping[str, tuple[Rung, ...]] = MappingProxyType({}),
    ) -> Self:
        """From flat rows, in any order."""
        known = {person.id: person for person in people}
        return cls(_by_line(shifts), _by_line(overrides), tuple(absences), known, ladders)

    def with_line(
        self, line: str, shifts: Iterable[Shift] | None = None, overrides: Iterable[Override] | None = None
    ) -> Self:
        """The same with other shifts or overrides on one line."""
        planned = self.shifts if shifts is None else {**self.shifts, line: tuple(shifts)}
        changes = self.overrides if overrides is None else {**self.overrides, line: tuple(overrides)}
        return replace(self, shifts=planned, overrides=changes)

    def lines_of(self, staff_id: str) -> frozenset[str]:
        """Lines whose answers an absence or a skill of this person can change."""
        planned = {line for line, rows in self.shifts.items() if any(s.staff_id == staff_id for s in rows)}
        changed = {
            line for line, rows in self.overrides.items() if any(staff_id in (o.staff_id, o.by) for o in rows)
        }
        return frozenset(planned | changed)

    def known(self, at: datetime, rosters: Collection[Roster]) -> Self:
        """The plan as it was known at `at`: the versions then in force, the overrides and absences then made."""
        force = {roster.id for roster in rosters if roster.in_force(at)}
        return replace(
            self,
            shifts={
                line: tuple(shift for shift in rows if not shift.roster_id or shift.roster_id in force)
                for line, rows in self.shifts.items()
            },
            overrides={
                line: tuple(row for row in rows if row.made_at is None or row.made_at <= at)
                for line, rows in self.overrides.items()
            },
            absences=tuple(row for row in self.absences if row.noted_at is None or row.noted_at <= at),
        )


def _by_line(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.line].append(row)
    return {line: tuple(each) for line, each in found.items()}
