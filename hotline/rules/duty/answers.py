"""What one may be told about duty: on duty, open but empty, closed, never stated; each with how long it holds.

`until` is the instant from which the answer must be asked anew; None: as far as the hours and the plan tell.
"""

from collections.abc import Collection
from datetime import datetime

from hotline.rules.duty.plan import PRIMARY, Override, Rung, Shift
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom one asks for: a skill, a channel, nobody who serves a barred line, nobody above a tier."""

    skill: str | None = None
    channel: str | None = None
    barred: frozenset[str] = frozenset()
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class Seated:
    """A person in a seat: by which shift, put there by which overrides, with the skills that count now.

    `expired` are skills the person has papers for that no longer hold.
    """

    staff_id: str
    tier: int
    shift: Shift
    skills: frozenset[str] = frozenset()
    expired: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    chain: tuple[Override, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """The end of the shift; overrides and absences may cut it short."""
        return self.shift.ends_at

    def fits(self, ask: Ask) -> bool:
        """Whether this person is one of those asked for."""
        return (
            (ask.skill is None or ask.skill in self.skills)
            and (ask.channel is None or ask.channel in self.channels)
            and (ask.tier is None or self.tier <= ask.tier)
            and self.lines.isdisjoint(ask.barred)
        )


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The line is open and somebody is on duty; `people` holds one seat per person, by tier."""

    people: tuple[Seated, ...]
    until: datetime | None

    def tier(self, tier: int = PRIMARY) -> tuple[Seated, ...]:
        """The people of one tier."""
        return tuple(each for each in self.people if each.tier == tier)


@dataclass(frozen=True, slots=True)
class OpenButEmpty:
    """The line is open and nobody is on duty; `next_at` is when, by the roster, somebody will be.

    `ladder` holds the rungs that need nobody of ours: another line, an outside number.
    """

    next_at: datetime | None
    until: datetime | None
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosedNow:
    """The hours say closed. People on a shift outside the hours do not open a line.

    `redirect` is a line of the centre that is always open and may take these callers.
    """

    next_open: datetime | None
    until: datetime | None
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class NotStated:
    """The hours were never stated, so there is no duty to speak of: information mode.

    `until` is set where only this holiday is unstated.
    """

    until: datetime | None = None


Duty = OnDuty | OpenButEmpty | ClosedNow | NotStated


def collapsed(seats: Collection[Seated]) -> tuple[Seated, ...]:
    """One seat per person: the lowest tier, and of those the one that ends last; by tier and person."""
    if len({each.staff_id for each in seats}) < len(seats):
        people: dict[str, Seated] = {}
        for each in seats:
            other = people.get(each.staff_id)
            if other is None or _rank(each) > _rank(other):
                people[each.staff_id] = each
        seats = people.values()
    return tuple(sorted(seats, key=lambda each: (each.tier, each.staff_id)))


def _rank(each: Seated) -> tuple[int, datetime, datetime, str]:
    return (-each.tier, each.shift.ends_at, each.shift.starts_at, each.shift.id)
