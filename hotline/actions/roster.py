"""Who is on duty, changed at once: shifts by hand, and overrides of what is published."""

from dataclasses import replace
from datetime import datetime

from hotline.actions.rostering import REASONS, concerned, eligible, fits
from hotline.actions.weighing import agree, ahead
from hotline.errors import AlreadyExists, Malformed, NotFound, RosterFrozen
from hotline.ids import new_id
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.duty import Override, Shift, checks
from hotline.rules.duty.edits import Edit
from hotline.rules.duty.preview import Preview
from hotline.store import claims
from hotline.store import roster as rows
from hotline.system import System, Transaction


async def add_shift(
    system: System, actor: Actor, line: str, staff_id: str, starts_at: datetime, ends_at: datetime
) -> str:
    """Plan a shift by hand; its id. Raises LineUnknown, StaffUnknown, ShiftInvalid, AlreadyExists, WallBreach,
    LineNotServed."""
    access.require(actor, "roster.change")
    shift = Shift(new_id(), line, staff_id, starts_at, ends_at, exclusive=False)
    async with system.transaction(actor) as tx:
        await claims.edit_lines(tx, [tx.centre.line(line).id])
        await fits(tx, [shift])
        await eligible(tx, line, staff_id)
        if not await rows.add_shift(tx, shift, tx.centre.zone):
            raise AlreadyExists
        tx.record("roster.add_shift", "shift", shift.id, concerned(staff_id), line=line)
    return shift.id


async def remove_shift(system: System, actor: Actor, shift_id: str, *, confirmed: bool = True) -> None:
    """Take a shift written by hand out of the roster. Raises NotFound, RosterFrozen, GapWouldOpen."""
    access.require(actor, "roster.change")
    weighed = await ahead(system, lambda tx: _without(tx, shift_id))
    async with system.transaction(actor) as tx:
        line, staff_id = await _by_hand(tx, shift_id)
        await claims.edit_lines(tx, [line])
        await agree(tx, await _without(tx, shift_id), weighed, confirmed)
        await rows.remove_shift(tx, shift_id)
        tx.record("roster.remove_shift", "shift", shift_id, concerned(staff_id), line=line)


async def _by_hand(tx: Transaction, shift_id: str) -> tuple[str, str]:
    """The line and the person of a shift that no version holds."""
    row = await rows.shift(tx, shift_id)
    if row is None:
        raise NotFound
    if row.roster_id is not None:
        raise RosterFrozen
    return row.line, row.staff_id


async def _without(tx: Transaction, shift_id: str) -> Edit:
    await _by_hand(tx, shift_id)
    return Edit(without=frozenset({shift_id}))


async def change(system: System, actor: Actor, override: Override, *, confirmed: bool = False) -> str:
    """Add a seat, vacate one, or put somebody else there; an override's id. Its place in the order is given here.

    Raises LineUnknown, SpanInvalid, OverrideInvalid, Malformed, StaffUnknown, WallBreach, LineNotServed,
    GapWouldOpen.
    """
    access.require(actor, "roster.change")
    weighed = await ahead(system, lambda tx: _changed(tx, override))
    async with system.transaction(actor) as tx:
        await claims.edit_lines(tx, [tx.centre.line(override.line).id])
        override = replace(override, author=actor.id, made_at=tx.now)
        await agree(tx, await _changed(tx, override), weighed, confirmed)
        override_id = await rows.add_override(tx, override)
        tx.record(
            "roster.change", "override", override_id, concerned(override.staff_id, override.by),
            line=override.line, kind=override.kind, staff=override.staff_id, by=override.by,
            reason_code=override.reason,
        )  # fmt: skip
    return override_id


async def preview_change(system: System, actor: Actor, override: Override) -> Preview:
    """What the override would open, close and break. Raises as `change`, but for GapWouldOpen."""
    access.require(actor, "roster.change")
    return (await ahead(system, lambda tx: _changed(tx, override))).preview


async def _changed(tx: Transaction, override: Override) -> Edit:
    checks.override(override)
    if override.reason not in REASONS:
        raise Malformed
    comes = {"ADD": override.staff_id, "REPLACE": override.by}.get(override.kind)
    if comes is not None:
        await eligible(tx, override.line, comes)
    return Edit(overrides=(replace(override, seq=await rows.next_seq(tx, override.line)),))
