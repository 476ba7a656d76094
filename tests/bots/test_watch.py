"""Somebody else uses the bot's token: that is noticed, told, and put right again as far as it can be."""

import asyncio

import pytest
from sqlalchemy import select

from bots.telegram import watch
from hotline.rules.alarms import BOT_SHARED
from hotline.store import tables
from hotline.system import System
from tests.bots.bot_api import TOKEN, BotApi, Failure
from tests.bots.doors import Door, contact_rows, until

pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
ANNA = 111_222_333
CONFLICT = Failure(409, "Conflict: terminated by other getUpdates request")


async def ringing(system: System) -> list[str]:
    """Things of the alarms that ring about a shared token."""
    async with system.read() as tx:
        rows = (await tx.connection.execute(select(tables.alarms))).all()
    return [row.thing_id for row in rows if row.kind == BOT_SHARED and row.ended_at is None]


async def rings(system: System) -> str:
    for _ in range(500):
        found = await ringing(system)
        if found:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError("no alarm")


async def test_a_strangers_webhook_rings_and_is_taken_back(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.1)
    await door.open(True)
    ours = api.webhook["url"]
    await asyncio.sleep(0.5)
    assert await ringing(system) == []
    assert len([each for each in api.requests if each.method == "getWebhookInfo"]) >= 2
    api.webhook = {"url": "https://somebody.example/else"}
    thing = await rings(system)
    await until(lambda: api.webhook["url"] == ours)
    assert TOKEN not in thing
    assert len(thing) == 64


async def test_a_webhook_that_telegram_lost_is_only_set_again(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.1)
    await door.open(True)
    ours, api.webhook = api.webhook["url"], {}
    await until(lambda: api.webhook.get("url") == ours)
    assert await ringing(system) == []


async def test_a_webhook_while_we_poll_rings_at_once(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await until(lambda: api.offsets)
    api.webhook = {"url": "https://somebody.example/else"}
    await rings(system)
    await until(lambda: not api.webhook)
    await door.say(ANNA, "halo")
    assert len(await contact_rows(system)) == 1


async def test_another_reader_rings_when_it_stays(system: System, api: BotApi, door: Door) -> None:
    api.failures["getUpdates"] = [CONFLICT]
    await door.open()
    await door.say(ANNA, "halo")  # our former process went away meanwhile
    assert await ringing(system) == []
    api.failures["getUpdates"] = [CONFLICT] * (watch.CONFLICTS + 1)
    await rings(system)


async def test_the_alarm_is_over_when_the_token_is_another(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.failures["getUpdates"] = [CONFLICT] * watch.CONFLICTS
    await door.open()
    await rings(system)
    await door.kill()
    await door.open()  # starting again changes nothing
    await door.say(ANNA, "halo")
    assert len(await ringing(system)) == 1
    await door.kill()
    other = "4242424243:AAh-another_one_for_these-tests_0123456789"
    monkeypatch.setattr("tests.bots.bot_api.TOKEN", other)
    await door.open(telegram_token=other)
    for _ in range(500):
        if not await ringing(system):
            break
        await asyncio.sleep(0.02)
    assert await ringing(system) == []
