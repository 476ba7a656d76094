"""Cutting short at any await leaves nothing half done; `python -m tests.torture.cancel --long` does it everywhere."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import insert

from hotline.actions import contacts, messages
from hotline.ids import new_id
from hotline.store.tables import audit
from hotline.system import System
from tests.factories import TRUST, Person, add_person, talk
from tests.torture.cancelling import Cutter


@pytest.fixture
async def anna(system: System) -> Person:
    return await add_person(system, "Anna", (TRUST,))


async def test_a_reply_that_nobody_waits_for_any_more_is_there_once(system: System, anna: Person) -> None:
    cutter, caller = Cutter(), await talk(system, anna)

    async def replies() -> None:
        await messages.reply(system, anna.actor, caller.contact_id, "reply-0001", "Jestem.")

    await cutter.does("reply", system, replies, once=True)
    assert not cutter.found.faults
    assert cutter.found.awaits["reply"]
    assert cutter.found.all  # it was handed to the journal, which writes it down


async def test_words_of_danger_cut_short_anywhere_are_there_once_and_with_their_priority(
    system: System, anna: Person
) -> None:
    cutter, caller = Cutter(cuts=lambda at: at % 4 == 0), await talk(system, anna)

    async def writes() -> None:
        await messages.receive(system, caller.actor, caller.contact_id, "word-0001", "Nie chcę żyć.")

    await cutter.does("danger", system, writes, once=True)
    assert not cutter.found.faults
    assert cutter.found.nothing


async def test_the_end_of_a_talk_cut_short_anywhere_is_all_there_or_not_at_all(
    system: System, anna: Person
) -> None:
    cutter, caller = Cutter(cuts=lambda at: at % 16 == 1), await talk(system, anna)

    async def ends() -> None:
        await contacts.end(system, anna.actor, caller.contact_id, "completed")

    await cutter.does("end", system, ends)
    assert not cutter.found.faults
    assert cutter.found.cuts["end"] >= 4


# -- and what is half done is found ---------------------------------------------------------------------------


async def _record(system: System) -> None:
    row = {
        "id": new_id(),
        "actor_kind": "operator",
        "actor_id": "x",
        "verb": "x",
        "thing_kind": "x",
        "thing_id": "x",
    }
    async with system.db.write() as connection:
        await connection.execute(insert(audit).values(at=system.clock.now(), coded={}, **row))


async def test_what_needs_two_transactions_and_begins_anew_is_found(system: System) -> None:
    async def does() -> None:
        await _record(system)
        await asyncio.sleep(0)
        await _record(system)

    cutter = Cutter(cuts=lambda at: at % 4 == 0)
    await cutter.does("two", system, does)
    assert any("done again" in each for each in cutter.found.faults)
    assert cutter.found.parts["two"]


async def test_what_keeps_a_connection_is_found(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.torture.cancelling.SOON", 0.3)
    cutter, kept = Cutter(cuts=lambda at: at == 1), AsyncExitStack()

    async def does() -> None:
        _connection = await kept.enter_async_context(system.db.read())
        await _record(system)

    await cutter.does("keeps", system, does)
    await kept.aclose()
    assert any("held" in each for each in cutter.found.faults)
