"""The roster for pages: what is planned, by what, who is away, what people can do, and where somebody is missing."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from hotline.rules.centre import Centre
from hotline.rules.duty import Absence, Board, Override, Pattern, Plan, Roster, Shift, Skill, build
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.explain import Recalled, recall
from hotline.rules.duty.gaps import Gap, find
from hotline.store import duty_log, plans, roster
from hotline.store.db import Tx
from hotline.store.tables import absences as absence_rows
from hotline.store.tables import shifts as shift_rows
from hotline.store.tables import skills as skill_rows
from hotline.store.tables import staff
from hotline.values import dataclass

FACTS_LAST = timedelta(days=35)  # nobody is on duty longer without a word of it


async def patterns(tx: Tx, line: str | None = None) -> list[Pattern]:
    """Patterns of a line or of all, ended ones too, in the order in which they were made."""
    return await plans.patterns_of(tx, None if line is None else [line])


async def demands(tx: Tx, centre: Centre) -> list[Demand]:
    """What every line needs, stated or taken for granted."""
    return await plans.needed(tx, centre)


async def rosters(tx: Tx, line: str) -> list[Roster]:
    """Every version of a line, the newest first."""
    return await plans.rosters_of(tx, line)


async def roster_version(tx: Tx, roster_id: str) -> Roster | None:
    """One of them."""
    return await roster.roster(tx, roster_id)


async def version_shifts(tx: Tx, roster_id: str) -> list[Shift]:
    """What a version plans, by start, whether it is in force or not."""
    return await roster.shifts_of(tx, [roster_id])


async def overrides(tx: Tx, line: str, start: datetime, end: datetime) -> list[Override]:
    """Changes that touch [start, end), in the order in which they apply."""
    return await plans.changes(tx, (start, end), [line])


async def absences(tx: Tx, since: datetime, staff_id: str | None = None) -> list[Absence]:
    """Absences that are not over at `since`, of a person or of all, in whatever state, by start."""
    query = select(absence_rows).where(absence_rows.c.ends_at > since)
    if staff_id is not None:
        query = query.where(absence_rows.c.staff_id == staff_id)
    rows = await tx.connection.execute(query.order_by(absence_rows.c.starts_at, absence_rows.c.id))
    return [plans.absence_of(row) for row in rows]


async def absence(tx: Tx, absence_id: str) -> Absence | None:
    """One of them."""
    return await roster.absence(tx, absence_id)


async def made_by(tx: Tx, pattern_id: str, after: date) -> int:
    """How many shifts of a pattern are in force on days later than this one."""
    query = select(func.count()).where(
        shift_rows.c.pattern_id == pattern_id, shift_rows.c.pattern_day > after, shift_rows.c.in_force
    )
    return int((await tx.connection.execute(query)).scalar_one())


@dataclass(frozen=True, slots=True)
class Ability:
    """What a person can do, and what was agreed with them about hours; None: the centre's limits."""

    staff_id: str
    skills: tuple[Skill, ...]
    own_limits: dict[str, Any] | None


async def abilities(tx: Tx) -> dict[str, Ability]:
    """Of everybody on the staff."""
    papers: dict[str, list[Skill]] = {}
    for row in await tx.connection.execute(select(skill_rows).order_by(skill_rows.c.name)):
        papers.setdefault(row.staff_id, []).append(Skill(row.name, row.valid_until))
    rows = await tx.connection.execute(select(staff.c.id, staff.c.limits).where(staff.c.active))
    return {row.id: Ability(row.id, tuple(papers.get(row.id, ())), row.limits) for row in rows}


async def gaps(tx: Tx, centre: Centre, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """Everything short or wrong that touches [start, end), by start."""
    return find(await tx.board(), await plans.needed(tx, centre), start, end)


async def board_at(tx: Tx, centre: Centre, at: datetime) -> Board:
    """A board that knows this instant, however far it is: the live one, or one compiled for it."""
    live = await tx.board()
    if live.start <= at < live.end:
        return live
    start, end = at - timedelta(days=1), at + timedelta(days=35)
    return build(centre, await plans.load(tx, centre, (start, end)), start, end)


async def recalled(tx: Tx, centre: Centre, line: str, at: datetime) -> Recalled:
    """An instant of the past: who was there, beside what was planned as it was known then."""
    lines = centre.lines_with(line)
    span = (at, at + datetime.resolution)
    versions = [version for mate in lines for version in await plans.rosters_of(tx, mate)]
    query = select(shift_rows).where(
        shift_rows.c.line.in_(lines), shift_rows.c.starts_at <= at, shift_rows.c.ends_at > at
    )
    stood = shift_rows.c.vacant_at.is_(None) | (shift_rows.c.vacant_at > at)
    known = Plan.of(
        plans.shifts_of(await tx.connection.execute(query.where(stood))),
        await plans.changes(tx, span, lines),
        await plans.away(tx, span),
        await plans.people(tx, centre),
    )
    facts = await duty_log.facts(tx, lines, at - FACTS_LAST, span[1])
    return recall(centre, known, versions, facts, line, at)
