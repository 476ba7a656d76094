"""Who is on duty, by whom it was planned, and where somebody is missing. One evaluator answers every door.

`plan` and `people` hold what is planned, `expansion` makes shifts of patterns, `supply` and `timeline` compile,
`board` is asked; `gaps`, `rest`, `notices` and `preview` read boards. Opening is demand, duty is supply.
"""

from hotline.rules.duty.answers import (
    Ask,
    ClosedNow,
    Duty,
    NotStated,
    OnDuty,
    OpenButEmpty,
    Seated,
)
from hotline.rules.duty.board import Board, build
from hotline.rules.duty.people import Absence, DutyFact, Limits, Person, Skill
from hotline.rules.duty.plan import Override, Pattern, Plan, Roster, Rotation, Rung, Shift

__all__ = [
    "Absence",
    "Ask",
    "Board",
    "ClosedNow",
    "Duty",
    "DutyFact",
    "Limits",
    "NotStated",
    "OnDuty",
    "OpenButEmpty",
    "Override",
    "Pattern",
    "Person",
    "Plan",
    "Roster",
    "Rotation",
    "Rung",
    "Seated",
    "Shift",
    "Skill",
    "build",
]
