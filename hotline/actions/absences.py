"""Absences: people ask for their own, whoever leads approves; an approved one wins over every plan."""

from dataclasses import replace
from datetime import datetime

from hotline.actions.rostering import ABSENCES, agree, concerned, weigh
from hotline.errors import Malformed, NotFound, StaffUnknown, WrongState
from hotline.ids import new_id
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.rules.duty import Absence, checks
from hotline.rules.duty.edits import Edit
from hotline.rules.duty.people import AbsenceState
from hotline.rules.duty.preview import Preview
from hotline.store import claims, plans, queries
from hotline.store import roster as rows
from hotline.system import System, Transaction


async def note_absence(
    system: System,
    actor: Actor,
    staff_id: str,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    approved: bool = False,
    confirmed: bool = False,
) -> str:
    """Ask for somebody to be away, or settle it at once; an absence's id.

    Raises SpanInvalid, Malformed, StaffUnknown, GapWouldOpen.
    """
    access.require(actor, "absences.ask", Thing(staff_id))
    if approved:
        access.require(actor, "roster.change")
    state: AbsenceState = "approved" if approved else "asked"
    async with system.transaction(actor) as tx:
        await _hold(tx, staff_id)
        absence = await _absence(tx, staff_id, kind, starts_at, ends_at)
        if approved:
            await agree(tx, Edit(absences=(absence,)), confirmed)
        await rows.add_absence(tx, replace(absence, state=state), actor.id)
        tx.record("absences.note", "absence", absence.id, concerned(staff_id), staff=staff_id, state=state)
    return absence.id


async def preview_absence(
    system: System, actor: Actor, staff_id: str, kind: str, starts_at: datetime, ends_at: datetime
) -> Preview:
    """What it would open, close and break once approved. Raises as `note_absence`, but for GapWouldOpen."""
    access.require(actor, "absences.ask", Thing(staff_id))
    async with system.read() as tx:
        return await weigh(tx, Edit(absences=(await _absence(tx, staff_id, kind, starts_at, ends_at),)))


async def approve(system: System, actor: Actor, absence_id: str, *, confirmed: bool = False) -> None:
    """Let an absence that was asked for count. Raises NotFound, WrongState, GapWouldOpen."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        absence = await _held(tx, absence_id)
        if absence is None:
            raise NotFound
        if absence.state != "asked":
            raise WrongState
        await agree(tx, Edit(absences=(replace(absence, state="approved"),)), confirmed)
        await rows.decide_absence(tx, absence_id, "approved", actor.id)
        who = absence.staff_id
        tx.record("absences.approve", "absence", absence_id, concerned(who), staff=who)


async def withdraw_absence(system: System, actor: Actor, absence_id: str) -> None:
    """Take an absence back, asked for or approved. Raises NotFound, WrongState."""
    async with system.transaction(actor) as tx:
        absence = await _held(tx, absence_id)
        access.require(actor, "absences.ask", None if absence is None else Thing(absence.staff_id))
        if absence is None or absence.state == "withdrawn":
            raise WrongState
        await rows.decide_absence(tx, absence_id, "withdrawn", actor.id)
        who = absence.staff_id
        tx.record("absences.withdraw", "absence", absence_id, concerned(who), staff=who)


async def _hold(tx: Transaction, staff_id: str) -> None:
    """Whoever edits a line this person may sit on waits for us, or we for them: each sees what the other opens."""
    person = await queries.staff_row(tx, staff_id)
    await claims.edit_lines(tx, {plans.PEOPLE, *(person.lines if person is not None else ())})


async def _held(tx: Transaction, absence_id: str) -> Absence | None:
    """The absence as it is once its person is held."""
    found = await rows.absence(tx, absence_id)
    if found is None:
        return None
    await _hold(tx, found.staff_id)
    return await rows.absence(tx, absence_id)


async def _absence(
    tx: Transaction, staff_id: str, kind: str, starts_at: datetime, ends_at: datetime
) -> Absence:
    absence = Absence(new_id(), staff_id, starts_at, ends_at, kind, "approved", tx.now)
    checks.absence(absence)
    if kind not in ABSENCES:
        raise Malformed
    person = await queries.staff_row(tx, staff_id)
    if person is None or not person.active:
        raise StaffUnknown
    return absence
