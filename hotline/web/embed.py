"""The loader that a centre puts on its own site, and the one small thing that it asks before anybody presses it.

The answer comes from memory: a busy site of the centre costs one look at the database in a while.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final, Literal

from aiohttp import web

from hotline.rules.centre import Centre, Line
from hotline.system import System
from hotline.texts import say
from hotline.web import assets, caller_page, caller_view, render
from hotline.web.caller_view import Scene
from hotline.web.keys import SYSTEM

REMEMBERED: Final = timedelta(seconds=10)
# By browsers: with REMEMBERED, no button is wrong for longer than half a minute.
KEPT: Final = "public, max-age=20"
LOADER: Final = "js/embed.js"


class Scenes:
    """What each line can offer, as it was a few seconds ago."""

    def __init__(self, system: System) -> None:
        self._system, self._looking = system, asyncio.Lock()
        self._seen: dict[str, tuple[datetime, Scene]] = {}

    async def of(self, line: Line) -> Scene:
        async with self._looking:
            now = self._system.clock.now()
            at, scene = self._seen.get(line.id, (None, None))
            if at is None or scene is None or not timedelta() <= now - at < REMEMBERED:
                async with self._system.read() as tx:
                    scene = await caller_view.scene(tx, line)
                self._seen[line.id] = now, scene
            return scene


SCENES: web.AppKey[Scenes] = web.AppKey("scenes", Scenes)


async def loader(request: web.Request) -> web.StreamResponse:
    """GET /embed.js: for scripts of other sites, under an address that stays the same."""
    request.match_info.update(version=assets.version(), path=LOADER)
    response = await assets.file(request)
    response.headers["Cache-Control"] = "public, max-age=600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def status(request: web.Request) -> web.StreamResponse:
    """GET /embed/{line}: is somebody there? Only the sites of the centre may read the answer. Raises LineUnknown."""
    line = caller_page.line_of(request)
    scene = await request.app[SCENES].of(line)
    centre, language = request.app[SYSTEM].centre, render.language_of(request)
    state = _state(scene)
    texts = {key: say(f"widget.{key}", language) for key in ("open", "close", "title")}
    texts["note"] = _note(centre, scene, language)
    headers = {"Cache-Control": KEPT, "Vary": "Origin, Accept-Language"}
    if (origin := request.headers.get("Origin", "")) in centre.embed_origins:
        headers["Access-Control-Allow-Origin"] = origin
    return web.json_response({"state": state, "texts": texts}, headers=headers)


def _note(centre: Centre, scene: Scene, language: str) -> str:
    if scene.on_duty:
        return ""
    if scene.next_at is None:
        return say("widget.away", language)
    return say("widget.away_until", language, next=render.moment(scene.next_at, centre.zone, language))


def _state(scene: Scene) -> Literal["here", "away", "none"]:
    """ "away" is a page that says so and gives the numbers; "none": there is no chat on this line, so no button."""
    if scene.mode in ("unknown", "off"):
        return "none"
    return "here" if scene.on_duty else "away"
