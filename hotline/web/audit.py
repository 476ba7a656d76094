"""Who did what, for the data protection officer: read only, codes without any content, newest first."""

from aiohttp import web

from hotline.errors import Malformed
from hotline.store import views
from hotline.web import render, staff_page
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of

MOST = 100


async def page(request: web.Request) -> web.StreamResponse:
    """GET /audit?before=ID&who=ID: a hundred lines at a time"""
    actor = await actor_of(request)
    before, who = request.query.get("before", ""), request.query.get("who", "")
    if len(before) > 36 or len(who) > 36 or not (before + who).isascii() or "\0" in before + who:
        raise Malformed(field="query")
    async with request.app[SYSTEM].read() as tx:
        rows = await views.audit_page(tx, before, who, MOST)
        people = await views.people(tx)
    shown = {
        **staff_page.context(request, actor),
        "rows": rows,
        "people": people,
        "names": {person.id: person.name for person in people},
        "who": who,
        "older": rows[-1].id if len(rows) == MOST else "",
    }
    return render.render(request, "audit.html", **shown)
