"""A caller who was here before: earlier contacts by fingerprint, and how to talk with them, until it ends."""

import pytest
from sqlalchemy import select

from hotline.actions import arrivals, callers, cases, conflicts, contacts, erasure, handling, offers, presence
from hotline.engine import Engine
from hotline.errors import CallerUnknown, Malformed, NoteChanged, NotFound, TextTooLong
from hotline.rules.access import OPERATOR
from hotline.store import keys, records, views
from hotline.store.tables import audit, handling_notes
from hotline.store.tables import contacts as contact_rows
from hotline.system import System
from tests.factories import (
    PERPETRATORS,
    TRUST,
    VICTIMS,
    MovableClock,
    Person,
    add_person,
    finish,
    offer_to,
    talk,
)
from tests.store.races import at_once
from tests.web.doors import CASE

WORDS = "Mówić krótko. Nie pytać o brata; ustalone: jedna rozmowa dziennie."


async def chat(system: System, person: Person, number: int, of: str = "4711") -> str:
    """The same Telegram chat writes again and is answered by this person."""
    arrival = arrivals.Arrival(
        line=TRUST, channel="telegram", origin=f"telegram:{number}", client_id=f"word-{number}", language="pl",
        text="Dzień dobry.", address=of,
    )  # fmt: skip
    contact_id = (await arrivals.start(system, arrival)).contact_id
    await presence.seen(system, person.actor)
    offer = await offer_to(system, contact_id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)
    return contact_id


async def found(system: System, person: Person, contact_id: str) -> list[tuple[str, str]]:
    """The earlier contacts shown at this one, and by what each is known."""
    earlier = await callers.earlier(system, person.actor, contact_id)
    assert earlier.total == len(earlier.rows)
    return [(each.id, each.by) for each in earlier.rows]


async def texts(system: System, person: Person, contact_id: str) -> list[str]:
    return [each.text for each in await handling.show(system, person.actor, contact_id)]


async def verbs(system: System) -> list[str]:
    async with system.read() as tx:
        query = select(audit.c.verb).where(audit.c.verb.like("handling.%")).order_by(audit.c.id)
        return list((await tx.connection.execute(query)).scalars())


async def ref_of(system: System, contact_id: str) -> str:
    async with system.read() as tx:
        head = await views.contact_head(tx, contact_id)
    assert head is not None
    return head.ref


async def test_the_same_chat_is_known_again_and_another_is_not(system: System, clock: MovableClock) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    first = await chat(system, anna, 1)
    clock.advance(minutes=12)
    await finish(system, anna, first)
    await finish(system, anna, await chat(system, anna, 2, of="4712"))
    now = await chat(system, beata, 3)
    (row,) = (await callers.earlier(system, beata.actor, now)).rows
    assert (row.id, row.by, row.minutes, row.answered_by) == (first, "telegram", 12, "Anna Testowa")
    assert (row.end_reason, row.problem) == ("completed", next(iter(system.centre.problem_areas)))
    with pytest.raises(NotFound):
        await callers.earlier(system, anna.actor, now)
    clock.advance(days=31)
    earlier = await callers.earlier(system, beata.actor, now)
    assert (earlier.total, earlier.lately) == (1, 0)


