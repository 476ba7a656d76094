"""What a person can do, and what was agreed with them about hours, on the person's own page."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hotline.actions import abilities
from hotline.rules.centre import Centre
from hotline.rules.civil_time import DAY_MINUTES
from hotline.rules.duty import checks
from hotline.rules.duty.expansion import edges
from hotline.texts import say
from hotline.values import dataclass
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


async def set_limits(request: web.Request) -> web.StreamResponse:
    """POST /staff/{person}/limits: what was agreed; an empty field is the centre's"""
    form, staff_id = await read_form(request), request.match_info["person"]
    given = {name: roster_forms.amount(form, name) for name in checks.AGREED}
    own = {name: value for name, value in given.items() if value is not None}
    await abilities.set_limits(request.app[SYSTEM], await actor_of(request), staff_id, own)
    return staff_page.see_other(f"/staff/{staff_id}?done=limits#limits")


@dataclass(frozen=True, slots=True)
class Limit:
    """One field: what was agreed, and what holds where nothing was."""

    name: str
    own: str
    otherwise: str
    least: int
    most: int
    step: str


def limits(own: Mapping[str, Any], centre: Centre, language: str) -> list[Limit]:
    """The fields of the form, in order."""
    usual = centre.duty.limits.model_dump()
    found = []
    for name, (least, most) in checks.AGREED.items():
        value, general = own.get(name), usual[name]
        otherwise = (
            say("roster.limits_free", language)
            if general is None
            else say("roster.limits_centre", language, n=f"{general:g}")
        )
        shown = "" if value is None else f"{value:g}"
        found.append(Limit(name, shown, otherwise, least, most, "1" if name.startswith("nights") else "0.5"))
    return found
