"""Who sits where at one instant: shifts, then overrides in order, then absences, which win over everything.

The sweep that compiles a line and the explanation of one instant both come through here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from hotline.rules.duty.answers import Seated
from hotline.rules.duty.people import Absence, Person
from hotline.rules.duty.plan import Override, Shift
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Seating:
    """Who sits, who was taken out by what, and which overrides changed nothing."""

    seats: tuple[Seated, ...]
    removed: tuple[tuple[Seated, Override | Absence], ...]
    idle: tuple[Override, ...]


def dress(shift: Shift, staff_id: str, people: Mapping[str, Person], at: datetime) -> Seated:
    """The person in that shift's seat, with the skills that are valid at `at`."""
    person = people.get(staff_id)
    if person is None:
        return Seated(staff_id, shift.tier, shift)
    skills = frozenset(skill.name for skill in person.skills if skill.valid(at))
    expired = frozenset(skill.name for skill in person.skills) - skills
    return Seated(staff_id, shift.tier, shift, skills, expired, person.channels, person.lines)


def apply(
    held: Iterable[Seated],
    overrides: Collection[Override],
    absences: Mapping[str, Absence],
    people: Mapping[str, Person],
    at: datetime,
) -> Seating:
    """Everything in force at `at`, applied: `overrides` by ascending seq, `absences` by person."""
    seats = list(held)
    removed: list[tuple[Seated, Override | Absence]] = []
    idle: list[Override] = []
    for change in overrides:
        if change.kind == "ADD":
            seats.append(replace(dress(_extra(change), change.staff_id, people, at), chain=(change,)))
            continue
        kept = []
        for each in seats:
            if not _hits(change, each):
                kept.append(each)
                continue
            removed.append((each, change))
            if change.kind == "REPLACE" and change.by is not None:
                taken = dress(each.shift, change.by, people, at)
                kept.append(replace(taken, chain=(*each.chain, change)))
        if not removed or removed[-1][1] is not change:
            idle.append(change)
        seats = kept
    present = [each for each in seats if each.staff_id not in absences]
    removed += [(each, absences[each.staff_id]) for each in seats if each.staff_id in absences]
    return Seating(tuple(sorted(present, key=order)), tuple(removed), tuple(idle))


def order(each: Seated) -> tuple[int, str, str, int]:
    """By tier, person, shift: the order in which seats are compared."""
    return (each.tier, each.staff_id, each.shift.id, len(each.chain))


def _hits(change: Override, each: Seated) -> bool:
    return each.staff_id == change.staff_id and change.seat in (None, each.shift.seat)


def _extra(change: Override) -> Shift:
    """The seat an ADD makes."""
    return Shift(
        id=f"added/{change.seq}",
        line=change.line,
        staff_id=change.staff_id,
        starts_at=change.starts_at,
        ends_at=change.ends_at,
        seat=change.seat or 0,
        tier=change.tier,
    )
