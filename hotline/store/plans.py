"""Rows as the evaluator's own values: shifts in force, changes, absences, people; and the numbers of their edits."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from hotline.rules.centre import Centre
from hotline.rules.duty import (
    Absence,
    Limits,
    Override,
    Pattern,
    Person,
    Plan,
    Roster,
    Rotation,
    Rung,
    Shift,
    Skill,
)
from hotline.rules.duty.demand import Demand, DemandWindow, Need, with_the_usual
from hotline.rules.duty.plan import Origin
from hotline.store.db import Tx
from hotline.store.tables import (
    absences,
    demands,
    overrides,
    patterns,
    roster_versions,
    rosters,
    shifts,
    skills,
    staff,
)

PEOPLE = "*"  # the version of what is about people and no line: absences, skills, limits
Span = tuple[datetime, datetime]


_VERSIONS = select(roster_versions)


async def versions(tx: Tx) -> dict[str, str]:
    """The version of every line that was ever edited. Read before the rows: they may only be newer."""
    return {row.line: row.version for row in await tx.connection.execute(_VERSIONS)}


async def load(tx: Tx, centre: Centre, span: Span) -> Plan:
    """Everything that duty in this span is computed from."""
    return Plan.of(
        await shifts_in_force(tx, span),
        await changes(tx, span),
        await away(tx, span),
        await people(tx, centre),
        {line: ladder(centre, line) for line in centre.lines},
    )


async def shifts_in_force(tx: Tx, span: Span, lines: Collection[str] | None = None) -> list[Shift]:
    """Published or written by hand, with somebody behind them, touching the span; of these lines or of all."""
    query = select(shifts).where(
        shifts.c.in_force,
        shifts.c.vacant_at.is_(None),
        shifts.c.ends_at > span[0],
        shifts.c.starts_at < span[1],
    )
    if lines is not None:
        query = query.where(shifts.c.line.in_(lines))
    return shifts_of(await tx.connection.execute(query.order_by(shifts.c.starts_at, shifts.c.id)))


def shifts_of(rows: Iterable[Row[Any]]) -> list[Shift]:
    """The shifts that rows hold."""
    return [
        Shift(
            row.id, row.line, row.staff_id, row.starts_at, row.ends_at, row.seat, row.tier, row.exclusive,
            row.roster_id or "", _origin(row), row.confirmed,
        )
        for row in rows
    ]  # fmt: skip


def _origin(row: Row[Any]) -> Origin | None:
    return None if row.pattern_id is None else Origin(row.pattern_id, row.pattern_day, row.step)


async def changes(tx: Tx, span: Span, lines: Collection[str] | None = None) -> list[Override]:
    """Overrides that touch the span, in the order in which they apply."""
    query = select(overrides).where(overrides.c.ends_at > span[0], overrides.c.starts_at < span[1])
    if lines is not None:
        query = query.where(overrides.c.line.in_(lines))
    rows = await tx.connection.execute(query.order_by(overrides.c.line, overrides.c.seq))
    return [
        Override(
            row.seq, row.line, row.kind, row.staff_id, row.starts_at, row.ends_at, row.by_id, row.seat, row.tier,
            row.reason, row.author, row.made_at,
        )
        for row in rows
    ]  # fmt: skip


async def away(tx: Tx, span: Span) -> list[Absence]:
    """Approved absences that touch the span."""
    query = select(absences).where(
        absences.c.state == "approved", absences.c.ends_at > span[0], absences.c.starts_at < span[1]
    )
    return [absence_of(row) for row in await tx.connection.execute(query.order_by(absences.c.id))]


def absence_of(row: Row[Any]) -> Absence:
    """The absence that a row holds; it counts since it was decided upon."""
    since = row.decided_at or row.noted_at
    return Absence(row.id, row.staff_id, row.starts_at, row.ends_at, row.kind, row.state, since)


async def people(tx: Tx, centre: Centre) -> list[Person]:
    """Everybody who is on the staff or was: what they can do, and what limits their hours."""
    papers: dict[str, list[Skill]] = {}
    for row in await tx.connection.execute(select(skills).order_by(skills.c.staff_id, skills.c.name)):
        papers.setdefault(row.staff_id, []).append(Skill(row.name, row.valid_until))
    columns = (staff.c.id, staff.c.languages, staff.c.lines, staff.c.limits)
    rows = await tx.connection.execute(select(*columns).order_by(staff.c.id))
    return [
        Person(
            row.id,
            tuple(papers.get(row.id, ())),
            frozenset(row.languages),
            _channels(centre, row.lines),
            frozenset(row.lines),
            limits(centre, row.limits),
        )
        for row in rows
    ]


def _channels(centre: Centre, lines: Iterable[str]) -> frozenset[str]:
    """Whoever answers a line answers it on every channel of its queue."""
    queues = [centre.queue_of(line) for line in lines if line in centre.lines]
    return frozenset(channel for queue in queues if queue is not None for channel in queue.channels)


def limits(centre: Centre, own: dict[str, Any] | None) -> Limits:
    """The centre's, but for what was agreed with the person."""
    stated = {**centre.duty.limits.model_dump(), **(own or {})}
    return Limits(**{**stated, "night": tuple(stated["night"])})


