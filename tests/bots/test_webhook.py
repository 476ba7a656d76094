"""The webhook answers 200 after the commit and never before; strangers learn nothing."""

import asyncio
import socket
from typing import Any

import pytest

from bots.telegram.receive import Receiver
from hotline.errors import ConfigInvalid
from hotline.system import System
from hotline.texts import say
from tests.bots.bot_api import TOKEN, BotApi
from tests.bots.doors import SECRET, Door, contact_rows, database_away, until, words
from tests.databases import sqlite_only

ANNA, BEATA = 111_222_333, 444_555_666


@sqlite_only
async def test_telegram_is_told_where_and_with_which_secret(api: BotApi, door: Door) -> None:
    await door.open(True)
    assert api.webhook["secret_token"] == SECRET
    assert api.webhook["url"].endswith("/telegram/webhook")
    assert api.webhook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert "drop_pending_updates" not in api.webhook or api.webhook["drop_pending_updates"] == "false"


async def test_200_means_committed(system: System, api: BotApi, door: Door) -> None:
    await door.open(True)
    for text in ("jeden", "dwa"):
        assert await api.deliver(api.message(ANNA, text)) == 200
        (row,) = await contact_rows(system)
        assert (await words(system, row.id))[-1] == text
    await until(lambda: say("danger_question", "pl") in api.texts(ANNA))


@pytest.mark.parametrize("how", ["fails", "hangs"])
async def test_503_while_the_database_is_away(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("bots.telegram.intake.PATIENCE", 0.2)
    await door.open(True)
    update = api.message(ANNA, "halo")
    async with database_away(system, how):
        assert [await api.deliver(update) for _ in range(2)] == [503, 503]
        assert await contact_rows(system) == []
    monkeypatch.setattr("bots.telegram.intake.PATIENCE", 5.0)  # a busy machine is slow, not away
    answers = [await api.deliver(update) for _ in range(6)]
    assert answers[-1] == 200
    assert answers == sorted(answers, reverse=True)  # a try that hung may fail late, but 200 is for good
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo"]


@sqlite_only
@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "zażółć", "\udcff\udcfe"])
async def test_strangers_are_turned_away(system: System, api: BotApi, door: Door, secret: str) -> None:
    await door.open(True)
    update = api.message(ANNA, "halo")
    if secret.isascii():
        assert await api.deliver(update, secret=secret) == 401
    else:
        assert await raw_status(door.system.settings.telegram_port, secret) == 401
    assert await contact_rows(system) == []


async def raw_status(port: int, secret: str) -> int:
    """The status of a request whose header holds bytes that an HTTP library would refuse to send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    header = b"X-Telegram-Bot-Api-Secret-Token: " + secret.encode("utf-8", "surrogateescape")
    writer.write(
        b"POST /telegram/webhook HTTP/1.1\r\nHost: bot\r\n" + header + b"\r\nContent-Length: 2\r\n\r\n{}"
    )
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


@sqlite_only
async def test_no_secret_at_all_is_turned_away(api: BotApi, door: Door) -> None:
    await door.open(True)
    with socket.create_connection(("127.0.0.1", door.system.settings.telegram_port)):
        pass  # somebody knocks and leaves
    assert await api.deliver(api.message(ANNA, "halo"), secret="") == 401


@sqlite_only
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'{"update_id": "7"}', b"\xff\xfe"])
async def test_what_is_no_update_is_400(api: BotApi, door: Door, raw: bytes) -> None:
    await door.open(True)
    assert await api.deliver({}, raw=raw) == 400


async def test_many_at_once_keep_the_order_of_each_chat(system: System, api: BotApi, door: Door) -> None:
    """Telegram sends one chat's updates one after the other, different chats side by side."""
    await door.open(True)

    async def chat(number: int) -> None:
        for count in range(5):
            update = api.message(number, f"{number} {count}")
            assert {await api.deliver(update), await api.deliver(update)} == {200}

    async with asyncio.TaskGroup() as tasks:
        for number in range(1001, 1009):
            tasks.create_task(chat(number))
    rows = await contact_rows(system)
    assert len(rows) == 8
    for row in rows:
        stored = [str(text).split()[1] for text in await words(system, row.id)]
        assert stored == ["0", "1", "2", "3", "4"]


async def test_the_same_update_twice_at_once(system: System, api: BotApi, door: Door) -> None:
    await door.open(True)
    update = api.message(ANNA, "halo")
    assert await asyncio.gather(*(api.deliver(update) for _ in range(4))) == [200] * 4
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo"]


@sqlite_only
async def test_poison_is_confirmed_after_five_tries(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Receiver.receive

    async def receive(self: Receiver, update: Any) -> Any:
        if update.message.chat.id == ANNA:
            raise ZeroDivisionError
        return await honest(self, update)

    monkeypatch.setattr(Receiver, "receive", receive)
    await door.open(True)
    update = api.message(ANNA, "halo")
    assert [await api.deliver(update) for _ in range(6)] == [503, 503, 503, 503, 200, 200]
    assert api.texts(ANNA) == [say("technical_problem", "pl", line="195 13")]
    assert await api.deliver(api.message(BEATA, "halo")) == 200
    assert len(await contact_rows(system)) == 1


@sqlite_only
async def test_polling_after_a_webhook_takes_it_off(system: System, api: BotApi, door: Door) -> None:
    await door.open(True)
    await door.kill()
    await door.open(telegram_secret="")
    await door.say(ANNA, "halo")
    assert api.webhook == {}
    assert len(await contact_rows(system)) == 1


@sqlite_only
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("telegram_token", "not a token"),
        ("telegram_token", ""),
        ("telegram_secret", "zażółć gęślą"),
        ("telegram_secret", "short-0123"),
        ("telegram_secret", "ab" * 20),
        ("telegram_secret", TOKEN.partition(":")[2]),
    ],
)
async def test_wrong_settings_stop_the_start(door: Door, setting: str, value: str) -> None:
    await door.open(**{setting: value})
    assert door.task is not None
    await asyncio.wait([door.task])
    error = door.task.exception()
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, ConfigInvalid)
    assert value not in str(error) or not value
