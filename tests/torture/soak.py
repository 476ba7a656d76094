"""Ordinary work for half an hour, and whether anything only ever grows: `python -m tests.torture.soak --long`.

Two web processes, an engine, a standby and the bot on PostgreSQL and Redis. People come, are answered, talk, and are
summed up; some by Telegram, some leave, some are called back. Every few seconds the memory, descriptors and tasks of
each process are noted, the keys of Redis, and how long a transaction has stood idle. The short form is at a quicker
pace, and too short to tell of memory.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations, count, cycle
from statistics import median

import asyncpg
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests import servers
from tests.bots.bot_api import TOKEN, BotApi
from tests.flows.people import eventually
from tests.flows.phones import Phone
from tests.flows.processes import Process, Street
from tests.flows.staff import CARD, Counsellor
from tests.servers import HOST, free_port
from tests.torture import vitals
from tests.torture.goals import Goal, judged
from tests.torture.ground import ground_of

STAFF = 6
WORDS = 3  # of each side of a talk
FIRST_LOOKS = 40  # at once, so that every pool has the connections it may have before anything is noted
REST = 6.0  # seconds until what was closed is gone, and figures are fresh
PATIENCE = 120.0  # seconds for a turn in the queue
IDLE = 5.0  # seconds that a transaction may stand idle
POOL = 24  # connections to both databases that a process opens with its first work, and keeps
FEW = 3 + STAFF  # descriptors or tasks that come and go: a browser may keep a connection for its next request
# A leak of 15 kB for each of the two hundred contacts of ten minutes would be this much; the allocator asks for a
# whole megabyte at a time, so that less cannot be told from chance.
GROWTH = 3.0  # MB from the middle third of the time to the last


@dataclass(frozen=True)
class Size:
    seconds: float
    minute: float  # contacts in one
    every: float  # seconds between two looks
    pause: float  # seconds before each answer
    memory: bool  # long enough to tell


SHORT = Size(12, 100, 1, 0.05, memory=False)
LONG = Size(1800, 20, 5, 2, memory=True)


@dataclass(frozen=True)
class Look:
    """What a process held at one moment."""

    at: float
    memory: float  # MB
    descriptors: int
    tasks: int


@dataclass
class Found:
    looks: dict[str, list[Look]] = field(default_factory=dict)  # of each process
    rest: dict[str, list[Look]] = field(default_factory=dict)  # before anybody came, and after all had gone
    keys: list[int] = field(default_factory=list)
    idle: float = 0.0
    came: Counter[str] = field(default_factory=Counter)
    closed: int = 0


async def run(size: Size) -> int:
    async with ground_of() as ground:
        return _verdict(await _campaign(ground.street, ground.api, ground.redis, size), size)


async def _campaign(street: Street, api: BotApi, redis: servers.RedisServer, size: Size) -> Found:
    parts = {name: name.rstrip("12") for name in ("web1", "web2", "engine1", "engine2", "telegram")}
    bot = {"telegram_api": api.url, "telegram_token": TOKEN}
    processes = {
        name: await street.start(part, metrics_port=free_port(), **(bot if part == "telegram" else {}))
        for name, part in parts.items()
    }
    for name, process in processes.items():
        await process.says("Listening on" if parts[name] == "web" else "Running: ")
    webs = (processes["web1"], processes["web2"])
    town = Town(street, webs, api, size.pause)
    found = Found(looks={name: [] for name in parts}, rest={name: [] for name in parts})
    async with ClientSession() as http:
        watch = Watch(http, processes, redis, street.settings.main_url)
        await watch.first_looks(webs)
        await town.opens()
        await asyncio.sleep(REST)
        await watch.look(found, found.rest)
        async with asyncio.TaskGroup() as all_at_once:
            watching = all_at_once.create_task(watch.on(found, size.every))
            await town.lives(all_at_once, size)
            watching.cancel()
        await asyncio.sleep(REST)
        await watch.look(found, found.rest)
    found.came, found.closed = town.came, town.closed
    return found


class Watch:
    """Whoever looks at the processes, from outside."""

    def __init__(
        self, http: ClientSession, processes: dict[str, Process], redis: servers.RedisServer, url: str
    ) -> None:
        self._http, self._processes, self._redis, self._url = http, processes, redis, url
        self._began = time.monotonic()

    async def first_looks(self, webs: Sequence[Process]) -> None:
        async with ClientSession() as visitors:  # who are gone after it

            async def one(web: Process) -> None:
                async with visitors.get(f"{web.settings.origin}/") as answer:
                    await answer.read()

            await asyncio.gather(*(one(web) for web in webs for _ in range(FIRST_LOOKS)))

    async def on(self, found: Found, every: float) -> None:
        while True:
            await self.look(found, found.looks)
            await asyncio.sleep(every)

    async def look(self, found: Found, into: dict[str, list[Look]]) -> None:
        for name, process in self._processes.items():
            tasks = await self._tasks(process)
            number, at = process.number, time.monotonic() - self._began
            memory, descriptors = vitals.memory(number) / 1024, vitals.descriptors(number)
            into[name].append(Look(at, memory, descriptors, tasks))
        found.keys.append(int(self._redis.command("DBSIZE").removeprefix(":")))
        found.idle = max(found.idle, await self._idle())

    async def _tasks(self, process: Process) -> int:
        async with self._http.get(f"http://{HOST}:{process.settings.metrics_port}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        return next(int(each.samples[0].value) for each in families if each.name == "hotline_tasks")

    async def _idle(self) -> float:
        """Seconds that the oldest transaction in which nothing happens has stood so."""
        connection = await asyncpg.connect(self._url.replace("+asyncpg", ""))
        try:
            return float(
                await connection.fetchval(
                    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0)"
                    " FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                )
            )
        finally:
            await connection.close()


async def patiently(look: Callable[[], Awaitable[object]]) -> None:
    """Again and again: there may be a queue, and people of the stories wait for ten seconds only."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            await look()
        except AssertionError:
            if time.monotonic() > until:
                raise
        else:
            return


