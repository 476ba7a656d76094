"""Two web processes, two engines and the bot, every one of them behind wires that can fail, and started again when
they die, as a supervisor would.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from signal import SIGKILL
from typing import Any

from sqlalchemy import select

from hotline.errors import HotlineError
from hotline.store.tables import leases
from tests.bots.bot_api import TOKEN, BotApi
from tests.flows.processes import Process, Street
from tests.servers import PostgresServer, RedisServer, free_port
from tests.torture.ears import Answers, Cuts, HttpEar, PostgresEar
from tests.torture.wires import Wire, wire_to

SECRET = "Kq7-vB2_xW9dRm4Tz8"  # of the webhook
AGAIN_SECONDS = 0.2  # until one that ended is started again
UP_SECONDS = 60.0
LINKS = (
    "caller-web", "console-web", "web-PostgreSQL", "engine-PostgreSQL", "bot-PostgreSQL", "process-Redis",
    "Telegram-bot", "bot-Telegram",
)  # fmt: skip
READY = {"web": "Listening on", "engine": "Running: engine", "telegram": "Running: telegram"}


@dataclass(eq=False)
class Post:
    """The place of one process: what it is started with, whoever holds it now."""

    part: str
    given: dict[str, Any]
    process: Process | None = None
    doors: list[Wire] = field(default_factory=list)  # to it

    def on_their_way(self) -> int:
        """Requests that it has been sent and has not answered."""
        ears = [ear for door in self.doors for ear in door.ears()]
        return sum(ear.waits for ear in ears if isinstance(ear, HttpEar))


class Fleet:
    """Every process of the house and every wire."""

    def __init__(self, street: Street, postgres: PostgresServer, redis: RedisServer, chance: Random) -> None:
        self.street, self.postgres, self.redis, self.chance = street, postgres, redis, chance
        self.links: dict[str, list[Wire]] = {link: [] for link in LINKS}
        self.answers = Answers(chance)
        self.cuts: dict[str, Cuts] = {part: Cuts(chance) for part in READY}
        self.posts: list[Post] = []
        self.faulty: Counter[str] = Counter()  # what a process wrote into its log and should not have
        self.failed_starts = 0

    def of(self, part: str) -> list[Post]:
        return [post for post in self.posts if post.part == part]

    @property
    def webs(self) -> list[Process]:
        return [post.process for post in self.of("web") if post.process is not None]

    async def starts(self, post: Post) -> float:
        """Until it is ready, however often it must be started; how long that took."""
        began = time.monotonic()
        while time.monotonic() < began + UP_SECONDS:
            post.process = await self.street.start(post.part, **post.given)
            try:
                await post.process.says(READY[post.part])
            except AssertionError:  # it ended, for example because the database is away
                self.looks_into(post.process)
                self.failed_starts += 1
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return time.monotonic() - began
        raise AssertionError(f"{post.part} does not start any more")

    async def kills(self, post: Post) -> None:
        assert post.process is not None
        if post.process.alive:
            await post.process.ends(SIGKILL)
        self.looks_into(post.process)

    async def leader(self) -> Post:
        """The engine that has the lease."""
        while True:
            epoch = await self._epoch()
            for post in self.of("engine"):
                if (
                    post.process is not None
                    and post.process.alive
                    and f'"epoch": {epoch}' in post.process.log()
                ):
                    return post
            await asyncio.sleep(0.1)

    async def _epoch(self) -> int | None:
        try:
            async with self.street.system.read() as tx:
                found: int | None = (await tx.connection.execute(select(leases.c.epoch))).scalar_one_or_none()
        except HotlineError:
            return None
        return found

    def looks_into(self, process: Process | None) -> None:
        """For what no fault around it excuses."""
        for line in process.log().splitlines() if process else ():
            if '"level": "error"' in line or line.startswith("Traceback"):
                self.faulty[line[:300]] += 1


@asynccontextmanager
async def fleet_of(
    street: Street, postgres: PostgresServer, redis: RedisServer, api: BotApi, chance: Random
) -> AsyncIterator[Fleet]:
    """Wired, and nothing started yet."""
    fleet = Fleet(street, postgres, redis, chance)
    async with AsyncExitStack() as wires:
        for part in ("web", "web", "engine", "engine", "telegram"):
            fleet.posts.append(await _wired(fleet, wires, part, api))
        for person, link in (("callers", "caller-web"), ("staff", "console-web")):
            ways = {
                f"http://127.0.0.1:{post.given['port']}": wire.url
                for post, wire in zip(fleet.of("web"), fleet.links[link], strict=True)
            }
            setattr(street, f"ways_of_{person}", ways)
        yield fleet


async def _wired(fleet: Fleet, wires: AsyncExitStack, part: str, api: BotApi) -> Post:
    """All that a process of this part reaches, and all that reaches it, by wires of its own."""

    async def wire(link: str, server: int, *ear: Any) -> Wire:
        made = await wires.enter_async_context(wire_to(server, *ear))
        fleet.links[link].append(made)
        return made

    def http_ear() -> HttpEar:
        return HttpEar(fleet.answers)

    def postgres_ear() -> PostgresEar:
        return PostgresEar(fleet.cuts[part])

    settings = fleet.street.settings
    name = "bot" if part == "telegram" else part
    base = await wire(f"{name}-PostgreSQL", fleet.postgres.port, postgres_ear)
    pokes = await wire("process-Redis", fleet.redis.port)
    given: dict[str, Any] = {
        "port": free_port(),
        "database_url": _moved(settings.database_url, fleet.postgres.port, base.port),
        "keys_url": _moved(settings.keys_url, fleet.postgres.port, base.port),
        "redis_url": _moved(settings.redis_url, fleet.redis.port, pokes.port),
    }
    post = Post(part, given)
    if part == "web":
        post.doors = [await wire(link, given["port"], http_ear) for link in ("caller-web", "console-web")]
    if part == "telegram":
        given |= {"telegram_token": TOKEN, "telegram_secret": SECRET, "telegram_port": free_port()}
        given["telegram_api"] = (await wire("bot-Telegram", api.port)).url
        hook = await wire("Telegram-bot", given["telegram_port"])
        given["public_url"] = hook.url
    return post


def _moved(url: str, port: int, to: int) -> str:
    return url.replace(f":{port}/", f":{to}/")
