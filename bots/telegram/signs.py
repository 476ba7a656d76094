"""The callers' bot says every minute whether its way to Telegram is open; who begins a shift reads it."""

import asyncio

import structlog
from aiogram import Bot
from aiogram.methods import GetWebhookInfo

from bots.telegram.api import Away, call
from bots.telegram.watch import Watch
from hotline.actions import reach
from hotline.channels import Later, Refused
from hotline.errors import HotlineError
from hotline.rules.access import CHANNEL
from hotline.system import System

log = structlog.get_logger()
EVERY = 60.0  # seconds; three missed signs are silence


async def run(system: System, bot: Bot, watch: Watch) -> None:
    """Look and say so until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await reach.sign(system, CHANNEL, "telegram", await trouble(bot, watch))
        except HotlineError as error:
            log.warning("sign not given", code=error.code, channel="telegram")


async def trouble(bot: Bot, watch: Watch) -> str:
    """ "" if Telegram knows our token and brings the words of callers here; otherwise what is wrong."""
    try:
        info = await call(bot, GetWebhookInfo())
    except Away as error:
        return "refused" if error.code == "TelegramUnauthorizedError" else "away"
    except Later:
        return "away"
    except Refused:
        return "refused"
    return "" if info.url == watch.own_url else "webhook"
