"""Rows of the roster, written. Whoever edits holds the lines (`claims.edit_lines`), so that nothing races here."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, func, insert, select, update

from hotline.ids import new_id
from hotline.rules.civil_time import local, repeated, resolve
from hotline.rules.duty import Absence, Override, Pattern, Roster, Shift
from hotline.rules.duty.demand import Demand
from hotline.store import plans
from hotline.store.claims.roster import edit_lines, one_place_at_a_time
from hotline.store.db import Tx
from hotline.store.tables import (
    absences,
    demands,
    overrides,
    patterns,
    rosters,
    shifts,
    skills,
    staff,
)

# -- shifts ----------------------------------------------------------------------------------------------


async def add_shift(tx: Tx, shift: Shift, zone: ZoneInfo, in_force: bool = True) -> bool:
    """A new shift; False if by hand the person has one on this line from the same instant.

    Raises SeatTaken, DoubleBooked.
    """
    statement = (
        tx.upsert(shifts)
        .values(**_values(shift, zone, in_force))
        .on_conflict_do_nothing(
            index_elements=[shifts.c.line, shifts.c.staff_id, shifts.c.starts_at],
            index_where=shifts.c.roster_id.is_(None),
        )
    )
    async with one_place_at_a_time():
        return (await tx.connection.execute(statement)).rowcount == 1


async def add_shifts(tx: Tx, rows: Collection[Shift], zone: ZoneInfo, in_force: bool = False) -> None:
    """Shifts of a version."""
    if rows:
        async with one_place_at_a_time():
            await tx.connection.execute(insert(shifts), [_values(row, zone, in_force) for row in rows])


def _values(shift: Shift, zone: ZoneInfo, in_force: bool) -> dict[str, Any]:
    origin = shift.origin
    return {
        "id": shift.id,
        "line": shift.line,
        "staff_id": shift.staff_id,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "roster_id": shift.roster_id or None,
        "seat": shift.seat,
        "tier": shift.tier,
        "exclusive": shift.exclusive,
        "pattern_id": origin.pattern_id if origin else None,
        "pattern_day": origin.day if origin else None,
        "step": origin.step if origin else None,
        "confirmed": shift.confirmed,
        "in_force": in_force,
        "clear_at": _clear_at(shift, zone),
    }


def _clear_at(shift: Shift, zone: ZoneInfo) -> datetime | None:
    """In the hour that occurs twice a shift ends at the last and the next begins at the first of two instants."""
    if repeated(shift.ends_at, zone) is None:
        return None
    wall = local(shift.ends_at, zone)
    first = resolve(wall.date(), wall.hour * 60 + wall.minute, zone, "start")
    return first if shift.starts_at < first < shift.ends_at else None


async def shift(tx: Tx, shift_id: str) -> Row[Any] | None:
    """A shift with the status of its version; none for one by hand."""
    query = select(shifts, rosters.c.status).outerjoin(rosters, rosters.c.id == shifts.c.roster_id)
    found: Row[Any] | None = (await tx.connection.execute(query.where(shifts.c.id == shift_id))).one_or_none()
    return found


async def remove_shift(tx: Tx, shift_id: str) -> None:
    await tx.connection.execute(delete(shifts).where(shifts.c.id == shift_id))


async def clear_shifts_from(tx: Tx, start: datetime) -> None:
    """Forget what was planned by hand from an instant on, so that the demo can lay it anew."""
    gone = delete(shifts).where(shifts.c.starts_at >= start, shifts.c.roster_id.is_(None))
    await edit_lines(tx, (await tx.connection.execute(gone.returning(shifts.c.line))).scalars())


async def vacate_shifts(tx: Tx, staff_id: str, lines: Collection[str], keep: Collection[str] = ()) -> int:
    """Nobody stands behind a person's shifts any more that are not over, but for these lines; how many.

    All lines are held: what somebody else is about to publish is seen here, or sees that the person is gone. Where
    an override gave them a seat, another takes them out of it.
    """
    await edit_lines(tx, {plans.PEOPLE, *lines})
    theirs = (overrides.c.staff_id == staff_id) | (overrides.c.by_id == staff_id)
    query = (
        select(overrides.c.line, func.max(overrides.c.ends_at).label("until"))
        .where(theirs, overrides.c.ends_at > tx.now, overrides.c.line.not_in(keep))
        .group_by(overrides.c.line)
    )
    changed = {row.line: row.until for row in await tx.connection.execute(query)}
    mine = (shifts.c.staff_id == staff_id, shifts.c.ends_at > tx.now, shifts.c.in_force)
    for line, until in sorted(changed.items()):
        await add_override(tx, Override(0, line, "REMOVE", staff_id, tx.now, until, reason="left"))
    statement = update(shifts).where(*mine, shifts.c.line.not_in(keep))
    return (await tx.connection.execute(statement.values(vacant_at=tx.now, in_force=False))).rowcount


# -- versions ----------------------------------------------------------------------------------------------


async def add_roster(tx: Tx, line: str, first: date, last: date, author: str) -> Roster:
    """The next version of the line, a draft."""
    query = select(func.coalesce(func.max(rosters.c.version), 0) + 1).where(rosters.c.line == line)
    roster = Roster(new_id(), line, first, last, int((await tx.connection.execute(query)).scalar_one()))
    values = {
        "id": roster.id, "line": line, "first": first, "last": last, "version": roster.version,
        "status": roster.status, "author": author, "made_at": tx.now,
    }  # fmt: skip
    await tx.connection.execute(insert(rosters).values(**values))
    return roster


async def roster(tx: Tx, roster_id: str) -> Roster | None:
    """One version."""
    row = (await tx.connection.execute(select(rosters).where(rosters.c.id == roster_id))).one_or_none()
    return None if row is None else plans.roster_of(row)


async def change_roster(tx: Tx, roster_id: str, **values: Any) -> None:
    """Move a version on: proposed, published, superseded."""
    await tx.connection.execute(update(rosters).where(rosters.c.id == roster_id).values(**values))


async def remove_roster(tx: Tx, roster_id: str) -> int:
    """Forget a version that never counted, and its shifts; how many these were."""
    gone = await tx.connection.execute(delete(shifts).where(shifts.c.roster_id == roster_id))
    await tx.connection.execute(delete(rosters).where(rosters.c.id == roster_id))
    return gone.rowcount


async def published(tx: Tx, line: str, first: date, last: date) -> list[Roster]:
    """Versions in force that overlap these days, oldest first."""
    query = select(rosters).where(
        rosters.c.line == line,
        rosters.c.status == "published",
        rosters.c.first <= last,
        rosters.c.last >= first,
    )
    return [plans.roster_of(row) for row in await tx.connection.execute(query.order_by(rosters.c.version))]


async def shifts_of(tx: Tx, roster_ids: Iterable[str]) -> list[Shift]:
    """Everything planned in these versions, in force or not, but for what is vacant; by start."""
    query = select(shifts).where(shifts.c.roster_id.in_(list(roster_ids)), shifts.c.vacant_at.is_(None))
    return plans.shifts_of(await tx.connection.execute(query.order_by(shifts.c.starts_at, shifts.c.id)))


async def put_in_force(tx: Tx, roster_id: str, in_force: bool) -> None:
    """Let a version's shifts count, or no longer. Raises SeatTaken, DoubleBooked."""
    statement = update(shifts).where(shifts.c.roster_id == roster_id, shifts.c.vacant_at.is_(None))
    async with one_place_at_a_time():
        await tx.connection.execute(statement.values(in_force=in_force))


