"""Real servers of the tests' own: PostgreSQL, Redis and Chromium on this machine, on free ports of 127.0.0.1.

Every server keeps its files in a directory that goes away with it, and dies with the process that started it,
even if that process is killed: the kernel sends the signal.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from random import sample
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

HOST = "127.0.0.1"
# Below the ports the kernel gives to outgoing connections. Between the choice of one and the listening somebody else
# might choose the same: each worker of a run has its own, and none is given again before all others were.
WORKER, WORKERS = (os.environ.get(f"PYTEST_XDIST_WORKER{more}", "") for more in ("", "_COUNT"))
PORTS = range(20_000, 32_000)[int(WORKER.removeprefix("gw") or 0) % int(WORKERS or 1) :: int(WORKERS or 1)]
TURN = cycle(sample(PORTS, len(PORTS)))
START_SECONDS = 30
STOP_SECONDS = 15

# without the background flags Chromium looks for Google's hosts at every start
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ServerDidNotStart(RuntimeError):
    """The server ended or stayed silent; the message carries the end of its log."""


def free_port() -> int:
    """A port of 127.0.0.1, between 20000 and 32000, that nobody listens on."""
    for port in islice(TURN, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServerDidNotStart("no port from 20000 to 32000 is free")


def chromium_path() -> str:
    """Where this machine keeps its Chromium; the one without a desktop's parts needs a third of the time."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise ServerDidNotStart("no Chromium on this machine: apt-get install chromium-headless-shell")


@dataclass
class Server(ABC):
    """A program on a port of its own. Stopped, it keeps its place and its files, and may be started again."""

    port: int
    home: Path
    program: list[str]
    stopping: signal.Signals
    user: str | None = None
    process: "subprocess.Popen[bytes]" = field(init=False)

    def start(self) -> None:
        """In a group of its own, so that Ctrl-C reaches the tests alone and they end it in order."""
        log = self.home / "log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                _lent(self.program, self.stopping, self.user),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                process_group=0,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ServerDidNotStart(log.read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def stop(self, number: signal.Signals | None = None) -> None:
        """In order, or by another signal."""
        self.process.send_signal(number or self.stopping)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @abstractmethod
    def answers(self) -> bool:
        """Does it serve by now?"""


class RedisServer(Server):
    """A Redis that keeps nothing. A test that stops or wipes it takes one of its own from `redis_server()`."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self, line: str) -> str:
        """The first line of the answer, as Redis writes it: `+PONG`."""
        with closing(socket.create_connection((HOST, self.port), timeout=5)) as connection:
            connection.sendall(f"{line}\r\n".encode())
            return connection.makefile().readline().rstrip()

    def answers(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False


class PostgresServer(Server):
    """A PostgreSQL cluster with the ordinary durability settings; user `hotline` enters without password."""

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://hotline@{HOST}:{self.port}/{database}"

    async def create(self, template: str = "template0") -> str:
        """A new database, a copy of `template` (to which nobody may be connected); its URL."""
        name = f"test_{uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    async def drop(self, url: str) -> None:
        """Removes a database that `create` made, and the connections it still has."""
        await self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It keeps its connections and answers nothing, as behind a network that swallows everything."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        processes = [self.process.pid, *map(int, children.read_text().split())]
        for each in processes:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                os.kill(each, signal.SIGCONT)

    def answers(self) -> bool:
        ready = [str(postgres_tools() / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    async def execute(self, statements: str, url: str = "/postgres", seconds: float = 60) -> None:
        """All in one transaction, in the database of this URL."""
        async with self._connected(url) as connection:
            await connection.execute(statements, timeout=seconds)

    async def ask(self, query: str, url: str = "/postgres") -> Any:
        """The one value of a query."""
        async with self._connected(url) as connection:
            return await connection.fetchval(query)

    @asynccontextmanager
    async def _connected(self, url: str) -> "AsyncIterator[asyncpg.Connection]":
        name = url.rpartition("/")[2]
        connection = await asyncpg.connect(host=HOST, port=self.port, user="hotline", database=name)
        try:
            yield connection
        finally:
            await connection.close()


Kind = TypeVar("Kind", bound=Server)


@contextmanager
def _running(server: Kind) -> Iterator[Kind]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A Redis with nothing in it."""
    with _directory() as home:
        port = free_port()
        program = ["redis-server", "--bind", HOST, "--port", str(port), "--dir", str(home)]
        program += ["--save", "", "--appendonly", "no"]
        with _running(RedisServer(port, home, program, signal.SIGTERM)) as server:
            yield server


@contextmanager
def postgres_server(*options: str) -> Iterator[PostgresServer]:
    """A PostgreSQL cluster with no database of ours yet; run as the user `postgres` where we are root.

    An option is a setting such as "fsync=off"; without any it runs as in production.
    """
    tools = postgres_tools()
    with _directory() as home:
        user = _postgres_user()
        if user:
            shutil.chown(home, user)
        data, port = home / "data", free_port()
        # only the making of the cluster skips fsync; the server itself syncs as in production
        initdb = [str(tools / "initdb"), "-D", str(data), "--username=hotline", "--auth=trust", "--no-sync"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(_lent(initdb, signal.SIGKILL, user), check=True, capture_output=True, cwd=home)
        program = [str(tools / "postgres"), "-D", str(data), "-p", str(port), "-k", str(home)]
        for option in (f"listen_addresses={HOST}", *options):
            program += ["-c", option]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for our own connections
        with _running(PostgresServer(port, home, program, signal.SIGINT, user)) as server:
            yield server


def postgres_tools() -> Path:
    """The directory of `initdb` and its like, which Debian keeps off the PATH; the newest of several."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise ServerDidNotStart("no PostgreSQL server on this machine: apt-get install postgresql")


def _postgres_user() -> str | None:
    """PostgreSQL refuses to run as root, so root lends it the user that its package brings."""
    return pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None


def _lent(command: list[str], at_our_death: signal.Signals, user: str | None) -> list[str]:
    """The command as it runs under `user`, or ours; the kernel signals it when its starter ends."""
    options = [f"--pdeathsig={at_our_death.name.removeprefix('SIG')}"]
    if user:
        options += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return ["setpriv", *options, "--", *command]


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory that is removed at the end; pytest's own would be closed to the user `postgres`."""
    home = Path(tempfile.mkdtemp(prefix="hotline-tests-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
