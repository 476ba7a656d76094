"""The wires and ears of the campaigns, and the history they are judged by: what they say must be so."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random

import asyncpg
import pytest
from aiohttp import ClientError, ClientSession, web

from tests.flows.people import eventually
from tests.servers import HOST, PostgresServer, free_port
from tests.torture.ears import Answers, Cuts, HttpEar, PostgresEar
from tests.torture.history import History, Said
from tests.torture.wires import FAULTS, wire_to

SECONDS = 0.3
PAGE = "ą" * 3000


@pytest.fixture
async def posts() -> AsyncIterator[tuple[int, list[str]]]:
    """A server's port, and what was posted to it."""
    found: list[str] = []

    async def post(request: web.Request) -> web.Response:
        found.append(await request.text())
        return web.Response(text=PAGE)

    app = web.Application()
    app.router.add_route("*", "/", post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    yield port, found
    await runner.cleanup()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1000):
            writer.write(data)
    writer.close()


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_wire_fails_in_five_ways_and_heals(fault: str) -> None:
    port = free_port()
    async with await asyncio.start_server(_echo, HOST, port), wire_to(port) as wire:

        async def echoed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
            writer.write(PAGE.encode())
            return await reader.readexactly(len(PAGE.encode())) == PAGE.encode()

        before = await asyncio.open_connection(HOST, wire.port)
        assert await echoed(*before)
        began = time.monotonic()
        failing = asyncio.get_running_loop().create_task(wire.suffers(fault, SECONDS, 5, Random(2)))
        await asyncio.sleep(0)
        if fault in ("cut after", "reset"):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await echoed(*before)
        else:
            assert await echoed(*before)
            assert time.monotonic() - began > (SECONDS - 0.01 if fault == "half-open" else 0.005)
        assert await failing
        after = await asyncio.open_connection(HOST, wire.port)
        assert await echoed(*after)
        for _, writer in (before, after):
            writer.close()


async def test_an_answer_is_lost_only_after_the_request_was_carried_out(posts: tuple[int, list[str]]) -> None:
    port, found = posts
    answers = Answers(Random(1), share=1.0)
    async with wire_to(port, lambda: HttpEar(answers)) as wire, ClientSession() as session:
        with pytest.raises(ClientError):
            await session.post(wire.url, data="raz")
        async with session.get(wire.url) as answer:
            assert await answer.text() == PAGE
    assert found == ["raz", ""]
    assert answers.lost == answers.given == 1


@pytest.mark.postgres
@pytest.mark.parametrize("when", ["sent", "answered"])
@pytest.mark.parametrize("how", ["alone", "in a transaction", "as text"])
async def test_a_commit_is_cut_before_its_answer(
    postgres_server: PostgresServer, when: str, how: str
) -> None:
    cuts = Cuts(Random(0))
    url = await postgres_server.create()
    await postgres_server.execute("CREATE TABLE words (id int)", url)
    name = url.rpartition("/")[2]
    async with wire_to(postgres_server.port, lambda: PostgresEar(cuts)) as wire:
        for number in range(20):
            connection = await asyncpg.connect(host=HOST, port=wire.port, user="hotline", database=name)
            cuts.wanted = 1
            async with connection.transaction():
                assert await connection.fetchval("SELECT count(*) FROM words WHERE id >= $1", 0) == number
            with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
                await _write(connection, how)
            connection.terminate()
            await _settled(postgres_server, url, number + 1)
            if cuts.made[when]:
                break
    assert cuts.made[when] == 1
    assert cuts.seen == cuts.made.total()
    await postgres_server.drop(url)


async def _write(connection: "asyncpg.Connection[asyncpg.Record]", how: str) -> None:
    if how == "alone":
        await connection.execute("INSERT INTO words VALUES ($1)", 1)
    elif how == "as text":
        await connection.execute("INSERT INTO words VALUES (1)")
    else:
        async with connection.transaction():
            await connection.execute("INSERT INTO words VALUES ($1)", 1)


async def _settled(server: PostgresServer, url: str, rows: int) -> None:
    """What was sent is carried out, though nobody hears of it."""
    name = url.rpartition("/")[2]
    direct = await asyncpg.connect(host=HOST, port=server.port, user="hotline", database=name)

    async def stored() -> bool:
        return bool(await direct.fetchval("SELECT count(*) = $1 FROM words", rows))

    await eventually(stored, "the row")
    await direct.close()


@pytest.mark.parametrize(
    ("shown", "faults"),
    [
        (["A 0", "B 0", "A 1"], {}),
        (["A 0", "inne", "A 1", "B 0"], {}),
        (["A 0", "A 1"], {"missing": 1}),
        (["A 0", "B 0", "A 1", "A 0"], {"twice": 1}),
        (["A 1", "B 0", "A 0"], {"out of order": 1}),
        (["A 1", "inne", "inne", "A 0"], {"missing": 1, "twice": 1, "out of order": 1}),
    ],
)
def test_a_history_finds_what_is_missing_twice_or_out_of_order(
    shown: list[str], faults: dict[str, int]
) -> None:
    history = History()
    for text in ("A 0", "B 0", "A 1"):
        history.heard(Said(text[0], "contact", f"id-{text}", text))
    assert history.faults("contact", shown) == Counter(faults)


def test_a_history_knows_rows_by_their_ids() -> None:
    history = History()
    history.heard(Said("A", "contact", "one", "raz"))
    assert history.faults("contact", ["raz"], ["other"]) == Counter({"missing": 1})
    assert history.faults("contact", ["raz"], ["one", "one"]) == Counter({"twice": 1})
