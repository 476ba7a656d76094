"""One listener of this process: the pages', the monitor's, a bot's."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from hotline.errors import ConfigInvalid

FINISH_SECONDS = 10.0  # for the requests that are being answered when the listener closes


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, setting: str) -> AsyncIterator[None]:
    """Listens while the block runs; then what is being answered is finished, within reason.

    An address in use is a plain error naming the setting. Raises ConfigInvalid.
    """
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=FINISH_SECONDS, keepalive_timeout=30
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise ConfigInvalid(setting, f"cannot listen on {host}:{port}: {reason}") from error
        yield
    finally:
        await runner.cleanup()
