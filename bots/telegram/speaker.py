"""Every word to a chat goes through here: at the pace Telegram allows, and silent when it says so."""

from typing import Any, TypeVar

from aiogram import Bot
from aiogram.methods import TelegramMethod

from bots.telegram.api import call
from bots.telegram.pace import Pace
from hotline.channels import Later

T = TypeVar("T")


class Speaker:
    """One per bot."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._pace = Pace()

    async def say(self, method: TelegramMethod[T]) -> T:
        """The method's result. Raises Refused, Later or Away."""
        chat = _chat_of(method)
        await self._pace.turn(chat)
        try:
            return await call(self.bot, method)
        except Later as later:
            self._pace.hold(chat, later.seconds)
            raise


def _chat_of(method: TelegramMethod[Any]) -> int | None:
    chat = getattr(method, "chat_id", None)
    return chat if isinstance(chat, int) else None
