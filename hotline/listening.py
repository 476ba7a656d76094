"""One listener of this process: the pages', the monitor's, a bot's."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from hotline.errors import ConfigInvalid

KNOCKING = 1024  # pages that may do so at the same moment; a kernel may allow fewer
IN_A_TURN = 4  # of them let in before those who are inside are heard again
FINISH_SECONDS = 10.0  # for the requests that are being answered when the listener closes
# For those who were let in last: who has only just come would neither be heard nor sent away by the server until it
# gives up waiting for them, and a page would wait for as long.
LET_IN_SECONDS = 0.1


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, setting: str) -> AsyncIterator[None]:
    """Listens while the block runs; then what is being answered is finished, within reason.

    An address in use is a plain error naming the setting. Raises ConfigInvalid.
    """
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=FINISH_SECONDS, keepalive_timeout=30
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101  set up
    try:
        try:
            server = await asyncio.get_running_loop().create_server(
                runner.server, host, port, backlog=IN_A_TURN
            )
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise ConfigInvalid(setting, f"cannot listen on {host}:{port}: {reason}") from error
        _lengthen(server)
        async with _closing(server):
            yield
    finally:
        await runner.cleanup()


def _lengthen(server: asyncio.Server) -> None:
    """To asyncio both are one number: how many wait in the kernel, and how many are let in at once."""
    for each in server.sockets:
        with each.dup() as same:
            same.listen(KNOCKING)


@asynccontextmanager
async def _closing(server: asyncio.Server) -> AsyncIterator[None]:
    """Nobody is let in any more; closing at once would lose who is on the threshold."""
    try:
        yield
    finally:
        for each in server.sockets:
            asyncio.get_running_loop().remove_reader(each.fileno())
        await asyncio.sleep(LET_IN_SECONDS)
        server.close()
