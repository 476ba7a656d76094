"""Ordinary chats beside those who would drown the house: `python -m tests.torture.fairness`, or with `--long`.

One web process and an engine on PostgreSQL and Redis, behind one proxy. Callers and counsellors write to each other at
a steady pace; beside them `abusers` do what they can, in a process with the lowest priority, for a real flood comes
over the wire and takes no core from us. Quiet and flood take turns, so that both see the same machine.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import count

from aiohttp import ClientError, ClientSession

from hotline.lifetime import settle
from tests.bench.login import percentile, sign_in
from tests.flows.nursery import REPO
from tests.flows.people import DEADLINE, Answer, new_id
from tests.flows.processes import Process, Street
from tests.flows.talks import Talk, talks_of
from tests.torture.abusers import Crowd, obey
from tests.torture.goals import Goal, judged, seldom
from tests.torture.ground import ground_of
from tests.torture.vitals import cpu, most_memory, queued

TIMES = 2.0  # as long as in quiet, at most
LATEST = 0.5  # seconds
GROWTH = 0.2  # of memory
PATIENCE = 300.0  # for the abusers to arrive, or to answer
NUMBERS = count(1)


@dataclass(frozen=True)
class Size:
    chats: int
    pace: float  # seconds between two words of one person
    rounds: int
    seconds: float  # of one turn
    crowd: Crowd
    rare: float  # of hundred words so many may take longer than what is judged
    whole: bool  # enough words to be compared with those in quiet


SHORT = Size(2, 1.0, 2, 3, Crowd(chats=40, sign_ins=4, slow=10, oversized=2, ramp=0.5), 50, whole=False)
LONG = Size(10, 3.0, 2, 60, Crowd(chats=500, sign_ins=30, slow=200, oversized=20, ramp=3), 1, whole=True)


@dataclass
class Turns:
    """What people saw in all quiet turns, or in all of flood: seconds from sending."""

    stored: list[float] = field(default_factory=list)  # until the mark
    read: list[float] = field(default_factory=list)  # until the other's page has it
    refused: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0  # seconds of the web process
    queued: float = 0.0  # seconds that it would have run and got no core
    lasted: float = 0.0

    @property
    def words(self) -> int:
        return len(self.stored) + self.refused.total()


@dataclass
class Found:
    quiet: Turns = field(default_factory=Turns)
    flood: Turns = field(default_factory=Turns)
    memory: int = 0  # kB of the web process at most, before anybody came
    most: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


async def run(size: Size) -> int:
    async with ground_of(proxies=1) as ground:
        return _verdict(await _campaign(ground.street, size), size)


async def _campaign(street: Street, size: Size) -> Found:
    web, engine = await street.start("web"), await street.start("engine")
    await engine.says("engine leads")
    await web.says("Listening on")
    chats = (await talks_of(street, size.chats, web)).talks
    found = Found()
    await _talk(chats, size.pace, 2 * size.pace, Turns(), web)  # warm
    await _one_signs_in(web.settings.origin)  # whose password is checked in memory of its own, one at a time
    found.memory = most_memory(web.number)
    settle()  # a collection of garbage in here would be a pause of all ordinary people at once
    async with _abusers(web.settings.origin, size.crowd) as abusers:
        for _ in range(size.rounds):
            await abusers.told("begin")
            await _talk(chats, size.pace, size.seconds, found.flood, web)
            await abusers.told("pause")
            await asyncio.sleep(1)  # what they left behind
            await _talk(chats, size.pace, size.seconds, found.quiet, web)
        found.most = most_memory(web.number)
        sent, answers = json.loads(await abusers.told("end"))
    found.sent, found.answers = Counter(sent), Counter(answers)
    return found


async def _one_signs_in(origin: str) -> None:
    async with ClientSession(origin, headers={"Origin": origin}) as http:
        status = await anext(sign_in(http, 0))
    assert status == 401


async def _talk(chats: list[Talk], pace: float, seconds: float, turns: Turns, web: Process) -> None:
    """Everybody writes at their pace, not all at the same instant, and waits until the other has read it."""
    began, used, stood = time.monotonic(), cpu(web.number), queued(web.number)
    sides = [side for chat in chats for side in _sides(chat)]
    async with asyncio.TaskGroup() as all_at_once:
        for number, (send, reads) in enumerate(sides):
            offset = pace * number / len(sides)
            all_at_once.create_task(_writes(send, reads, began + offset, began + seconds, pace, turns))
    turns.cpu += cpu(web.number) - used
    turns.queued += queued(web.number) - stood
    turns.lasted += time.monotonic() - began


Send = Callable[[str], Awaitable[Answer]]
Reads = Callable[[str], Awaitable[object]]


def _sides(chat: Talk) -> list[tuple[Send, Reads]]:
    """How each of the two writes over their open line, as pages do, and how the other reads it."""
    caller, counsellor, contact = chat.caller, chat.counsellor, chat.contact
    return [
        (lambda text: caller.send_on_line(text, new_id()), partial(counsellor.reads, contact)),
        (lambda text: counsellor.send_on_line(contact, text, new_id()), caller.reads),
    ]


async def _writes(send: Send, reads: Reads, begin: float, until: float, pace: float, turns: Turns) -> None:
    due = begin
    while (now := time.monotonic()) < until:
        await asyncio.sleep(max(0.0, due - now))
        due = max(due, now) + pace
        await _one(send, reads, f"Słowo {next(NUMBERS)}.", turns)


async def _one(send: Send, reads: Reads, text: str, turns: Turns) -> None:
    began = time.monotonic()
    try:
        async with asyncio.timeout(DEADLINE):
            answer = await send(text)
    except (ClientError, TimeoutError):
        turns.refused["no answer"] += 1
        return
    if answer.status != 200 or "slowed" in answer.json():
        turns.refused[str(answer.status)] += 1
        return
    turns.stored.append(time.monotonic() - began)
    try:
        await reads(text)
    except AssertionError:  # in vain for as long as a person of the stories waits
        turns.read.append(DEADLINE)
    else:
        turns.read.append(time.monotonic() - began)


class _Obedient:
    """The process of the abusers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        assert line, "the abusers are gone"
        return line.decode()

    async def told(self, word: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        return await self.says()


@asynccontextmanager
async def _abusers(origin: str, crowd: Crowd) -> AsyncIterator[_Obedient]:
    """They have begun their contacts when the block begins, and are gone after it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.torture.fairness", "--abusers", origin, json.dumps(asdict(crowd)),
        cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=lambda: os.nice(19),
    )  # fmt: skip
    try:
        obedient = _Obedient(process)
        await obedient.says()
        yield obedient
    finally:
        process.kill()
        await process.wait()


def _row(name: str, turns: Turns, size: Size) -> str:
    most = 100 - size.rare
    moments = "   ".join(
        f"{what} {percentile(took, 50) * 1000:.0f} ms (half), {percentile(took, most) * 1000:.0f} ms ({most:g} of 100)"
        for what, took in (("stored", turns.stored), ("read", turns.read))
    )
    busy = f"web process on a core {turns.cpu / turns.lasted:.0%}, in vain for one {turns.queued / turns.lasted:.0%}"
    return f"{name}: {turns.words} words, {moments}; {busy}"


def _verdict(found: Found, size: Size) -> int:
    quiet, flood, most = found.quiet, found.flood, 100 - size.rare
    goals = [Goal("ordinary words refused or unanswered", flood.refused.total(), most=0)]
    for what, before, beside in (
        ("stored", quiet.stored, flood.stored),
        ("on the other's page", quiet.read, flood.read),
    ):
        usual, now = percentile(before, most), percentile(beside, most)
        goals.append(Goal(f"{what}: {most:g} of 100, seconds", now, most=LATEST))
        if size.whole:
            goals.append(Goal(f"{what}: {most:g} of 100, times the quiet value", now / usual, most=TIMES))
    goals += [
        Goal("memory beside the flood, times that before", found.most / found.memory, most=1 + GROWTH),
        Goal("sent by the abusers, times the ordinary words", found.sent.total() / flood.words, least=10),
        Goal(
            "slow readers that were not dropped",
            found.sent["slow reader"] - found.answers["slow reader dropped"],
            most=0,
        ),
        *(
            Goal(f"{kind} sent", found.sent[kind], least=1)
            for kind in ("messages", "frame", "sign-in", "slow reader", "huge body", "huge frame")
        ),
    ]
    figures = [
        _row("quiet", quiet, size),
        _row("beside the flood", flood, size),
        f"memory of the web process: {found.memory / 1024:.0f} MB before, {found.most / 1024:.0f} MB at most",
        f"the abusers sent: {_counted(found.sent)}",
        f"and were answered: {_counted(found.answers)}",
        f"ordinary words refused: {seldom(flood.refused.total(), flood.words, 'beside the flood')}",
    ]
    return judged(figures, goals)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} × {what}" for what, count in sorted(counts.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="the whole crowd, in turns of a minute")
    parser.add_argument("--seconds", type=float, help="of one turn")
    parser.add_argument("--abusers", nargs=2, metavar=("ORIGIN", "CROWD"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.abusers:
        origin, crowd = chosen.abusers
        asyncio.run(obey(origin, Crowd(**json.loads(crowd)), partial(print, flush=True)))
        sys.exit()
    usual = LONG if chosen.long else SHORT
    sys.exit(asyncio.run(run(replace(usual, seconds=chosen.seconds or usual.seconds))))
