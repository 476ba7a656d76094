"""The sides of a comparison, each with its server processes and a process that loads them.

Whose turn it is not is stopped, by SIGSTOP, so that it takes nothing from the machine. Processor time and memory are
what the kernel counts.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientError, ClientSession

from hotline.config import Settings
from tests import factories, servers
from tests.bench.conversations import crowd, ours
from tests.bench.conversations.client import Told
from tests.conftest import HouseTemplate
from tests.flows.processes import environment
from tests.servers import PostgresServer, RedisServer, free_port

REPO = Path(__file__).parent.parent.parent.parent
HERE = "tests.bench.conversations"
TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
START_SECONDS = 60.0
# After ours may run again: heartbeats and looks that came due meanwhile are done before the measuring begins. Among
# three sides none is stopped for so long that its consoles count as silent.
SETTLE_SECONDS = 5.0
# All that came due while a side stood still is done then, and with thousands of open pages that takes a while.
CAUGHT_UP, CATCH_UP_SECONDS = 0.6, 60.0


class Program:
    """A process of ours that runs a module of this folder. It dies with us."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    @classmethod
    async def start(
        cls, log: Path, module: str, *arguments: str, given: Mapping[str, str] | None = None
    ) -> "Program":
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", f"{HERE}.{module}", *arguments,
                cwd=REPO, env=given, limit=2**26, stderr=output,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        return cls(process, log)

    @property
    def id(self) -> int:
        return self._process.pid

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """One line to its input, one from its output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        answer = await self._process.stdout.readline()
        assert answer, self.said()
        found: dict[str, Any] = json.loads(answer)
        return found

    async def answers(self, origin: str) -> None:
        """Wait until it serves."""
        async with ClientSession() as http, asyncio.timeout(START_SECONDS):
            while not await _healthy(http, origin):
                assert self._process.returncode is None, self.said()
                await asyncio.sleep(0.05)

    def said(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    async def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.tell(signal.SIGCONT)
        self.tell(number)
        await self._process.wait()


async def _healthy(http: ClientSession, origin: str) -> bool:
    try:
        async with http.get(f"{origin}/healthz") as answer:
            return answer.status == 200
    except ClientError:
        return False


def cpu_seconds(process: int, *, with_children: bool = False) -> float:
    """Processor time it has taken, in user and kernel mode."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    taken = sum(map(int, fields[11 : 15 if with_children else 13])) / TICK  # of those that have ended, too
    if with_children:
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            with suppress(FileNotFoundError):
                taken += cpu_seconds(int(child))
    return taken


