"""The answer for one line from a handful of shifts, without a board: compiled for as far as they reach.

For whoever has read the next shifts from the database and asks once. It is the same evaluator on a short span.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hotline.rules.centre import Centre, Line
from hotline.rules.duty.answers import ClosedNow, Duty, OpenButEmpty
from hotline.rules.duty.board import never_closing
from hotline.rules.duty.plan import Plan, Shift
from hotline.rules.duty.supply import compile_supply
from hotline.rules.duty.timeline import compile_timeline
from hotline.rules.opening import Open, next_change, next_start, opening, stretches

SOON = timedelta(days=1)


def duty(centre: Centre, shifts: Iterable[Shift], line_id: str, at: datetime) -> Duty:
    """The answer for a line at `at`, asked of its whole queue.

    It stays the same until `until` (None: as far as the hours and these shifts tell). Raises LineUnknown.
    """
    line, lines = centre.line(line_id), centre.lines_with(line_id)
    plan = Plan.of(shift for shift in shifts if shift.line in lines and shift.ends_at > at)
    ends = [shift.ends_at for rows in plan.shifts.values() for shift in rows]
    whole = max(ends, default=at) + SOON
    end = min(at + SOON, whole)
    answer = _answer(centre, line, plan, at, end)
    if end < whole and (answer.until == end or (isinstance(answer, OpenButEmpty) and answer.next_at is None)):
        end = whole  # it lies further ahead than a day, as it seldom does
        answer = _answer(centre, line, plan, at, end)
    if isinstance(answer, ClosedNow):
        answer = replace(answer, next_open=next_start(centre, line, at))
    return replace(answer, until=next_change(centre, line, at)) if answer.until == end else answer


def _answer(centre: Centre, line: Line, plan: Plan, at: datetime, end: datetime) -> Duty:
    hours = stretches(centre, line, at, end)
    supplies = [compile_supply(each, plan, at, end) for each in centre.lines_with(line.id)]
    redirect = never_closing(centre, line.id, lambda each: opening(centre, each, at) == Open(None))
    return compile_timeline(line.id, hours, supplies, (at, end), redirect=redirect).at(at)


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
