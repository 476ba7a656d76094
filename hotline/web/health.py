"""For whoever supervises the process: is it alive, and can it serve? Nothing here names a person or a version."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from hotline.errors import HotlineError
from hotline.live.bus import RedisBus
from hotline.system import System
from hotline.web.keys import SYSTEM


async def alive(_request: web.Request) -> web.StreamResponse:
    """GET /healthz → 200 as long as requests are answered at all."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.StreamResponse:
    """GET /readyz → 200 if every fact can be read, else 503; part -> does it answer.

    Without Redis everything still works, only later: it is told and does not count.
    """
    system = request.app[SYSTEM]
    parts = {"database": await _answers(system.db.ping), "keys": await _answers(system.keys.ping)}
    ready = all(parts.values())
    parts |= await _redis(system)
    return web.json_response({"ready": ready, **parts}, status=200 if ready else 503)


async def _redis(system: System) -> dict[str, bool]:
    return {"redis": await _answers(system.bus.ping)} if isinstance(system.bus, RedisBus) else {}


async def _answers(ask: Callable[[], Awaitable[None]]) -> bool:
    try:
        await ask()
    except HotlineError:
        return False
    return True
