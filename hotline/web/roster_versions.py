"""Versions of a roster: drafts made of the patterns, proposed to the team, and published."""

from aiohttp import web

from hotline.actions import planning
from hotline.errors import GapWouldOpen, HotlineError, NotFound, SkillExpired
from hotline.store import views
from hotline.web import roster as pages
from hotline.web import roster_dialog, roster_forms, roster_plan, roster_words, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED
from hotline.web.session import actor_of


async def draft(request: web.Request) -> web.StreamResponse:
    """POST /roster/drafts: a version as the patterns make it"""
    form = await read_form(request)
    try:
        first, last = roster_forms.day(form, "first"), roster_forms.day(form, "last")
        line = form.get("line", "")
        made = await planning.draft(request.app[SYSTEM], await actor_of(request), line, first, last)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await roster_plan.again(request, form, error)
    where = {"line": line, "draft": made, "from": first.isoformat(), "view": "month"}
    return staff_page.see_other(roster_words.address("/roster", **where))


async def propose(request: web.Request) -> web.StreamResponse:
    """POST /roster/drafts/{roster}/propose"""
    await read_form(request)
    roster_id = request.match_info["roster"]
    await planning.propose(request.app[SYSTEM], await actor_of(request), roster_id)
    return staff_page.see_other(await _address(request, roster_id))


async def discard(request: web.Request) -> web.StreamResponse:
    """POST /roster/drafts/{roster}/discard"""
    await read_form(request)
    roster_id = request.match_info["roster"]
    async with request.app[SYSTEM].read() as tx:
        version = await views.roster.roster_version(tx, roster_id)
    if version is None:
        raise NotFound
    await planning.discard(request.app[SYSTEM], await actor_of(request), roster_id)
    return staff_page.see_other(roster_words.address("/roster/plan", line=version.line, done="discard"))


async def publication(request: web.Request) -> web.StreamResponse:
    """GET /roster/drafts/{roster}/publish: what it would open and break"""
    return await _publication(request, None)


async def publish(request: web.Request) -> web.StreamResponse:
    """POST /roster/drafts/{roster}/publish"""
    form = await read_form(request)
    roster_id, confirmed = request.match_info["roster"], form.get("confirmed") == "yes"
    try:
        await planning.publish(request.app[SYSTEM], await actor_of(request), roster_id, confirmed=confirmed)
    except (GapWouldOpen, SkillExpired) as error:
        return await _publication(request, error)
    return staff_page.see_other(await _address(request, roster_id))


async def _address(request: web.Request, roster_id: str) -> str:
    """Where a version is looked at: the roster itself once it is published."""
    async with request.app[SYSTEM].read() as tx:
        found = await views.roster.roster_version(tx, roster_id)
    if found is None:
        raise NotFound
    more = {"done": "change"} if found.status == "published" else {"draft": roster_id}
    where = {"line": found.line, "view": "month", "from": found.first.isoformat(), **more}
    return roster_words.address("/roster", **where)


async def _publication(request: web.Request, error: HotlineError | None) -> web.Response:
    actor, system, roster_id = await actor_of(request), request.app[SYSTEM], request.match_info["roster"]
    found = await planning.preview_publish(system, actor, roster_id)
    async with system.read() as tx:
        version = await views.roster.roster_version(tx, roster_id)
        words = pages.words_of(request, tx.centre, tx.now, await views.people(tx))
    if version is None:
        raise NotFound
    lapsed = any(gap.kind == "EXPIRED" for gap in found.opened)
    first, last = f"{version.first:%d.%m.%Y}", f"{version.last:%d.%m.%Y}"
    return roster_dialog.dialog(
        request,
        actor,
        found,
        words,
        error,
        refused=words.say("papers") if lapsed else "",
        title=words.say("publish_title", line=words.line(version.line), first=first, last=last),
        action=f"/roster/drafts/{roster_id}/publish",
        fields={},
        back=await _address(request, roster_id),
    )
