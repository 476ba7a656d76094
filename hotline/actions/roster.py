"""Concrete shifts: who is planned for which line, from when to when."""

from datetime import datetime, timedelta

from hotline.errors import AlreadyExists, LineNotServed, NotFound, ShiftInvalid, StaffUnknown, WallBreach
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.store import queries, staffing
from hotline.system import System

LONGEST = timedelta(hours=24)


async def add_shift(
    system: System, actor: Actor, line: str, staff_id: str, starts_at: datetime, ends_at: datetime
) -> str:
    """Plan a shift; its id. Raises LineUnknown, StaffUnknown, ShiftInvalid, AlreadyExists, WallBreach,
    LineNotServed."""
    access.require(actor, "roster.change")
    system.centre.line(line)
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise ShiftInvalid
    async with system.transaction(actor) as tx:
        person = await queries.staff_row(tx, staff_id)
        if person is None or not person.active:
            raise StaffUnknown
        if set(person.lines) & system.centre.lines_behind_wall(line) and not system.centre.both_sides_allowed:
            raise WallBreach
        if line not in person.lines:
            raise LineNotServed
        shift_id = new_id()
        values = {
            "id": shift_id,
            "line": line,
            "staff_id": staff_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        if not await staffing.add_shift(tx, values):
            raise AlreadyExists
        tx.record("roster.add_shift", "shift", shift_id, (topics.roster(), topics.staff(staff_id)), line=line)
    return shift_id


async def remove_shift(system: System, actor: Actor, shift_id: str) -> None:
    """Take a shift out of the roster. Raises NotFound."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        removed = await staffing.remove_shift(tx, shift_id)
        if removed is None:
            raise NotFound
        line, staff_id = removed
        tx.record(
            "roster.remove_shift", "shift", shift_id, (topics.roster(), topics.staff(staff_id)), line=line
        )