def ladder(centre: Centre, line: str) -> tuple[Rung, ...]:
    """Whom to ask for a line, one after the other."""
    return tuple(Rung(each.kind, each.target) for each in centre.duty.ladder_of(line))


# -- what is not part of a plan but makes one --------------------------------------------------------


async def rosters_of(tx: Tx, line: str) -> list[Roster]:
    """Every version of a line, the newest first."""
    query = select(rosters).where(rosters.c.line == line).order_by(rosters.c.version.desc())
    return [roster_of(row) for row in await tx.connection.execute(query)]


def roster_of(row: Row[Any]) -> Roster:
    """The version that a row holds."""
    return Roster(
        row.id, row.line, row.first, row.last, row.version, row.status, row.published_at, row.superseded_at
    )


async def patterns_of(tx: Tx, lines: Collection[str] | None = None) -> list[Pattern]:
    """Patterns of these lines or of all, in the order in which they were made."""
    query = select(patterns).order_by(patterns.c.made_at, patterns.c.id)
    if lines is not None:
        query = query.where(patterns.c.line.in_(lines))
    return [pattern_of(row) for row in await tx.connection.execute(query)]


def pattern_of(row: Row[Any]) -> Pattern:
    """The pattern that a row holds."""
    spec = dict(row.spec)
    turns = spec.pop("rotation")
    anchor = spec.pop("anchor")
    return Pattern(
        id=row.id,
        line=row.line,
        first=row.first,
        last=row.last,
        days=frozenset(spec.pop("days")),
        rotation=Rotation(tuple(map(tuple, turns["groups"])), turns["advance"], turns["anchor"]),
        anchor=None if anchor is None else date.fromisoformat(anchor),
        **spec,
    )


def pattern_spec(pattern: Pattern) -> dict[str, Any]:
    """What of a pattern is stored as one value."""
    spec = asdict(pattern)
    for column in ("id", "line", "first", "last"):
        del spec[column]
    anchor = None if pattern.anchor is None else pattern.anchor.isoformat()
    return {**spec, "days": sorted(pattern.days), "anchor": anchor}


async def demands_of(tx: Tx) -> list[Demand]:
    """What every line needs, as far as somebody said so."""
    rows = await tx.connection.execute(select(demands).order_by(demands.c.made_at, demands.c.id))
    return [demand_of(row) for row in rows]


async def needed(tx: Tx, centre: Centre) -> list[Demand]:
    """What every line needs: what somebody said, and one person on days of which nobody said anything."""
    return with_the_usual(centre, await demands_of(tx))


def demand_of(row: Row[Any]) -> Demand:
    """The demand that a row holds."""
    windows = tuple(
        DemandWindow(frozenset(each["days"]), each["start"], each["end"]) for each in row.spec["windows"]
    )
    needs = tuple(Need(**each) for each in row.spec["needs"])
    people, backups = row.spec["people"], row.spec["backups"]
    return Demand(row.id, row.line, people, needs, backups, windows, row.first, row.last)


def demand_spec(demand: Demand) -> dict[str, Any]:
    """What of a demand is stored as one value."""
    return {
        "people": demand.people,
        "backups": demand.backups,
        "needs": [asdict(each) for each in demand.needs],
        "windows": [{**asdict(each), "days": sorted(each.days)} for each in demand.windows],
    }
