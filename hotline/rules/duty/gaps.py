"""Where somebody is missing: demand minus supply on the union of coverage, and duty that does not fit.

An empty roster is one whole gap; closed and unknown hours have none. What is over is history, not an alarm.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Literal

from hotline.rules.duty.answers import Duty, OnDuty, OpenButEmpty
from hotline.rules.duty.board import Board
from hotline.rules.duty.demand import Demand, shortages
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.duty.rest import breaches
from hotline.rules.duty.spans import Span, clipped, length, minus, union
from hotline.values import dataclass

GapKind = Literal[
    "EMPTY",
    "THIN",
    "SKILL",
    "CHANNEL",
    "TIER2",
    "UNCONFIRMED",
    "EXPIRED",
    "REST",
    "DOUBLE",
    "SINGLE_HANDOVER",
    "FREE_DUTY",
]
Identity = tuple[str, str, datetime | None, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something short or wrong on a line in [start, end); a hand-over is an instant, its end is its start.

    `since_before` says that it begins before what was compiled: then its start is only where one looked.
    """

    line: str
    kind: GapKind
    start: datetime
    end: datetime
    need: str = ""
    people: frozenset[str] = frozenset()
    since_before: bool = False

    @property
    def identity(self) -> Identity:
        """What makes it the same gap tomorrow, so that it is told once."""
        return (self.line, self.kind, None if self.since_before else self.start, self.need)

    @property
    def span(self) -> Span:
        """[start, end)"""
        return self.start, self.end


def find(
    board: Board,
    demands: Iterable[Demand],
    start: datetime,
    end: datetime,
    lines: Collection[str] | None = None,
    people: Collection[str] | None = None,
) -> tuple[Gap, ...]:
    """Every gap that touches [start, end), by start; of these lines and people only, if they are named."""
    wanted: dict[str, list[Demand]] = defaultdict(list)
    for demand in demands:
        wanted[demand.line].append(demand)
    found: list[Gap] = []
    for line in board.timelines if lines is None else lines:
        found += _uncovered(board, line, wanted[line])
        found += _free_duty(board, line)
    for staff_id in board.people() if people is None else people:
        found += _rest(board, staff_id)
        found += _double(board, staff_id)
    touching = (gap for gap in found if gap.start < end and (start < gap.end or start <= gap.start))
    return tuple(sorted(touching, key=lambda gap: (gap.start, gap.line, gap.kind, gap.need)))


def phase(gap: Gap, now: datetime) -> Literal["past", "running", "ahead"]:
    """Only what is not past is an alarm."""
    if gap.start > now:
        return "ahead"
    return "running" if now < gap.end else "past"


def uncovered(gaps: Iterable[Gap], line: str, start: datetime, end: datetime) -> tuple[timedelta, timedelta]:
    """(how long the line has nobody within [start, end), the longest single stretch of it)."""
    empty = union(clipped((gap.span for gap in gaps if (gap.line, gap.kind) == (line, "EMPTY")), start, end))
    return length(empty), max((until - since for since, until in empty), default=timedelta())


def _uncovered(board: Board, line: str, demands: Iterable[Demand]) -> Iterator[Gap]:
    spans: dict[tuple[GapKind, str], list[Span]] = defaultdict(list)
    handovers: dict[datetime, frozenset[str]] = {}
    for demand in demands:
        ended, left = board.start, frozenset[str]()
        for start, end, answer in _demanded(board, demand):
            people = answer.people if isinstance(answer, OnDuty) else ()
            for short in shortages(demand, people):
                spans[short].append((start, end))
            primary = frozenset(each.staff_id for each in people if each.tier == PRIMARY)
            if ended == start and len(left) == len(primary) == 1 and left != primary:
                handovers[start] = left | primary
            ended, left = end, primary
    for (kind, need), each in spans.items():
        for start, end in union(each):
            yield Gap(line, kind, start, end, need, since_before=start == board.start)
    for at, both in handovers.items():
        yield Gap(line, "SINGLE_HANDOVER", at, at, people=both)


def _demanded(board: Board, demand: Demand) -> Iterator[tuple[datetime, datetime, Duty]]:
    """The stretches of the line's answers during which it is open and the demand holds."""
    wanted = union(demand.spans(board.centre.zone, board.start, board.end))
    place = 0
    for start, end, answer in board.timelines[demand.line].stretches():
        if not isinstance(answer, OnDuty | OpenButEmpty):
            continue
        while place < len(wanted) and wanted[place][1] <= start:
            place += 1
        for since, until in wanted[place:]:
            if since >= end:
                break
            yield max(since, start), min(until, end), answer


def _free_duty(board: Board, line: str) -> Iterator[Gap]:
    """People of this line who sit while every line of its queue is closed. Unknown hours say nothing."""
    seated = [(start, end) for start, end, seats in board.supplies[line].stretches() if seats]
    not_closed: list[Span] = []
    for mate in board.centre.lines_with(line):
        hours = board.hours[mate]
        ends = (*(each.start for each in hours[1:]), board.end)
        not_closed += [
            (each.start, until) for each, until in zip(hours, ends, strict=True) if each.kind != "closed"
        ]
    for start, end in minus(seated, not_closed):
        people = frozenset(each.staff_id for each in board.supplies[line].at(start))
        yield Gap(line, "FREE_DUTY", start, end, people=people, since_before=start == board.start)


def _rest(board: Board, staff_id: str) -> Iterator[Gap]:
    worked = board.worked(staff_id)
    for breach in breaches(board, staff_id):
        line = next(each.line for each in reversed(worked) if each.start <= breach.end)
        need = f"{breach.code} {staff_id}"
        yield Gap(line, "REST", breach.start, breach.end, need, frozenset({staff_id}))


def _double(board: Board, staff_id: str) -> Iterator[Gap]:
    """The same person on two lines that do not share a queue, both of which want them alone."""
    alone = [each for each in board.worked(staff_id) if each.seat.shift.exclusive]
    both: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for place, one in enumerate(alone, 1):
        for other in takewhile(lambda later: later.start < one.end, islice(alone, place, None)):  # noqa: B023
            if other.line not in board.centre.lines_with(one.line):
                first, second = sorted((one.line, other.line))
                both[first, second].append((other.start, min(one.end, other.end)))
    for (first, second), spans in both.items():
        for start, end in union(spans):
            need = f"{staff_id} {second}"
            yield Gap(first, "DOUBLE", start, end, need, frozenset({staff_id}), start == board.start)
