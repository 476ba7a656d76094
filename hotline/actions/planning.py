"""Planning ahead: patterns and demands, drafts made of them, and their publication, after which nothing changes.

A published version is superseded by a later one for the same days, as a whole; what it planned for other days goes
on as a version of its own, so that the past can always be told by the versions then in force.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from hotline.actions.rostering import concerned, eligible, fits, ordered
from hotline.actions.weighing import agree, ahead, asked_twice, still
from hotline.errors import LineNotServed, NotFound, StaffUnknown, WallBreach
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.duty import Pattern, Roster, Shift, checks
from hotline.rules.duty.demand import Demand, with_the_usual
from hotline.rules.duty.drafting import day_of, drafted, outside
from hotline.rules.duty.edits import Edit
from hotline.rules.duty.preview import Preview
from hotline.store import claims, plans
from hotline.store import roster as rows
from hotline.system import System, Transaction

# -- patterns and demands --------------------------------------------------------------------------


async def add_pattern(system: System, actor: Actor, pattern: Pattern) -> str:
    """A pattern with its rotation; its id. Nothing is planned by it until a draft is made.

    Raises RotationEmpty, PatternInvalid, LineUnknown, StaffUnknown, WallBreach, LineNotServed.
    """
    access.require(actor, "roster.change")
    checks.pattern(pattern)
    pattern = replace(pattern, id=new_id())
    async with system.transaction(actor) as tx:
        await claims.edit_lines(tx, [tx.centre.line(pattern.line).id])
        for staff_id in sorted({who for group in pattern.rotation.groups for who in group if who}):
            await eligible(tx, pattern.line, staff_id)
        await rows.add_pattern(tx, pattern, actor.id)
        tx.record("roster.add_pattern", "pattern", pattern.id, (topics.roster(),), line=pattern.line)
    return pattern.id


async def end_pattern(system: System, actor: Actor, pattern_id: str, last: date) -> None:
    """Let a pattern make shifts up to a day and no longer. Raises NotFound: there is none that lasts longer."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        line = await rows.end_pattern(tx, pattern_id, last)
        if line is None:
            raise NotFound
        tx.record("roster.end_pattern", "pattern", pattern_id, (topics.roster(),), line=line)


async def add_demand(system: System, actor: Actor, demand: Demand) -> str:
    """What a line needs; its id. Raises DemandInvalid, LineUnknown."""
    access.require(actor, "roster.change")
    checks.demand(demand)
    demand = replace(demand, id=new_id())
    async with system.transaction(actor) as tx:
        await claims.edit_lines(tx, [tx.centre.line(demand.line).id])
        await rows.add_demand(tx, demand, actor.id)
        tx.record("roster.add_demand", "demand", demand.id, (topics.roster(),), line=demand.line)
    return demand.id


async def end_demand(
    system: System, actor: Actor, demand_id: str, last: date, *, confirmed: bool = False
) -> None:
    """Let a need hold up to a day and no longer. Raises GapWouldOpen, NotFound: there is none that holds longer."""
    access.require(actor, "roster.change")
    weighed = await ahead(system, lambda tx: _ended(tx, demand_id, last))
    async with system.transaction(actor) as tx:
        line = (await _lasting(tx, demand_id, last)).line
        await claims.edit_lines(tx, [line])
        await agree(tx, await _ended(tx, demand_id, last), weighed, confirmed)
        await rows.end_demand(tx, demand_id, last)
        tx.record("roster.end_demand", "demand", demand_id, (topics.roster(),), line=line)


async def preview_end_demand(system: System, actor: Actor, demand_id: str, last: date) -> Preview:
    """What its end would open and close. Raises NotFound."""
    access.require(actor, "roster.change")
    return (await ahead(system, lambda tx: _ended(tx, demand_id, last))).preview


async def _lasting(tx: Transaction, demand_id: str, last: date) -> Demand:
    """The need, if it holds longer than to that day. Raises NotFound."""
    for each in await plans.demands_of(tx):
        if each.id == demand_id and (each.last is None or last < each.last):
            return each
    raise NotFound


