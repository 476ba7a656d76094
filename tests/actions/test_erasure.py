"""A key is destroyed: no process opens a word of it again, the coded rest stays, and the ledger remembers."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline import app, channels
from hotline.actions import arrivals, cases, erasure, messages, offers
from hotline.errors import KeyDestroyed, NotAllowed, NotFound, WrongState
from hotline.rules.access import OPERATOR
from hotline.store import keys, tables, views
from hotline.system import LEDGER_SECONDS, System
from tests.factories import TRUST, Caller, Person, add_caller, add_person, finish, offer_to, talk
from tests.flows.people import eventually
from tests.web.doors import CASE

WORDS = "Mieszkam przy ulicy Źródlanej 7."


async def closed(system: System, anna: Person) -> Caller:
    """A contact that is over, its card saved."""
    caller = await talk(system, anna, text=WORDS)
    await finish(system, anna, caller.contact_id)
    return caller


async def ref_of(system: System, contact_id: str) -> str:
    async with system.read() as tx:
        head = await views.contact_head(tx, contact_id)
    assert head is not None
    return head.ref


async def words_of(system: System, contact_id: str) -> list[str | None]:
    async with system.read() as tx:
        return [entry.text for entry in await views.entries_after(tx, contact_id, 0, "staff")]


async def test_nothing_opens_and_the_rest_stays(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller, other = await closed(system, anna), await closed(system, anna)
    ref = await ref_of(system, caller.contact_id)
    assert WORDS in await words_of(system, caller.contact_id)
    for _ in range(2):  # done again, it changes nothing
        await erasure.destroy(system, OPERATOR, "contact", ref, "request")
    with pytest.raises(KeyDestroyed):  # at once, though the key was at hand
        await words_of(system, caller.contact_id)
    async with system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        row = (
            await tx.connection.execute(
                select(tables.contacts).where(tables.contacts.c.id == caller.contact_id)
            )
        ).one()
        verbs = (
            (
                await tx.connection.execute(
                    select(tables.audit.c.coded).where(tables.audit.c.verb == "erasure.destroy")
                )
            )
            .scalars()
            .all()
        )
    assert head is not None
    assert (head.ref, head.state, row.caller_blind) == (ref, "closed", None)
    assert verbs == [{"cause": "request"}] * 2
    async with system.keys.read() as connection:
        (line,) = await keys.ledger(connection)
        stored = (
            await connection.execute(
                select(tables.sealing_keys).where(tables.sealing_keys.c.owner_id == caller.contact_id)
            )
        ).one()
    assert (line.owner_id, line.kind, line.reason) == (caller.contact_id, "contact", "request")
    assert (stored.wrapped, stored.destroyed_at) == (None, line.destroyed_at)
    assert WORDS in await words_of(system, other.contact_id)


async def forgotten(system: System, owner_id: str) -> None:
    """Wait until this process has the key at hand no more."""

    async def is_it() -> bool:
        return not system.vault.knows(owner_id)

    await eventually(is_it, "a destroyed key is still at hand")


async def test_another_process_forgets_it_within_two_seconds(system: System) -> None:
    """Without any poke: its bus is another one, as if Redis were away."""
    assert LEDGER_SECONDS < 2  # between two looks; how long one takes is the machine's affair
    caller = await closed(system, await add_person(system, "Anna"))
    async with app.open_system(system.settings, system.clock) as neighbour, asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(neighbour.watch_ledger())
        assert WORDS in await words_of(neighbour, caller.contact_id)
        await erasure.destroy(system, OPERATOR, "contact", await ref_of(system, caller.contact_id), "court")
        async with asyncio.timeout(60):
            await forgotten(neighbour, caller.contact_id)
        with pytest.raises(KeyDestroyed):
            await words_of(neighbour, caller.contact_id)
        # a key that was being opened at that very moment does not stay either
        neighbour.vault.new_key(caller.contact_id)
        async with asyncio.timeout(60):
            await forgotten(neighbour, caller.contact_id)
        watching.cancel()


async def test_a_conversation_that_goes_on_is_not_erased(system: System) -> None:
    anna = await add_person(system, "Anna")
    waiting, active = await add_caller(system, WORDS), await talk(system, anna, text=WORDS)
    for caller in (waiting, active):
        with pytest.raises(WrongState):
            await erasure.destroy(
                system, OPERATOR, "contact", await ref_of(system, caller.contact_id), "request"
            )
        assert WORDS in await words_of(system, caller.contact_id)
    await messages.reply(system, anna.actor, active.contact_id, "reply-0001", "Jestem tutaj.")
    with pytest.raises(NotFound):
        await erasure.destroy(system, OPERATOR, "contact", "K/2026/999999", "request")
    with pytest.raises(NotAllowed):
        await erasure.destroy(
            system, anna.actor, "contact", await ref_of(system, active.contact_id), "request"
        )


async def test_a_case_goes_without_its_contact(system: System) -> None:
    anna = await add_person(system, "Anna")
    halina = await add_person(system, "Halina", lines=(), roles=("caseworker",))
    caller = await talk(system, anna, text=WORDS)
    case_id = await cases.open_case(system, anna.actor, caller.contact_id, {**CASE, "worker": halina.id})
    async with system.read() as tx:
        (row,) = await views.case_list(tx, tx.centre, halina.actor)
    await erasure.destroy(system, OPERATOR, "case", row.ref, "retention")
    with pytest.raises(KeyDestroyed):
        await cases.look(system, halina.actor, case_id)
    with pytest.raises(KeyDestroyed):
        await cases.note(system, halina.actor, case_id, "note-0001", "słowa")
    assert WORDS in await words_of(system, caller.contact_id)
    async with system.read() as tx:
        assert (await tx.connection.execute(select(tables.cases.c.subject_blind))).scalar_one() == ""


async def test_what_was_not_sent_yet_is_not_tried_for_ever(system: System) -> None:
    anna = await add_person(system, "Anna")
    arrival = arrivals.Arrival(
        line=TRUST, channel="telegram", origin="telegram:1", client_id="update-0001", language="pl", text=WORDS,
        address="4242",
    )  # fmt: skip
    contact_id = (await arrivals.start(system, arrival)).contact_id
    offer = await offer_to(system, contact_id, anna.id)
    assert offer is not None
    await offers.accept(system, anna.actor, offer.id, offer.token)
    await finish(system, anna, contact_id)
    sent: list[channels.Outbound] = []

    async def send(outbound: channels.Outbound) -> None:
        sent.append(outbound)

    delivery = channels.Delivery(system, "telegram", send)
    assert await delivery.step()  # something was due, and more is
    await erasure.destroy(system, OPERATOR, "contact", await ref_of(system, contact_id), "request")
    assert not await delivery.step()
    assert len(sent) == 1


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
async def test_no_file_holds_the_wrapped_key_any_more(system: System, tmp_path: Path) -> None:
    """On SQLite: neither the database nor its write-ahead log."""
    caller = await closed(system, await add_person(system, "Anna"))
    found = await keys.get(system.keys, caller.contact_id)
    assert found is not None
    _, wrapped = found
    assert holders(tmp_path, wrapped)
    await erasure.destroy(system, OPERATOR, "contact", await ref_of(system, caller.contact_id), "request")
    assert holders(tmp_path, wrapped) == []


def holders(folder: Path, needle: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]
