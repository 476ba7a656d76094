"""Limits of hours and rest, whom to ask after whom, what is looked at when a shift begins: a centre file on duty."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hotline.rules.centre_facts import Id, Minute, Name, Part


def _climbing(instants: tuple[int, ...]) -> tuple[int, ...]:
    if len(instants) < 2 or instants[0] or any(later <= earlier for earlier, later in pairwise(instants)):
        raise ValueError("the first rung opens at 0, and each one later than the one before")
    return instants


Rungs = Annotated[tuple[int, ...], AfterValidator(_climbing)]


class DutyLimits(Part):
    """What contracts and the law allow, in real hours, unless something else was agreed with a person."""

    rest: float | None = Field(default=11, gt=0)
    week_rest: float | None = Field(default=35, gt=0)
    week: float | None = Field(default=None, gt=0)
    month: float | None = Field(default=None, gt=0)
    quarter: float | None = Field(default=None, gt=0)
    nights_in_row: int | None = Field(default=None, ge=1)
    nights_in_month: int | None = Field(default=None, ge=1)
    night: tuple[Minute, Minute] = (22 * 60, 30 * 60)
    night_hours: float = Field(default=3, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.night[0] >= self.night[1]:
            raise ValueError("the night must end after it begins; past midnight, add 1440 minutes")
        return self


class LadderRung(Part):
    """The people of a tier (1 on shift, 2 backup at home, 3 coordinator), a line of ours, or an outside number."""

    kind: Literal["tier", "line", "number"] = "tier"
    target: str = Field(min_length=1)


class LadderPace(Part):
    """How many seconds after the contact began to wait each rung opens: people who write, who call, who are in
    danger. A longer ladder goes on in the last step."""

    text: Rungs = (0, 120, 300, 600)
    call: Rungs = (0, 30, 90, 180)
    danger: Rungs = (0, 60, 120)


class DutyRules(Part):
    """For all lines; `ladders` are those of lines that have their own.

    `updates` are the seconds after which somebody who writes hears that they still wait. After so many contacts
    with people in danger somebody is asked last until they have had a pause.
    """

    limits: DutyLimits = DutyLimits()
    pace: LadderPace = LadderPace()
    updates: tuple[int, ...] = (300, 900, 1800, 3600)
    ladder: tuple[LadderRung, ...] = ()
    ladders: Mapping[str, tuple[LadderRung, ...]] = {}
    heavy_in_a_row: int = Field(default=3, ge=1)

    def ladder_of(self, line: str) -> tuple[LadderRung, ...]:
        """Whom to ask for this line, in order."""
        return self.ladders.get(line, self.ladder)


MEASURED: Final = ("console", "chat", "bot", "talks")  # what the program sees for itself
ASKED: Final = ("phone_on", "phone_test", "greeting", "number_shown", "announcement", "announcement_test")


class CheckItem(Part):
    """One thing to look at when a shift begins or ends on a line with one of these channels.

    Those the program knows have their words in its texts; any other brings its own, and a person answers it.
    """

    id: Id
    at: Literal["start", "end"]
    channels: tuple[Literal["phone", "telegram", "web"], ...] = Field(min_length=1)
    label: Mapping[str, Name] = {}

    @model_validator(mode="after")
    def _worded(self) -> Self:
        known = self.id in (*MEASURED, *ASKED)
        if {*self.label} != {"pl", "uk", "en"} and (self.label or not known):
            raise ValueError('an item of the centre\'s own needs a "label" in pl, uk and en')
        return self
