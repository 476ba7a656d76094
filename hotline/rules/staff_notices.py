"""Who among the staff is told outside the house that they are needed. A notice says so, and nothing of whom or why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from hotline.rules.alarms import DUTY_EMPTY, DUTY_MISSED, LADDER_END, P1_WAITS, RUNG_SILENT
from hotline.rules.assignment import Person, Waiting, present
from hotline.rules.duty.notices import Notice as GapNotice
from hotline.values import dataclass

ALARM: Final = "alarm"  # something rings and nobody has said "I am on it"
DANGER: Final = "danger"  # a caller in danger has waited for a minute
NOBODY: Final = "nobody"  # somebody waits, and nobody is on duty
SILENT: Final = "silent"  # somebody waits, and the consoles of those on duty say nothing
MISSED: Final = "missed"  # somebody on duty has no live console, five minutes into it
GAPS: Final = "gaps"  # somebody will be missing on a line, days ahead or at once
CALLED: Final = "called"  # somebody waits, and it is this person's turn, at home: see `rules.ladder`
UNANSWERED: Final = "unanswered"  # this person left an offer unanswered, and nothing more is offered to them
KINDS: Final = (ALARM, DANGER, NOBODY, SILENT, MISSED, GAPS, CALLED, UNANSWERED)
FRESH: Final = timedelta(minutes=10)  # told later than this it would only mislead
GAPS_FRESH: Final = timedelta(hours=12)
AT_MOST: Final = 8  # gaps in one message; the others are counted
ENDLESS: Final = timedelta(days=28)  # a longer gap is told by its start alone: nothing is planned there


@dataclass(frozen=True, slots=True)
class Ringing:
    """An alarm that nobody has seen yet, with the lines whose people are behind the wall for it.

    `rungs` are the people on duty who are called when the first tier of its `line` is missing.
    """

    id: str
    kind: str
    lines: frozenset[str] = frozenset()
    barred_lines: frozenset[str] = frozenset()
    line: str | None = None
    rungs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Notice:
    """One person is told once of this occasion; `coded` is what the sentence says besides, never about people."""

    staff_id: str
    kind: str
    occasion: str
    coded: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Somebody who can be told: what they lead, what they serve."""

    staff_id: str
    leads: bool
    lines: frozenset[str]


def notices(
    reachable: Sequence[Reach], people: Sequence[Person], ringing: Sequence[Ringing], waiting: Sequence[Waiting],
    now: datetime,
) -> list[Notice]:  # fmt: skip
    """Everything that is to be told now; what was told already is the business of who asks."""
    found: list[Notice] = []
    told: set[tuple[str, frozenset[str]]] = set()
    for alarm in ringing:
        if alarm.kind == DUTY_EMPTY:  # told as a gap, see `of_gaps`
            continue
        if alarm.kind in (
            RUNG_SILENT,
            LADDER_END,
        ):  # of each queue the first: ten callers are one piece of news
            if (alarm.kind, alarm.lines) in told:
                continue
            told.add((alarm.kind, alarm.lines))
        kind = {P1_WAITS: DANGER, DUTY_MISSED: MISSED}.get(alarm.kind, ALARM)
        called: Collection[str] = _on_duty(people, alarm.lines) if kind == DANGER else alarm.rungs
        coded = {"line": alarm.line} if kind == MISSED else None
        found += _tell(reachable, kind, f"alarm:{alarm.id}", alarm.barred_lines, called, coded)
    for first in _first_of_each_queue(waiting):
        on_duty = _on_duty(people, first.lines)
        there = [person for person in people if person.id in on_duty and present(person, now)]
        if not there:
            kind = SILENT if on_duty else NOBODY
            found += _tell(reachable, kind, f"contact:{first.id}", first.barred_lines, on_duty)
    return found


def of_unanswered(reachable: Sequence[Reach], held: Mapping[str, datetime]) -> list[Notice]:
    """Whoever left an offer unanswered, since when, is asked whether they are there; nobody else is told."""
    return [
        Notice(each.staff_id, UNANSWERED, f"unanswered:{each.staff_id}:{held[each.staff_id].isoformat()}")
        for each in reachable
        if each.staff_id in held
    ]


def of_gaps(
    reachable: Sequence[Reach], due: Sequence[GapNotice], walls: Mapping[str, frozenset[str]], occasion: str
) -> list[Notice]:
    """One message to each supervisor with every gap they may know of. `walls` are the lines behind each line's."""
    found = []
    for each in reachable:
        mine = [notice for notice in due if not each.lines & walls[notice.gap.line]]
        if each.leads and mine:
            rows = [_coded(notice) for notice in mine[:AT_MOST]]
            coded = {"gaps": rows, "more": len(mine) - len(rows)}
            found.append(Notice(each.staff_id, GAPS, occasion, coded))
    return found


def _coded(notice: GapNotice) -> dict[str, str]:
    """What of a gap leaves the house: which line, what, when, how long before. What it needs may name people."""
    gap = notice.gap
    return {
        "line": gap.line,
        "kind": gap.kind,
        "start": "" if gap.since_before else gap.start.isoformat(),
        "end": "" if gap.end - gap.start > ENDLESS else gap.end.isoformat(),
        "step": notice.step,
    }


def _first_of_each_queue(waiting: Sequence[Waiting]) -> Iterator[Waiting]:
    """Who is next in turn: ten callers of one night are one piece of news, until the first is served."""
    seen: set[frozenset[str]] = set()
    for each in waiting:
        if each.lines not in seen:
            seen.add(each.lines)
            yield each


def _on_duty(people: Sequence[Person], lines: Collection[str]) -> set[str]:
    return {person.id for person in people if person.duty_lines & set(lines)}


def _tell(
    reachable: Sequence[Reach], kind: str, occasion: str, barred: frozenset[str], on_duty: Collection[str],
    coded: Mapping[str, Any] | None = None,
) -> Iterator[Notice]:  # fmt: skip
    """Supervisors, and those on duty for it; nobody from behind the wall."""
    for each in reachable:
        if (each.leads or each.staff_id in on_duty) and not each.lines & barred:
            yield Notice(each.staff_id, kind, occasion, coded)
