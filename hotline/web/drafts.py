"""What is being written in a conversation, kept on the server and read again by whoever is writing it."""

from typing import Literal

from aiohttp import web

from hotline.actions import drafts
from hotline.web.body import Body, ClientId, RowId, read_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


class Draft(Body):
    """A text as it stands; `base` is the revision the page has read, `id` that of the entry it will become."""

    kind: Literal["message", "note", "card"]
    base: RowId | None = None
    id: ClientId | None = None
    text: str


async def words(request: web.Request) -> web.StreamResponse:
    """GET /console/contacts/{contact}/drafts"""
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        found = await drafts.mine(tx, actor, request.match_info["contact"])
    shown = [
        {
            "kind": each.kind,
            "revision": each.revision,
            "id": each.client_id,
            "text": None if each.kind == "card" else each.text,  # the form itself brings what is filled in
        }
        for each in found
    ]
    return web.json_response({"drafts": shown})


async def save(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/drafts"""
    body, system, actor = await read_json(request, Draft), request.app[SYSTEM], await actor_of(request)
    contact_id = request.match_info["contact"]
    revision = await drafts.save(system, actor, contact_id, body.kind, body.base, body.id, body.text)
    return web.json_response({"revision": revision})
