"""The bot on a real system, speaking to a local Bot API server over HTTP."""

import logging
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from bots.telegram import api as telegram_api
from bots.telegram import intake, pace, polling
from hotline import channels, logs
from hotline.system import System
from tests.bots.bot_api import BotApi, bot_api
from tests.bots.doors import Door


@pytest.fixture(autouse=True)
def logging_as_in_production() -> Iterator[None]:
    """Logs as the commands set them up; without it every exception is drawn with its locals, for seconds."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("warning")
    # pytest changes sys.stderr between setting up and testing
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, a hundred times shorter."""
    monkeypatch.setattr(telegram_api, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(telegram_api, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(polling, "WHILE_OPEN", 0.05)
    monkeypatch.setattr(intake, "ANSWER_PAUSES", (0.01, 0.02))
    monkeypatch.setattr(pace, "EVERY", 0.0003)
    monkeypatch.setattr(pace, "CHAT_EVERY", 0.01)
    monkeypatch.setattr(channels, "TICK_SECONDS", 0.05)


@pytest.fixture
async def api(system: System) -> AsyncIterator[BotApi]:
    async with bot_api(system.clock.now) as server:
        yield server


@pytest.fixture
async def door(system: System, api: BotApi) -> AsyncIterator[Door]:
    """The bot, not yet started."""
    opened = Door(system, api)
    yield opened
    await opened.kill()
