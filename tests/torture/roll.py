"""The release before, this one, and back again, while people talk: `python -m tests.torture.roll`, or with `--long`.

Every process is ended in order and replaced by one of the other release, one after the other, on one database with
this release's schema. Nothing is lost, and whoever was connected to a process is back on another soon after.
"""

import argparse
import asyncio
import io
import signal
import subprocess
import sys
import tarfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from tests.bots.bot_api import TOKEN, BotApi
from tests.flows.nursery import REPO, Nursery, nursery_of
from tests.flows.people import Browser
from tests.flows.processes import Process, Street
from tests.flows.talks import Talks, in_seconds, talks_of
from tests.servers import free_port
from tests.torture.fleet import SECRET
from tests.torture.goals import Goal, judged, seldom
from tests.torture.ground import ground_of
from tests.torture.history import History
from tests.torture.looks import Looks
from tests.torture.talkers import Chat, chats

READY = {"web": "Listening on", "engine": "Running: engine", "telegram": "Running: telegram"}
PARTS = ("web", "web", "engine", "engine", "telegram")
ENDS = 30.0  # seconds that a process has to end in order
BACK, BACK_MEDIAN = 10.0, 3.0  # seconds until a page is connected again
BETWEEN = 3  # messages of everybody between two replacements


@dataclass(frozen=True)
class Size:
    talks: int
    chats: int
    rolls: int  # there and back
    messages: int  # at least, acknowledged meanwhile


What = tuple[str, str]  # the part and its release
OURS, BEFORE = "this release", "the release before"
SHORT = Size(3, 2, 1, 100)
LONG = Size(40, 10, 20, 10_000)


def release_before() -> str | None:
    """The newest tag, or else the last commit before the newest migration; None where the history is not here."""
    found = _git("describe", "--tags", "--abbrev=0")
    if found.returncode == 0:
        return found.stdout.strip()
    newest = _git("log", "-1", "--format=%H", "--", "hotline/migrations/main/versions").stdout.strip()
    before = _git("rev-parse", "--verify", "--quiet", f"{newest}^")
    if not newest or before.returncode != 0:
        return None
    return before.stdout.strip()


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=REPO, check=False, capture_output=True, text=True)


