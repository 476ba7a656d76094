"""The bot's process is killed in the middle of a flood: what Telegram was told is stored, the rest comes again, once.

Telegram is a local server that brings each chat's updates one after the other and repeats what was not confirmed.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from hotline.store import queries, tables
from hotline.system import System
from tests import factories, servers
from tests.bots.bot_api import TOKEN, BotApi, Json, bot_api
from tests.bots.doors import until, words
from tests.conftest import HouseTemplate
from tests.flows.nursery import Nursery
from tests.flows.people import eventually
from tests.flows.processes import Process, Street, figures, street_of
from tests.servers import free_port

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
SECRET = "Kq7-vB2_xW9dRm4Tz8"
FIRST_CHAT = (1 << 52) + 1  # beyond what a float could tell apart
CHATS, EACH = 25, 8
LIFE = (0.05, 0.1, 0.15)  # seconds from the first confirmation of 200 updates to the kill


@pytest.fixture
async def street(house_template: HouseTemplate, nursery: Nursery, tmp_path: Path) -> AsyncIterator[Street]:
    main, keys = await house_template.copy()
    with servers.redis_server() as redis:
        given = {"database_url": main, "keys_url": keys, "redis_url": redis.url}
        async with street_of(factories.settings_in(tmp_path / "data", **given), nursery, tmp_path) as made:
            yield made
    await house_template.drop(main, keys)


async def webhook_process(street: Street, api: BotApi) -> Process:
    """`hotline telegram`, listening, and Telegram knows where."""
    given = {"telegram_api": api.url, "telegram_token": TOKEN, "telegram_secret": SECRET}
    api.webhook = {}
    process = await street.start("telegram", **given, telegram_port=str(free_port()))
    await until(lambda: api.webhook)
    return process


async def post(api: BotApi, by_chat: list[list[Json]], confirmed: list[int]) -> None:
    """Each chat's updates one after the other, the chats side by side; notes the numbers of the confirmed ones."""

    async def bring(updates: list[Json]) -> None:
        for update in updates:
            try:
                if await api.deliver(update) != 200:
                    return
            except aiohttp.ClientError:
                return
            confirmed.append(update["update_id"])

    await asyncio.gather(*map(bring, by_chat))


async def thread_of(system: System, chat: int) -> list[str | None]:
    async with system.read() as tx:
        row = await queries.contact_by_caller(tx, tx.blind("telegram", str(chat)))
    return await words(system, row.id) if row is not None else []


async def test_killed_amid_200_updates_all_are_there_once_and_in_order(street: Street) -> None:
    chats = range(FIRST_CHAT, FIRST_CHAT + CHATS)
    said: dict[int, list[str]] = {chat: [] for chat in chats}
    rounds: list[int] = []
    confirmed: list[int] = []
    async with bot_api(street.system.clock.now) as api:
        process = await webhook_process(street, api)
        assert await api.deliver(api.message(4711, "rozgrzewka")) == 200
        for number, life in enumerate(LIFE):
            flood = [[api.message(chat, f"{number}.{each}") for each in range(EACH)] for chat in chats]
            for chat in chats:
                said[chat] += [f"{number}.{each}" for each in range(EACH)]
            confirmed.clear()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(post(api, flood, confirmed))
                await until(lambda: confirmed)  # a busy machine may need more than that for the first
                await asyncio.sleep(life)
                await process.ends(signal.SIGKILL)
            rounds.append(len(confirmed))
            # What was confirmed is there, although nobody lived to say so again.
            stored = sum([len(await thread_of(street.system, chat)) for chat in chats])
            assert stored >= number * CHATS * EACH + len(confirmed)
            rest = [[each for each in updates if each["update_id"] not in confirmed] for updates in flood]
            process = await webhook_process(street, api)
            began = time.monotonic()
            again: list[int] = []
            await post(api, rest, again)
            assert len(confirmed) + len(again) == CHATS * EACH
            took = time.monotonic() - began
            figures(
                f"killed after {life * 1000:.0f} ms: {len(confirmed)} of 200 confirmed, the rest in {took:.1f} s"
            )
            for chat in chats:
                assert await thread_of(street.system, chat) == said[chat]
        async with street.system.read() as tx:
            assert len((await tx.connection.execute(select(tables.contacts.c.id))).all()) == CHATS + 1
    # Not vacuous: kills fell into the middle of the work.
    assert any(0 < count < CHATS * EACH for count in rounds), rounds


async def test_killed_while_polling_the_old_offset_is_asked_for_again(street: Street) -> None:
    chats = range(FIRST_CHAT, FIRST_CHAT + 12)
    given = {"telegram_api": "", "telegram_token": TOKEN}
    async with bot_api(street.system.clock.now) as api:
        given["telegram_api"] = api.url
        process = await street.start("telegram", **given)
        await until(lambda: api.offsets)
        await api.put(*(api.message(chat, f"{each}") for each in range(8) for chat in chats))
        numbers = api.unconfirmed()

        async def some() -> int:
            return sum([len(await thread_of(street.system, chat)) for chat in chats])

        await eventually(some, "the first words")
        await process.ends(signal.SIGKILL)
        stored, open_ones = await some(), api.unconfirmed()
        assert 0 < stored < len(numbers)
        assert max(api.offsets) <= min(open_ones)
        assert len(numbers) - len(open_ones) <= stored
        asked = len(api.offsets)
        await street.start("telegram", **given)
        await until(lambda: len(api.offsets) > asked)
        assert api.offsets[asked] == 0  # from the first that is not confirmed
        await until(lambda: not api.unconfirmed())
        figures(f"polling: {stored} stored and {len(open_ones)} unconfirmed at the kill")
        for chat in chats:
            assert await thread_of(street.system, chat) == [f"{each}" for each in range(8)]
