"""The language in which a contact is addressed."""

from hotline.actions.contacts import locked, topics_of
from hotline.errors import Malformed
from hotline.rules.access import Actor
from hotline.store import claims
from hotline.system import System
from hotline.texts import LANGUAGES


async def choose(system: System, actor: Actor, contact_id: str, language: str) -> None:
    """The caller wants to be addressed in this language from now on. Raises NotFound, Malformed."""
    if language not in LANGUAGES:
        raise Malformed(field="language")
    async with system.transaction(actor) as tx:
        row = await locked(tx, actor, "contacts.answer", contact_id)
        if row.language != language:
            await claims.change(tx, contact_id, language=language)
            tx.record("languages.choose", "contact", contact_id, topics_of(row), language=language)
