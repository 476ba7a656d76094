"""Where the processes of the stories come from: one interpreter that has everything imported, and forks.

A child is `hotline <part>` as an operator starts it, less the seconds of importing; only its clock may be the
story's. Run as a program this reads one order per line, and takes its children with it when its input ends.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from bots import telegram  # noqa: F401  for the children: importing aiogram takes seconds
from hotline import __main__ as command
from hotline import app
from hotline.texts import texts
from hotline.web import beats
from tests.factories import SOON
from tests.flows.clock import StoryClock

REPO = Path(__file__).parent.parent.parent
STOP_SECONDS = 20
DEATHS = {signal.SIGCHLD, signal.SIGTERM}  # its children's, and its own


class Nursery:
    """The test's end of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._one_birth = asyncio.Lock()
        self._ended: dict[int, asyncio.Future[int]] = {}

    async def bear(
        self, arguments: list[str], environment: Mapping[str, str], log: Path, clock: Path | None
    ) -> int:
        """Start a process; its id."""
        order = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        order["clock"] = str(clock) if clock else ""
        async with self._one_birth:
            self._writer.write(json.dumps(order).encode() + b"\n")
            return await self._born.get()

    def ended(self, process: int) -> "asyncio.Future[int]":
        """The exit status when it has one; minus the signal that killed it."""
        return self._ended[process]

    async def listen(self) -> None:
        """Until the program ends."""
        async for line in self._reader:
            what, process, status = line.split()
            if what == b"born":
                self._ended[int(process)] = asyncio.get_running_loop().create_future()
                self._born.put_nowait(int(process))
            else:
                self._ended[int(process)].set_result(int(status))


@asynccontextmanager
async def nursery_of(release: Path = REPO) -> AsyncIterator[Nursery]:
    """Of this release, or of another one that lies there. It and all its children are gone afterwards."""
    ours, theirs = socket.socketpair()
    with theirs:
        program = _program(theirs.fileno(), release)
    reader, writer = await asyncio.open_connection(sock=ours)
    made = Nursery(reader, writer)
    listening = asyncio.get_running_loop().create_task(made.listen())
    try:
        yield made
    finally:
        writer.close()
        await writer.wait_closed()
        program.terminate()
        try:
            program.wait(STOP_SECONDS)
        finally:
            program.kill()
            listening.cancel()
            await asyncio.wait([listening])


def _program(end: int, release: Path) -> "subprocess.Popen[bytes]":
    """In a group of its own, so that Ctrl-C reaches the tests alone and they end it in order."""
    command = ["setpriv", "--pdeathsig=TERM", "--", sys.executable, "-m", "tests.flows.nursery"]
    return subprocess.Popen(command, cwd=release, stdin=end, stdout=end, process_group=0)


# -- the program -----------------------------------------------------------------------------------------


def _main() -> None:
    texts()
    gc.collect()
    gc.freeze()  # a child that looks for garbage would copy every page of what it shares with us
    children: set[int] = set()

    def bury(*_: object) -> None:
        with suppress(ChildProcessError, ConnectionError):  # or nobody listens any more
            while (found := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                children.discard(found[0])
                _tell("dead", found[0], os.waitstatus_to_exitcode(found[1]))

    def end(*_: object) -> NoReturn:
        """It may come twice, by the signal and by the end of all orders, and among deaths: none may be left."""
        for child in tuple(children):
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(child, signal.SIGKILL)
        os._exit(0)  # all that was imported need not be taken apart

    signal.signal(signal.SIGCHLD, bury)
    signal.signal(signal.SIGTERM, end)
    try:
        for line in sys.stdin:
            signal.pthread_sigmask(signal.SIG_BLOCK, DEATHS)  # none is told before its birth
            child = os.fork()
            if child == 0:
                _live(json.loads(line))
            children.add(child)
            _tell("born", child, 0)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, DEATHS)
    finally:
        end()


def _tell(what: str, process: int, status: int) -> None:
    os.write(1, f"{what} {process} {status}\n".encode())


def _live(order: dict[str, Any]) -> None:
    """As the child, to the end of its life."""
    status = 1
    try:
        status = _run(order)
    except BaseException:  # noqa: BLE001  the interpreter's own edge, which a fork must not pass
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run(order: dict[str, Any]) -> int:
    for each in DEATHS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, DEATHS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["clock"]:
        clock = StoryClock(Path(order["clock"]))
        beats.GATHER_SECONDS = SOON  # type: ignore[misc]  # a story waits for each sign of life

        async def clock_of(_db: object) -> StoryClock:
            return clock

        app._clock_of = clock_of  # type: ignore[assignment]
    return command.main(order["arguments"])


if __name__ == "__main__":
    _main()
