"""The language in which a contact is addressed."""

from hotline.actions.contacts import locked, say, topics_of
from hotline.errors import Malformed
from hotline.ids import new_id
from hotline.rules import contact
from hotline.rules.access import Actor
from hotline.store import claims
from hotline.store.attended import attended
from hotline.store.journal import Line
from hotline.system import System
from hotline.texts import LANGUAGES


async def choose(system: System, actor: Actor, contact_id: str, language: str) -> None:
    """The caller wants to be addressed in this language from now on; whoever answers sees it in the conversation.

    While it waits, it is offered first to who speaks that; if nobody there does, the caller is told. Raises NotFound,
    Malformed.
    """
    if language not in LANGUAGES:
        raise Malformed(field="language")
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.answer", contact_id)
        if row.language == language or row.state == contact.CLOSED:
            return
        await claims.change(tx, contact_id, language=language)
        data = {"question": "language", "value": language, "before": row.language}
        await claims.append_to(tx, Line(contact_id, new_id(), "answer", "caller", data=data))
        if row.state == contact.WAITING and row.due_at is None:
            barred = tx.centre.barred_lines(row.line, row.queue)
            if not (await attended(tx, tx.centre.queues[row.queue].lines, barred)).speaks(language):
                await say(tx, row, "translation_note")
        tx.record("languages.choose", "contact", contact_id, topics_of(row), language=language)
