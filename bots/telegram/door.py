"""The Telegram door: opens the bot, receives by polling or by webhook, and delivers what is due."""

import asyncio

from aiogram import Bot
from aiogram.methods import GetMe

from bots.telegram import menu, signs
from bots.telegram.api import call, open_bot
from bots.telegram.intake import Intake
from bots.telegram.notices import Notices
from bots.telegram.polling import Polling
from bots.telegram.receive import Receiver
from bots.telegram.send import Sender
from bots.telegram.speaker import Speaker
from bots.telegram.staff import StaffReceiver
from bots.telegram.watch import Watch, forget_former_tokens
from bots.telegram.webhook import Webhook
from hotline.channels import Delivery
from hotline.config import Settings
from hotline.system import System


async def check(settings: Settings, *, staff: bool = False) -> str:
    """Ask Telegram who this bot is. Raises ConfigInvalid for a bad token, Away if nobody answers."""
    bot = open_bot(settings, staff=staff)
    try:
        await call(bot, GetMe())
    finally:
        await bot.session.close()
    by_webhook = settings.telegram_secret and not staff
    return "the bot is known, by webhook" if by_webhook else "the bot is known, by polling"


async def run(system: System) -> None:
    """Until the system closes. The journal and, if there is one, the Redis bus of this system must be running.

    Raises ConfigInvalid; a Telegram that is away is waited for.
    """
    async with asyncio.TaskGroup() as tasks:
        if system.settings.telegram_token or not system.settings.staff_telegram_token:
            tasks.create_task(_run_for_callers(system))
        if system.settings.staff_telegram_token:
            tasks.create_task(_run_for_staff(system))
        forgetting = tasks.create_task(forget_former_tokens(system))
        await system.closing.wait()
        forgetting.cancel()


async def _run_for_staff(system: System) -> None:
    """The other bot: by polling only, because nobody waits for what it is told."""
    receiver = StaffReceiver(system)
    bot = open_bot(system.settings, staff=True)
    try:
        async with asyncio.TaskGroup() as tasks:
            speaker, watch = Speaker(bot), Watch(system, bot)
            polling = Polling(bot, Intake(system, receiver, speaker, tasks), watch, tasks)
            receiving = tasks.create_task(polling.run())
            tasks.create_task(Notices(system, speaker).run())
            await system.closing.wait()
            receiving.cancel()
    finally:
        await bot.session.close()


async def _run_for_callers(system: System) -> None:
    """Webhook if a secret is set, else polling."""
    settings = system.settings
    receiver = Receiver(system)
    bot = open_bot(settings)
    try:
        async with asyncio.TaskGroup() as tasks:
            speaker, watch = Speaker(bot), Watch(system, bot)
            intake = Intake(system, receiver, speaker, tasks)
            door = _door(bot, intake, watch, settings, tasks)
            receiving = [
                tasks.create_task(each)
                for each in (door.run(), menu.publish(bot), signs.run(system, bot, watch))
            ]
            tasks.create_task(Delivery(system, "telegram", Sender(speaker, system.centre)).run())
            await system.closing.wait()
            for each in receiving:
                each.cancel()  # what it has taken is finished; what it has not, Telegram keeps
            if isinstance(door, Polling):
                await door.confirm()
    finally:
        await bot.session.close()


def _door(
    bot: Bot, intake: Intake, watch: Watch, settings: Settings, tasks: asyncio.TaskGroup
) -> Webhook | Polling:
    if settings.telegram_secret:
        return Webhook(bot, intake, watch, settings)
    return Polling(bot, intake, watch, tasks)
