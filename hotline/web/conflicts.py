"""Personal conflicts on the pages: marked at a contact or a case, ended on the page of the person."""

from aiohttp import web

from hotline.actions import conflicts
from hotline.errors import Malformed
from hotline.web import staff_page
from hotline.web.body import Body, read_form, read_form_lists, read_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


class Conflict(Body):
    """Why the person who asks must not have to do with this caller."""

    reason: str


async def declare(request: web.Request) -> web.StreamResponse:
    """POST /console/contacts/{contact}/conflict: about oneself"""
    body, actor = await read_json(request, Conflict), await actor_of(request)
    contact_id = request.match_info["contact"]
    await conflicts.mark(request.app[SYSTEM], actor, "caller", contact_id, actor.id, body.reason)
    return web.json_response({})


async def mark_case(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case}/conflicts (form: staff, reason)"""
    form, actor, case_id = await read_form(request), await actor_of(request), request.match_info["case"]
    if "staff" not in form:
        raise Malformed(field="staff")
    system = request.app[SYSTEM]
    await conflicts.mark(system, actor, "case", case_id, form["staff"], form.get("reason", ""))
    return staff_page.see_other("/cases" if form["staff"] == actor.id else f"/cases/{case_id}")


async def end(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/conflicts/{conflict}/end"""
    actor, person = await actor_of(request), request.match_info["person"]
    await read_form_lists(request)
    await conflicts.end(request.app[SYSTEM], actor, request.match_info["conflict"], person)
    return staff_page.see_other(f"/staff/{person}#conflicts")
