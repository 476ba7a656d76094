"""What a person can do, on the person's own page."""

from aiohttp import web

from hotline.actions import abilities
from hotline.rules.civil_time import DAY_MINUTES
from hotline.rules.duty.expansion import edges
from hotline.web import roster_forms, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of


async def set_skill(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/skills: with papers that hold to the end of a day, or without an end"""
    form, system = await read_form(request), request.app[SYSTEM]
    last = roster_forms.day_or_none(form, "valid_until")
    until = None if last is None else edges(last, 0, DAY_MINUTES, system.centre.zone)[1]
    staff_id = request.match_info["person"]
    await abilities.set_skill(system, await actor_of(request), staff_id, form.get("name", ""), until)
    return staff_page.see_other(f"/staff/{staff_id}#skills")


async def remove_skill(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/skills/remove"""
    form, staff_id = await read_form(request), request.match_info["person"]
    actor = await actor_of(request)
    await abilities.remove_skill(request.app[SYSTEM], actor, staff_id, form.get("name", ""))
    return staff_page.see_other(f"/staff/{staff_id}#skills")
