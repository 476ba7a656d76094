"""The reference: a bare aiohttp server that commits what gathered during the last commit, and passes the text on.

No rights, no seals, no history, no numbers that survive a restart: what a message costs at least on this machine.
Run as a program it speaks the frames of ours, so that the same client drives both. On PostgreSQL it uses the driver
itself, on SQLite a thread of its own; two processes pass texts on over Redis.
"""

import argparse
import asyncio
import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
from aiohttp import WSMsgType, web
from redis.asyncio import Redis

BATCH = 200
TABLE = "CREATE TABLE IF NOT EXISTS said (talk text, id text, who text, body text, at float8, PRIMARY KEY (talk, id))"
CHANNEL = "reference"
Row = tuple[str, str, str, str, float]  # talk, id, who, text, seconds


class Postgres:
    def __init__(self, url: str) -> None:
        self._url = url.replace("+asyncpg", "")

    async def open(self) -> None:
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(TABLE)
        statement = (
            "INSERT INTO said SELECT * FROM unnest($1::text[],$2::text[],$3::text[],$4::text[],$5::float8[])"
        )
        self._insert = await self._connection.prepare(statement)

    async def add(self, rows: list[Row]) -> None:
        await self._insert.fetch(*map(list, zip(*rows, strict=True)))


class Sqlite:
    """As durable as ours: WAL, and every commit synced."""

    def __init__(self, url: str) -> None:
        self._file, self._thread = url.partition("///")[2], ThreadPoolExecutor(1)

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._file, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
            self._connection.execute(statement)

    async def add(self, rows: list[Row]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._add, rows)

    def _add(self, rows: list[Row]) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO said VALUES (?,?,?,?,?)", rows)
        self._connection.execute("COMMIT")


class Reference:
    """Its sockets by (talk, who), and what waits to be written."""

    def __init__(self, store: Postgres | Sqlite, redis: str) -> None:
        self._store = store
        self._redis = Redis.from_url(redis) if redis else None
        self._waiting: asyncio.Queue[tuple[web.WebSocketResponse, Row]] = asyncio.Queue()
        self._sockets: dict[tuple[str, str], set[web.WebSocketResponse]] = defaultdict(set)
        self._last: dict[str, int] = defaultdict(int)

    async def caller(self, request: web.Request) -> web.WebSocketResponse:
        return await self._serve(request, "caller", "token")

    async def console(self, request: web.Request) -> web.WebSocketResponse:
        return await self._serve(request, "staff", "watch")

    async def _serve(self, request: web.Request, who: str, named_by: str) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        talk = json.loads(await socket.receive_str())[named_by]
        self._sockets[talk, who].add(socket)
        await socket.send_str('{"contact": "", "entries": []}')
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                said = json.loads(message.data)
                said = said.get("reply", said)
                self._waiting.put_nowait((socket, (talk, said["id"], who, said["text"], time.time())))
        self._sockets[talk, who].discard(socket)
        return socket

    async def write(self) -> None:
        """Commit, acknowledge, pass on; meanwhile the next gather."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            rows = [row for _, row in batch]
            await self._store.add(rows)
            for socket, (talk, message_id, _, _, at) in batch:
                self._last[talk] += 1
                if not socket.closed:
                    ack = {"id": message_id, "seq": self._last[talk], "time": at}
                    await socket.send_str(json.dumps({"ack": ack}))
            if self._redis is not None:
                await self._redis.publish(CHANNEL, json.dumps(rows))
            else:
                await self._pass_on(rows)

    async def listen(self) -> None:
        """Hear what any process has stored, this one included."""
        if self._redis is not None:
            async with self._redis.pubsub() as ear:
                await ear.subscribe(CHANNEL)
                async for message in ear.listen():
                    if message["type"] == "message":
                        await self._pass_on(json.loads(message["data"]))

    async def _pass_on(self, rows: list[Row]) -> None:
        for talk, message_id, who, text, _ in rows:
            other = "staff" if who == "caller" else "caller"
            for socket in tuple(self._sockets.get((talk, other), ())):
                if not socket.closed:
                    entry = {"seq": self._last[talk], "id": message_id, "who": who, "text": text}
                    frame = {"contact": talk, "entries": [entry]}
                    await socket.send_str(json.dumps(frame, ensure_ascii=False))


async def healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def application(database: str, redis: str) -> web.Application:
    store: Postgres | Sqlite = Postgres(database) if database.startswith("postgres") else Sqlite(database)
    server = Reference(store, redis)

    async def run(_app: web.Application) -> AsyncIterator[None]:
        await store.open()
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(server.write()), loop.create_task(server.listen())]
        yield
        for task in tasks:
            task.cancel()

    app = web.Application()
    app.cleanup_ctx.append(run)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/chat/{line}/socket", server.caller)
    app.router.add_get("/console/socket", server.console)
    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--database", required=True)
    parser.add_argument("--redis", default="")
    chosen = parser.parse_args()
    web.run_app(
        application(chosen.database, chosen.redis), host="127.0.0.1", port=chosen.port,
        access_log=None, print=None,
    )  # fmt: skip


if __name__ == "__main__":
    main()
