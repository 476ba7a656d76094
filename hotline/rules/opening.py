"""Is this line open at an instant: open until, closed until, or never stated.

Demand only: people play no part here. Intervals are half-open. A window belongs to the local day on which it
starts, so a night window begun on the eve runs on into a holiday, and one begun under former hours into the new.
Unstated hours are never open or closed.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from hotline.rules.centre import Centre, Closure, Line
from hotline.rules.centre_facts import Span
from hotline.rules.civil_time import DAY_MINUTES, local, resolve, weekday
from hotline.rules.hours import Hours
from hotline.values import dataclass

LOOK_AHEAD_DAYS = 60
# A line open day after day is followed this far for its next closing; past it, it is called always open.
FOLLOW_DAYS = 400
WHOLE_DAY = Span(start=0, end=DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Open:
    """Open now; `until` is the instant of the next real closing, None for a line that never closes."""

    until: datetime | None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed now; `next_open` is None when nothing is stated for the next 60 days.

    `assumed` says that it rests on a holiday which the source does not mention, or on unconfirmed hours.
    """

    next_open: datetime | None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The hours were never stated: tell the national lines and the address, never "open" or "closed"."""


Opening = Open | Closed | Unknown


def opening(centre: Centre, line: Line | str, at: datetime) -> Opening:
    """The line's answer at the instant `at`. Raises LineUnknown for an id the centre does not have."""
    line = centre.line(line) if isinstance(line, str) else line
    today = local(at, centre.zone).date()
    if centre.hours_on(line, today).always and _settled(centre, line, today):
        return Open(until=None)
    around = _open_until(centre, line, at, today)
    if around is not None:
        ends = around.end < resolve(today + timedelta(days=FOLLOW_DAYS), 0, centre.zone, "start")
        return Open(around.end if ends else None, around.assumed)
    if _unstated(centre, line, today):
        return Unknown()
    next_open = next_start(centre, line, at)
    return Closed(next_open, assumed=_rests_on_assumption(centre, line, today, next_open))


