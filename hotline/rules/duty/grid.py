"""A line's roster as people read it: who sits when, day by day, under what is needed and what is there.

A day is that of the wall clock and has 23, 24 or 25 hours; a shift past midnight is a piece of both days.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hotline.rules.civil_time import local, resolve
from hotline.rules.duty import gaps as gap_finder
from hotline.rules.duty.answers import ClosedNow, NotStated, OnDuty, Seated
from hotline.rules.duty.board import Board
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.people import Absence
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.duty.spans import Span, clipped, length, union
from hotline.values import dataclass

DAY = timedelta(days=1)
REMARKS: Final = frozenset({"SINGLE_HANDOVER", "FREE_DUTY", "UNCONFIRMED"})  # to know, not to mend at once
PERSONAL: Final = frozenset({"REST", "DOUBLE"})  # about a person's time, not about the line's
Opening = Literal["open", "closed", "unknown"]
Held = tuple[datetime, datetime, Seated, str]  # from, to, the seat, the line it is on


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` so many are needed and so many are there. `short` also if a skill is missing."""

    start: datetime
    end: datetime
    opening: Opening
    needed: int = 0
    there: int = 0
    short: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a person's seat on a line lies in a day; `seated` is the whole of it."""

    start: datetime
    end: datetime
    seated: Span
    seat: Seated
    line: str

    @property
    def begins(self) -> bool:
        """Whether it starts on this day, and is not the rest of a night."""
        return self.start == self.seated[0]