async def _ended(tx: Transaction, demand_id: str, last: date) -> Edit:
    ended = replace(await _lasting(tx, demand_id, last), last=last)
    stated = [ended if each.id == demand_id else each for each in await plans.demands_of(tx)]
    return Edit(demands=tuple(with_the_usual(tx.centre, stated)))


# -- versions ----------------------------------------------------------------------------------------


async def draft(system: System, actor: Actor, line: str, first: date, last: date) -> str:
    """A new version of a line for these days, as its patterns make it; its id. Raises SpanInvalid, LineUnknown."""
    access.require(actor, "roster.change")
    ordered(first, last)
    async with system.transaction(actor) as tx:
        await claims.edit_lines(tx, [tx.centre.line(line).id])
        roster = await rows.add_roster(tx, line, first, last, actor.id)
        patterns = await plans.patterns_of(tx, [line])
        able = await _able(tx, line, patterns)
        made = drafted(tx.centre, roster, patterns, able.__contains__)
        await rows.add_shifts(tx, made, tx.centre.zone)
        tx.record("roster.draft", "roster", roster.id, (topics.roster(),), line=line, shifts=len(made))
    return roster.id


async def _able(tx: Transaction, line: str, patterns: Iterable[Pattern]) -> set[str]:
    """Whoever of the rotations may still be planned for the line."""
    found = set()
    everybody = {who for each in patterns for group in each.rotation.groups for who in group if who}
    for staff_id in everybody:
        try:
            await eligible(tx, line, staff_id)
        except (StaffUnknown, WallBreach, LineNotServed):
            continue
        found.add(staff_id)
    return found


async def plan_shift(system: System, actor: Actor, roster_id: str, shift: Shift) -> str:
    """One more shift in a draft; its id. Raises NotFound, RosterFrozen, ShiftInvalid, SpanInvalid, SeatTaken,
    DoubleBooked (within the draft), StaffUnknown, WallBreach, LineNotServed."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        roster = await _open(tx, roster_id)
        shift = replace(shift, id=new_id(), line=roster.line, roster_id=roster.id)
        await _plan(tx, roster, shift)
        tx.record("roster.plan_shift", "shift", shift.id, (topics.roster(),), line=roster.line)
    return shift.id


async def _plan(tx: Transaction, roster: Roster, shift: Shift) -> None:
    checks.shifts([*await rows.shifts_of(tx, [roster.id]), shift], tx.centre.zone)
    day = day_of(shift, tx.centre)
    ordered(roster.first, day)
    ordered(day, roster.last)
    await eligible(tx, roster.line, shift.staff_id)
    await rows.add_shifts(tx, [shift], tx.centre.zone)


async def unplan_shift(system: System, actor: Actor, shift_id: str) -> None:
    """Take a shift out of a draft. Raises NotFound, RosterFrozen."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        roster, shift = await _drafted(tx, shift_id)
        await rows.remove_shift(tx, shift.id)
        tx.record("roster.unplan_shift", "shift", shift_id, (topics.roster(),), line=roster.line)


async def _drafted(tx: Transaction, shift_id: str) -> tuple[Roster, Shift]:
    """A shift of a version that may still change, its line held. Raises NotFound, RosterFrozen."""
    row = await rows.shift(tx, shift_id)
    if row is None or row.roster_id is None:
        raise NotFound
    roster = await _open(tx, row.roster_id)
    found = next((each for each in await rows.shifts_of(tx, [roster.id]) if each.id == shift_id), None)
    if found is None:  # taken out while we waited for the line
        raise NotFound
    return roster, found


async def reseat_shift(system: System, actor: Actor, shift_id: str, staff_id: str) -> str:
    """Put somebody else on a shift of a draft; the new shift's id. Raises as `plan_shift`."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        roster, former = await _drafted(tx, shift_id)
        shift = replace(former, id=new_id(), staff_id=staff_id, origin=None)
        await rows.remove_shift(tx, former.id)
        await _plan(tx, roster, shift)
        tx.record(
            "roster.reseat_shift", "shift", shift.id, (topics.roster(),),
            line=roster.line, staff=former.staff_id, by=staff_id,
        )  # fmt: skip
    return shift.id


async def discard(system: System, actor: Actor, roster_id: str) -> None:
    """Forget a draft or proposal with all it plans. Raises NotFound, RosterFrozen."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        roster = await _open(tx, roster_id)
        planned = await rows.remove_roster(tx, roster_id)
        tx.record(
            "roster.discard", "roster", roster_id, (topics.roster(),),
            line=roster.line, version=roster.version, shifts=planned,
        )  # fmt: skip


