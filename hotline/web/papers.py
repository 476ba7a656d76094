"""The privacy notice, as it is and as it was shown, and the accessibility statement: made of the centre's data."""

from datetime import date
from typing import Any

from aiohttp import web

from hotline.errors import NotFound
from hotline.store import views
from hotline.web import render
from hotline.web.keys import SYSTEM


async def privacy(request: web.Request) -> web.StreamResponse:
    """GET /prywatnosc"""
    return await _notice(request, request.app[SYSTEM].notice.version)


async def privacy_version(request: web.Request) -> web.StreamResponse:
    """GET /prywatnosc/{version}: the words of then, whatever the centre says now."""
    return await _notice(request, request.match_info["version"])


async def _notice(request: web.Request, version: str) -> web.StreamResponse:
    system = request.app[SYSTEM]
    async with system.read() as tx:
        found = await views.notice(tx, version)
    if found is None:
        raise NotFound
    shown: dict[str, Any] = {
        "sections": found.body[render.language_of(request)],
        "shown_from": found.shown_from,
        "version": version,
        "newest": version == system.notice.version,
        "path": request.path,
    }
    return render.render(request, "notice.html", **shown)


async def accessibility(request: web.Request) -> web.StreamResponse:
    """GET /deklaracja-dostepnosci"""
    centre = request.app[SYSTEM].centre
    said = centre.accessibility
    dates = {
        name: said_on(getattr(said, f"{name}_on")) for name in ("published", "updated", "made", "reviewed")
    }
    return render.render(request, "accessibility.html", centre=centre, said=said, dates=dates)


def said_on(day: date | str) -> str:
    """28.12.2026, or "" where nobody has stated it."""
    return f"{day:%d.%m.%Y}" if isinstance(day, date) else ""
