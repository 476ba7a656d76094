"""Limits of hours and rest, and whom to ask after whom: what a centre file says about duty."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from hotline.rules.centre_facts import Minute, Part


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
    after_seconds: int = Field(default=0, ge=0)


class DutyRules(Part):
    """For all lines; `ladders` are those of lines that have their own."""

    limits: DutyLimits = DutyLimits()
    ladder: tuple[LadderRung, ...] = ()
    ladders: Mapping[str, tuple[LadderRung, ...]] = {}

    def ladder_of(self, line: str) -> tuple[LadderRung, ...]:
        """Whom to ask for this line, in order."""
        return self.ladders.get(line, self.ladder)