async def propose(system: System, actor: Actor, roster_id: str) -> None:
    """Show a draft to those it plans. Raises NotFound, RosterFrozen."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        roster = await _open(tx, roster_id)
        await rows.change_roster(tx, roster_id, status="proposed")
        tx.record("roster.propose", "roster", roster_id, (topics.roster(),), line=roster.line)


async def publish(system: System, actor: Actor, roster_id: str, *, confirmed: bool = False) -> None:
    """Let a draft or proposal count from now on, in place of what was published for its days.

    Raises NotFound, RosterFrozen, SeatTaken, DoubleBooked, StaffUnknown, WallBreach, LineNotServed, SkillExpired,
    GapWouldOpen.
    """
    access.require(actor, "roster.change")
    weighed = await ahead(system, lambda tx: _published(tx, roster_id))
    async with system.transaction(actor) as tx:
        roster = await _open(tx, roster_id)
        edit = await _published(tx, roster_id)
        found = await still(tx, edit, weighed)
        checks.papers(found.opened)
        asked_twice(tx, found, confirmed)
        for former in await rows.published(tx, roster.line, roster.first, roster.last):
            await _supersede(tx, former, roster)
        await rows.change_roster(tx, roster_id, status="published", published_at=tx.now)
        await rows.put_in_force(tx, roster_id, True)
        people = {shift.staff_id for shift in edit.shifts}
        tx.record("roster.publish", "roster", roster_id, concerned(*people), line=roster.line)


async def preview_publish(system: System, actor: Actor, roster_id: str) -> Preview:
    """What publishing would open, close and break. Raises as `publish`, but for SkillExpired and GapWouldOpen."""
    access.require(actor, "roster.change")
    return (await ahead(system, lambda tx: _published(tx, roster_id))).preview


async def _published(tx: Transaction, roster_id: str) -> Edit:
    roster = await rows.roster(tx, roster_id)
    if roster is None:
        raise NotFound
    checks.may_change(roster)
    planned = await rows.shifts_of(tx, [roster.id])
    for staff_id in sorted({shift.staff_id for shift in planned}):
        await eligible(tx, roster.line, staff_id)
    formers = await rows.published(tx, roster.line, roster.first, roster.last)
    without = frozenset(
        shift.id
        for shift in await rows.shifts_of(tx, [former.id for former in formers])
        if roster.first <= day_of(shift, tx.centre) <= roster.last
    )
    await fits(tx, planned, without)
    return Edit(tuple(planned), without)


async def _supersede(tx: Transaction, former: Roster, roster: Roster) -> None:
    """End a version; what it planned outside the new one's days goes on as a version of its own."""
    planned = await rows.shifts_of(tx, [former.id])
    await rows.put_in_force(tx, former.id, False)
    await rows.change_roster(tx, former.id, status="superseded", superseded_at=tx.now)
    for first, last in outside(former, roster):
        rest = await rows.add_roster(tx, former.line, first, last, "")
        await rows.change_roster(tx, rest.id, status="published", published_at=tx.now)
        kept = [shift for shift in planned if first <= day_of(shift, tx.centre) <= last]
        copies = [replace(shift, id=new_id(), roster_id=rest.id) for shift in kept]
        await rows.add_shifts(tx, copies, tx.centre.zone, in_force=True)


async def _open(tx: Transaction, roster_id: str) -> Roster:
    """A version that may still change, its line held. Raises NotFound, RosterFrozen."""
    found = await rows.roster(tx, roster_id)
    if found is None:
        raise NotFound
    await claims.edit_lines(tx, [found.line])
    roster = await rows.roster(tx, roster_id)  # as it is now that nobody else can publish it
    if roster is None:
        raise NotFound
    checks.may_change(roster)
    return roster
