"""What is new in conversations is read for all who ask at the same time, and nobody who listens is left out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from hotline import app
from hotline.actions import messages
from hotline.errors import Unavailable
from hotline.live import topics
from hotline.live.bus import LocalBus
from hotline.live.hub import Hub
from hotline.rules.access import CHANNEL
from hotline.store import journal, views
from hotline.store.lines import Line
from hotline.store.recent import Recent
from hotline.system import System, Transaction
from hotline.web.news import LIMIT, News
from tests.factories import Caller, add_caller


async def no_versions(_seen: Mapping[str, int]) -> dict[str, int]:
    return {}


@asynccontextmanager
async def reading(system: System, hub: Hub) -> AsyncIterator[News]:
    """As in a process that wrote none of it itself."""
    system.journal.recent = Recent()
    news = News(system, hub)
    task = asyncio.get_running_loop().create_task(news.run())
    try:
        yield news
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_many_are_read_together_each_after_its_own_number(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [await add_caller(system, f"Rozmowa {number}") for number in range(12)]
    looks, read = [], System.read

    def counted(self: System) -> AbstractAsyncContextManager[Transaction]:
        looks.append(self)
        return read(self)

    monkeypatch.setattr(System, "read", counted)
    async with reading(system, Hub(LocalBus(), no_versions)) as news:
        whole = await asyncio.gather(*(news.after(caller.contact_id, 0) for caller in callers))
        assert {rows[0].contact_id for rows in whole} == {caller.contact_id for caller in callers}
        assert all([row.seq for row in rows] == sorted(row.seq for row in rows) for rows in whole)
        assert len(looks) <= 2
        system.journal.recent = Recent()
        ends = [(rows[-1].contact_id, rows[-2].seq) for rows in whole]
        rest = await asyncio.gather(
            *(news.after(*end) for end in ends), news.after(callers[0].contact_id, 99)
        )
        assert [list(rows) for rows in rest] == [*([rows[-1]] for rows in whole), []]


async def test_who_listens_beside_the_one_who_asks_hears_of_it_although_the_poke_was_lost(
    system: System,
) -> None:
    caller = await add_caller(system)
    hub, words = Hub(LocalBus(), no_versions), topics.words(caller.contact_id)
    async with reading(system, hub) as news, hub.listener() as one, hub.listener() as other:
        for listener in (one, other):
            listener.add(words)
            await listener.changed(at_most=1)
        rows = await news.after(caller.contact_id, 0)
        assert await other.changed(at_most=0) == {words}
        assert system.journal.recent.told(caller.contact_id) == rows[-1].seq


async def test_a_database_that_is_away_is_told_to_all_who_asked_and_to_nobody_after(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await add_caller(system)

    def away(_self: System) -> None:
        raise Unavailable

    async with reading(system, Hub(LocalBus(), no_versions)) as news:
        with monkeypatch.context() as for_now:
            for_now.setattr(System, "read", away)
            asked = (news.after(caller.contact_id, seq) for seq in (0, 0, 1))
            assert [type(each) for each in await asyncio.gather(*asked, return_exceptions=True)] == [
                Unavailable
            ] * 3
        assert await news.after(caller.contact_id, 0)


async def written_elsewhere(system: System, contact_id: str, *ids: str) -> None:
    """As another process writes: neither this journal nor this bus hears of it."""
    async with system.db.write() as connection:
        lines = [Line(contact_id, each, "message", "caller") for each in ids]
        await journal.append(connection, system.clock.now(), lines)


async def written_here(system: System, caller: Caller, *ids: str) -> int:
    """The number of the last."""
    receipts = [
        await messages.receive(system, caller.actor, caller.contact_id, each, "Słowo") for each in ids
    ]
    return receipts[-1].seq


async def test_who_looks_finds_the_last_word_and_not_the_last_one_known_here(
    system: System,
) -> None:
    """A page that is behind gets some of it from here and would be content, until somebody speaks again."""
    caller = await add_caller(system)
    words = topics.words(caller.contact_id)
    hub = Hub(LocalBus(), app._versions_of(system), app._told_of(system))
    async with reading(system, hub) as news, hub.listener() as listener:
        known = await written_here(system, caller, "one", "two")
        await written_elsewhere(system, caller.contact_id, "three")
        assert [row.seq for row in await news.after(caller.contact_id, known - 1)] == [known]
        listener.add(words)
        await listener.changed(at_most=0)
        await hub.poll()
        assert await listener.changed(at_most=0) == {words}
        assert [row.seq for row in await news.after(caller.contact_id, known - 1)] == [known, known + 1]
        await hub.poll()  # and nobody is told again
        assert await listener.changed(at_most=0) == set()


async def test_what_an_action_wrote_is_found_with_the_words_before_it(system: System) -> None:
    caller = await add_caller(system)
    async with reading(system, Hub(LocalBus(), no_versions)) as news:
        known = await written_here(system, caller, "one", "two")
        async with system.transaction(CHANNEL) as tx:
            lines = [Line(caller.contact_id, "three", "system", "system")]
            await journal.append(tx.connection, tx.now, lines)
            tx.topics.add(topics.contact(caller.contact_id))
        assert [row.seq for row in await news.after(caller.contact_id, known - 1)] == [known, known + 1]


async def test_two_who_are_far_behind_each_find_all_of_it(system: System) -> None:
    caller = await add_caller(system)
    await written_elsewhere(system, caller.contact_id, *(f"m{number}" for number in range(LIMIT + 20)))
    async with reading(system, Hub(LocalBus(), no_versions)) as news:
        assert len(await news.after(caller.contact_id, 0)) == LIMIT
        assert len(await news.after(caller.contact_id, 10)) == LIMIT


async def test_what_was_read_while_somebody_wrote_elsewhere_is_not_kept(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await add_caller(system)
    async with reading(system, Hub(LocalBus(), no_versions)) as news:
        read = views.rows_after_each

        async def and_another_writes(*given: Any, **more: Any) -> Any:
            found = await read(*given, **more)
            system.journal.recent.doubt(caller.contact_id)
            return found

        monkeypatch.setattr(views, "rows_after_each", and_another_writes)
        assert await news.after(caller.contact_id, 0)
        assert not system.journal.recent.after(caller.contact_id, 0)
