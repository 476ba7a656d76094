"""Rest, hours and nights of one person against their limits, in real hours: what is broken, and when.

Every seat breaks a rest, also a backup's at home; hours and nights count tier 1 only. Weeks, months, quarters
and nights are those of the wall clock, their lengths are real.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from hotline.rules.civil_time import local, resolve
from hotline.rules.duty.board import Board, Worked
from hotline.rules.duty.expansion import edges
from hotline.rules.duty.people import Limits, Person
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.duty.spans import Span, clipped, length, union
from hotline.values import dataclass

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Code = Literal["rest", "week_rest", "week", "month", "quarter", "nights_in_row", "nights_in_month"]


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit broken in [start, end): `have` against `limit`, in hours or in nights."""

    staff_id: str
    code: Code
    start: datetime
    end: datetime
    have: float
    limit: float


def breaches(board: Board, staff_id: str) -> tuple[Breach, ...]:
    """Every limit of this person that the board breaks, by start."""
    person = board.plan.people.get(staff_id, Person(staff_id))
    found = _breaches(staff_id, person.limits, board.worked(staff_id), board.centre.zone)
    return tuple(sorted(found, key=lambda each: (each.start, each.code)))


def _breaches(who: str, limits: Limits, worked: Sequence[Worked], zone: ZoneInfo) -> Iterator[Breach]:
    spells = union(_whole_shifts(worked))
    at_work = union((each.start, each.end) for each in worked if each.seat.tier == PRIMARY)
    if not spells:
        return
    for (_, left), (back, _) in pairwise(spells):
        if limits.rest is not None and _hours(back - left) < limits.rest:
            yield Breach(who, "rest", left, back, _hours(back - left), limits.rest)
    for start, end in periods("week", spells, zone) if limits.week_rest is not None else ():
        longest = _hours(_longest_rest(spells, start, end, (limits.rest or 0) * HOUR))
        if limits.week_rest is not None and longest < limits.week_rest:
            yield Breach(who, "week_rest", start, end, longest, limits.week_rest)
    yield from _too_much(who, limits, at_work, zone)
    if limits.nights_in_row is not None or limits.nights_in_month is not None:
        yield from _nights(who, limits, nights(at_work, limits, zone), zone)


def _whole_shifts(worked: Iterable[Worked]) -> Iterator[Span]:
    """From a shift's first minute to its last: an hour's break that a colleague covers is no rest between shifts."""
    shifts: dict[tuple[str, str], list[Worked]] = defaultdict(list)
    for each in worked:
        shifts[each.line, each.seat.shift.id].append(each)
    for pieces in shifts.values():
        yield min(piece.start for piece in pieces), max(piece.end for piece in pieces)


def _longest_rest(spells: Sequence[Span], start: datetime, end: datetime, night: timedelta) -> timedelta:
    """The longest rest of a week: what of it lies in the week, and the daily rest of its last night beyond."""
    ends = [start, *(until for _, until in spells)]
    begins = [*(since for since, _ in spells), end + night]
    rests = (
        min(back, end + night) - max(left, start)
        for left, back in zip(ends, begins, strict=True)
        if left < end and start < back
    )
    return max(rests, default=timedelta())


def _too_much(who: str, limits: Limits, at_work: list[Span], zone: ZoneInfo) -> Iterator[Breach]:
    kinds: tuple[tuple[Literal["week", "month", "quarter"], float | None], ...] = (
        ("week", limits.week),
        ("month", limits.month),
        ("quarter", limits.quarter),
    )
    for code, limit in kinds:
        for start, end in periods(code, at_work, zone) if limit is not None else ():
            have = _hours(length(clipped(at_work, start, end)))
            if limit is not None and have > limit:
                yield Breach(who, code, start, end, have, limit)


def _nights(who: str, limits: Limits, dates: list[date], zone: ZoneInfo) -> Iterator[Breach]:
    row, month = limits.nights_in_row, limits.nights_in_month
    if row is not None:
        runs = groupby(enumerate(dates), key=lambda pair: pair[1].toordinal() - pair[0])
        for run in ([day for _, day in pairs] for _, pairs in runs):
            if len(run) > row:
                yield Breach(who, "nights_in_row", *_days(run[0], run[-1], zone), len(run), row)
    if month is not None:
        for _, days in groupby(dates, key=lambda day: (day.year, day.month)):
            mine = list(days)
            if len(mine) > month:
                yield Breach(who, "nights_in_month", *_days(mine[0], mine[-1], zone), len(mine), month)


def nights(at_work: Iterable[Span], limits: Limits, zone: ZoneInfo) -> list[date]:
    """The local dates whose night was worked, in order; a night belongs to the evening it begins on."""
    worked: dict[date, timedelta] = defaultdict(timedelta)
    for start, end in union(at_work):
        day = local(start, zone).date() - DAY
        while day <= local(end, zone).date():
            begins, ends = edges(day, *limits.night, zone)
            worked[day] += max(min(end, ends) - max(start, begins), timedelta())
            day += DAY
    return sorted(day for day, length in worked.items() if _hours(length) >= limits.night_hours)


def periods(kind: Literal["week", "month", "quarter"], spans: list[Span], zone: ZoneInfo) -> Iterator[Span]:
    """The wall-clock weeks (from Monday), months or quarters that these spans touch, in order."""
    if not spans:
        return
    day, last = local(spans[0][0], zone).date(), local(spans[-1][1], zone).date()
    while day <= last:
        first, following = _period(kind, day)
        yield resolve(first, 0, zone, "start"), resolve(following, 0, zone, "start")
        day = following


def _period(kind: Literal["week", "month", "quarter"], day: date) -> tuple[date, date]:
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    size = 1 if kind == "month" else 3
    index = (12 * day.year + day.month - 1) // size * size
    return date(index // 12, index % 12 + 1, 1), date((index + size) // 12, (index + size) % 12 + 1, 1)


def _days(first: date, last: date, zone: ZoneInfo) -> Span:
    return resolve(first, 0, zone, "start"), resolve(last + DAY, 0, zone, "start")


def _hours(length: timedelta) -> float:
    return length / HOUR