# -- patterns and demands -------------------------------------------------------------------------------------


async def add_pattern(tx: Tx, pattern: Pattern, author: str) -> None:
    values = {
        "id": pattern.id, "line": pattern.line, "first": pattern.first, "last": pattern.last,
        "spec": plans.pattern_spec(pattern), "author": author, "made_at": tx.now,
    }  # fmt: skip
    await tx.connection.execute(insert(patterns).values(**values))


async def end_pattern(tx: Tx, pattern_id: str, last: date) -> str | None:
    """Its line; None if there is none that lasts longer."""
    longer = patterns.c.last.is_(None) | (patterns.c.last > last)
    statement = update(patterns).where(patterns.c.id == pattern_id, longer).values(last=last)
    found: str | None = (
        await tx.connection.execute(statement.returning(patterns.c.line))
    ).scalar_one_or_none()
    return found


async def add_demand(tx: Tx, demand: Demand, author: str) -> None:
    values = {
        "id": demand.id, "line": demand.line, "first": demand.first, "last": demand.last,
        "spec": plans.demand_spec(demand), "author": author, "made_at": tx.now,
    }  # fmt: skip
    await tx.connection.execute(insert(demands).values(**values))


async def end_demand(tx: Tx, demand_id: str, last: date) -> str | None:
    """Its line; None if there is none that lasts longer."""
    longer = demands.c.last.is_(None) | (demands.c.last > last)
    statement = update(demands).where(demands.c.id == demand_id, longer).values(last=last)
    found: str | None = (
        await tx.connection.execute(statement.returning(demands.c.line))
    ).scalar_one_or_none()
    return found


