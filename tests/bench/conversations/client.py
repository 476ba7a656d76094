"""The load, in a process of its own: so many conversations, each with a caller's and a counsellor's socket.

Orders come as lines of JSON on standard input, and each is answered with one line. In a closed loop everybody
writes again as soon as the message before is acknowledged. Paced, each message has its instant, whatever became of
those before; its latency is counted from that instant, so a server that stalls cannot hide it.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from tests.bench.conversations.wires import Refused, Wire

AT_ONCE = 10  # sockets being opened
OPEN_SECONDS = 60.0
SETTLE_SECONDS = 15.0  # for what is on its way when the sending ends
TEXT = "Nie wiem, od czego zacząć. Od kilku dni nie mogę spać i boję się wracać do domu."
MARKS = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100)


@dataclass(slots=True)
class Told:
    """What one run was like. Latencies are milliseconds by percentile."""

    seconds: float
    sent: int
    acked: int  # of those sent in the run
    in_time: int  # acknowledged before the sending ended
    delivered: int
    refused: dict[str, int]
    ack: dict[str, float]
    delivery: dict[str, float]
    came_back: int  # talks whose page or console had been cut off before it began


@dataclass(slots=True)
class Run:
    """Marks of one run by message."""

    sent: dict[str, float] = field(default_factory=dict)
    acked: dict[str, float] = field(default_factory=dict)
    delivered: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


class Talk:
    """One conversation and what both screens got. Without a cookie nobody is at the counsellor's."""

    def __init__(self, load: "Load", plan: dict[str, str]) -> None:
        self._load, self._plan = load, plan
        self.ready = [asyncio.Event(), asyncio.Event()]
        self.wires: list[Wire] = []

    async def open(self, callers: str, consoles: str, line: str) -> None:
        """The caller's page and the counsellor's, which watches this conversation."""
        source = self._plan.get("source", "127.0.0.1")
        heads = {"Origin": callers}
        page = await _patiently(
            callers, f"/chat/{line}/socket", heads, lambda text: self._hears(0, text), source
        )
        page.say(json.dumps({"token": self._plan["token"], "after": 0}))
        self.wires = [page]
        if "cookie" in self._plan:
            heads = {"Origin": consoles, "Cookie": self._plan["cookie"]}
            desk = await _patiently(
                consoles, "/console/socket", heads, lambda text: self._hears(1, text), source
            )
            desk.say(json.dumps({"watch": self._plan["contact"], "after": 0}))
            self.wires.append(desk)
        async with asyncio.timeout(OPEN_SECONDS):
            for ready, _ in zip(self.ready, self.wires, strict=False):
                await ready.wait()

    @property
    def is_cut_off(self) -> bool:
        return not all(wire.is_open for wire in self.wires)

    def leave(self) -> None:
        """So that it can be opened again."""
        for wire, ready in zip(self.wires, self.ready, strict=False):
            wire.leave()
            ready.clear()

    def write(self, side: int, due: float) -> None:
        """The caller is side 0, the counsellor 1."""
        message_id = f"{self._load.name}-{next(self._load.numbers):07}-{side}"
        self._load.run.sent[message_id] = due
        said: dict[str, Any] = {"id": message_id, "text": TEXT}
        if side:
            said = {"reply": {"contact": self._plan["contact"], **said}}
        self.wires[side].say(json.dumps(said, ensure_ascii=False))

    def _hears(self, side: int, text: bytes) -> None:
        if text.startswith((b'{"console"', b'{"talks"')):
            return
        now, frame = time.perf_counter(), json.loads(text)
        run = self._load.run
        if "ack" in frame:
            self._answered(side, frame["ack"]["id"], run.acked, now)
        elif "refused" in frame:
            code = frame["refused"].get("code", "?")
            run.refused[code] = run.refused.get(code, 0) + 1
            if self._load.closed and code == "unavailable":
                self.write(side, now)
        if "entries" in frame:
            self.ready[side].set()
            for entry in frame["entries"]:
                message_id = entry.get("id", "")
                if message_id in run.sent and message_id[-1] != str(side):
                    run.delivered.setdefault(message_id, now)

    def _answered(self, side: int, message_id: str, acked: dict[str, float], now: float) -> None:
        if message_id in self._load.run.sent:
            acked.setdefault(message_id, now)
            if self._load.closed:
                self.write(side, now)


