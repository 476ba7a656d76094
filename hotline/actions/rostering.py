"""What every edit of a roster passes: who may sit there, nobody in two places, and what it would leave open."""

import asyncio
from collections.abc import Collection
from typing import Final

from hotline.errors import GapWouldOpen, LineNotServed, SpanInvalid, StaffUnknown, WallBreach
from hotline.live import topics
from hotline.rules.civil_time import local
from hotline.rules.duty import Shift, checks
from hotline.rules.duty.edits import Edit, edited
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.preview import Preview, preview
from hotline.store import plans, queries
from hotline.system import Transaction

REASONS: Final = ("swap", "absence", "training", "need", "mistake", "other")
ABSENCES: Final = ("leave", "sick", "training", "other")


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


async def weigh(tx: Transaction, edit: Edit) -> Preview:
    """What the edit would open, close and break, seen from the board of this transaction."""
    board, demands = await tx.board(), await plans.needed(tx, tx.centre)
    # a year of gaps takes a while to find; conversations go on meanwhile
    return await asyncio.to_thread(lambda: preview(board, edited(board, edit), demands, tx.now))


async def agree(tx: Transaction, edit: Edit, confirmed: bool) -> Preview:
    """Go on, unless it leaves a line alone within 72 hours and nobody said so twice. Raises GapWouldOpen."""
    weighed = await weigh(tx, edit)
    if weighed.asks_again and not confirmed:
        raise GapWouldOpen(**_named(tx, weighed.asks_again[0]))
    return weighed


def _named(tx: Transaction, gap: Gap) -> dict[str, str]:
    start, end = (f"{local(at, tx.centre.zone):%d.%m. %H:%M}" for at in gap.span)
    return {"line": tx.centre.line(gap.line).name_pl, "start": start, "end": end}


def concerned(*staff_ids: str | None) -> set[str]:
    """Whom to poke: routing and boards, and the desks of these people."""
    return {topics.roster(), *(topics.staff(each) for each in staff_ids if each is not None)}


def ordered(first: object, last: object) -> None:
    """Raises SpanInvalid unless the first day is not after the last."""
    if not first <= last:  # type: ignore[operator]
        raise SpanInvalid