async def test_a_web_caller_is_known_by_a_pseudonym_alone_written_exactly_so(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    first, now = (await talk(system, anna)).contact_id, (await talk(system, beata)).contact_id
    await callers.name(system, anna.actor, first, "  Pani  Jaskółka ")
    assert await found(system, beata, now) == []
    for wrong in ("Jaskółka", "Pani Jaskolka"):
        await callers.name(system, beata.actor, now, wrong)
        assert await found(system, beata, now) == []
    await callers.name(system, beata.actor, now, "pani jaskółka")
    assert await found(system, beata, now) == [(first, "pseudonym")]
    await callers.name(system, beata.actor, now, " ")
    assert await found(system, beata, now) == []
    with pytest.raises(TextTooLong):
        await callers.name(system, beata.actor, now, "x" * 61)
    with pytest.raises(NotFound):
        await callers.name(system, anna.actor, now, "Jaskółka")


async def test_contacts_of_one_case_belong_together(system: System) -> None:
    anna = await add_person(system, "Anna")
    halina = await add_person(system, "Halina", (), ("caseworker",), hours=None)
    one, other = await talk(system, anna), await talk(system, anna)
    case = await cases.open_case(system, anna.actor, one.contact_id, {**CASE, "worker": halina.id})
    async with system.transaction(anna.actor) as tx:
        await records.link(tx, case, other.contact_id, anna.id)
    assert await found(system, anna, other.contact_id) == [(one.contact_id, "case")]


async def test_the_other_side_of_the_wall_is_neither_shown_nor_counted(system: System) -> None:
    one = await add_person(system, "Anna", (VICTIMS,))
    other = await add_person(system, "Cezary", (PERPETRATORS,))
    lead = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    there = (await talk(system, other, line=PERPETRATORS)).contact_id
    await callers.name(system, other.actor, there, "Orzeł")
    await handling.write(system, other.actor, there, WORDS, 90)
    await finish(system, other, there)
    here = (await talk(system, one, line=VICTIMS)).contact_id
    await callers.name(system, one.actor, here, "Orzeł")
    await contacts.look(system, lead.actor, here, "Skarga.")
    for person in (one, lead):  # who has no side, too: at this contact it is the other side
        assert await found(system, person, here) == []
        assert await texts(system, person, here) == []
    await handling.write(system, one.actor, here, "Inne słowa.", 90)  # nothing tells that there is one
    assert await texts(system, one, here) == ["Inne słowa."]
    (note,) = await handling.show(system, one.actor, here)
    with pytest.raises(NotFound):
        await handling.remove(system, other.actor, there, note.id)


async def test_who_is_in_conflict_sees_nothing_of_it(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    filip = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    first, now = (await talk(system, anna)).contact_id, (await talk(system, beata)).contact_id
    await callers.name(system, anna.actor, first, "Jaskółka")
    await handling.write(system, anna.actor, first, WORDS, 90)
    await callers.name(system, beata.actor, now, "Jaskółka")
    assert (await found(system, beata, now), await texts(system, beata, now)) == (
        [(first, "pseudonym")],
        [WORDS],
    )
    await conflicts.mark(system, filip.actor, "contact", first, beata.id, "To jej siostra.")
    assert (await found(system, beata, now), await texts(system, beata, now)) == ([], [])


async def test_a_note_is_written_changed_renewed_and_shown_and_all_of_it_is_on_record(
    system: System, clock: MovableClock
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    first = await chat(system, anna, 1)
    await handling.write(system, anna.actor, first, WORDS, 90)
    with pytest.raises(NoteChanged):
        await handling.write(system, anna.actor, first, "Drugi raz.", 90)
    await finish(system, anna, first)
    now = await chat(system, beata, 2)
    (note,) = await handling.show(system, beata.actor, now)
    assert (note.text, note.author, note.known_by) == (WORDS, "Anna Testowa", "telegram")
    assert (note.expires_at - clock.now()).days == 90
    base = note.id, note.revision
    await handling.write(system, beata.actor, now, "Lepiej tak.", 30, base)
    with pytest.raises(NoteChanged):
        await handling.write(system, beata.actor, now, "Z innego okna.", 30, base)
    assert await texts(system, beata, now) == ["Lepiej tak."]
    assert await texts(system, beata, now) == ["Lepiej tak."]
    clock.advance(days=20)
    await handling.renew(system, beata.actor, now, note.id, 180)
    for days in (0, 181):
        with pytest.raises(Malformed):
            await handling.renew(system, beata.actor, now, note.id, days)
    clock.advance(days=179)
    assert await texts(system, beata, now) == ["Lepiej tak."]
    for act in (
        handling.remove(system, anna.actor, now, note.id),
        handling.write(system, anna.actor, now, WORDS, 9),
    ):
        with pytest.raises(NotFound):
            await act
    await handling.remove(system, beata.actor, now, note.id)
    assert await texts(system, beata, now) == []
    assert await keys.get(system.keys, note.id) is None
    # shown once with each of its words to each person at each contact, however often it is looked at
    assert await verbs(system) == [
        "handling.write", "handling.show", "handling.write", "handling.show", "handling.renew",
        "handling.remove",
    ]  # fmt: skip


async def test_no_note_without_anything_to_know_the_caller_by(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    with pytest.raises(CallerUnknown):
        await handling.write(system, anna.actor, caller.contact_id, WORDS, 90)
    await callers.name(system, anna.actor, caller.contact_id, "Jaskółka")
    with pytest.raises(TextTooLong):
        await handling.write(system, anna.actor, caller.contact_id, "x" * 501, 90)
    done: list[str] = []

    async def write(number: int) -> None:
        try:
            await handling.write(system, anna.actor, caller.contact_id, f"Słowa {number}.", 90)
            done.append(f"Słowa {number}.")
        except NoteChanged:
            pass

    await at_once(write)
    assert await texts(system, anna, caller.contact_id) == done


async def test_what_nobody_renews_is_gone_with_its_key(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    contact_id = await chat(system, anna, 1)
    await handling.write(system, anna.actor, contact_id, WORDS, 90)
    (note,) = await handling.show(system, anna.actor, contact_id)
    engine = Engine(system)
    clock.advance(days=89, hours=23)
    await engine.step()
    assert await texts(system, anna, contact_id) == [WORDS]
    clock.advance(hours=1)
    assert await texts(system, anna, contact_id) == []  # whether or not the clock has come by
    assert await keys.get(system.keys, note.id) is not None
    clock.advance(hours=1)
    await engine.step()
    assert await keys.get(system.keys, note.id) is None
    async with system.keys.read() as connection:
        (erased,) = await keys.ledger(connection)
    assert (erased.owner_id, erased.kind, erased.reason) == (note.id, "note", "retention")
    async with system.read() as tx:
        assert (await tx.connection.execute(select(handling_notes.c.id))).all() == []
    assert (await verbs(system))[-1] == "handling.expire"


async def test_an_offer_tells_that_there_is_a_note_and_not_a_word_of_it(system: System) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    first = await chat(system, anna, 1)
    await finish(system, anna, first)

    async def offered(number: int) -> str:
        arrival = arrivals.Arrival(
            line=TRUST, channel="telegram", origin=f"telegram:{number}", client_id=f"word-{number}",
            language="pl", text="To znowu ja.", address="4711",
        )  # fmt: skip
        contact_id = (await arrivals.start(system, arrival)).contact_id
        assert await offer_to(system, contact_id, beata.id) is not None
        async with system.read() as tx:
            offer = (await views.console(tx, tx.centre, beata.actor)).offer
        assert offer is not None
        assert WORDS not in repr(offer)
        return "waits" if offer.note_waits else "none"

    assert await offered(2) == "none"
    await handling.write(system, anna.actor, first, WORDS, 90)
    async with system.read() as tx:
        offer = (await views.console(tx, tx.centre, beata.actor)).offer
    assert offer is not None
    assert offer.note_waits


async def test_an_erased_contact_is_not_found_and_takes_the_note_along(system: System) -> None:
    anna = await add_person(system, "Anna")
    first = await chat(system, anna, 1)
    await callers.name(system, anna.actor, first, "Jaskółka")
    await handling.write(system, anna.actor, first, WORDS, 90)
    (note,) = await handling.show(system, anna.actor, first)
    await finish(system, anna, first)
    now = await chat(system, anna, 2)
    await callers.name(system, anna.actor, now, "Jaskółka")
    async with system.read() as tx:
        query = select(contact_rows.c.caller_blind, contact_rows.c.pseudonym_blind)
        before = (await tx.connection.execute(query.where(contact_rows.c.id == first))).one()
    assert (await found(system, anna, now), await texts(system, anna, now)) == (
        [(first, "telegram")],
        [WORDS],
    )
    await erasure.destroy(system, OPERATOR, "contact", await ref_of(system, first), "request")
    assert (await found(system, anna, now), await texts(system, anna, now)) == ([], [])
    assert await keys.get(system.keys, note.id) is None
    async with system.transaction(
        anna.actor
    ) as tx:  # as the release before leaves it, which knows no pseudonyms
        await tx.connection.execute(
            contact_rows.update().where(contact_rows.c.id == first).values(pseudonym_blind=before[1])
        )
    assert await found(system, anna, now) == []