def unpacked(release: str, folder: Path) -> Path:
    archive = ["git", "-c", "safe.directory=*", "archive", release]
    packed = subprocess.run(archive, cwd=REPO, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")
    return folder


@dataclass(eq=False)
class Post:
    """The place of one process, whichever release is there."""

    part: str
    given: dict[str, Any]
    process: Process | None = None
    what: What = ("", "")


@dataclass
class Found:
    """Seconds, by the part that was replaced and its release.

    How a process ends is its own release's doing: the goals of time are for this one, the other's figures are told.
    """

    ended: dict[What, list[float]] = field(default_factory=lambda: defaultdict(list))
    back: dict[What, list[float]] = field(default_factory=lambda: defaultdict(list))
    """From the end of a page's connection to the next."""
    replaced: int = 0


class Town:
    """All processes, each of one release or the other."""

    def __init__(self, street: Street, logs: Path, api: BotApi, old: Nursery) -> None:
        self.street, self._logs, self._old, self._started = street, logs, old, 0
        self._going: What = ("", "")  # what is being replaced
        bot = {"telegram_api": api.url, "telegram_token": TOKEN, "telegram_secret": SECRET}
        self.posts = [
            Post(
                part,
                {"port": free_port(), "telegram_port": free_port()} | (bot if part == "telegram" else {}),
            )
            for part in PARTS
        ]
        self.found = Found()

    async def starts(self, post: Post, release: Nursery) -> None:
        log = self._logs / f"{self._started}-{post.part}.log"
        self._started += 1
        post.process = await Process.start(
            release, post.part, replace(self.street.settings, **post.given), log
        )
        await post.process.says(READY[post.part])
        post.what = post.part, BEFORE if release is self._old else OURS

    async def replaces(self, post: Post, release: Nursery) -> None:
        assert post.process is not None
        began, self._going = time.monotonic(), post.what
        assert await post.process.ends(signal.SIGTERM) == 0, post.process.log()[-2000:]
        self.found.ended[post.what].append(time.monotonic() - began)
        await self.starts(post, release)
        self.found.replaced += 1

    def ends(self) -> None:
        """All of them, whatever they do."""
        for post in self.posts:
            if post.process is not None:
                post.process.end()

    @property
    def webs(self) -> list[Process]:
        return [post.process for post in self.posts if post.part == "web" and post.process is not None]

    async def watches(self, pages: list[Browser]) -> None:
        """How long every page is without its connection, each time."""
        gone: dict[Browser, tuple[float, What]] = {}
        while True:
            now = time.monotonic()
            for page in pages:
                if not page.live:
                    gone.setdefault(page, (now, self._going))
                elif page in gone:
                    since, what = gone.pop(page)
                    self.found.back[what].append(now - since)
            await asyncio.sleep(0.02)


async def run(size: Size) -> int:
    before = release_before()
    if before is None:
        print("NOT RUN: this clone has neither a tag nor the commits before the newest migration: fetch them")  # noqa: T201
        return size is LONG
    async with (
        ground_of() as ground,
        nursery_of(unpacked(before, ground.folder / "before")) as old,
        AsyncExitStack() as stack,
    ):
        street, api = ground.street, ground.api
        town = Town(street, ground.folder, api, old)
        history = History()
        stack.callback(town.ends)  # the release before may not know how to end what it has borne
        for post in town.posts:
            await town.starts(post, old)
        talks = await talks_of(street, size.talks, *town.webs, pause=0.1)
        phones = await chats(street, town.webs, api, history, Random(1), size.chats)
        looks = Looks(street.system, history, api, settles=30.0)
        async with _talking(talks, phones, looks) as pages, _watching(town, pages):
            for _ in range(size.rolls):
                for release in (ground.nursery, old):
                    for post in town.posts:
                        await town.replaces(post, release)
                        await talks.more(BETWEEN)
        return _verdict(before, town.found, talks, phones, looks, size)


@asynccontextmanager
async def _talking(talks: Talks, phones: list[Chat], looks: Looks) -> AsyncIterator[list[Browser]]:
    """Everybody, on the web and with phones; afterwards everything must be there."""
    stop = asyncio.Event()
    async with talks.going_on(), asyncio.TaskGroup() as group:
        staying = [group.create_task(chat.counsellor.stays(chat.comes_back)) for chat in phones]
        async with asyncio.TaskGroup() as writing:
            for chat in phones:
                writing.create_task(chat.writes(stop, writing, 0.5))
                writing.create_task(chat.pen.writes(stop))
            yield [page for talk in talks.talks for page in (talk.caller, talk.counsellor)]
            stop.set()
        for chat in phones:
            await looks.at_phone(chat)
        for page in staying:
            page.cancel()


@asynccontextmanager
async def _watching(town: Town, pages: list[Browser]) -> AsyncIterator[None]:
    watch = asyncio.get_running_loop().create_task(town.watches(pages))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait([watch])


def _verdict(before: str, found: Found, talks: Talks, phones: list[Chat], looks: Looks, size: Size) -> int:
    updates = sum(chat.confirmed for chat in phones)
    acknowledged = talks.acknowledged + updates + sum(len(chat.pen.acknowledged) for chat in phones)
    wrong = looks.faults.total()  # on the web a fault ends the campaign
    ended, back = (list(chain.from_iterable(each.values())) for each in (found.ended, found.back))
    ours_ended, ours_back = (
        [took for (_, release), each in times.items() if release == OURS for took in each]
        for times in (found.ended, found.back)
    )
    figures = [
        f"between {before[:12]} and this release: {found.replaced} processes replaced, ended {in_seconds(ended)}",
        *(
            f"  {part} of {release}: {in_seconds(took)}"
            for (part, release), took in sorted(found.ended.items())
        ),
        f"{len(back)} times a page was back {in_seconds(back)}",
        *(
            f"  since {part} of {release} ended: {in_seconds(took)}"
            for (part, release), took in sorted(found.back.items())
        ),
        f"{acknowledged} messages, {updates} of them updates; acknowledged {in_seconds(talks.took)}",
        f"{talks.unanswered} tries unanswered, {talks.refused.total()} refused, and repeated",
        f"to phones: {looks.sent} words, {looks.again} brought again, {looks.under_way} still under way",
        *(f"found: {fault}: {count}" for fault, count in looks.faults.items()),
        f"missing, twice or out of order: {seldom(wrong, acknowledged, 'acknowledged messages')}",
    ]
    return judged(
        figures,
        [
            Goal("missing, twice or out of order", wrong, most=0),
            Goal(f"to end a process of {OURS} in order, s", max(ours_ended), most=ENDS),
            Goal(f"until a page of {OURS} is back, s", max(ours_back), most=BACK),
            Goal("until a page is back, s (median)", median(back), most=BACK_MEDIAN),
            Goal("pages that came back", len(back), least=2 * size.rolls),
            Goal(f"of them pages of {OURS}", len(ours_back), least=size.rolls),
            Goal("words still not brought to their phone", looks.under_way, most=0),
            Goal("acknowledged meanwhile", acknowledged, least=size.messages),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="50 open talks, twenty times there and back")
    sys.exit(asyncio.run(run(LONG if parser.parse_args().long else SHORT)))
