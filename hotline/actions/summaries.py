"""The counsellor's summary: saving it closes the contact; a later correction is a new version."""

import json
from collections.abc import Mapping

from hotline.actions import alarms
from hotline.actions.contacts import locked, topics_of
from hotline.errors import SummaryIncomplete, WrongState
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import contact, forms
from hotline.rules.access import Actor
from hotline.store import claims, queries, records
from hotline.store.journal import Line
from hotline.store.queries import ContactRow
from hotline.system import System, Transaction


async def save(system: System, actor: Actor, contact_id: str, values: Mapping[str, forms.Value]) -> None:
    """Put the card on record and close the contact. Raises SummaryIncomplete(fields), WrongState, Malformed, …"""
    fields = forms.card_of(system.centre)
    cleaned = forms.clean(values, fields)
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "summaries.save", contact_id)
        if row.state not in (contact.WRAP_UP, contact.CLOSED):
            raise WrongState
        lacking = forms.missing(cleaned, initial=row.priority_initial)
        if lacking:
            raise SummaryIncomplete(fields=",".join(lacking))
        version = await _store(tx, row, actor, cleaned, fields)
        await _close(tx, row, actor, cleaned)
        tx.record("summaries.save", "contact", contact_id, topics_of(row), version=version)


async def adopt(system: System, actor: Actor, contact_id: str) -> None:
    """Take over a summary owed by somebody who left. Raises NotFound, WrongState (written, or taken over)."""
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "summaries.adopt", contact_id)
        owing = await queries.staff_row(tx, row.holder_id) if row.holder_id is not None else None
        if owing is None or owing.active or not await claims.adopt(tx, contact_id, owing.id, actor.id):
            raise WrongState
        changed = topics_of(row) | {topics.staff(actor.id)}
        tx.record("summaries.adopt", "contact", contact_id, changed, before=owing.id)


async def _store(
    tx: Transaction,
    row: ContactRow,
    actor: Actor,
    cleaned: dict[str, forms.Value],
    fields: tuple[forms.Field, ...],
) -> int:
    sealed_keys = {field.key for field in fields if field.sealed}
    summary_id = new_id()
    free = json.dumps({key: value for key, value in cleaned.items() if key in sealed_keys})
    version = await records.summary_versions(tx, row.id) + 1
    values = {
        "id": summary_id,
        "contact_id": row.id,
        "version": version,
        "staff_id": actor.id,
        "saved_at": tx.now,
        "coded": {key: value for key, value in cleaned.items() if key not in sealed_keys},
        "free_sealed": await tx.seal(row.id, "summaries", summary_id, free),
    }
    await records.add_summary(tx, values)
    return version


async def _close(tx: Transaction, row: ContactRow, actor: Actor, cleaned: dict[str, forms.Value]) -> None:
    reason = cleaned["end_reason"]
    if not await claims.move(
        tx, row.id, contact.WRAP_UP, contact.CLOSED, closed_at=tx.now, end_reason=reason
    ):
        await claims.change(tx, row.id, end_reason=reason)  # a correction of a closed contact's card
        return
    state = Line(row.id, new_id(), "state", "staff", actor.id, data={"to": contact.CLOSED, "reason": reason})
    await claims.append_to(tx, state)
    await claims.end_wrap_up(tx, row.holder_id)
    await claims.shut_thread(tx, row.id)
    await alarms.over(tx, row.id)
