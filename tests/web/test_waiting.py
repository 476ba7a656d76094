"""What those who wait are told of the state of things: read for many in one go, and each only what is theirs."""

import asyncio
from collections.abc import Collection

import pytest

from hotline.actions import contacts, messages, presence
from hotline.ids import new_id
from hotline.live import hub, topics
from hotline.rules.contact import WAITING
from hotline.store import queries
from hotline.system import System, Transaction
from hotline.web import caller_view, news
from hotline.web.caller_view import CallerSees
from hotline.web.readings import Readings
from tests.factories import TRUST, VICTIMS, add_caller, add_person, talk
from tests.web.doors import Doors
from tests.web.test_sockets import CHAT, eventually, frame, frames_until, has_words, hello, opened


async def test_what_is_read_of_many_is_what_is_read_of_each(system: System) -> None:
    anna = await add_person(system, "Anna")
    answered = await talk(system, anna)
    callers = [await add_caller(system, line=line) for line in (TRUST, VICTIMS, TRUST, VICTIMS, TRUST)]
    callers += [answered, await add_caller(system, danger="yes"), await add_caller(system)]
    await contacts.leave(system, callers[-1].actor, callers[-1].contact_id, quick=True)
    ids = [each.contact_id for each in callers]
    async with system.read() as tx:
        many = await caller_view.seen(tx, [*ids, new_id()])
        each = {contact_id: (await caller_view.seen(tx, [contact_id]))[contact_id] for contact_id in ids}
        assert many == each
        for contact_id, sees in many.items():
            row = await queries.contact(tx, contact_id)
            assert row is not None
            waits = row.state == WAITING
            assert sees.place == (await queries.place(tx, row) if waits else None)
    assert [many[each].place for each in ids[:5:2]] == [2, 3, 4]  # behind who is in danger
    assert many[answered.contact_id].now.on_duty


async def test_those_who_look_together_are_read_together(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [await add_caller(system) for _ in range(12)]
    rounds: list[Collection[str]] = []
    seen = caller_view.seen

    async def counted(tx: Transaction, contact_ids: Collection[str]) -> dict[str, CallerSees]:
        rounds.append(contact_ids)
        return await seen(tx, contact_ids)

    monkeypatch.setattr(caller_view, "seen", counted)
    readings, nobody = Readings(system), new_id()
    found = await asyncio.gather(
        *(readings.callers.get(each.contact_id) for each in callers), readings.callers.get(nobody)
    )
    assert [each and each.head.id for each in found] == [*(each.contact_id for each in callers), None]
    assert len(rounds) == 1


async def test_where_the_queue_moves_no_words_are_read(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    caller, seen, after = await doors.caller(), caller_view.seen, news.News.after
    read: list[str] = []
    states: list[str] = []

    async def state(tx: Transaction, contact_ids: Collection[str]) -> dict[str, CallerSees]:
        states.extend(contact_ids)
        return await seen(tx, contact_ids)

    async def words(self: news.News, contact_id: str, seq: int) -> object:
        read.append(contact_id)
        return await after(self, contact_id, seq)

    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        while "state" not in await frame(page):
            pass
        monkeypatch.setattr(caller_view, "seen", state)
        monkeypatch.setattr(news.News, "after", words)
        async with doors.running.system.read() as tx:
            row = await queries.contact(tx, caller.contact_id)
        assert row is not None
        doors.running.system.bus.publish({topics.queue(row.queue)})
        await eventually(lambda: caller.contact_id in states)
        assert caller.contact_id not in read
        doors.running.system.bus.publish({topics.contact(caller.contact_id)})
        await eventually(lambda: caller.contact_id in read)


async def test_where_the_queue_moves_nothing_is_read_for_who_is_in_a_talk(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    await doors.employ("Celina", "counsellor", lines=(VICTIMS,))  # whom nobody of the others rings for
    celina, system = doors.people["Celina"], doors.running.system
    await presence.seen(system, celina.actor)
    caller, states, seen = await talk(system, celina, line=VICTIMS), list[str](), caller_view.seen

    async def state(tx: Transaction, contact_ids: Collection[str]) -> dict[str, CallerSees]:
        states.extend(contact_ids)
        return await seen(tx, contact_ids)

    async def says(words: str) -> None:
        await messages.reply(system, celina.actor, caller.contact_id, new_id(), words)

    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        while "state" not in await frame(page):
            pass
        await says("Jestem.")  # the first answer changes more than the words
        await frames_until(page, has_words("Jestem."))
        await says("Słucham.")
        await frames_until(page, has_words("Słucham."))
        monkeypatch.setattr(caller_view, "seen", state)
        async with system.read() as tx:
            row = await queries.contact(tx, caller.contact_id)
        assert row is not None
        system.bus.publish({topics.queue(row.queue), topics.roster()})
        await says("Jestem tu.")
        await frames_until(page, has_words("Jestem tu."))
        assert caller.contact_id not in states
        system.bus.publish({topics.contact(caller.contact_id)})
        await eventually(lambda: caller.contact_id in states)
