"""Short spellings for rotas written by hand: Warsaw times, one line, people by letter."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from hotline.rules.civil_time import WEEKDAYS, Weekday
from hotline.rules.duty import (
    Absence,
    Board,
    OnDuty,
    Override,
    Pattern,
    Plan,
    Rotation,
    Shift,
    build,
)
from tests.rules.duty.worlds import ZONES, own_centre
from tests.rules.small_centre import warsaw

WARSAW = ZONES[0]
CENTRE = own_centre(WARSAW)
EVERY: frozenset[Weekday] = frozenset(WEEKDAYS)


def at(text: str) -> datetime:
    """`2026-12-04 15:58` in Warsaw as UTC."""
    return warsaw(text).astimezone(UTC)


def shift(who: str, start: str, end: str, line: str = "night", **more: Any) -> Shift:
    """A shift by hand; its id says everything about it."""
    return replace(Shift(f"{who} {line} {start}", line, who, at(start), at(end)), **more)


def change(
    seq: int,
    kind: Literal["ADD", "REMOVE", "REPLACE"],
    who: str,
    start: str,
    end: str,
    by: str | None = None,
    **more: Any,
) -> Override:
    return replace(Override(seq, "night", kind, who, at(start), at(end), by), **more)


def away(who: str, start: str, end: str) -> Absence:
    return Absence(f"{who} {start}", who, at(start), at(end), "sick")


def rota(name: str, start: int, end: int, *groups: tuple[str | None, ...], **more: Any) -> Pattern:
    """A pattern on the line `night`, every day from 1 October 2026 on."""
    return replace(Pattern(name, "night", EVERY, start, end, Rotation(groups), date(2026, 10, 1)), **more)


def board(
    shifts: Iterable[Shift],
    overrides: Iterable[Override] = (),
    absences: Iterable[Absence] = (),
    start: str = "2026-12-01 00:00",
    days: int = 14,
    **more: Any,
) -> Board:
    plan = Plan.of(shifts, overrides, absences, **more)
    return build(CENTRE, plan, at(start), at(start) + timedelta(days=days))


def on(it: Board, when: str, line: str = "night") -> str:
    """Who is on duty, as letters: "ab"; "" for nobody."""
    answer = it.answer(line, at(when))
    return "".join(each.staff_id for each in answer.people) if isinstance(answer, OnDuty) else ""