class Load:
    """All conversations of this process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: Iterator[int] = count()
        self.talks: list[Talk] = []
        self.run = Run()
        self.closed = False
        self.came_back = 0
        self._where = ("", "", "")

    async def open(self, plan: dict[str, Any]) -> None:
        self._where = plan["callers"], plan["consoles"], plan["line"]
        more = [Talk(self, each) for each in plan["talks"]]
        self.talks += more
        await self._open(more)

    async def begin(self) -> None:
        """A new run. As pages do, those come back that were cut off: a reading stopped in its middle failed."""
        self.run = Run()
        cut_off = [talk for talk in self.talks if talk.is_cut_off]
        for talk in cut_off:
            talk.leave()
        await self._open(cut_off)
        self.came_back = len(cut_off)

    async def _open(self, talks: Sequence[Talk]) -> None:
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(talk: Talk) -> None:
            async with turn:
                await talk.open(*self._where)

        async with asyncio.TaskGroup() as group:
            for talk in talks:
                group.create_task(one(talk))

    async def close_loop(self, seconds: float, sides: Sequence[int]) -> Told:
        """Everybody writes, waits for the acknowledgement, and writes again."""
        await self.begin()
        self.closed = True
        began = time.perf_counter()
        for talk in self.talks:
            for side in sides:
                talk.write(side, time.perf_counter())
        await asyncio.sleep(seconds)
        self.closed = False
        return await self._told(began)

    async def pace(self, rate: float, seconds: float, sides: Sequence[int]) -> Told:
        """So many messages a second in all, the conversations in turn."""
        await self.begin()
        began = time.perf_counter()
        for number in range(round(rate * seconds)):
            due = began + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self.talks[number % len(self.talks)].write(self._turn(number, sides), due)
        return await self._told(began)

    def _turn(self, number: int, sides: Sequence[int]) -> int:
        """Whose message it is: in each conversation the sides take turns, too."""
        return sides[(number + number // len(self.talks)) % len(sides)]

    async def idle(self, seconds: float) -> dict[str, int]:
        """Nobody writes; how many heartbeats came, and how many sockets are still open."""
        wires = [wire for talk in self.talks for wire in talk.wires]
        before = sum(wire.pings for wire in wires)
        await asyncio.sleep(seconds)
        return {
            "pings": sum(wire.pings for wire in wires) - before,
            "open": sum(wire.is_open for wire in wires),
        }

    async def _told(self, began: float) -> Told:
        run, ended = self.run, time.perf_counter()
        in_time = len(run.acked)
        await self._settled(ended + SETTLE_SECONDS)
        acks = [1000 * (at - run.sent[each]) for each, at in run.acked.items()]
        deliveries = [1000 * (at - run.sent[each]) for each, at in run.delivered.items()]
        return Told(
            ended - began, len(run.sent), len(run.acked), in_time, len(run.delivered.keys() & run.acked.keys()),
            run.refused, percentiles(acks), percentiles(deliveries), self.came_back,
        )  # fmt: skip

    async def _settled(self, until: float) -> None:
        run = self.run
        while time.perf_counter() < until:
            refused = sum(run.refused.values())
            if min(len(run.acked), len(run.delivered)) + refused >= len(run.sent):
                return
            await asyncio.sleep(0.05)


async def _patiently(*how: Any) -> Wire:
    """As pages do that are sent away while many come at once: try again, a little later each time."""
    for pause in (0.5, 1, 2, 4, 8, 16):
        try:
            return await Wire.open(*how)
        except Refused:
            await asyncio.sleep(pause * random.uniform(0.5, 1))
    return await Wire.open(*how)


def percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    last = len(ordered) - 1
    return {str(mark): ordered[min(last, int(len(ordered) * mark / 100))] for mark in MARKS}


async def _orders(load: Load) -> None:
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        order = json.loads(line)
        match order.pop("do"):
            case "open":
                await load.open(order)
                answer: dict[str, Any] = {"talks": len(load.talks)}
            case "close_loop":
                answer = asdict(await load.close_loop(**order))
            case "idle":
                answer = dict(await load.idle(**order))
            case _:
                answer = asdict(await load.pace(**order))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_orders(Load(sys.argv[1])))
