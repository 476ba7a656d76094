"""People as a roster sees them: what they can do and until when, what limits their hours, when they are away.

`lines` are those a person may serve at all; they decide the wall. Instants are aware and UTC.
"""

from dataclasses import field
from datetime import datetime
from typing import Literal

from hotline.values import dataclass

AbsenceState = Literal["asked", "approved", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Skill:
    """Something a person can do; with an expired certificate they can no longer."""

    name: str
    valid_until: datetime | None = None

    def valid(self, at: datetime) -> bool:
        """Whether it counts at this instant; the instant of expiry is outside."""
        return self.valid_until is None or at < self.valid_until


@dataclass(frozen=True, slots=True)
class Limits:
    """What a contract and the law allow, in real hours; None: no limit. Data of the centre, or of one person.

    A night is a local date on which at least `night_hours` fall between the minutes `night`.
    """

    rest: float | None = 11
    week_rest: float | None = 35
    week: float | None = None
    month: float | None = None
    quarter: float | None = None
    nights_in_row: int | None = None
    nights_in_month: int | None = None
    night: tuple[int, int] = (22 * 60, 30 * 60)
    night_hours: float = 3


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the roster. One it says nothing about has no skills and no channels."""

    id: str
    skills: tuple[Skill, ...] = ()
    languages: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Absence:
    """A person is away in [starts_at, ends_at). Only an approved one counts, and then it wins over everything."""

    id: str
    staff_id: str
    starts_at: datetime
    ends_at: datetime
    kind: str
    state: AbsenceState = "approved"
    noted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DutyFact:
    """What really happened: the person took up (`in`) or left (`out`) duty for the line."""

    staff_id: str
    line: str
    at: datetime
    kind: Literal["in", "out"]
    source: str = ""
