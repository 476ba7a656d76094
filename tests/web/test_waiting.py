"""Those who wait, many at a time."""

import asyncio
from collections.abc import Collection

import pytest

from hotline.actions import contacts
from hotline.live import topics
from hotline.live.bus import LocalBus
from hotline.live.hub import Hub
from hotline.store import queries
from hotline.system import System
from hotline.web.beats import Beats
from tests.factories import MovableClock, add_caller
from tests.web.test_news import no_versions


async def test_pages_that_come_back_together_are_written_together(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [await add_caller(system) for _ in range(8)]
    for each in callers[::2]:
        await contacts.leave(system, each.actor, each.contact_id, quick=False)
    clock.advance(seconds=3)
    rounds: list[Collection[str]] = []
    heard: set[str] = set()
    written = contacts.callers_back

    async def counted(system: System, contact_ids: Collection[str]) -> None:
        rounds.append(contact_ids)
        await written(system, contact_ids)

    monkeypatch.setattr(contacts, "callers_back", counted)
    system.bus.listen(heard.update)
    beats = Beats(system, Hub(LocalBus(), no_versions))
    await asyncio.gather(*(beats.caller_back(each.contact_id) for each in callers))
    assert len(rounds) <= 2  # the first, and those who came while it was written
    async with system.read() as tx:
        for each in callers:
            row = await queries.contact(tx, each.contact_id)
            assert row is not None
            assert (row.caller_left_at, row.caller_seen_at) == (None, clock.now())
    told = [each for each in callers if topics.contact(each.contact_id) in heard]
    assert told == callers[::2]  # of those who had never gone, nothing is new
