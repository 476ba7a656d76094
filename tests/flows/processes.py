"""The house as several processes of this machine, on one PostgreSQL and one Redis, with the clock of the day.

Each process is started as an operator starts it, and writes its log to a file of its own.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from hotline import app
from hotline.actions import staff
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from hotline.system import System
from tests import factories
from tests.factories import VICTIMS, Person
from tests.flows.people import DEADLINE, WebCaller, eventually
from tests.flows.staff import Counsellor
from tests.servers import free_port

REPO = Path(__file__).parent.parent.parent
START_SECONDS = 60.0  # four interpreters at once on a busy machine


def environment(settings: Settings) -> dict[str, str]:
    """What a process of this installation is given, and no setting of ours besides."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    where = ("data", "centre", "centre_overlay", "port", "database_url", "keys_url", "redis_url")
    names = (*where, "telegram_api", "telegram_token")
    return clean | {f"HOTLINE_{name.upper()}": str(getattr(settings, name)) for name in names}


def figures(text: str) -> None:
    """What was measured, for whoever runs the story with -s."""
    print(f"\n{text}")  # noqa: T201


class Process:
    """`hotline web`, `hotline engine` or another, running."""

    def __init__(self, part: str, settings: Settings, log: Path) -> None:
        self.settings, self._log = settings, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hotline", part],
                env=environment(settings),
                cwd=REPO,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    @property
    def origin(self) -> str:
        return self.settings.origin

    def log(self) -> str:
        return self._log.read_text()

    async def says(self, words: str, at_most: float = START_SECONDS) -> float:
        """Wait until the log holds these words; how long that took, in seconds."""
        began = time.monotonic()
        while words not in self.log():
            assert self._process.poll() is None, self.log()[-2000:]
            assert time.monotonic() - began < at_most, f"{words!r} is not in: {self.log()[-2000:]}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ends(self, number: signal.Signals) -> int:
        """Send the signal and wait; the exit status."""
        self.tell(number)
        return await asyncio.to_thread(self._process.wait, 20)

    def end(self) -> None:
        """Whatever it is doing, it is over."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Street:
    """The processes, the people before them, and a look at the database they share."""

    def __init__(self, settings: Settings, system: System, logs: Path) -> None:
        self.settings, self.system, self._logs = settings, system, logs
        self._processes: list[Process] = []
        self._people: list[WebCaller | Counsellor] = []

    def start(self, part: str, **more: str) -> Process:
        """Start a process; it is not ready yet."""
        settings = replace(self.settings, port=free_port(), **more)  # type: ignore[arg-type]
        process = Process(part, settings, self._logs / f"{len(self._processes)}-{part}.log")
        self._processes.append(process)
        return process

    async def opens(self) -> tuple[Process, Process, Process, Process]:
        """Two web processes, the engine that leads, and one that stands by."""
        one, other, engine = self.start("web"), self.start("web"), self.start("engine")
        await engine.says("engine leads")
        standby = self.start("engine")
        for web in (one, other):
            await web.says("Listening on")
        await standby.says("Running: engine")
        return one, other, engine, standby

    async def hires(self, name: str, lines: Collection[str] = (VICTIMS,), talks: int = 2) -> Person:
        return await factories.add_person(self.system, name, lines, present=False, text_limit=talks)

    async def at_console(self, person: Person, name: str, web: Process) -> Counsellor:
        """The person's console, open at this web process."""
        counsellor = Counsellor(web.origin, person.id, name)
        self._people.append(counsellor)
        secret = await staff.issue_link(self.system, OPERATOR, person.id)
        assert await counsellor.signs_in(f"/sign-in/once/{secret}") == "/console"
        await counsellor.opens_console()
        return counsellor

    def caller(self, web: Process, before: WebCaller | None = None) -> WebCaller:
        """Somebody's page at this web process; or the page they had `before` elsewhere, as the browser kept it."""
        caller = WebCaller(web.origin, VICTIMS)
        if before is not None:
            caller.token, caller.cursor = before.token, before.cursor
            caller.state, caller.seen = before.state, list(before.seen)
        self._people.append(caller)
        return caller

    async def offered(self, contact: str, at_most: float = DEADLINE) -> float:
        """Wait until the database has a pending offer for this contact; how long that took, in seconds."""

        async def found() -> bool:
            return contact in [each.contact_id for each in await factories.pending(self.system)]

        began = time.monotonic()
        await eventually(found, "an offer")
        took = time.monotonic() - began
        assert took < at_most
        return took

    async def closes(self) -> None:
        for person in self._people:
            await person.close()
        for process in self._processes:
            process.end()


@asynccontextmanager
async def street_of(settings: Settings, logs: Path) -> AsyncIterator[Street]:
    """An installation whose databases are ready and whose processes are not started yet."""
    async with app.open_system(settings) as system:
        street = Street(settings, system, logs)
        try:
            yield street
        finally:
            await street.closes()
