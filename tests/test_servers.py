"""The servers the other tests rely on: each really answers, keeps to itself and dies with its owner."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import servers

ROOT = Path(__file__).parent.parent

OWNER = """
import time
from tests import servers
with servers.{server}() as server:
    print(server.process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Where the files that a killed owner leaves behind are swept up; the user `postgres` can enter it."""
    with tempfile.TemporaryDirectory(prefix="hotline-tests-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_postgres_answers(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        version = await connection.scalar(text("SELECT version()"))
        tables = await connection.scalar(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        )
        durable = await connection.scalar(text("SHOW fsync"))
    await engine.dispose()
    assert str(version).startswith("PostgreSQL ")
    assert tables == 0
    assert durable == "on"


async def test_a_database_copied_from_a_template_holds_its_rows(
    postgres_server: servers.PostgresServer, postgres_url: str
) -> None:
    plain = postgres_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(plain)
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    await connection.close()

    copy = await postgres_server.create(template=plain.rpartition("/")[2])
    connection = await asyncpg.connect(copy.replace("+asyncpg", ""))
    number = await connection.fetchval("SELECT number FROM kept")
    await postgres_server.drop(copy)  # although a connection is open
    connection.terminate()
    assert number == 7


async def test_redis_answers_and_is_empty(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        assert await client.ping()
        assert await client.dbsize() == 0


async def test_chromium_renders_a_page(browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto("data:text/html;charset=utf-8,<h1>Gdzie są kluczyki? Żółć, привіт</h1>")
    heading = await page.inner_text("h1")
    picture = await page.screenshot()
    await context.close()
    assert heading == "Gdzie są kluczyki? Żółć, привіт"
    assert picture.startswith(b"\x89PNG")


def test_free_ports_are_below_those_of_outgoing_connections() -> None:
    assert 20_000 <= servers.free_port() < 32_000


def test_a_free_port_is_not_given_again_before_somebody_listens() -> None:
    given = [servers.free_port() for _ in range(500)]
    assert len(set(given)) == len(given)


@pytest.mark.parametrize("server", ["redis_server", "postgres_server"])
def test_a_server_dies_with_the_process_that_started_it(server: str, open_directory: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(server=server)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(open_directory)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        os.kill(pid, 0)
        owner.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
