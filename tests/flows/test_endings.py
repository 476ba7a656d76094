"""A process is told to end: it finishes what is under way, gives nothing up that it said it had, and ends in time."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession
from sqlalchemy import select

from hotline.config import Settings
from hotline.store.tables import entries
from tests import factories
from tests.bots.bot_api import TOKEN, bot_api
from tests.conftest import HouseTemplate
from tests.factories import TRUST, VICTIMS
from tests.flows.nursery import REPO
from tests.flows.people import WebCaller, new_id
from tests.flows.phones import Phone
from tests.flows.processes import Street, environment, figures
from tests.relay import Cable, cable_to
from tests.servers import HOST, RedisServer, free_port

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
SENDERS = 16
LIMIT = 30.0  # seconds that a supervisor waits before it kills


@dataclass
class Crowd:
    """Callers who write without a pause, through a proxy that asks every process whether it is ready."""

    here: str
    there: str
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    over: bool = False

    async def proxy(self) -> None:
        """Asks once in a quarter of a second, and turns away from a process that is not ready."""
        async with ClientSession(self.here) as session:
            while True:
                async with session.get("/readyz") as answer:
                    if answer.status == 503:
                        assert (await answer.json())["missing"] == ["draining"]
                        self.here = self.there
                        return
                await asyncio.sleep(0.25)

    async def writes(self, caller: WebCaller) -> None:
        """One message after the other, with the connection kept as a proxy keeps it."""
        headers = {"Authorization": f"Bearer {caller.token}"}
        async with ClientSession() as session:
            while not self.over:
                body, place = {"id": new_id(), "text": "Jestem."}, self.here
                url = f"{place}/chat/{VICTIMS}/messages"
                try:
                    async with session.post(url, json=body, headers={**headers, "Origin": place}) as answer:
                        (
                            self.acknowledged.append(body["id"])
                            if answer.ok
                            else self.refused.append(answer.status)
                        )
                except ClientError as error:
                    self.cut_off.append(type(error).__name__)
                await asyncio.sleep(0.01)

    async def has_written(self, more: int) -> None:
        """Wait for so many more words that were acknowledged."""
        enough = len(self.acknowledged) + more
        async with asyncio.timeout(30):
            while len(self.acknowledged) < enough:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def stored(street: Street) -> list[str]:
    async with street.system.read() as tx:
        query = select(entries.c.id).where(entries.c.kind == "message")
        return list((await tx.connection.execute(query)).scalars())


async def test_a_web_process_ends_under_load_and_nobody_notices(street: Street) -> None:
    here, there = [await street.start("web") for _ in range(2)]
    for web in (here, there):
        await web.says("Listening on")
    anna = await street.counsellor("Anna", here)
    callers = [street.caller(here) for _ in range(SENDERS)]
    for caller in callers:
        await caller.begin("Dzień dobry.")
    await callers[0].resumes()
    crowd = Crowd(here.settings.origin, there.settings.origin)
    async with asyncio.TaskGroup() as group:
        group.create_task(crowd.proxy())
        for caller in callers:
            group.create_task(crowd.writes(caller))
        await crowd.has_written(50)
        before, began = len(crowd.acknowledged), time.monotonic()
        assert await here.ends(signal.SIGTERM) == 0
        took = time.monotonic() - began
        assert await callers[0].gone() == await anna.gone() == 1001
        await crowd.has_written(50)
        crowd.over = True
    figures(
        f"web ended in {took:.1f} s; acknowledged {before} before and {len(crowd.acknowledged) - before} "
        f"from then on, refused {len(crowd.refused)}, cut off {len(crowd.cut_off)}"
    )
    assert (crowd.refused, crowd.cut_off) == ([], [])
    there_now = await stored(street)
    assert len(there_now) == len(set(there_now))
    assert set(crowd.acknowledged) <= set(there_now)
    assert took < 10
    assert '"event": "ending"' in here.log()
    assert '"level": "error"' not in here.log()


async def test_the_bot_finishes_what_it_is_sending(street: Street) -> None:
    """Telegram is slow; what was on its way counts as sent, and the next bot neither forgets nor repeats."""
    web, engine = [await street.start(part) for part in ("web", "engine")]
    await web.says("Listening on")
    await engine.says("engine leads")
    ours, its, the_web = (
        os.getpriority(os.PRIO_PROCESS, number) for number in (0, engine.number, web.number)
    )
    assert its > the_web == ours  # who waits for a word goes before who looks for somebody to offer it to
    anna = await street.counsellor("Anna", web)
    async with bot_api(street.system.clock.now) as api:
        bot = await street.start("telegram", telegram_api=api.url, telegram_token=TOKEN)
        await bot.says("Running: telegram")
        olena = Phone(api, 5_000_111_222)
        await olena.writes("/start")
        await olena.writes("Nie wiem, od czego zacząć.")
        contact = await anna.answers_next()
        await olena.reads("Tu dyżur: Anna.")
        api.delays["sendMessage"] = 2.0
        for words in ("Jestem.", "Słucham."):
            await anna.replies(contact, words)
        while not any(each["text"] == "Jestem." for each in api.calls("sendMessage")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        began = time.monotonic()
        assert await bot.ends(signal.SIGTERM) == 0
        figures(f"bot ended in {time.monotonic() - began:.1f} s, in the middle of a message that took 2 s")
        assert await replies(street) == {"sent": 1, "pending": 1}
        assert api.unconfirmed() == []
        api.delays.clear()
        again = await street.start("telegram", telegram_api=api.url, telegram_token=TOKEN)
        await olena.reads("Słucham.")
        assert await again.ends(signal.SIGTERM) == 0
        assert [text for text in api.texts(olena.chat) if text in ("Jestem.", "Słucham.")] == [
            "Jestem.",
            "Słucham.",
        ]


async def replies(street: Street) -> dict[str, int]:
    """State of delivery -> how many of the counsellor's words are in it."""
    async with street.system.read() as tx:
        query = select(entries.c.delivery).where(entries.c.author == "staff", entries.c.kind == "message")
        return dict(Counter((await tx.connection.execute(query)).scalars()))


