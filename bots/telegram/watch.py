"""Is the token still ours alone? A webhook that we did not set, or another reader of our updates, rings an alarm.

Until the token is changed whoever has it can read what callers write, and write as us.
"""

import asyncio

import structlog
from aiogram import Bot
from aiogram.methods import GetWebhookInfo

from bots.telegram.api import call, pauses
from hotline.actions import alarms
from hotline.errors import HotlineError
from hotline.rules.access import CHANNEL
from hotline.rules.alarms import BOT_SHARED
from hotline.system import System

log = structlog.get_logger()
EVERY = 3600.0  # seconds
CONFLICTS = 3  # in a row; our own process that is just being replaced explains one


class Watch:
    """Compares what Telegram says with what we told it. `own_url` is our webhook; "" while we poll."""

    def __init__(self, system: System, bot: Bot) -> None:
        self._system, self._bot = system, bot
        self._thing = _thing_of(system, bot.token)
        self._conflicts = 0
        self.own_url = ""

    async def is_ours(self) -> bool:
        """Ask once, and ring if a stranger's webhook is set. Raises Away, Later, Refused."""
        info = await call(self._bot, GetWebhookInfo())
        if info.url in ("", self.own_url):
            return info.url == self.own_url
        await self._ring("webhook")
        return False

    async def conflict(self) -> bool:
        """Somebody else asks for our updates; True if no webhook of theirs is set. Raises as `is_ours`."""
        self._conflicts += 1
        ours = await self.is_ours()
        if ours and self._conflicts >= CONFLICTS:
            await self._ring("polling")
        return ours

    def peace(self) -> None:
        """Our updates came to us."""
        self._conflicts = 0

    async def _ring(self, reason: str) -> None:
        log.error("token is used elsewhere", channel="telegram", reason=reason)
        await alarms.report(self._system, CHANNEL, BOT_SHARED, "bot", self._thing)


async def forget_former_tokens(system: System) -> None:
    """An alarm is about a token: that it is not used any more is what ends the trouble."""
    tokens = (system.settings.telegram_token, system.settings.staff_telegram_token)
    used = [_thing_of(system, token) for token in tokens if token]
    for pause in pauses():
        try:
            await alarms.over_but(system, CHANNEL, BOT_SHARED, used)
        except HotlineError:
            await asyncio.sleep(pause)
        else:
            return


def _thing_of(system: System, token: str) -> str:
    return system.vault.blind("telegram token", token)
