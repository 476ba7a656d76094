"""Whatever goes wrong between the bot and Telegram, no line of any log and no exception holds the token."""

import asyncio
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import structlog

from bots.telegram import prompts
from bots.telegram.api import Away, call, open_bot
from hotline import logs
from hotline.channels import Later, Refused
from hotline.system import System
from tests import factories
from tests.bots.bot_api import TOKEN, BotApi, Failure
from tests.bots.doors import Door, until
from tests.servers import HOST, free_port

pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
ANNA, WORDS = 111_222_333, "tajne słowa"
SECRETS = (TOKEN, TOKEN.partition(":")[2], "tajne", str(ANNA))
Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: str) -> Reply:
    """Always this, whatever was asked; what was asked is quoted back, as a careless proxy would."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        quoted = body.replace("{asked}", asked.split()[1])
        lines = (
            f"HTTP/1.1 {status} No",
            "Content-Type: application/json",
            f"Content-Length: {len(quoted)}",
            "",
            quoted,
        )
        writer.write("\r\n".join(lines).encode())
        await writer.drain()
        writer.close()

    return reply


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def noise(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff this is no HTTP\r\n\r\n")
    await writer.drain()
    writer.close()


def failed(code: int, more: str = "") -> str:
    return f'{{"ok": false, "error_code": {code}, "description": "no: {{asked}}"{more}}}'


SERVERS: dict[str, tuple[str, Reply, type[Exception]]] = {
    "400": ("http", answer(400, failed(400)), Refused),
    "401": ("http", answer(401, failed(401)), Away),
    "403": ("http", answer(403, failed(403)), Refused),
    "404": ("http", answer(404, failed(404)), Away),
    "409": ("http", answer(409, failed(409)), Away),
    "413": ("http", answer(413, failed(413)), Away),
    "429": ("http", answer(429, failed(429, ', "parameters": {"retry_after": 7}')), Later),
    "500": ("http", answer(500, failed(500)), Away),
    "502 of a proxy": ("http", answer(502, "<h1>{asked}</h1>"), Away),
    "broken JSON": ("http", answer(200, '{"ok": true, "result": {asked'), Away),
    "another shape": ("http", answer(200, '{"ok": true, "result": "{asked}"}'), Away),
    "no object": ("http", answer(200, '["{asked}"]'), Away),
    "moved": ("http", answer(400, failed(400, ', "parameters": {"migrate_to_chat_id": -1}')), Away),
    "reset": ("http", reset, Away),
    "timeout": ("http", silence, Away),
    "no HTTP": ("http", noise, Away),
    "no TLS": ("https", noise, Away),
}


@asynccontextmanager
async def server(reply: Reply) -> AsyncIterator[int]:
    port = free_port()
    listening = await asyncio.start_server(reply, HOST, port)
    try:
        yield port
    finally:
        listening.close()


@pytest.fixture
def heard(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], str]]:
    """Everything that was printed or logged so far, of libraries too, before our own log withholds it."""
    logs.configure("debug")
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    root = logging.getLogger()
    root.addHandler(caplog.handler)
    root.setLevel(logging.DEBUG)
    seen: list[str] = []

    def everything() -> str:
        captured = capsys.readouterr()
        seen.append(captured.out + captured.err)
        return "".join((*seen, *map(raw, caplog.records)))

    yield everything
    root.removeHandler(caplog.handler)
    root.setLevel(logging.WARNING)


def raw(record: logging.LogRecord) -> str:
    trace = traceback.format_exception(*record.exc_info) if record.exc_info else ()
    return "".join((record.getMessage(), *trace))


@pytest.mark.parametrize("name", SERVERS)
async def test_no_failure_tells_the_token(system: System, heard: Callable[[], str], name: str) -> None:
    scheme, reply, kind = SERVERS[name]
    async with server(reply) as port:
        settings = factories.settings_in(
            system.settings.data, telegram_token=TOKEN, telegram_api=f"{scheme}://{HOST}:{port}"
        )
        bot = open_bot(settings)
        with pytest.raises(kind) as caught:
            await call(bot, prompts.send(ANNA, WORDS), timeout=1)
        logging.getLogger("elsewhere").warning("seen", exc_info=caught.value)
        told = "".join(traceback.format_exception(caught.value))
        assert not any(secret in told for secret in SECRETS)
        await bot.session.close()
    everything = heard()
    assert "seen" in everything
    assert not any(secret in everything for secret in SECRETS)


async def test_nor_does_the_running_bot(api: BotApi, door: Door, heard: Callable[[], str]) -> None:
    codes = (400, 401, 403, 404, 409, 413, 429, 500, 502)
    await door.open()
    for method in ("getUpdates", "sendMessage", "getWebhookInfo", "deleteWebhook", "answerCallbackQuery"):
        api.failures[method] = [Failure(code, f"{TOKEN} tajne", 1 if code == 429 else None) for code in codes]
    await door.say(ANNA, "moje tajne słowa")
    await door.press(ANNA, "danger:yes:pl")
    await until(lambda: not api.failures["getUpdates"])
    await door.kill()
    for name, (scheme, reply, _) in SERVERS.items():
        if name in ("reset", "no HTTP", "no TLS", "broken JSON"):
            async with server(reply) as port:
                await door.open(telegram_api=f"{scheme}://{HOST}:{port}")
                await until(lambda: "telegram is away" in heard())
                await door.kill()
    await door.open(True)
    assert await api.deliver({}, raw=b'{"update_id": ') == 400
    assert await api.deliver(api.message(ANNA, "tajne"), secret="nicht") == 401
    await door.kill()
    everything = heard()
    assert "telegram is away" in everything
    assert not any(secret in everything for secret in SECRETS)
