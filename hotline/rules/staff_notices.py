"""Who among the staff is told outside the house that they are needed. A notice says so, and nothing of whom or why."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hotline.rules.alarms import P1_WAITS
from hotline.rules.assignment import Person, Waiting, present

ALARM: Final = "alarm"  # something rings and nobody has said "I am on it"
DANGER: Final = "danger"  # a caller in danger has waited for a minute
NOBODY: Final = "nobody"  # somebody waits, and nobody is on duty
SILENT: Final = "silent"  # somebody waits, and the consoles of those on duty say nothing
KINDS: Final = (ALARM, DANGER, NOBODY, SILENT)
FRESH: Final = timedelta(minutes=10)  # told later than this it would only mislead


@dataclass(frozen=True, slots=True)
class Ringing:
    """An alarm that nobody has seen yet, with the lines whose people are behind the wall for it."""

    id: str
    kind: str
    lines: frozenset[str] = frozenset()
    barred_lines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Notice:
    """One person is told once of this occasion."""

    staff_id: str
    kind: str
    occasion: str


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
    for alarm in ringing:
        kind = DANGER if alarm.kind == P1_WAITS else ALARM
        on_duty = _on_duty(people, alarm.lines) if kind == DANGER else set()
        found += _tell(reachable, kind, f"alarm:{alarm.id}", alarm.barred_lines, on_duty)
    for first in _first_of_each_queue(waiting):
        on_duty = _on_duty(people, first.lines)
        there = [person for person in people if person.id in on_duty and present(person, now)]
        if not there:
            kind = SILENT if on_duty else NOBODY
            found += _tell(reachable, kind, f"contact:{first.id}", first.barred_lines, on_duty)
    return found


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
    reachable: Sequence[Reach], kind: str, occasion: str, barred: frozenset[str], on_duty: Collection[str]
) -> Iterator[Notice]:
    """Supervisors, and those on duty for it; nobody from behind the wall."""
    for each in reachable:
        if (each.leads or each.staff_id in on_duty) and not each.lines & barred:
            yield Notice(each.staff_id, kind, occasion)
