"""The commands a person may choose from, in each language; Telegram shows them beside the field."""

import asyncio

import structlog
from aiogram import Bot
from aiogram.methods import SetMyCommands
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats

from bots.telegram.api import Away, call, pauses
from hotline.channels import Later, Refused
from hotline.texts import LANGUAGES, say

log = structlog.get_logger()
# Telegram takes Latin letters only. What is not a command of these is taken as words.
NAMES = {
    "help": {"pl": "pomoc"},
    "language": {"pl": "jezyk"},
    "privacy": {"pl": "prywatnosc"},
    "callback": {"pl": "oddzwonienie"},
    "stop": {},
}
MEANINGS = {
    "/start": "start",
    **{f"/{name}": name for name in NAMES},
    **{f"/{local}": name for name, locals_ in NAMES.items() for local in locals_.values()},
}


def command(text: str | None) -> str | None:
    """start, help, language, privacy or stop, if that is what somebody sent; None for words."""
    first = (text or "").strip().partition(" ")[0].partition("@")[0].lower()
    return MEANINGS.get(first)


def menus() -> list[SetMyCommands]:
    """One list per language, and the Polish one for phones that speak another."""
    scope = BotCommandScopeAllPrivateChats()
    return [
        SetMyCommands(commands=_commands(language or "pl"), scope=scope, language_code=language)
        for language in (None, *LANGUAGES)
    ]


def _commands(language: str) -> list[BotCommand]:
    return [
        BotCommand(command=local.get(language, name), description=say(f"telegram.menu_{name}", language))
        for name, local in NAMES.items()
    ]


async def publish(bot: Bot) -> None:
    """Tell Telegram, however long it is away. A menu that it does not take is not worth stopping for."""
    for method in menus():
        for pause in pauses():
            try:
                await call(bot, method)
            except (Away, Later) as error:
                await asyncio.sleep(max(pause, getattr(error, "seconds", 0.0)))
            except Refused:
                log.error("menu refused", channel="telegram")
                break
            else:
                break
