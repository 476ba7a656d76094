"""The same rota in other libraries: python-dateutil's rulesets, and icalendar with recurring-ical-events.

Each turn of a rotation becomes a weekly event of its own, the way people keep rotas in shared calendars. What a
calendar cannot say (holidays, overrides, absences, hours of a line) makes `events` return None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import lcm
from typing import Self
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil.rrule import WEEKLY, rrule, rruleset

from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Pattern
from tests.bench.duty.corpus import Case

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Event:
    """A person from `start` to `end` by the wall clock, on that day and every so many weeks after it."""

    person: str
    first: date
    weeks: int
    start: int
    end: int

    def edges(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        midnight = datetime(self.first.year, self.first.month, self.first.day, tzinfo=zone)
        return midnight + timedelta(minutes=self.start), midnight + timedelta(minutes=self.end)


def events(patterns: Sequence[Pattern]) -> list[Event] | None:
    found: list[Event] = []
    for pattern in patterns:
        if pattern.holidays != "as_weekday" or pattern.rotation.advance != "per_occurrence":
            return None
        groups, turns = pattern.rotation.groups, lcm(len(pattern.days), len(pattern.rotation.groups))
        weeks = turns // len(pattern.days) * pattern.every_weeks
        for turn, day in enumerate(_first_days(pattern, turns)):
            members = groups[(pattern.rotation.anchor + turn) % len(groups)]
            found += [
                Event(who, day, weeks, pattern.start, pattern.end) for who in members if who is not None
            ]
    return found


def _first_days(pattern: Pattern, count: int) -> list[date]:
    found: list[date] = []
    day, monday = pattern.first, pattern.first - pattern.first.weekday() * DAY
    while len(found) < count:
        week = (day - monday).days // 7
        if week % pattern.every_weeks == 0 and WEEKDAYS[day.weekday()] in pattern.days:
            found.append(day)
        day += DAY
    return found


def of_case(case: Case) -> list[Event] | None:
    """The events of a corpus case; None where a calendar cannot say it."""
    if case.overrides or case.absences or len(case.centre.lines) > 1:
        return None
    return events(case.patterns)


class Dateutil:
    """A ruleset per event, asked for the last start before the instant."""

    name = "python-dateutil"

    def __init__(self, rota: Sequence[Event], zone: ZoneInfo) -> None:
        self.zone = zone
        self.rules: list[tuple[str, rruleset, timedelta]] = []
        for each in rota:
            start, end = each.edges(zone)
            rules = rruleset()
            rules.rrule(rrule(WEEKLY, interval=each.weeks, dtstart=start))
            self.rules.append((each.person, rules, end - start))

    def people(self, at: datetime) -> str:
        there, found = at.astimezone(self.zone), set()
        for person, rules, lasts in self.rules:
            start = rules.before(there, inc=True)
            if start is not None and at < start + lasts:
                found.add(person)
        return " ".join(sorted(found)) or "empty"

    def year(self, start: datetime, end: datetime) -> int:
        a, b = start.astimezone(self.zone), end.astimezone(self.zone)
        return sum(len(rules.between(a, b, inc=True)) for _, rules, _ in self.rules)


class ICalendar:
    """A calendar written out, parsed, and asked what is on at the instant."""

    name = "icalendar + recurring-ical-events"

    def __init__(self, rota: Sequence[Event], zone: ZoneInfo) -> None:
        written = icalendar.Calendar()
        written.add("prodid", "-//bench//")
        written.add("version", "2.0")
        for number, each in enumerate(rota):
            event = icalendar.Event()
            start, end = each.edges(zone)
            event.add("uid", f"{number}@bench")
            event.add("summary", each.person)
            event.add("dtstart", start)
            event.add("dtend", end)
            event.add("dtstamp", start)
            event.add("rrule", {"freq": "weekly", "interval": each.weeks})
            written.add_component(event)
        self.text = written.to_ical()
        self.parse()

    def parse(self) -> Self:
        self.calendar = recurring_ical_events.of(icalendar.Calendar.from_ical(self.text))
        return self

    def people(self, at: datetime) -> str:
        on = {str(event["SUMMARY"]) for event in self.calendar.between(at, at + SECOND)}
        return " ".join(sorted(on)) or "empty"

    def year(self, start: datetime, end: datetime) -> int:
        return len(self.calendar.between(start, end))
