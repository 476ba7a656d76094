"""Weekly hours as people write them: "pon.–pt. 8:00–16:00", "całą dobę"."""

from collections.abc import Iterable
from itertools import groupby

from hotline.rules.centre_facts import Window
from hotline.rules.civil_time import DAY_MINUTES, WEEKDAYS, Weekday
from hotline.rules.hours import Hours
from hotline.texts import say

Spans = tuple[tuple[int, int], ...]  # minutes from the day's midnight, [start, end), in order, not touching
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
