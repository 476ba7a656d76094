"""Absences: people ask for their own, whoever leads approves; an approved one wins over every plan."""

from dataclasses import replace
from datetime import datetime

from hotline.actions.rostering import ABSENCES, concerned
from hotline.actions.weighing import agree, ahead
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
    noted = Absence(new_id(), staff_id, starts_at, ends_at, kind, state)
    weighed = await ahead(system, lambda tx: _noted(tx, noted))
    async with system.transaction(actor) as tx:
        await _hold(tx, staff_id)
        await agree(tx, await _noted(tx, noted), weighed, confirmed)
        await rows.add_absence(tx, noted, actor.id)
        tx.record("absences.note", "absence", noted.id, concerned(staff_id), staff=staff_id, state=state)
    return noted.id


async def _noted(tx: Transaction, noted: Absence) -> Edit:
    """One more absence. Raises SpanInvalid, Malformed, StaffUnknown."""
    checks.absence(noted)
    if noted.kind not in ABSENCES:
        raise Malformed
    person = await queries.staff_row(tx, noted.staff_id)
    if person is None or not person.active:
        raise StaffUnknown
    return Edit(absences=(replace(noted, noted_at=tx.now),))


async def approve(system: System, actor: Actor, absence_id: str, *, confirmed: bool = False) -> None:
    """Let an absence that was asked for count. Raises NotFound, WrongState, GapWouldOpen."""
    access.require(actor, "roster.change")
    weighed = await ahead(system, lambda tx: _approved(tx, absence_id))
    async with system.transaction(actor) as tx:
        who = await _hold_person_of(tx, absence_id)
        await agree(tx, await _approved(tx, absence_id), weighed, confirmed)
        await rows.decide_absence(tx, absence_id, "approved", actor.id)
        tx.record("absences.approve", "absence", absence_id, concerned(who), staff=who)


async def preview_approve(system: System, actor: Actor, absence_id: str) -> Preview:
    """What it would open, close and break once approved. Raises NotFound, WrongState."""
    access.require(actor, "roster.change")
    return (await ahead(system, lambda tx: _approved(tx, absence_id))).preview


async def _approved(tx: Transaction, absence_id: str) -> Edit:
    absence = await rows.absence(tx, absence_id)
    if absence is None:
        raise NotFound
    if absence.state != "asked":
        raise WrongState
    return Edit(absences=(replace(absence, state="approved"),))


async def withdraw_absence(system: System, actor: Actor, absence_id: str, *, confirmed: bool = False) -> None:
    """Take an absence back, asked for or approved. Raises NotFound, WrongState, GapWouldOpen."""
    weighed = await ahead(system, lambda tx: _withdrawn(tx, actor, absence_id))
    async with system.transaction(actor) as tx:
        who = await _hold_person_of(tx, absence_id)
        await agree(tx, await _withdrawn(tx, actor, absence_id), weighed, confirmed)
        await rows.decide_absence(tx, absence_id, "withdrawn", actor.id)
        tx.record("absences.withdraw", "absence", absence_id, concerned(who), staff=who)


async def preview_withdraw(system: System, actor: Actor, absence_id: str) -> Preview:
    """What taking it back would open, close and break. Raises NotFound, WrongState."""
    return (await ahead(system, lambda tx: _withdrawn(tx, actor, absence_id))).preview


async def _withdrawn(tx: Transaction, actor: Actor, absence_id: str) -> Edit:
    """One's own, or anybody's for whoever leads."""
    absence = await rows.absence(tx, absence_id)
    access.require(actor, "absences.ask", None if absence is None else Thing(absence.staff_id))
    if absence is None or absence.state == "withdrawn":
        raise WrongState
    return Edit(absences=(replace(absence, state="withdrawn"),))


async def _hold(tx: Transaction, staff_id: str) -> None:
    """Whoever edits a line this person may sit on waits for us, or we for them: each sees what the other opens."""
    person = await queries.staff_row(tx, staff_id)
    await claims.edit_lines(tx, {plans.PEOPLE, *(person.lines if person is not None else ())})


async def _hold_person_of(tx: Transaction, absence_id: str) -> str:
    """Who is away. Raises NotFound."""
    absence = await rows.absence(tx, absence_id)
    if absence is None:
        raise NotFound
    await _hold(tx, absence.staff_id)
    return absence.staff_id
