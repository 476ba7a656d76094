"""A draft: the shifts that patterns make in a span of days, each in a seat of its own."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

from hotline.ids import new_id
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local, resolve
from hotline.rules.duty.expansion import expand, holidays_of
from hotline.rules.duty.plan import Pattern, Roster, Shift


def drafted(
    centre: Centre, roster: Roster, patterns: Iterable[Pattern], may_sit: Callable[[str], bool]
) -> list[Shift]:
    """What the patterns make of the days of this version; who may not sit there leaves the chair empty."""
    start = resolve(roster.first, 0, centre.zone, "start")
    end = resolve(roster.last + timedelta(days=1), 0, centre.zone, "end")
    made: list[Shift] = []
    for pattern in patterns:
        holidays = holidays_of(centre.calendar, pattern.first, roster.last)
        for shift in expand(pattern, holidays, centre.zone, start, end).shifts:
            if shift.origin and roster.first <= shift.origin.day <= roster.last and may_sit(shift.staff_id):
                made.append(_seated(replace(shift, id=new_id(), roster_id=roster.id), made))
    return made


def _seated(shift: Shift, others: list[Shift]) -> Shift:
    """In its own seat, or where another pattern has put somebody there, in the next that is free."""
    near = [
        each for each in others[::-1] if each.starts_at < shift.ends_at and shift.starts_at < each.ends_at
    ]
    taken = {each.seat for each in near}
    seat = shift.seat
    while seat in taken:
        seat += 1
    return replace(shift, seat=seat)


def day_of(shift: Shift, centre: Centre) -> date:
    """The local day a shift belongs to."""
    return shift.origin.day if shift.origin else local(shift.starts_at, centre.zone).date()


def outside(former: Roster, after: Roster) -> list[tuple[date, date]]:
    """The days of a former version that a later one leaves to it: before, after, or none."""
    day = timedelta(days=1)
    before = (former.first, min(former.last, after.first - day))
    behind = (max(former.first, after.last + day), former.last)
    return [(first, last) for first, last in (before, behind) if first <= last]
