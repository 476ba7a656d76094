"""Is this line open at an instant: open until, closed until, or never stated.

Demand only: people play no part here. Intervals are half-open. A window belongs to the local day on which it
starts, so a night window begun on the eve runs on into a holiday. Unstated hours are never open or closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hotline.rules.centre import Centre, Line
from hotline.rules.centre_facts import Span
from hotline.rules.civil_time import local, resolve, weekday

LOOK_AHEAD_DAYS = 60
# A line open day after day is followed this far for its next closing; past it, it is called always open.
FOLLOW_DAYS = 400


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
    if line.always:
        return Open(until=None)
    if line.hours_status == "unstated":
        return Unknown()
    today = local(at, centre.zone).date()
    until = _open_until(centre, line, at, today)
    if until is not None:
        ends = until < resolve(today + timedelta(days=FOLLOW_DAYS), 0, centre.zone, "start")
        return Open(until if ends else None, assumed=line.hours_status == "assumed")
    if _unstated(centre, line, today):
        return Unknown()
    next_open = next_start(centre, line, at)
    return Closed(next_open, assumed=_rests_on_assumption(centre, line, today, next_open))


def next_change(centre: Centre, line: Line, at: datetime) -> datetime | None:
    """The next instant at which the kind of answer (open, closed, unknown) changes; None: not in sight."""
    answer = opening(centre, line, at)
    if isinstance(answer, Open):
        return answer.until
    if line.hours_status == "unstated":
        return None
    today = local(at, centre.zone).date()
    starts = next_start(centre, line, at)
    now_unknown = isinstance(answer, Unknown)
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
    for ahead in range(LOOK_AHEAD_DAYS + 1):
        for start, _ in _windows(centre, line, today + timedelta(days=ahead)):
            if start > at:
                return start
    return None


def _open_until(centre: Centre, line: Line, at: datetime, today: date) -> datetime | None:
    """The end of the run of touching windows around `at`, or None if there is no window around it."""
    until: datetime | None = None
    for ahead in range(-1, FOLLOW_DAYS + 1):
        day = today + timedelta(days=ahead)
        if until is not None and until < resolve(day, 0, centre.zone, "start"):
            return until
        for start, end in _windows(centre, line, day):
            if (start <= at < end) if until is None else (start <= until < end):
                until = end
        if until is None and ahead >= 0:
            return None
    return until


def _windows(centre: Centre, line: Line, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The UTC intervals of the windows that start on the local `day`, by start.

    One that lies wholly inside a skipped hour has no length and is left out.
    """
    spans = [extra for extra in centre.extra_openings if extra.day == day and line.id in extra.lines]
    for span in sorted((*spans, *_regular(centre, line, day)), key=lambda span: (span.start, span.end)):
        start = resolve(day, span.start, centre.zone, "start")
        end = resolve(day, span.end, centre.zone, "end")
        if start < end:
            yield start, end


def _regular(centre: Centre, line: Line, day: date) -> tuple[Span, ...]:
    """The spans of an ordinary day or a holiday; a closure beats both."""
    if any(closure.touches(line, day) for closure in centre.closures):
        return ()
    if line.on_public_holiday != "open" and centre.calendar.is_holiday(day):
        return line.holiday_hours
    return _weekly(line, day)


def _weekly(line: Line, day: date) -> tuple[Span, ...]:
    return tuple(window for window in line.hours if weekday(day) in window.days)


def _unstated(centre: Centre, line: Line, day: date) -> bool:
    """Whether nothing is known about this day: a holiday the source does not mention and nobody assumed."""
    closed = any(closure.touches(line, day) for closure in centre.closures)
    return line.on_public_holiday == "unstated" and not closed and centre.calendar.is_holiday(day)


def _rests_on_assumption(centre: Centre, line: Line, today: date, next_open: datetime | None) -> bool:
    """Whether a holiday taken as closed decides: today's, or one that would otherwise open sooner."""
    if line.hours_status == "assumed":
        return True
    if line.on_public_holiday != "assume_closed":
        return False
    if centre.calendar.is_holiday(today):
        return True
    days = LOOK_AHEAD_DAYS if next_open is None else (local(next_open, centre.zone).date() - today).days
    between = (today + timedelta(days=ahead) for ahead in range(1, days))
    return any(centre.calendar.is_holiday(day) and _weekly(line, day) for day in between)