def memory(process: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


@dataclass
class Side:
    """One of those that are compared."""

    name: str
    origins: list[str]
    processes: list[Program]
    load: Program
    settle: float = 0.0
    talks: int = 0
    profiles: list[Path] = field(default_factory=list)

    async def open(self, plans: Sequence[crowd.Plan]) -> None:
        """All its sockets; with two processes the callers are at one and the counsellors at the other."""
        order = {"callers": self.origins[0], "consoles": self.origins[-1], "line": crowd.LINE, "talks": plans}
        await self.load.ask({"do": "open", **order})
        self.talks += len(plans)

    async def close_loop(self, seconds: float, sides: Sequence[int] = (0,)) -> Told:
        return Told(**await self.load.ask({"do": "close_loop", "seconds": seconds, "sides": sides}))

    async def pace(self, rate: float, seconds: float, sides: Sequence[int] = (0,)) -> Told:
        return Told(**await self.load.ask({"do": "pace", "rate": rate, "seconds": seconds, "sides": sides}))

    async def idle(self, seconds: float) -> dict[str, int]:
        """Nobody writes: {"pings", "open"}"""
        return await self.load.ask({"do": "idle", "seconds": seconds})

    def cpu(self) -> float:
        """Of its servers, not of the load."""
        return sum(cpu_seconds(each.id) for each in self.processes)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The side may run while the block does."""
        self._tell(signal.SIGCONT)
        await asyncio.sleep(self.settle)
        if self.settle:
            await self._caught_up()
        self._profile(ours.BEGIN)
        try:
            yield
        finally:
            self._profile(ours.END)
            self._tell(signal.SIGSTOP)

    async def _caught_up(self) -> None:
        """Until it is no longer busy with what came due before; for a while, since it may be slow in itself."""
        until = time.monotonic() + CATCH_UP_SECONDS
        while time.monotonic() < until:
            before = self.cpu()
            await asyncio.sleep(1)
            if self.cpu() - before < CAUGHT_UP * len(self.processes):
                return

    def _tell(self, number: signal.Signals) -> None:
        for each in (*self.processes, self.load):
            each.tell(number)

    def _profile(self, number: signal.Signals) -> None:
        for each in self.processes if self.profiles else ():
            each.tell(number)

    async def end(self) -> None:
        for each in (*self.processes, self.load):
            await each.end(signal.SIGTERM if self.profiles and each is not self.load else signal.SIGKILL)


@dataclass
class Place:
    """Where it all runs: a PostgreSQL, a Redis and a folder of our own."""

    folder: Path
    postgres: PostgresServer
    redis: RedisServer
    template: HouseTemplate
    profile: bool = False
    sides: list[Side] = field(default_factory=list)

    async def ours(
        self, name: str, talks: int, *, processes: int = 1, orm: bool = False,
        sqlite: bool = False, fill: Callable[[Settings], Awaitable[None]] | None = None,
    ) -> Side:  # fmt: skip
        """The product with so many open conversations."""
        settings, plans = await self.installation(name, talks, sqlite=sqlite)
        if fill is not None:
            await fill(settings)
        side = await self.serve(name, settings, processes=processes, orm=orm)
        await side.open(plans)
        side._tell(signal.SIGSTOP)
        return side

    async def installation(
        self, name: str, talks: int, *, sqlite: bool = False
    ) -> tuple[Settings, list[crowd.Plan]]:
        """Databases with so many open conversations; no process yet."""
        given: dict[str, str | int] = {"log_level": "error"}
        if not sqlite:
            main, keys = await self.template.copy()
            given |= {"database_url": main, "keys_url": keys, "redis_url": self.redis.url}
        settings = factories.settings_in(self._under(name), **given)
        return settings, await crowd.gather(settings, talks)

    async def serve(self, name: str, settings: Settings, *, processes: int = 1, orm: bool = False) -> Side:
        """Its server processes, with nobody there."""
        origins, started, profiles = [], [], []
        for number in range(processes):
            own = replace(settings, port=free_port())
            options = ["--orm"] if orm else []
            if self.profile:
                profiles.append(self._under(name) / f"profile{number}")
                options += ["--profile", str(profiles[-1])]
            given = {**environment(own), "HOTLINE_LOG_LEVEL": own.log_level}
            part = "web" if own.redis_url else "serve"
            log = self._under(name) / f"log{number}"
            started.append(await Program.start(log, "ours", part, *options, given=given))
            origins.append(own.origin)
        side = await self._side(name, origins, started)
        side.settle, side.profiles = SETTLE_SECONDS, profiles
        return side

    async def reference(self, name: str, talks: int, *, processes: int = 1, sqlite: bool = False) -> Side:
        """The bare server with so many conversations."""
        database = (
            f"sqlite:///{self._under(name) / 'said.sqlite'}" if sqlite else await self.postgres.create()
        )
        options = ["--database", database]
        if processes > 1:
            options += ["--redis", self.redis.url]
        origins, started = [], []
        for number in range(processes):
            port = free_port()
            log = self._under(name) / f"log{number}"
            started.append(await Program.start(log, "reference", str(port), *options))
            origins.append(f"http://127.0.0.1:{port}")
            await started[-1].answers(origins[-1])  # one makes the table, the next finds it
        side = await self._side(name, origins, started)
        await side.open([{"contact": f"t{n}", "token": f"t{n}", "cookie": "none=0"} for n in range(talks)])
        side._tell(signal.SIGSTOP)
        return side

    async def _side(self, name: str, origins: list[str], started: list[Program]) -> Side:
        load = await Program.start(self._under(name) / "load", "client", f"s{len(self.sides)}")
        side = Side(name, origins, started, load)
        self.sides.append(side)
        for process, origin in zip(started, origins, strict=True):
            await process.answers(origin)
        return side

    def _under(self, name: str) -> Path:
        folder = self.folder / name.replace(" ", "_").replace(",", "")
        folder.mkdir(exist_ok=True)
        return folder

    async def clear(self) -> None:
        """End all sides, so that the next part has the machine for itself."""
        sides, self.sides = self.sides, []
        for side in sides:
            await side.end()


@asynccontextmanager
async def place(*, profile: bool = False) -> AsyncIterator[Place]:
    """PostgreSQL with its ordinary durability, Redis, and an empty folder, for as long as the block runs."""
    with (
        TemporaryDirectory(prefix="hotline-bench-") as folder,
        servers.postgres_server("max_connections=200") as postgres,
        servers.redis_server() as redis,
    ):
        made = Place(Path(folder), postgres, redis, HouseTemplate(postgres), profile)
        try:
            yield made
        finally:
            await made.clear()