# -- changes and people ------------------------------------------------------------------------------------------


async def next_seq(tx: Tx, line: str) -> int:
    """The place of the next override of a line that is held."""
    query = select(func.coalesce(func.max(overrides.c.seq), 0) + 1).where(overrides.c.line == line)
    return int((await tx.connection.execute(query)).scalar_one())


async def add_override(tx: Tx, change: Override) -> str:
    """One more change of a line that is held, the last in order; its id."""
    row_id = new_id()
    values = {
        "id": row_id, "line": change.line, "seq": await next_seq(tx, change.line), "kind": change.kind,
        "staff_id": change.staff_id, "by_id": change.by, "seat": change.seat, "tier": change.tier,
        "starts_at": change.starts_at, "ends_at": change.ends_at, "reason": change.reason,
        "author": change.author, "made_at": tx.now,
    }  # fmt: skip
    await tx.connection.execute(insert(overrides).values(**values))
    return row_id


async def absence(tx: Tx, absence_id: str) -> Absence | None:
    """One absence, in whatever state."""
    row = (await tx.connection.execute(select(absences).where(absences.c.id == absence_id))).one_or_none()
    return None if row is None else plans.absence_of(row)


async def add_absence(tx: Tx, it: Absence, noted_by: str) -> None:
    decided = {"decided_at": tx.now, "decided_by": noted_by} if it.state == "approved" else {}
    values = {
        "id": it.id, "staff_id": it.staff_id, "starts_at": it.starts_at, "ends_at": it.ends_at,
        "kind": it.kind, "state": it.state, "noted_at": tx.now, "noted_by": noted_by, **decided,
    }  # fmt: skip
    await tx.connection.execute(insert(absences).values(**values))


async def decide_absence(tx: Tx, absence_id: str, state: str, by: str) -> None:
    values = {"state": state, "decided_at": tx.now, "decided_by": by}
    await tx.connection.execute(update(absences).where(absences.c.id == absence_id).values(**values))


async def set_skill(tx: Tx, staff_id: str, name: str, valid_until: datetime | None) -> None:
    statement = tx.upsert(skills).values(staff_id=staff_id, name=name, valid_until=valid_until)
    again = {"valid_until": valid_until}
    await tx.connection.execute(
        statement.on_conflict_do_update(index_elements=[skills.c.staff_id, skills.c.name], set_=again)
    )


async def remove_skill(tx: Tx, staff_id: str, name: str) -> bool:
    """False if the person had none of that name."""
    mine = (skills.c.staff_id == staff_id, skills.c.name == name)
    return (await tx.connection.execute(delete(skills).where(*mine))).rowcount == 1


async def set_limits(tx: Tx, staff_id: str, own: dict[str, Any] | None) -> None:
    """What differs from the centre's limits for this person."""
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(limits=own))