@dataclass(frozen=True, slots=True)
class Day:
    """A column: the day, its real hours, what is needed and there, and the gaps that touch it."""

    date: date
    start: datetime
    end: datetime
    strip: tuple[Stretch, ...]
    gaps: tuple[Gap, ...]

    @property
    def hours(self) -> int:
        """23, 24 or 25."""
        return round((self.end - self.start) / timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Cell:
    """One person on one day."""

    pieces: tuple[Piece, ...]
    away: tuple[Absence, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A person; `hours` are those of tier 1 within the days shown, whichever line they are on."""

    staff_id: str
    cells: tuple[Cell, ...]
    hours: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Days, people, and every gap of the days shown once."""

    days: tuple[Day, ...]
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]


def grid(
    board: Board, line: str, demands: Collection[Demand], days: Sequence[date], people: Sequence[str]
) -> Grid:
    """The roster of a line over these consecutive days: `people` and whoever else answers it.

    Lines of one queue are answered by the people of all of them, so that all of them are shown.
    """
    midnights = [resolve(day, 0, board.centre.zone, "start") for day in (*days, days[-1] + DAY)]
    start, end = midnights[0], midnights[-1]
    seated = _seated(board, line)
    present = [who for who, spans in seated.items() if any(a < end and start < b for a, b, *_ in spans)]
    rows = (*people, *sorted(set(present) - set(people)))
    found = tuple(
        gap
        for gap in gap_finder.find(board, demands, start, end, [line], present)
        if gap.line == line and (gap.end > start or gap.start == gap.end)
    )
    wanted = [each for each in demands if each.line == line]
    spans = list(pairwise(midnights))
    return Grid(
        tuple(_day(board, line, wanted, found, *each) for each in zip(days, spans, strict=True)),
        tuple(_row(board, who, seated.get(who, ()), spans) for who in rows),
        found,
    )


def _day(
    board: Board, line: str, demands: Sequence[Demand], found: Collection[Gap], day: date, span: Span
) -> Day:
    start, end = span
    mine = tuple(
        gap
        for gap in found
        if (gap.start < end and start < gap.end) or (gap.start == gap.end and start <= gap.start < end)
    )
    return Day(day, start, end, tuple(strip(board, line, demands, mine, start, end)), mine)


def _seated(board: Board, line: str) -> dict[str, list[Held]]:
    """Who sits when for this line or another of its queue, less those behind the wall."""
    barred = board.centre.lines_behind_wall(line)
    found: dict[str, list[Held]] = defaultdict(list)
    for mate in board.centre.lines_with(line):
        for who, spans in board.supplies[mate].by_person.items():
            found[who] += [(a, b, seat, mate) for a, b, seat in spans if seat.lines.isdisjoint(barred)]
    return {who: sorted(each, key=lambda held: held[:2]) for who, each in found.items()}


def _row(board: Board, who: str, held: Sequence[Held], days: Sequence[Span]) -> Row:
    away = [row for row in board.plan.absences if row.staff_id == who and row.state == "approved"]
    cells = []
    for start, end in days:
        pieces = tuple(
            Piece(max(a, start), min(b, end), (a, b), seat, on)
            for a, b, seat, on in held
            if a < end and start < b
        )
        cells.append(Cell(pieces, tuple(row for row in away if row.starts_at < end and start < row.ends_at)))
    worked = [(each.start, each.end) for each in board.worked(who) if each.seat.tier == PRIMARY]
    total = length(clipped(worked, days[0][0], days[-1][1])) / timedelta(hours=1)
    return Row(who, tuple(cells), total)


def strip(
    board: Board,
    line: str,
    demands: Sequence[Demand],
    found: Collection[Gap],
    start: datetime,
    end: datetime,
) -> Iterator[Stretch]:
    """What is needed and what is there, from `start` to `end` without a hole; neighbours differ."""
    wanted = [(each.people, union(each.spans(board.centre.zone, start, end))) for each in demands]
    short = [gap.span for gap in found if gap.kind not in REMARKS | PERSONAL]
    cuts = {start, end, *board.timelines[line].instants}
    cuts |= {edge for _, spans in wanted for span in spans for edge in span}
    cuts |= {edge for span in short for edge in span}
    last: Stretch | None = None
    for since, until in pairwise(sorted(cut for cut in cuts if start <= cut <= end)):
        needed = max((many for many, spans in wanted if _within(since, spans)), default=0)
        now = _stretch(board, line, since, until, needed, _within(since, short))
        if last is not None and _alike(last, now):
            last = Stretch(last.start, until, now.opening, now.needed, now.there, now.short)
            continue
        if last is not None:
            yield last
        last = now
    if last is not None:
        yield last


def _stretch(board: Board, line: str, since: datetime, until: datetime, needed: int, short: bool) -> Stretch:
    match board.answer(line, since):
        case ClosedNow():
            return Stretch(since, until, "closed")
        case NotStated():
            return Stretch(since, until, "unknown")
        case OnDuty() as answer:
            return Stretch(since, until, "open", needed, len(answer.tier()), short)
        case _:
            return Stretch(since, until, "open", needed, 0, short)


def _alike(one: Stretch, other: Stretch) -> bool:
    return (one.opening, one.needed, one.there, one.short) == (
        other.opening,
        other.needed,
        other.there,
        other.short,
    )


def _within(at: datetime, spans: Collection[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def fewest(days: Collection[Day], gap: Gap) -> int:
    """How few are there at the worst of a gap, as far as these days show it."""
    return min(
        (each.there for day in days for each in day.strip if each.start < gap.end and gap.start < each.end),
        default=0,
    )


def week(day: date) -> list[date]:
    """Monday to Sunday around the day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + ahead * DAY for ahead in range(7)]


def month(day: date) -> list[date]:
    """The whole month of the day."""
    first = day.replace(day=1)
    following = (first + 31 * DAY).replace(day=1)
    return [first + ahead * DAY for ahead in range((following - first).days)]


def real_hours(span: Span, zone: ZoneInfo) -> float | None:
    """How long it really lasts, if the wall clock says something else: in the two nights of a clock change."""
    start, end = span
    first, last = (local(at, zone).replace(tzinfo=None) for at in span)
    return None if last - first == end - start else (end - start) / timedelta(hours=1)