def next_change(centre: Centre, line: Line, at: datetime) -> datetime | None:
    """The next instant at which the kind of answer (open, closed, unknown) changes; None: not in sight."""
    answer = opening(centre, line, at)
    if isinstance(answer, Open):
        return answer.until
    today = local(at, centre.zone).date()
    now_unknown = isinstance(answer, Unknown)
    if centre.hours_on(line, today).hours_status == "unstated" and _settled(centre, line, today):
        return None
    starts = next_start(centre, line, at)
    for ahead in range(1, LOOK_AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        midnight = resolve(day, 0, centre.zone, "start")
        if starts is not None and starts <= midnight:
            return starts
        if _unstated(centre, line, day) != now_unknown:
            return midnight
    return starts


def next_start(centre: Centre, line: Line, at: datetime) -> datetime | None:
    """The first instant after `at` at which a window of the line starts; None if none does within 60 days."""
    today = local(at, centre.zone).date()
    if centre.hours_on(line, today).hours_status == "unstated" and _settled(centre, line, today):
        return None
    for ahead in range(LOOK_AHEAD_DAYS + 1):
        for window in _windows(centre, line, today + timedelta(days=ahead)):
            if window.start > at:
                return window.start
    return None


def _settled(centre: Centre, line: Line, today: date) -> bool:
    """Whether the hours of today are those of every day to come."""
    return all(day <= today for day in centre.hours_change(line))


@dataclass(frozen=True, slots=True)
class _Window:
    """An interval of being open, in UTC; `assumed` if by hours nobody has confirmed."""

    start: datetime
    end: datetime
    assumed: bool


def _open_until(centre: Centre, line: Line, at: datetime, today: date) -> _Window | None:
    """The window around `at`, up to the end of the run of those that touch it; None if there is none."""
    found: _Window | None = None
    for ahead in range(-1, FOLLOW_DAYS + 1):
        day = today + timedelta(days=ahead)
        if found is not None and found.end < resolve(day, 0, centre.zone, "start"):
            return found
        for window in _windows(centre, line, day):
            if found is None and window.start <= at < window.end:
                found = window
            elif found is not None and window.start <= found.end < window.end:
                found = replace(found, end=window.end)
        if found is None and ahead >= 0:
            return None
    return found


def _windows(centre: Centre, line: Line, day: date) -> Iterator[_Window]:
    """The windows that start on the local `day`, by start.

    One that lies wholly inside a skipped hour has no length and is left out.
    """
    rule = centre.hours_on(line, day)
    if rule.hours_status == "unstated":
        return
    spans = [extra for extra in centre.extra_openings if extra.day == day and line.id in extra.lines]
    regular = (WHOLE_DAY,) if rule.always else _regular(centre, line, rule, day)
    for span in sorted((*spans, *regular), key=lambda span: (span.start, span.end)):
        start = resolve(day, span.start, centre.zone, "start")
        end = resolve(day, span.end, centre.zone, "end")
        if start < end:
            yield _Window(start, end, rule.hours_status == "assumed")


def _regular(centre: Centre, line: Line, rule: Hours, day: date) -> tuple[Span, ...]:
    """The spans of an ordinary day or a holiday; a closure beats both."""
    if closure_on(centre, line, day) is not None:
        return ()
    if rule.on_public_holiday != "open" and centre.calendar.is_holiday(day):
        return rule.holiday_hours
    return _weekly(rule, day)


def _weekly(rule: Hours, day: date) -> tuple[Span, ...]:
    return tuple(window for window in rule.hours if weekday(day) in window.days)


def closure_on(centre: Centre, line: Line, day: date) -> Closure | None:
    """What keeps the line shut all day by order; None on other days, and for a line that is always open."""
    if centre.hours_on(line, day).hours_status not in ("stated", "assumed"):
        return None
    return next((closure for closure in centre.closures if closure.touches(line, day)), None)


def holiday_closes(centre: Centre, line: Line, day: date) -> bool:
    """Whether the line opens on such a weekday, and a statutory holiday keeps it shut on this one."""
    rule = centre.hours_on(line, day)
    if rule.hours_status not in ("stated", "assumed") or rule.on_public_holiday == "open":
        return False
    kept_shut = centre.calendar.is_holiday(day) and bool(_weekly(rule, day))
    return kept_shut and not any(_windows(centre, line, day))


def _unstated(centre: Centre, line: Line, day: date) -> bool:
    """Whether nothing is known about this day: no hours, or a holiday of which nothing is said or assumed."""
    rule = centre.hours_on(line, day)
    if rule.hours_status == "unstated":
        return True
    silent = rule.on_public_holiday == "unstated" and centre.calendar.is_holiday(day)
    return silent and closure_on(centre, line, day) is None


def _rests_on_assumption(centre: Centre, line: Line, today: date, next_open: datetime | None) -> bool:
    """Whether a holiday taken as closed decides: today's, or one that would otherwise open sooner."""
    if centre.hours_on(line, today).hours_status == "assumed" or _taken_as_closed(centre, line, today):
        return True
    days = LOOK_AHEAD_DAYS if next_open is None else (local(next_open, centre.zone).date() - today).days
    between = (today + timedelta(days=ahead) for ahead in range(1, days))
    return any(
        _taken_as_closed(centre, line, day) and _weekly(centre.hours_on(line, day), day) for day in between
    )


def _taken_as_closed(centre: Centre, line: Line, day: date) -> bool:
    rule = centre.hours_on(line, day)
    return rule.on_public_holiday == "assume_closed" and centre.calendar.is_holiday(day)


Kind = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to the start of the next one the kind of answer stays the same."""

    start: datetime
    kind: Kind


_Mark = tuple[datetime, int, int]  # at that instant so many windows, so many unstated days begin or end


def stretches(centre: Centre, line: Line | str, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """What `opening` says all through [start, end), day by day; the first starts at `start`."""
    line = centre.line(line) if isinstance(line, str) else line
    first, last = local(start, centre.zone).date() - timedelta(days=1), local(end, centre.zone).date()
    rule = centre.hours_on(line, first)
    if _settled(centre, line, first) and (rule.always or rule.hours_status == "unstated"):
        return (Stretch(start, "open" if rule.always else "unknown"),)
    marks: list[_Mark] = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        for window in _windows(centre, line, day):
            marks += ((window.start, 1, 0), (window.end, -1, 0))
        if _unstated(centre, line, day):
            marks.append((resolve(day, 0, centre.zone, "start"), 0, 1))
            marks.append((resolve(day + timedelta(days=1), 0, centre.zone, "start"), 0, -1))
    return _swept(sorted(marks), start, end)


def _swept(marks: list[_Mark], start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """An open window beats an unstated day, and both beat being closed."""
    found = [Stretch(start, "closed")]
    windows = unstated = 0
    for instant, window, day in marks:
        if instant >= end:
            break
        windows, unstated = windows + window, unstated + day
        at = max(instant, start)
        kind: Kind = "open" if windows else "unknown" if unstated else "closed"
        if found[-1].start == at:
            found.pop()
        if not found or found[-1].kind != kind:
            found.append(Stretch(at, kind))
    return tuple(found)
