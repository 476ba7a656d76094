"""Reads corpus.toml: rotas with the right answers at listed instants."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hotline import centres
from hotline.rules.centre import Centre
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import (
    Absence,
    Board,
    ClosedNow,
    Duty,
    NotStated,
    OnDuty,
    Override,
    Pattern,
    Plan,
    Rotation,
    build,
)
from hotline.rules.duty.expansion import expand, holidays_of
from tests.rules.small_centre import centre, line

FILE = Path(__file__).with_name("corpus.toml")
LINE = "l"


@dataclass(frozen=True)
class Look:
    line: str
    at: datetime
    says: str
    until: datetime | None


@dataclass(frozen=True)
class Case:
    name: str
    centre: Centre
    patterns: tuple[Pattern, ...]
    overrides: tuple[Override, ...]
    absences: tuple[Absence, ...]
    looks: tuple[Look, ...]
    gap_minutes: Mapping[str, Any] | None

    def board(self) -> Board:
        """Compiled from two days before the first look to four weeks after the last."""
        asked = [] if self.gap_minutes is None else [self.gap_minutes["from"].astimezone(UTC)]
        start = min([*asked, *(look.at for look in self.looks)]) - timedelta(days=2)
        end = max(look.at for look in self.looks) + timedelta(days=28)
        days = holidays_of(
            self.centre.calendar, min([start.date(), *(p.first for p in self.patterns)]), end.date()
        )
        zone = self.centre.zone
        shifts = [each for one in self.patterns for each in expand(one, days, zone, start, end).shifts]
        return build(self.centre, Plan.of(shifts, self.overrides, self.absences), start, end)


def cases() -> list[Case]:
    return [_case(each) for each in tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]]


def said(answer: Duty) -> str:
    """An answer in the words of the corpus."""
    match answer:
        case OnDuty(people=people):
            return " ".join(sorted(each.staff_id for each in people))
        case ClosedNow():
            return "closed"
        case NotStated():
            return "unknown"
        case _:
            return "empty"


def _case(read: Mapping[str, Any]) -> Case:
    zone = read.get("zone", "Europe/Warsaw")
    own = centres.load(read["centre"]) if "centre" in read else centre(line(LINE, always=True), zone=zone)
    return Case(
        read["name"],
        own,
        tuple(_pattern(each) for each in read.get("pattern", ())),
        tuple(
            Override(each["seq"], LINE, each["kind"], each["who"], *_span(each), each.get("by"))
            for each in read.get("override", ())
        ),
        tuple(Absence(each["who"], each["who"], *_span(each), "sick") for each in read.get("absence", ())),
        tuple(
            Look(each.get("line", LINE), each["at"].astimezone(UTC), each["says"], each.get("until"))
            for each in read["look"]
        ),
        read.get("gap_minutes"),
    )


def _pattern(read: Mapping[str, Any]) -> Pattern:
    return Pattern(
        read["id"],
        read.get("line", LINE),
        frozenset(read.get("days", WEEKDAYS)),
        _minute(read["start"]),
        _minute(read["end"]),
        Rotation(tuple(tuple(group) for group in read["groups"])),
        read["first"],
        every_weeks=read.get("every_weeks", 1),
        holidays=read.get("holidays", "as_weekday"),
        seats=read.get("seats", 1),
    )


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _span(read: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return read["start"].astimezone(UTC), read["end"].astimezone(UTC)
