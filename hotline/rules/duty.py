"""Who is on duty at an instant, until when, and when somebody will be.

Supply meets demand here: shifts are the published spans of people, opening comes from the line. People on
duty for one line of a queue answer all its lines. The order of the shifts does not matter.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from hotline.rules.centre import Centre, Line
from hotline.rules.opening import Closed, Open, Unknown, next_change, next_start, opening


@dataclass(frozen=True, slots=True)
class Shift:
    """One planned span [starts_at, ends_at) of a person on a line, in UTC."""

    id: str
    line: str
    staff_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The line is open and somebody is on duty; `shifts` holds one per person."""

    shifts: tuple[Shift, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenButEmpty:
    """The line is open and nobody is on duty; `next_at` is when, by the roster, somebody will be."""

    next_at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ClosedNow:
    """The hours say closed. People on a shift outside the hours do not open a line."""

    next_open: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class NotStated:
    """The hours were never stated, so there is no duty to speak of: information mode.

    `until` is set where only this holiday is unstated.
    """

    until: datetime | None = None


Duty = OnDuty | OpenButEmpty | ClosedNow | NotStated


def on_duty(shifts: Iterable[Shift], lines: Collection[str], at: datetime) -> tuple[Shift, ...]:
    """The shifts on any of `lines` that cover `at`, one per person (the one that ends last), by person."""
    people: dict[str, Shift] = {}
    for shift in shifts:
        if shift.line in lines and shift.starts_at <= at < shift.ends_at:
            other = people.get(shift.staff_id)
            if other is None or _later(shift) > _later(other):
                people[shift.staff_id] = shift
    return tuple(sorted(people.values(), key=lambda shift: (shift.staff_id, shift.id)))


def _later(shift: Shift) -> tuple[datetime, datetime, str]:
    return (shift.ends_at, shift.starts_at, shift.id)


def duty(centre: Centre, shifts: Iterable[Shift], line_id: str, at: datetime) -> Duty:
    """The answer for a line at `at`, asked of its whole queue.

    It stays the same until `until` (None: as far as the hours and these shifts tell). Raises LineUnknown.
    """
    line = centre.line(line_id)
    lines = frozenset(centre.lines_with(line_id))
    shifts = [shift for shift in shifts if shift.line in lines and shift.ends_at > at]
    answer = opening(centre, line, at)
    change = next_change(centre, line, at)
    if isinstance(answer, Unknown):
        return NotStated(change)
    if isinstance(answer, Closed):
        return ClosedNow(answer.next_open, change)
    people = on_duty(shifts, lines, at)
    edges = sorted({edge for shift in shifts for edge in (shift.starts_at, shift.ends_at) if edge > at})
    moved = next((edge for edge in edges if on_duty(shifts, lines, edge) != people), None)
    until = min((edge for edge in (change, moved) if edge is not None), default=None)
    if people and until is not None:
        return OnDuty(people, until)
    return OpenButEmpty(_next_at(centre, shifts, line, at), until)


@dataclass(frozen=True, slots=True)
class Gap:
    """Open, and nobody planned: from when until when, as far as the shifts tell."""

    starts_at: datetime
    ends_at: datetime | None


def next_gap(
    centre: Centre, shifts: Iterable[Shift], line_id: str, at: datetime, until: datetime
) -> Gap | None:
    """The first gap of a line that starts in [at, until). Raises LineUnknown."""
    shifts = list(shifts)
    while at < until:
        answer = duty(centre, shifts, line_id, at)
        if isinstance(answer, OpenButEmpty):
            return Gap(at, answer.until)
        if answer.until is None:
            return None
        at = answer.until
    return None


def _next_at(centre: Centre, shifts: Iterable[Shift], line: Line, after: datetime) -> datetime | None:
    """The first instant after `after` at which one of these shifts meets an open line."""
    found: datetime | None = None
    for shift in sorted(shifts, key=lambda shift: shift.starts_at):
        if shift.starts_at <= after or (found is not None and shift.starts_at >= found):
            continue
        open_at_start = isinstance(opening(centre, line, shift.starts_at), Open)
        meets = shift.starts_at if open_at_start else next_start(centre, line, shift.starts_at)
        if meets is not None and meets < shift.ends_at and (found is None or meets < found):
            found = meets
    return found
