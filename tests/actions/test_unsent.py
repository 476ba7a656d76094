"""What is being written is kept with every change: never over another page's words, nor for other eyes."""

import json

import pytest
from sqlalchemy import select

from hotline.actions import contacts, drafts, erasure, messages, summaries, transfers
from hotline.errors import ContactEnded, DraftChanged, HotlineError, Malformed, NotFound, TextTooLong
from hotline.rules.access import OPERATOR
from hotline.store import views
from hotline.store.tables import audit
from hotline.store.tables import drafts as rows
from hotline.system import System
from tests.actions.test_assignments import hand_over, lead
from tests.actions.test_erasure import ref_of
from tests.actions.test_summaries_and_cases import CARD
from tests.factories import Caller, Person, add_person, finish, talk
from tests.store.races import RUNNERS, at_once, count


async def save(
    system: System, person: Person, caller: Caller, text: str, base: str | None = None, **more: str
) -> str | None:
    """A message's draft, unless something else is said."""
    kind = more.get("kind", "message")
    client_id = None if kind == "card" else more.get("client_id", "words-0001")
    return await drafts.save(system, person.actor, caller.contact_id, kind, base, client_id, text)


async def shown(system: System, person: Person, caller: Caller) -> dict[str, str]:
    async with system.read() as tx:
        return {each.kind: each.text for each in await drafts.mine(tx, person.actor, caller.contact_id)}


async def revisions(system: System, person: Person, caller: Caller) -> dict[str, str]:
    """What the person's consoles are told."""
    async with system.read() as tx:
        view = await views.console(tx, system.centre, person.actor)
    return view.drafts.get(caller.contact_id, {})


async def test_whoever_saves_has_read_what_it_takes_the_place_of(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    first = await save(system, anna, caller, "Dobrze, że")
    assert await revisions(system, anna, caller) == {"message": first}
    second = await save(system, anna, caller, "Dobrze, że Pani pisze.", first)
    for stale in (None, first):
        for text in ("Z innego urządzenia.", ""):
            with pytest.raises(DraftChanged):
                await save(system, anna, caller, text, stale)
    assert await shown(system, anna, caller) == {"message": "Dobrze, że Pani pisze."}

    answers = await at_once(lambda n: save(system, anna, caller, f"Zdanie {n}", second))
    (won,) = [each for each in answers if isinstance(each, str)]
    assert [type(each) for each in answers if each is not won] == [DraftChanged] * (RUNNERS - 1)
    assert await revisions(system, anna, caller) == {"message": won}
    assert await save(system, anna, caller, "  \n", won) is None
    assert await count(system, select(rows)) == 0
    assert await count(system, select(audit).where(audit.c.verb.like("drafts.%"))) == 0


async def test_what_was_sent_is_no_draft_whatever_failed_after_it(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    sent = await save(system, anna, caller, "Jestem tutaj.")
    await save(system, anna, caller, "Siostra pomoże.", kind="note", client_id="note-0001")
    await messages.reply(system, anna.actor, caller.contact_id, "words-0001", "Jestem tutaj.")
    assert await shown(system, anna, caller) == {"note": "Siostra pomoże."}
    assert (await revisions(system, anna, caller)).keys() == {"note"}
    # a save that was still on its way, and then the next words of a page that has read of no draft
    assert await save(system, anna, caller, "Jestem tutaj.", sent) is None
    assert await save(system, anna, caller, "Jestem tutaj.") is None
    late = await save(system, anna, caller, "Jak się Pani czuje?", client_id="words-0002")
    await messages.reply(system, anna.actor, caller.contact_id, "words-0002", "Jak się Pani czuje?")
    assert await save(system, anna, caller, "Rozumiem.", late, client_id="words-0003")
    assert await shown(system, anna, caller) == {"message": "Rozumiem.", "note": "Siostra pomoże."}


async def test_it_is_for_whoever_may_send_it_and_the_card_goes_along(system: System) -> None:
    anna, beata, filip = (
        await add_person(system, "Anna"),
        await add_person(system, "Beata"),
        await lead(system),
    )
    caller = await talk(system, anna)
    card = json.dumps({"narrative": "Bezsenność od pogrzebu.", "withdrawn_field": "x"})
    revision = await save(system, anna, caller, card, kind="card")
    await save(system, anna, caller, "Dobrze, że Pani pisze.")
    await contacts.look(system, filip.actor, caller.contact_id, "Skarga.")
    for stranger in (beata, filip):
        for kind in drafts.VERBS:
            with pytest.raises(NotFound):
                await save(system, stranger, caller, "{}", kind=kind)
        with pytest.raises(NotFound):
            await shown(system, stranger, caller)

    asked = await transfers.ask(system, anna.actor, caller.contact_id, beata.id, "consult", "consented")
    await transfers.join(system, beata.actor, asked)
    note = await save(system, beata, caller, "Znam tę sprawę.", kind="note")
    with pytest.raises(NotFound):
        await save(system, beata, caller, "Dzień dobry.")
    assert await shown(system, beata, caller) == {"note": "Znam tę sprawę."}
    assert await revisions(system, beata, caller) == {"note": note}
    assert (await shown(system, anna, caller)).keys() == {"card", "message"}

    await transfers.withdraw(system, anna.actor, asked)
    await hand_over(system, filip.actor, caller.contact_id, anna.id, beata.id)
    assert await revisions(system, anna, caller) == {}
    assert (await shown(system, beata, caller)).keys() == {"card", "note"}
    async with system.read() as tx:
        goes_on = await drafts.card(tx, beata.actor, caller.contact_id)
        for other in (anna, filip):
            assert await drafts.card(tx, other.actor, caller.contact_id) == drafts.CardDraft(None, {})
    assert goes_on == drafts.CardDraft(revision, {"narrative": "Bezsenność od pogrzebu."})
    assert await save(system, beata, caller, '{"narrative": "Sen lepszy."}', revision, kind="card")
    assert await count(system, select(rows).where(rows.c.kind == "card")) == 1


async def test_nothing_stays_behind_and_nothing_comes_after(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    await save(system, anna, caller, "Zaczęte zda")
    await save(system, anna, caller, "Zaczęta not", kind="note")
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    await save(system, anna, caller, '{"agreements": "Środa."}', kind="card")  # the card is written now
    assert await count(system, select(rows)) == 3
    await summaries.save(system, anna.actor, caller.contact_id, CARD)
    assert await count(system, select(rows)) == 0
    for kind in drafts.VERBS:
        with pytest.raises(ContactEnded):
            await save(system, anna, caller, "{}", kind=kind)
    await erasure.destroy(system, OPERATOR, "contact", await ref_of(system, caller.contact_id), "request")
    with pytest.raises(HotlineError):
        await save(system, anna, caller, "Za późno.")
    assert await count(system, select(rows)) == 0


async def test_what_cannot_be_kept_is_refused(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    await save(system, anna, caller, "x" * 5000)  # too long to be sent, which the page says
    with pytest.raises(TextTooLong):
        await save(system, anna, caller, "x" * 16_001)
    for card in ("tekst", "[]", '{"narrative": 1}', '{"help_forms": [1]}'):
        with pytest.raises(Malformed):
            await save(system, anna, caller, card, kind="card")
    for kind, client_id in (("card", "words-0001"), ("message", None), ("letter", "words-0001")):
        with pytest.raises(Malformed):
            await drafts.save(system, anna.actor, caller.contact_id, kind, None, client_id, "{}")
    await finish(system, anna, caller.contact_id)
