"""Cases: the list without content, one case with its diary, a new diary entry."""

from typing import Any

from aiohttp import web

from hotline.actions import cases
from hotline.errors import HotlineError, ReasonNeeded, TextEmpty, TextMalformed, TextTooLong
from hotline.rules import access
from hotline.rules.access import Actor, Thing
from hotline.store import views
from hotline.web import render, staff_page
from hotline.web.body import Body, ClientId, read_form, read_json
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


class Note(Body):
    """A diary entry with the page's own id for it."""

    id: ClientId
    text: str


async def index(request: web.Request) -> web.StreamResponse:
    """GET /cases"""
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        rows = await views.case_list(tx, tx.centre, actor)
    return render.render(request, "cases.html", **staff_page.context(request, actor), cases=rows)


async def page(request: web.Request) -> web.StreamResponse:
    """GET /cases/{case}: opening it is on record; for somebody else's the page asks why"""
    actor = await actor_of(request)
    try:
        view = await cases.look(request.app[SYSTEM], actor, request.match_info["case"])
    except ReasonNeeded as error:
        return _ask_why(request, actor, error)
    may_note = access.may(actor, "cases.note", Thing(view.row.id, worker_id=view.row.worker_id))
    may_mark = access.may(actor, "conflicts.mark")
    async with request.app[SYSTEM].read() as tx:
        apart = await views.conflicts_at(tx, view.row.id) if may_mark else []
        staff = [each for each in await views.people(tx) if each.active] if may_mark else []
    shown: dict[str, Any] = {
        "case": view,
        "may_note": may_note,
        "may_mark": may_mark,
        "me_id": actor.id,
        "apart": apart,
        "staff": staff,
    }
    return render.render(request, "case.html", **staff_page.context(request, actor), **shown)


async def look(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case}/look (form: reason)"""
    form, actor, case_id = await read_form(request), await actor_of(request), request.match_info["case"]
    try:
        await cases.look(request.app[SYSTEM], actor, case_id, form.get("reason", ""))
    except (TextEmpty, TextTooLong, TextMalformed) as error:
        return _ask_why(request, actor, error)
    return staff_page.see_other(f"/cases/{case_id}")


def _ask_why(request: web.Request, actor: Actor, error: HotlineError) -> web.Response:
    shown = {"case_id": request.match_info["case"], "error": staff_page.told(request, error)}
    return render.render(
        request, "case_reason.html", status=error.status, **staff_page.context(request, actor), **shown
    )


async def note(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case}/notes"""
    body = await read_json(request, Note)
    actor = await actor_of(request)
    note_id = await cases.note(request.app[SYSTEM], actor, request.match_info["case"], body.id, body.text)
    return web.json_response({"id": note_id})
