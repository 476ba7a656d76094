"""The bot says how its way to Telegram is, in both ways of receiving, and says so again when it changes."""

import asyncio

import pytest

from bots.telegram import signs
from hotline.store import shift_checks
from hotline.system import System
from tests.bots.bot_api import BotApi, Failure
from tests.bots.doors import Door

pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)


async def says(system: System, trouble: str) -> None:
    """Wait until this is the bot's last word."""
    for _ in range(500):
        async with system.read() as tx:
            found = await shift_checks.sign(tx, "telegram")
        if found is not None and found[1] == trouble:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the bot does not say {trouble!r}")


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_the_sign_follows_what_telegram_answers(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch, webhook: bool
) -> None:
    monkeypatch.setattr(signs, "EVERY", 0.05)
    await door.open(webhook)
    await says(system, "")
    for status, trouble in ((401, "refused"), (502, "away")):
        api.failures["getWebhookInfo"] = [Failure(status, "as Telegram says it")] * 1000
        await says(system, trouble)
    api.failures.clear()
    await says(system, "")
    if webhook:
        api.webhook = {"url": "https://somebody.example/else"}
        await says(system, "webhook")