class Town:
    """Those who come, and those who answer."""

    def __init__(self, street: Street, webs: Sequence[Process], api: BotApi, pause: float) -> None:
        self._street, self._webs, self._api, self._pause = street, webs, api, pause
        self._gone: set[str] = set()
        self._staff: list[Counsellor] = []
        self.came: Counter[str] = Counter()
        self.closed = 0

    async def opens(self) -> None:
        names = (f"Anna{number}" for number in count())
        self._staff = [await self._street.counsellor(next(names), *self._webs, talks=1) for _ in range(STAFF)]

    async def lives(self, tasks: asyncio.TaskGroup, size: Size) -> None:
        """People come at the pace of this size, until its time is over and all of them are closed."""
        working = [tasks.create_task(self._works(each)) for each in self._staff]
        kinds: dict[str, Callable[[], Coroutine[None, None, None]]] = {
            "chat": self._chats, "chat ": self._chats, "telegram": self._writes_by_telegram,
            "left": self._leaves, "called back": self._wants_a_call,
        }  # fmt: skip
        until, visits = time.monotonic() + size.seconds, []
        for kind in cycle(kinds):
            visits.append(tasks.create_task(kinds[kind]()))
            self.came[kind.strip()] += 1
            await asyncio.sleep(60 / size.minute)
            if time.monotonic() > until:
                break
        await asyncio.wait(visits)
        await patiently(lambda: eventually(self._all_closed, "the last summary"))
        for each in working:
            each.cancel()

    async def _all_closed(self) -> bool:
        return self.closed >= self.came.total()

    # -- who comes -----------------------------------------------------------------------------------

    async def _chats(self) -> None:
        caller = self._street.caller(*self._webs)
        await caller.writes_first("Dzień dobry.", danger="no")
        await patiently(lambda: caller.sees(state="active"))
        for number in range(WORDS):
            await asyncio.sleep(self._pause)
            await caller.writes(f"Słowo {number}.")
            await patiently(partial(caller.reads, f"Odpowiedź {number}."))
        await patiently(lambda: caller.sees(open=False))
        await self._street.goes(caller)

    async def _leaves(self) -> None:
        caller = self._street.caller(*self._webs)
        await caller.writes_first("Dzień dobry.", danger="no")
        self._gone.add(await self._street.contact_of(caller))
        secret = {"Authorization": f"Bearer {caller.token}"}
        (await caller.ask("POST", f"/chat/{caller.line}/leave", {"quick": True}, headers=secret)).ok()
        await self._street.goes(caller)

    async def _wants_a_call(self) -> None:
        caller = self._street.caller(*self._webs)
        form = {"token": caller.token, "id": secrets.token_urlsafe(32), "number": "600100200"}
        answer = await caller.ask(
            "POST",
            f"/chat/{caller.line}/callback",
            data=form | {"from": "0", "to": "1440", "says": "nothing"},
        )
        assert answer.status == 200, answer.text
        await self._street.goes(caller)

    async def _writes_by_telegram(self) -> None:
        phone = Phone(self._api, 10**12 + secrets.randbelow(10**12))
        for number in range(WORDS):
            await self._api.put(self._api.message(phone.chat, f"Słowo {number}."))
            await asyncio.sleep(self._pause)
        await patiently(lambda: phone.reads(f"Odpowiedź {WORDS - 1}."))

    # -- who answers ---------------------------------------------------------------------------------

    async def _works(self, host: Counsellor) -> None:
        """Takes whatever rings, until cancelled."""
        while True:
            if host.console["me"]["held"]:
                await host.is_there()
            elif (offer := host.console["offer"]) is not None:
                answer = await host.tries_to_accept(offer)
                if answer.status == 200:
                    await self._serves(host, answer.json()["contact"])
            await asyncio.sleep(0.05)

    async def _serves(self, host: Counsellor, contact: str) -> None:
        await host.opens(contact)
        if host.heads[contact]["calls_back"]:
            path = f"/console/contacts/{contact}/callback"
            (await host.ask("POST", path, {"outcome": "reached"})).ok()
        elif contact not in self._gone:
            for number in range(WORDS):
                await patiently(partial(host.reads, contact, f"Słowo {number}."))
                await asyncio.sleep(self._pause)
                await host.replies(contact, f"Odpowiedź {number}.")
        await host.ends(contact)
        (await host.sums_up(contact, **CARD)).ok()
        self.closed += 1


