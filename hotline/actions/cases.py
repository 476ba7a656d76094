"""In-person help: a contact becomes a case, a worker leads it, notes are kept."""

import json
from collections.abc import Mapping

from hotline.actions.contacts import in_conflict, locked, topics_of
from hotline.errors import AlreadyExists, CaseIncomplete, InConflict, Malformed, ReasonNeeded, WrongState
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, casework, contact, forms
from hotline.rules.access import Actor, Thing
from hotline.rules.presence import LOOK_LIFE
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import claims, conflicts, queries, records, views
from hotline.system import System, Transaction

NOTE_LIMIT = 4000
CODED = ("shelter", "privacy_given", "conflict_checked", "first_visit")


async def workers(tx: Transaction) -> list[views.StaffRow]:
    """Who may lead a case."""
    return [person for person in await views.people(tx) if person.active and "caseworker" in person.roles]


async def open_case(system: System, actor: Actor, contact_id: str, values: Mapping[str, forms.Value]) -> str:
    """Open an in-person case from a contact; its id. Raises CaseIncomplete(fields), AlreadyExists,
    WrongState, InConflict.

    The worker is told by a poke; what is sealed is sealed with the case's own key.
    """
    case_id = new_id()
    async with system.read() as tx:
        known = [person.id for person in await workers(tx)]
    cleaned = casework.clean(values, known)
    lacking = casework.missing(cleaned)
    if lacking:
        raise CaseIncomplete(fields=",".join(lacking))
    await system.make_key(case_id)
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "cases.open_case", contact_id)
        if row.state == contact.WAITING:
            raise WrongState
        if await in_conflict(tx, contact_id, cleaned["worker"]):
            raise InConflict
        await records.add_case(tx, await _values(tx, actor, case_id, cleaned))
        if not await records.link(tx, case_id, contact_id, actor.id):
            raise AlreadyExists
        worker = topics.staff(cleaned["worker"])
        tx.record("cases.open_case", "case", case_id, topics_of(row) | {worker}, contact=contact_id)
    return case_id


async def _values(tx: Transaction, actor: Actor, case_id: str, cleaned: dict[str, str]) -> dict[str, object]:
    year = tx.now.astimezone(tx.centre.zone).year
    subject = cleaned["subject"]
    free = {key: value for key, value in cleaned.items() if key not in (*CODED, "subject", "worker")}
    return {
        "id": case_id,
        "ref": f"S/{year}/{await claims.next_number(tx, f'case {year}'):05d}",
        "state": casework.initial_state(cleaned),
        "opened_at": tx.now,
        "opened_by": actor.id,
        "worker_id": cleaned["worker"],
        "first_visit_at": casework.first_visit_at(cleaned, tx.centre.zone),
        "shelter_requested": cleaned.get("shelter", "none") != "none",
        "coded": {key: cleaned[key] for key in CODED if key in cleaned},
        "subject_sealed": await tx.seal(case_id, "cases.subject", case_id, subject),
        "subject_blind": tx.blind("subject", " ".join(subject.casefold().split())),
        "free_sealed": await tx.seal(case_id, "cases.free", case_id, json.dumps(free)),
    }


async def note(system: System, actor: Actor, case_id: str, client_id: str, text: str) -> str:
    """Add a note to the diary of a case; its id. The same client id again changes nothing. Raises NotFound."""
    words = checked(text, NOTE_LIMIT)
    if not 0 < len(client_id) <= 80:
        raise Malformed(field="id")
    async with system.transaction(actor) as tx:
        access.require(actor, "cases.note", await thing_of_case(tx, actor, case_id))
        note_id = new_id()
        values = {
            "id": note_id,
            "case_id": case_id,
            "client_id": client_id,
            "staff_id": actor.id,
            "at": tx.now,
            "body_sealed": await tx.seal(case_id, "case_notes", note_id, words),
        }
        if not await records.add_case_note(tx, values):
            return await records.case_note_id(tx, case_id, client_id)
        tx.record("cases.note", "case", case_id)
    return note_id


async def look(system: System, actor: Actor, case_id: str, reason: str | None = None) -> views.CaseView:
    """Open a case: every reading is on record, and one that is not one's own needs a reason within the hour.

    Raises NotFound, ReasonNeeded, TextEmpty.
    """
    why = None if reason is None else checked(reason, REASON_LIMIT)
    async with system.transaction(actor) as tx:
        thing = await thing_of_case(tx, actor, case_id)
        access.require(actor, "cases.look", thing)
        own = thing is not None and actor.id in (thing.holder_id, thing.worker_id)
        given = own or why or await queries.looked(tx, actor.id, "case", case_id, tx.now - LOOK_LIFE)
        if not given:
            raise ReasonNeeded
        tx.record("cases.look", "case", case_id, reason=why, sealed_for=case_id)
        view = await views.case(tx, case_id)
        assert view is not None  # noqa: S101
        return view


async def thing_of_case(tx: Transaction, actor: Actor, case_id: str) -> Thing | None:
    """The case as the table of rights sees it. A conflict shuts out even who leads it."""
    row = await views.case_row(tx, case_id)
    if row is None:
        return None
    own = actor.id in (row.opened_by, row.worker_id)
    lines = (await views.case_lines(tx, [case_id]))[case_id]
    walled = not own and views.walled_off(tx.centre, actor, lines)
    walled = walled or actor.id in (await conflicts.in_cases(tx, [case_id])).get(case_id, ())
    return Thing(row.id, holder_id=row.opened_by, worker_id=row.worker_id, walled_off=walled)
