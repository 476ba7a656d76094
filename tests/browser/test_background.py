"""A console whose scripts stand still, as in a tab nobody looks at: its person is there all the same."""

import asyncio
from datetime import datetime, timedelta

import pytest
from playwright.async_api import BrowserContext, Page

from hotline.store import queries
from hotline.web import sockets
from tests.browser.test_console import sign_in
from tests.factories import Person, Running, add_person

BEAT = 0.2  # seconds between two pings here
STANDS_STILL = "const until = Date.now() + 4000; while (Date.now() < until);"


TURNS = 5  # a machine may be so busy that nobody gets anywhere in four seconds


async def test_a_page_whose_timers_sleep_answers_the_server_all_the_same(
    running: Running, device: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CONSOLE_PING", timedelta(seconds=BEAT))
    anna = await add_person(running.system, "Anna")
    page = await sign_in(device, running, anna)
    seen: list[int] = []
    while len(seen) < TURNS and max(seen, default=0) <= 3:
        seen.append(await _signs_while_it_stands_still(page, running, anna))
    assert max(seen) > 3, seen


async def _signs_while_it_stands_still(page: Page, running: Running, anna: Person) -> int:
    asleep = asyncio.get_running_loop().create_task(page.evaluate(STANDS_STILL))
    await asyncio.sleep(2 * BEAT)  # until then an answer may still have been under way
    signs: set[datetime | None] = set()
    while not asleep.done():
        async with running.system.read() as tx:
            row = await queries.staff_row(tx, anna.id)
        assert row is not None
        signs.add(row.seen_at)
        await asyncio.sleep(BEAT / 2)
    await asleep
    return len(signs)