def _thirds(looks: Sequence[Look], what: Callable[[Look], float]) -> tuple[float, float]:
    """What was usual in the middle third of the time, and in the last: until then, caches fill."""
    third = len(looks) // 3
    return median(map(what, looks[third : 2 * third])), median(map(what, looks[2 * third :]))


def _slope(looks: Sequence[Look]) -> float:
    """MB an hour in the last two thirds: the usual one of all slopes between two looks."""
    late = looks[len(looks) // 3 :]
    return median((b.memory - a.memory) / (b.at - a.at) * 3600 for a, b in combinations(late, 2))


def _verdict(found: Found, size: Size) -> int:
    came = ", ".join(f"{number} × {kind}" for kind, number in sorted(found.came.items()))
    figures = [f"came: {came}; {found.closed} summed up"]
    goals = [
        Goal("contacts a minute", found.came.total() / size.seconds * 60, least=20 * 0.95),
        Goal("contacts that were not summed up", found.came.total() - found.closed, most=0),
        Goal("keys of Redis more than at the beginning", max(found.keys) - found.keys[0], most=0),
        Goal("oldest transaction that stood idle, s", found.idle, most=IDLE),
    ]
    for name, looks in found.looks.items():
        before, after = found.rest[name]
        goals += [
            Goal(
                f"{name}: descriptors at rest more than before",
                after.descriptors - before.descriptors,
                most=POOL,
            ),
            Goal(f"{name}: tasks at rest more than before", after.tasks - before.tasks, most=FEW),
        ]
        figures.append(
            f"{name}: {before.memory:.0f} MB before, {after.memory:.0f} MB after; {len(looks)} looks"
        )
        if size.memory:
            usual, now = _thirds(looks, lambda look: look.memory)
            goals.append(
                Goal(f"{name}: MB from the middle third of the time to the last", now - usual, most=GROWTH)
            )
            figures.append(f"{name}: {_slope(looks):+.1f} MB an hour")
            for what, read in (
                ("descriptors", lambda look: look.descriptors),
                ("tasks", lambda look: look.tasks),
            ):
                usual, now = _thirds(looks, read)
                goals.append(Goal(f"{name}: {what} from the middle third to the last", now - usual, most=FEW))
    return judged(figures, goals)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="half an hour")
    parser.add_argument("--seconds", type=float, help="for so long, at the pace of the long form")
    chosen = parser.parse_args()
    usual = LONG if chosen.long or chosen.seconds else SHORT
    sys.exit(asyncio.run(run(replace(usual, seconds=chosen.seconds or usual.seconds))))
