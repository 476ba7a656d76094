"""The Bot API as this bot uses it: every call goes through `call`.

What aiogram raises quotes the method with its words, and addresses that hold the token. None of it leaves
this file: callers of `call` see only `Refused`, `Later` and `Away`.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import TelegramMethod
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientError

from hotline.channels import Later, Refused
from hotline.config import Settings
from hotline.errors import ConfigInvalid

T = TypeVar("T")
PATIENCE = 15  # seconds for an ordinary call
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between the tries while Telegram is away
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]


class Away(Exception):
    """Telegram does not answer, or not as it should; `code` names the kind of failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates without reading the updates: one that cannot be read must not hold up the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int
    allowed_updates: list[str] = ALLOWED_UPDATES


def open_bot(settings: Settings, *, staff: bool = False) -> Bot:
    """The callers' bot, or the staff's, at the server of the settings; its session is to be closed.

    Raises ConfigInvalid.
    """
    token, name = settings.telegram_token, "HOTLINE_TELEGRAM_TOKEN"
    if staff:
        token, name = settings.staff_telegram_token, "HOTLINE_STAFF_TELEGRAM_TOKEN"
    session = AiohttpSession(api=TelegramAPIServer.from_base(settings.telegram_api))
    try:
        return Bot(token, session)
    except TokenValidationError:
        raise ConfigInvalid(name, "is not a bot's token") from None


async def call(bot: Bot, method: TelegramMethod[T], timeout: int = PATIENCE) -> T:
    """The method's result. Raises Refused (never again), Later (wait that long) or Away (try again)."""
    failure: Exception
    try:
        return await bot(method, request_timeout=timeout)
    except TelegramRetryAfter as error:
        failure = Later(error.retry_after)
    except TelegramForbiddenError:
        failure = Refused(blocked=True)
    except TelegramBadRequest:
        # Also a request that Telegram cannot read: repeating it would only dam up the words behind it.
        failure = Refused()
    except (AiogramError, ClientError, OSError, ValueError) as error:
        failure = Away(type(error).__name__)
    # Raised outside the handlers, so that not even `__context__` carries what aiogram knew.
    raise failure


def pauses(longest: float | None = None) -> Iterator[float]:
    """Growing pauses in seconds, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, longest or LONGEST_PAUSE)
