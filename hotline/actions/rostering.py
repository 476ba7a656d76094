"""What every edit of a roster passes: who may sit there, nobody in two places, days in order, whom to poke."""

from collections.abc import Collection
from typing import Final

from hotline.errors import LineNotServed, SpanInvalid, StaffUnknown, WallBreach
from hotline.live import topics
from hotline.rules.duty import Shift, checks
from hotline.store import plans, queries
from hotline.system import Transaction

REASONS: Final = ("swap", "absence", "training", "need", "mistake", "other")
ABSENCES: Final = ("leave", "sick", "training", "visit", "other")


async def eligible(tx: Transaction, line: str, staff_id: str) -> None:
    """May this person be planned for the line? Raises LineUnknown, StaffUnknown, WallBreach, LineNotServed."""
    behind = tx.centre.lines_behind_wall(line)
    person = await queries.staff_row(tx, staff_id)
    if person is None or not person.active:
        raise StaffUnknown
    if set(person.lines) & behind and not tx.centre.both_sides_allowed:
        raise WallBreach
    if line not in person.lines:
        raise LineNotServed


async def fits(tx: Transaction, rows: Collection[Shift], without: Collection[str] = ()) -> None:
    """Could these come into force beside what is? Raises ShiftInvalid, SeatTaken, DoubleBooked."""
    checks.shifts(rows, tx.centre.zone)
    if not rows:
        return
    span = (min(row.starts_at for row in rows), max(row.ends_at for row in rows))
    lines, people = {row.line for row in rows}, {row.staff_id for row in rows}
    standing = [
        row
        for row in await plans.shifts_in_force(tx, span)
        if row.id not in without and (row.line in lines or row.staff_id in people)
    ]
    checks.shifts([*standing, *rows], tx.centre.zone)


def concerned(*staff_ids: str | None) -> set[str]:
    """Whom to poke: routing and boards, and the desks of these people."""
    return {topics.roster(), *(topics.staff(each) for each in staff_ids if each is not None)}


def ordered(first: object, last: object) -> None:
    """Raises SpanInvalid unless the first day is not after the last."""
    if not first <= last:  # type: ignore[operator]
        raise SpanInvalid
