"""The roster in words and in places on a day's axis. Nothing is decided here; templates only lay it out."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from hotline.rules.civil_time import WEEKDAYS, local
from hotline.rules.duty.gaps import Gap, phase
from hotline.rules.duty.grid import (
    PERSONAL,
    REMARKS,
    Cell,
    Day,
    Grid,
    Piece,
    Row,
    Stretch,
    fewest,
    real_hours,
)
from hotline.rules.duty.plan import PRIMARY
from hotline.texts import say
from hotline.values import dataclass
from hotline.web.roster_words import Words, address, stamp

FILLABLE: Final = frozenset({"EMPTY", "THIN", "SKILL", "CHANNEL", "EXPIRED", "TIER2"})
USUAL = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on a day's axis: from `x` per cent on, `width` wide; in `short` words and in all of them."""

    x: float
    width: float
    kind: str
    short: str
    spoken: str
    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap as a sentence: when, what, and where it can be filled."""

    when: str
    what: str
    href: str
    now: bool
    past: bool


@dataclass(frozen=True, slots=True)
class DayColumn:
    """A day of the page."""

    iso: str
    weekday: str
    number: str
    spoken: str
    today: bool
    rest: bool
    holiday: str
    hours: str
    strip: list[Mark]
    gaps: list[GapRow]
    people: list[tuple[Mark, str]] = field(default_factory=list)
    away: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of the page, a cell a day: what they sit, and whether they are away."""

    name: str
    signature: str
    hours: str
    cells: list[tuple[list[Mark], str]]

    @property
    def idle(self) -> bool:
        """Neither planned nor away on any of the days."""
        return not any(marks or away for marks, away in self.cells)


@dataclass(frozen=True, slots=True)
class Look:
    """Which line one looks at and how: `drafts` are the versions that are not published yet, with their state.

    `lines` are those whose shifts this reader may open.
    """

    line: str
    lines: frozenset[str]
    words: Words
    drafts: Mapping[str, str]
    draft: str
    edits: bool


# -- the grid ----------------------------------------------------------------------------------------------


def shown(grid: Grid, look: Look) -> dict[str, Any]:
    """Context of `roster.html`: days, rows, and what is short, tiring or worth knowing."""
    sorts: dict[str, list[GapRow]] = {"gaps": [], "tired": [], "remarks": []}
    for gap in grid.gaps:
        if phase(gap, look.words.now) != "past":
            sort = "tired" if gap.kind in PERSONAL else "remarks" if gap.kind in REMARKS else "gaps"
            sorts[sort].append(gap_row(gap, grid.days, look))
    days = [_day(day, look) for day in grid.days]
    rows = [_person(row, grid, look) for row in grid.rows]
    for place, day in enumerate(days):
        seated = [(mark, row.name) for row in rows for mark in row.cells[place][0]]
        day.people.extend(sorted(seated, key=lambda each: (each[0].x, each[0].width)))
        day.away.extend((row.cells[place][1], row.name) for row in rows if row.cells[place][1])
    idle = [row.name for row in rows if row.idle]
    return {"days": days, "rows": [row for row in rows if not row.idle], "idle": idle, **sorts}


def gap_row(gap: Gap, days: Sequence[Day], look: Look) -> GapRow:
    """A gap with a way to fill it: eight hours of it at most, from now on."""
    words, href = look.words, ""
    if look.edits and gap.kind in FILLABLE:
        start = max(gap.start, words.now.replace(minute=0, second=0, microsecond=0))
        end = min(gap.end, start + USUAL)
        params = {"line": look.line, "start": stamp(start), "end": stamp(end)}
        if look.draft:
            params["draft"] = look.draft
        href = address("/roster/new", **params, tier="2" if gap.kind == "TIER2" else "1")
    what = words.gap(gap, fewest(days, gap) if gap.kind == "THIN" else None)
    past = phase(gap, words.now) == "past"
    whole = gap.start <= days[0].start and days[-1].end <= gap.end
    when = words.say("all_shown") if whole else words.span(gap.start, gap.end)
    return GapRow(when, what, href, gap.start <= words.now < gap.end, past)


