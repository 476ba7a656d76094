"""Weekly hours as people write them: "pon.–pt. 8:00–16:00", "całą dobę"."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from hotline.errors import HoursUnreadable
from hotline.rules.centre_facts import Span, Window
from hotline.rules.civil_time import DAY_MINUTES, WEEKDAYS, Weekday
from hotline.rules.hours import Hours
from hotline.texts import say

Spans = tuple[tuple[int, int], ...]  # minutes from the day's midnight, [start, end), in order, not touching
LAST_HOUR, LAST_MINUTE = 24, 59
RANGE_FROM = 3  # days; "pon., wt." is shorter than a range and cannot be misread


def in_words(rule: Hours, language: str) -> str:
    """The stated hours of an ordinary week; "" where nothing is stated for sure."""
    if rule.always:
        return say("hours.always", language)
    return of_windows(rule.hours, language) if rule.hours_status == "stated" else ""


def of_windows(windows: Iterable[Window], language: str) -> str:
    """Days that have the same hours are named together; "" for none."""
    windows = tuple(windows)
    days_of: dict[Spans, list[Weekday]] = {}
    for day in WEEKDAYS:
        days_of.setdefault(_spans(windows, day), []).append(day)
    return "; ".join(
        f"{_days(days, language)} {', '.join(map(_span, spans))}" for spans, days in days_of.items() if spans
    )


def _spans(windows: Iterable[Window], day: Weekday) -> Spans:
    """What starts on this day; windows that touch are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((each.start, each.end) for each in windows if day in each.days):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def _days(days: list[Weekday], language: str) -> str:
    if len(days) == len(WEEKDAYS):
        return say("hours.every_day", language)
    parts: list[str] = []
    for _, following in groupby(days, key=lambda day: WEEKDAYS.index(day) - days.index(day)):
        names = [say(f"hours.{day}", language) for day in following]
        parts += [f"{names[0]}–{names[-1]}"] if len(names) >= RANGE_FROM else names
    return ", ".join(parts)


def _span(span: tuple[int, int]) -> str:
    start, end = span
    return f"{_time(start)}–{_time(end if end <= DAY_MINUTES else end - DAY_MINUTES)}"


def _time(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def spans_in_words(spans: Iterable[Span]) -> str:
    """9:00–13:00, 15:00–18:00"""
    return ", ".join(_span((each.start, each.end)) for each in spans)


# -- what people write -----------------------------------------------------------------------------------

PIECE = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?")


def written(span: Span) -> str:
    """As a person would type it: 8:00-16:00."""
    return spans_in_words([span]).replace("\u2013", "-")


def read(text: str) -> list[tuple[str, str]]:
    """("08:00", "12:00") … of "8-12, 14:00-18:00"; nothing of nothing. Raises HoursUnreadable."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        piece = PIECE.fullmatch(part)
        if piece is None:
            raise HoursUnreadable
        start, start_minute, end, end_minute = (int(each or 0) for each in piece.groups())
        if max(start, end) > LAST_HOUR or max(start_minute, end_minute) > LAST_MINUTE:
            raise HoursUnreadable
        found.append((f"{start:02}:{start_minute:02}", f"{end:02}:{end_minute:02}"))
    return found


def read_one(text: str) -> tuple[str, str]:
    """Exactly one span. Raises HoursUnreadable."""
    found = read(text)
    if len(found) != 1:
        raise HoursUnreadable
    return found[0]


def read_week(given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Windows as in a centre file, of what was written per day. Raises HoursUnreadable, also for an empty week."""
    days_of: dict[tuple[str, str], list[Weekday]] = {}
    for day in WEEKDAYS:
        for span in read(given.get(day, "")):
            days_of.setdefault(span, []).append(day)
    if not days_of:
        raise HoursUnreadable
    return [{"days": days, "from": start, "to": end} for (start, end), days in days_of.items()]
