"""How a process lives under a supervisor: what systemd is told, and the end that comes in any case."""

import asyncio
import gc
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from hotline import lifetime
from tests.factories import MovableClock, Running, running_house, settings_in

STUCK = """
import asyncio, sys, time
from hotline import lifetime

async def main():
    lifetime.LIMIT_SECONDS = 1.0
    print("ready", flush=True)
    await lifetime.told_to_end()
    time.sleep(60)  # the loop itself hangs

asyncio.run(main())
"""

# All pieces but the last are garbage: it lies behind them, so the allocator keeps them when they are freed.
FREED = """
import asyncio
import gc
from pathlib import Path
from hotline import lifetime

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

async def main():
    lifetime.GIVE_BACK_SECONDS = 0.01
    pieces = [bytes(20_000) for _ in range(2_000)]
    gc.disable()  # as good as off, in a quiet night
    for piece in pieces[:-1]:
        cycle = [piece]
        cycle.append(cycle)
    del pieces[:-1], piece, cycle
    before = resident()
    giving = asyncio.ensure_future(lifetime.give_back())
    await asyncio.sleep(0.1)
    giving.cancel()
    print(before, resident())

asyncio.run(main())
"""


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """Where systemd listens."""
    name = (
        str(tmp_path / "notify")
        if request.param == "a path"
        else f"@hotline-{tmp_path.name}-{time.monotonic_ns()}"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name.replace("@", "\0", 1))
        end.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield end


def test_systemd_is_told(systemd: socket.socket) -> None:
    lifetime.tell("READY=1")
    assert systemd.recv(100) == b"READY=1"


def test_nobody_need_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    lifetime.tell("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    lifetime.tell("READY=1")


async def test_the_watchdog_is_fed_as_often_as_was_asked(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    feeding = asyncio.get_running_loop().create_task(lifetime.watchdog())
    began = time.monotonic()
    for _ in range(3):
        assert await asyncio.to_thread(systemd.recv, 100) == b"WATCHDOG=1"
    feeding.cancel()
    assert 0.3 < time.monotonic() - began < 15


def test_collections_do_not_go_through_what_stays() -> None:
    before = gc.get_threshold()
    gc.unfreeze()
    gc.disable()  # as while all was loaded
    try:
        lifetime.settle()
        assert gc.get_freeze_count() > 100_000  # all that is loaded
        assert gc.isenabled()
        looks = [each["collections"] for each in gc.get_stats()]
        began = time.thread_time()  # what others take of the machine is not ours
        busy: list[list[str]] = [[] for _ in range(10_000)]  # what a few hundred messages on their way are
        took = time.thread_time() - began
        young, middle, old = (
            each["collections"] - before for each, before in zip(gc.get_stats(), looks, strict=True)
        )
        assert (young > 0, middle <= 2, old) == (True, True, 0), len(busy)
        began = time.thread_time()
        gc.collect(0)
        assert time.thread_time() - began < max(took, 0.02)  # what one look costs whoever waits meanwhile
    finally:
        gc.set_threshold(*before)
        gc.enable()


async def test_without_a_watchdog_nothing_is_fed() -> None:
    async with asyncio.timeout(60):
        await lifetime.watchdog()


def test_even_a_loop_that_hangs_ends_in_time() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert 0.9 < time.monotonic() - began < 15
        assert b"ended by force" in process.stdout.read() + process.stderr.read()


# -- what it leaves in the log ---------------------------------------------------------------------------------


async def test_each_life_of_a_process_begins_with_what_it_is(tmp_path: Path) -> None:
    with capture_logs() as logged:
        async with running_house(settings_in(tmp_path), MovableClock()):
            pass
    (line,) = [each for each in logged if each["event"] == "running"]
    assert line.keys() == {"event", "log_level", "kind", "centre", "version", "schema"}
    assert line["kind"] == "engine,web"
    assert line["schema"] != "none"


async def test_what_is_asked_all_the_time_is_told_at_debug_only(running: Running) -> None:
    with capture_logs() as logged:
        async with ClientSession(running.url) as session:
            for path in ("/healthz", "/readyz", "/static/000000000000/css/none.css", "/", "/nothing"):
                async with session.get(path):
                    pass
    levels = {each["route"]: each["log_level"] for each in logged if each["event"] == "request"}
    assert levels == {
        "/healthz": "debug", "/readyz": "debug", "/static/{version}/{path}": "debug", "/": "info", "none": "info",
    }  # fmt: skip


async def test_who_is_just_out_of_time_is_ended_as_well() -> None:
    async def limited() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.get_running_loop().create_task(limited())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert task.cancelling()  # by its limit of time, which takes it back
    async with asyncio.timeout(60):
        await lifetime.end({task})
    assert task.cancelled()


async def test_an_end_in_good_order_is_not_cut_short() -> None:
    done, began = [], asyncio.Event()

    async def orderly() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(3 * lifetime.AGAIN_SECONDS)
            done.append("all")

    task = asyncio.get_running_loop().create_task(orderly())
    await began.wait()
    task.cancel()  # by whoever was first
    await lifetime.end({task})
    assert done == ["all"]


async def test_memory_that_is_free_goes_back_to_the_kernel() -> None:
    """In a process of its own, whose heap nobody else has a hand in."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", FREED, stdout=subprocess.PIPE)
    told, _ = await process.communicate()
    before, after = map(int, told.split())
    assert before - after > 10_000_000


async def test_what_has_grown_old_before_it_was_garbage_is_found_by_the_clock_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifetime, "GIVE_BACK_SECONDS", 0.01)
    monkeypatch.setattr(lifetime, "AMONG_ALL", 3)
    rounds: list[tuple[int, bool]] = []
    old = Cycle()
    gone = weakref.ref(old)
    gc.collect()
    gc.disable()
    collect = gc.collect

    def noted(among: int) -> None:
        collect(among)
        rounds.append((among, gone() is None))

    monkeypatch.setattr(gc, "collect", noted)
    try:
        del old
        with suppress(TimeoutError):
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                giving = tasks.create_task(lifetime.give_back())
                while len(rounds) < 3:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                giving.cancel()
    finally:
        gc.enable()
    assert rounds[:3] == [(1, False), (1, False), (2, True)]


class Cycle:
    """Holds itself, so that only a look for garbage ends it."""

    def __init__(self) -> None:
        self.itself = self