def _day(day: Day, look: Look) -> DayColumn:
    words = look.words
    name = words.centre.calendar.holiday_name(day.date, words.language) or ""
    return DayColumn(
        iso=day.date.isoformat(),
        weekday=say(f"hours.{WEEKDAYS[day.date.weekday()]}", words.language),
        number=f"{day.date.day}.{day.date:%m}",
        spoken=words.long_day(day.date),
        today=day.date == words.local_day(words.now),
        rest=WEEKDAYS[day.date.weekday()] == "sun" or bool(name),
        holiday=name,
        hours=words.hours(day.hours) if day.hours != 24 else "",
        strip=[_stretch(each, day, words) for each in day.strip],
        gaps=[_in_day(gap, day, look) for gap in day.gaps if gap.kind not in REMARKS | PERSONAL],
    )


def _in_day(gap: Gap, day: Day, look: Look) -> GapRow:
    """What of a gap lies in this day."""
    words, row = look.words, gap_row(gap, (day,), look)
    start, end = max(gap.start, day.start), min(gap.end, day.end)
    if (start, end) == (day.start, day.end):
        return replace(row, when=words.say("whole_day"), past=end <= words.now)
    last = words.time(end) if end < day.end else "24:00"
    return replace(row, when=f"{words.time(start)}–{last}", past=end <= words.now)


def _stretch(each: Stretch, day: Day, words: Words) -> Mark:
    kind: str = each.opening
    if each.short:
        kind = "past" if each.end <= words.now else "short"
    last = words.time(each.end) if each.end < day.end else "24:00"
    times = f"{words.time(each.start)}–{last}"
    if each.opening == "open":
        spoken = words.say("strip_open", when=times, there=each.there, needed=each.needed)
        label = f"{each.there}/{each.needed}" if each.needed or each.there else ""
    else:
        spoken, label = words.say(f"strip_{each.opening}", when=times), ""
    return Mark(*_place(each.start, each.end, day), kind, label, spoken)


def _place(start: datetime, end: datetime, day: Day) -> tuple[float, float]:
    whole = day.end - day.start
    x = round((start - day.start) / whole * 100, 2)
    return x, round((end - day.start) / whole * 100 - x, 2)


def _person(row: Row, grid: Grid, look: Look) -> PersonRow:
    name, signature = look.words.names.get(row.staff_id, ("?", "?"))
    cells = [_cell(cell, day, look, row.staff_id) for cell, day in zip(row.cells, grid.days, strict=True)]
    return PersonRow(name, signature, look.words.hours(row.hours), cells)


def _cell(cell: Cell, day: Day, look: Look, who: str) -> tuple[list[Mark], str]:
    away = ""
    if cell.away:  # why somebody is away concerns those who plan
        away = look.words.say(f"away.{cell.away[0].kind if look.edits else 'other'}")
    return [_piece(piece, day, look, who) for piece in cell.pieces], away


def _piece(piece: Piece, day: Day, look: Look, who: str) -> Mark:
    words, seat, (start, end) = look.words, piece.seat, piece.seated
    state = look.drafts.get(seat.shift.roster_id, "")
    kind = ["draft" if state else "shift"]
    details = [words.seated(start, end)]
    short, label = f"{_hour(start, words)}–{_hour(end, words)}", ""
    real = real_hours(piece.seated, words.centre.zone)
    if not piece.begins:
        kind.append("rest")
        details, short = [words.say("until_morning", until=words.time(end))], f"→{_hour(end, words)}"
    elif real is not None:
        label = words.hours(real)
    if seat.tier != PRIMARY:
        kind.append("tier")
        details.append(words.say(f"tier_{min(seat.tier, 3)}"))
    if state:
        details.append(words.say(f"status.{state}"))
    if seat.chain:
        kind.append("changed")
        details.append(words.say("changed"))
    if piece.line != look.line:
        kind.append("mate")
        details.append(words.line(piece.line))
    params = {"line": piece.line, "person": who, "at": stamp(piece.start)}
    if look.draft and piece.line == look.line:
        params["draft"] = look.draft
    href = address("/roster/seat", **params) if piece.line in look.lines else ""
    return Mark(*_place(piece.start, piece.end, day), " ".join(kind), short, ", ".join(details), href, label)


def _hour(at: datetime, words: Words) -> str:
    there = local(at, words.centre.zone)
    return f"{there.hour}:{there.minute:02}" if there.minute else str(there.hour)