# -- what hangs ----------------------------------------------------------------------------------------------


@dataclass
class Real:
    """A process of its own interpreter, as an operator starts it."""

    process: asyncio.subprocess.Process
    settings: Settings
    log: Path

    async def says(self, words: str) -> None:
        async with asyncio.timeout(60):
            while words not in self.log.read_text():
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def ends(self) -> tuple[int, float]:
        """(exit status, seconds) after SIGTERM."""
        began = time.monotonic()
        self.process.terminate()
        async with asyncio.timeout(LIMIT):
            return await self.process.wait(), time.monotonic() - began


@asynccontextmanager
async def real(part: str, settings: Settings, log: Path) -> AsyncIterator[Real]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hotline", part),
            env=environment(settings),
            cwd=REPO,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Real(process, settings, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def half_a_request(port: int) -> asyncio.StreamWriter:
    """Somebody who announces a body and never sends it, although it is waited for."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 900\r\n".encode())
    writer.write(f"Origin: http://{HOST}:{port}\r\nExpect: 100-continue\r\n".encode())
    writer.write(b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
    return writer


async def deaf_page(port: int, token: str) -> asyncio.StreamWriter:
    """A caller's page that answers nothing any more: no pong, no good-bye."""
    _, writer = await asyncio.open_connection(HOST, port, limit=1)
    writer.write(
        f"GET /chat/{VICTIMS}/socket HTTP/1.1\r\nHost: {HOST}\r\nOrigin: http://{HOST}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    hello = f'{{"token":"{token}","after":0}}'.encode()
    writer.write(bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)  # one text frame, masked with noughts
    await writer.drain()
    return writer


@asynccontextmanager
async def behind_a_cable(
    part: str, house_template: HouseTemplate, redis: RedisServer, folder: Path
) -> AsyncIterator[tuple[Real, Cable]]:
    """A process whose databases are at the other end of a cable."""
    main, keys = await house_template.copy()
    server = int(main.rpartition("/")[0].rpartition(":")[2])
    async with cable_to(server) as cable:
        far = [url.replace(f":{server}/", f":{cable.port}/") for url in (main, keys)]
        settings = factories.settings_in(
            folder / "data", database_url=far[0], keys_url=far[1], redis_url=redis.url
        )
        async with real(part, settings, folder / "log") as process:
            yield process, cable
    await house_template.drop(main, keys)


async def test_the_pages_end_in_time_whatever_hangs(
    house_template: HouseTemplate, redis: RedisServer, tmp_path: Path
) -> None:
    """A database that is silent in the middle of it, a body that never comes, a page that is deaf."""
    async with behind_a_cable("web", house_template, redis, tmp_path) as (web, cable):
        await web.says("Listening on")
        caller = WebCaller(web.settings.origins, VICTIMS)
        await caller.begin("Dzień dobry.")
        port = web.settings.port
        left = [await half_a_request(port), await deaf_page(port, caller.token)]
        await asyncio.sleep(0.5)
        cable.freeze()
        asking = asyncio.get_running_loop().create_task(caller.writes("Jest ktoś?"))
        await asyncio.sleep(0.5)
        status, took = await web.ends()
        figures(f"web, everything hanging: ended in {took:.1f} s")
        assert status == 0, web.log.read_text()
        with pytest.raises((ClientError, AssertionError)):  # it was never told "stored"
            await asking
        await caller.close()
        for writer in left:
            writer.close()


@pytest.mark.parametrize("frozen", [False, True], ids=["at work", "with a silent database"])
async def test_an_engine_ends_in_time(
    frozen: bool, house_template: HouseTemplate, redis: RedisServer, tmp_path: Path
) -> None:
    async with behind_a_cable("engine", house_template, redis, tmp_path) as (engine, cable):
        await engine.says("engine leads")
        if frozen:
            cable.freeze()
            await asyncio.sleep(1)
        status, took = await engine.ends()
        figures(f"engine, {'database silent' if frozen else 'at work'}: ended in {took:.1f} s")
        assert status == 0, engine.log.read_text()
        assert "ended by force" not in engine.log.read_text()
        assert took < (15 if frozen else 5)


async def test_a_second_signal_ends_at_once(street: Street) -> None:
    web = await street.start("web")
    await web.says("Listening on")
    waited_for = await half_a_request(web.settings.port)
    web.tell(signal.SIGTERM)
    await web.says("ending")
    began = time.monotonic()
    assert await web.ends(signal.SIGTERM) == -signal.SIGTERM
    assert time.monotonic() - began < 2  # and not when its time is over
    waited_for.close()


async def test_everything_in_one_process_ends_in_order_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = factories.settings_in(tmp_path / "data", metrics_port=free_port())
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(tmp_path / "notify"))
    systemd.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "6000000")
    async with real("serve", settings, tmp_path / "log") as process:
        await process.says("Listening on")
        caller = WebCaller(settings.origins, TRUST)
        await caller.begin("Dzień dobry.")
        await caller.resumes()
        async with ClientSession() as session:
            async with session.get(f"http://{HOST}:{settings.metrics_port}/readyz") as answer:
                assert answer.status == 200
            process.process.terminate()
            await process.says("ending")
            async with session.get(f"http://{HOST}:{settings.metrics_port}/readyz") as answer:
                assert (answer.status, (await answer.json())["missing"]) == (503, ["draining"])
            await caller.writes("Jeszcze słowo.")
        assert await caller.gone() == 1001
        assert await process.process.wait() == 0
        assert '"event": "running"' in process.log.read_text()
    told = []
    with systemd, suppress(BlockingIOError):
        while True:
            told.append(systemd.recv(100).decode())
    assert {"READY=1", "WATCHDOG=1", "STOPPING=1"} == set(told)
    assert told.index("READY=1") < told.index("STOPPING=1")
    await caller.close()
