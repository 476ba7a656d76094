"""For whoever supervises the process: is it alive, and can it serve? Nothing here names a person or a version."""

from aiohttp import web

from hotline.web.keys import HEALTH


async def alive(_request: web.Request) -> web.StreamResponse:
    """GET /healthz → 200 as long as requests are answered at all; nothing else is asked."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.StreamResponse:
    """GET /readyz → 200 if every fact can be read and written, else 503; and what is missing, in codes.

    Without Redis everything still works, only later: it is told and does not count.
    """
    report = await request.app[HEALTH].report()
    body = {"ready": report.ready, "missing": report.missing}
    return web.json_response(body, status=200 if report.ready else 503)
