"""From starting the process to the first byte of its first answer: `hotline serve` beside a bare aiohttp server."""

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from statistics import median

from tests.bench.conversations.paper import Part
from tests.bench.conversations.sides import REPO, Place, cpu_seconds
from tests.bots.bot_api import TOKEN
from tests.flows.processes import environment
from tests.servers import HOST, free_port
from tests.torture.goals import Goal

BARE = """
import sys
from aiohttp import web
async def hello(request): return web.Response(text="hello")
app = web.Application()
app.router.add_get("/healthz", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
"""
# rich comes with the tools of the tests and with no installation; structlog would load it
SERVE = """
import sys
sys.modules["rich"] = None
from hotline.__main__ import main
sys.exit(main(["serve"]))
"""
ASK = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
PATIENCE = 60.0
BARE_NAME, OURS, WITH_BOT = "bare aiohttp", "hotline serve", "hotline serve with a bot"


def first_byte(command: list[str], port: int, given: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until it comes, and those of the processor that the process took until then. It is killed then."""
    began = time.perf_counter()
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig=KILL", "--", *command], cwd=REPO, env=given,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while time.perf_counter() - began < PATIENCE:
            try:
                with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
                    connection.sendall(ASK)
                    if connection.recv(1):
                        return time.perf_counter() - began, cpu_seconds(process.pid)
            except ConnectionError:
                time.sleep(0.002)
        raise TimeoutError(f"{command} does not answer")
    finally:
        process.kill()
        process.wait()


def imports() -> str:
    """Which packages the time of loading goes to: milliseconds of each, without what it loads itself."""
    command = [sys.executable, "-X", "importtime", "-c", "import hotline.__main__, hotline.app"]
    told = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stderr
    taken: Counter[str] = Counter()
    for line in told.splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            taken[name.strip().partition(".")[0]] += int(own)
    whole = sum(taken.values())
    return ", ".join(f"{name} {100 * took / whole:.0f} %" for name, took in taken.most_common(8))


async def start(place: Place, rounds: int, before: int = 1) -> Part:
    """Medians of so many starts each, in turn. The bot's address leads nowhere: it loads after the pages listen.

    One start of each `before` that leaves its bytecode, as it does where the program is installed.
    """
    settings, _ = await place.installation("start", 1, sqlite=True)
    found: dict[str, list[tuple[float, float]]] = {BARE_NAME: [], OURS: [], WITH_BOT: []}
    for number in range(-before, rounds):
        for name, took in found.items():
            port = free_port()
            given = {**environment(settings), "HOTLINE_PORT": str(port)}
            given.pop("PYTHONDONTWRITEBYTECODE", None)
            command = [sys.executable, "-c", SERVE]
            if name == BARE_NAME:
                command = [sys.executable, "-c", BARE, str(port)]
            if name == WITH_BOT:
                given |= {
                    "HOTLINE_TELEGRAM_TOKEN": TOKEN,
                    "HOTLINE_TELEGRAM_API": f"http://{HOST}:{free_port()}",
                }
            seconds = first_byte(command, port, given)
            if number >= 0:
                took.append(seconds)
    head = ("server", "median ms", "least ms", "most ms", "processor time, ms")
    part = Part("First byte after the start", head)
    for name, took in found.items():
        waited, worked = zip(*took, strict=True)
        figures = median(waited), min(waited), max(waited), median(worked)
        part.rows.append((name, *(1000 * each for each in figures)))
        part.bars[f"{name}, ms"] = 1000 * figures[0]
    bare = part.bars[f"{BARE_NAME}, ms"]
    part.goals = [
        Goal(f"first byte of {name}, times the bare server's", part.bars[f"{name}, ms"] / bare, most=4)
        for name in (OURS, WITH_BOT)
    ]
    if not all(goal.met for goal in part.goals):
        part.notes.append(f"where the time of loading goes: {imports()}")
    return part
