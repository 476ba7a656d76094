"""What a counsellor is writing is kept with every change, so that it outlives the page and the machine."""

from hotline.actions.contacts import locked, thing_of
from hotline.errors import ContactEnded, DraftChanged, Malformed
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, contact, forms
from hotline.rules.access import Actor
from hotline.rules.words import DRAFT_LIMIT, checked
from hotline.store import claims, queries, views
from hotline.system import System, Transaction
from hotline.values import dataclass

# Whoever may send or save it may begin it.
VERBS = {"message": "messages.reply", "note": "messages.note", "card": "summaries.save"}


@dataclass(frozen=True, slots=True)
class CardDraft:
    """The fields of a card that somebody has touched, and the revision of that."""

    revision: str | None
    values: dict[str, forms.Value]


async def save(
    system: System,
    actor: Actor,
    contact_id: str,
    kind: str,
    base_revision: str | None,
    client_id: str | None,
    text: str,
) -> str | None:
    """Keep the draft in the place of the revision that was read before; the new revision, None if none is left.

    `client_id` is the entry it will become; where that is written already, and where there is no text, nothing is
    kept. A card's text is JSON of its fields, and belongs to the contact. There is no line in the audit: it would be
    one for every few letters, and what was only being written is nobody's deed yet. The person's own consoles hear.

    Raises DraftChanged (read it again: another page was faster), ContactEnded, NotFound, Malformed, TextTooLong, …
    """
    words = checked(text, DRAFT_LIMIT) if text.strip() else ""
    if kind not in VERBS or (kind == "card") != (client_id is None):
        raise Malformed(field="kind")
    if kind == "card" and words:
        forms.unfinished(words, forms.card_of(system.centre))
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, VERBS[kind], contact_id)
        if row.state not in (contact.ACTIVE, contact.WRAP_UP):
            raise ContactEnded
        spent = client_id is not None and await claims.stored(tx, contact_id, client_id) is not None
        revision = await _keep(tx, actor, contact_id, kind, base_revision, client_id, "" if spent else words)
        tx.topics.add(topics.drafts(actor.id))
    return revision


async def mine(tx: Transaction, actor: Actor, contact_id: str) -> list[views.Draft]:
    """What this person is writing here; for the holder, and for who reads along. Raises NotFound."""
    thing = await thing_of(await queries.contact(tx, contact_id), tx, actor)
    access.require(actor, "messages.note", thing)
    found = await views.drafts_of(tx, contact_id, actor.id)
    return [each for each in found if thing is not None and access.may(actor, VERBS[each.kind], thing)]


async def card(tx: Transaction, actor: Actor, contact_id: str) -> CardDraft:
    """How far the card of this contact is, for its holder; nothing for anybody else."""
    thing = await thing_of(await queries.contact(tx, contact_id), tx, actor)
    if thing is not None and access.may(actor, VERBS["card"], thing):
        for each in await views.drafts_of(tx, contact_id, actor.id):
            if each.kind == "card":
                return CardDraft(each.revision, forms.unfinished(each.text, forms.card_of(tx.centre)))
    return CardDraft(None, {})


async def _keep(
    tx: Transaction, actor: Actor, contact_id: str, kind: str, base: str | None, client_id: str | None, words: str
) -> str | None:  # fmt: skip
    if base is None:
        await claims.drop_spent(tx, contact_id)
    if not words:
        if not await claims.drop_draft(tx, contact_id, actor.id, kind, base):
            raise DraftChanged
        return None
    revision = new_id()
    values = {
        "id": revision,
        "contact_id": contact_id,
        "staff_id": actor.id,
        "kind": kind,
        "client_id": client_id,
        "body_sealed": await tx.seal(contact_id, "drafts", revision, words),
        "saved_at": tx.now,
    }
    if not await claims.keep_draft(tx, base, values):
        raise DraftChanged
    return revision
