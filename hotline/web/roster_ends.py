"""Needs and patterns that end on a day: what that opens, closes and leaves, looked at before it is saved."""

from datetime import date

from aiohttp import web

from hotline.actions import planning
from hotline.errors import HotlineError, NotFound
from hotline.rules.duty import Pattern
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.preview import NOTHING
from hotline.store import views
from hotline.web import roster as pages
from hotline.web import roster_dialog, roster_forms, roster_plan, roster_words, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED, Form
from hotline.web.roster_words import Words
from hotline.web.session import actor_of


async def demand(request: web.Request) -> web.StreamResponse:
    """GET /roster/plan/demands/{id}/end?line=…&last=…"""
    return await _demand(request, dict(request.query), None)


async def end_demand(request: web.Request) -> web.StreamResponse:
    """POST /roster/plan/demands/{id}/end"""
    form, actor = await read_form(request), await actor_of(request)
    try:
        await planning.end_demand(
            request.app[SYSTEM],
            actor,
            request.match_info["id"],
            roster_forms.day(form, "last"),
            confirmed=form.get("confirmed") == "yes",
        )
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _demand(request, form, error)
    return _done(form)


async def pattern(request: web.Request) -> web.StreamResponse:
    """GET /roster/plan/patterns/{id}/end?line=…&last=…"""
    return await _pattern(request, dict(request.query), None)


async def end_pattern(request: web.Request) -> web.StreamResponse:
    """POST /roster/plan/patterns/{id}/end"""
    form, actor = await read_form(request), await actor_of(request)
    try:
        last = roster_forms.day(form, "last")
        await planning.end_pattern(request.app[SYSTEM], actor, request.match_info["id"], last)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _pattern(request, form, error)
    return _done(form)


def _done(form: Form) -> web.Response:
    return staff_page.see_other(_plan(form, done="yes"))


def _plan(form: Form, **more: str) -> str:
    return roster_words.address("/roster/plan", line=form.get("line", ""), **more)


# -- what is looked at ---------------------------------------------------------------------------------------


async def _demand(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    """What the end would do; or the page it was asked on, with why it cannot be."""
    actor, system = await actor_of(request), request.app[SYSTEM]
    try:
        last = roster_forms.day(form, "last")
        found = await planning.preview_end_demand(system, actor, request.match_info["id"], last)
    except HotlineError as refused:
        return await _refused(request, form, error or refused)
    demands, _, words = await _read(request)
    ending = demands[request.match_info["id"]]
    title = words.say(
        "end_demand_title",
        line=words.line(ending.line),
        what=roster_words.demand_words(ending, words),
        day=f"{last:%d.%m.%Y}",
    )
    return roster_dialog.dialog(
        request,
        actor,
        found,
        words,
        error,
        title=title,
        notes=[words.say("end_demand_note")],
        action=request.path,
        fields={"line": ending.line, "last": last.isoformat()},
        back=_plan(form),
    )


async def _pattern(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    """What stays of it: a pattern only makes drafts, so that its end opens and closes nothing."""
    actor = await actor_of(request)
    _, patterns, words = await _read(request)
    ending = patterns.get(request.match_info["id"])
    try:
        last = roster_forms.day(form, "last")
        if ending is None or (ending.last is not None and ending.last <= last):
            raise NotFound
    except HotlineError as refused:
        return await _refused(request, form, error or refused)
    what = roster_plan.pattern_row(ending, words, last).title
    title = words.say("end_pattern_title", line=words.line(ending.line), what=what, day=f"{last:%d.%m.%Y}")
    return roster_dialog.dialog(
        request,
        actor,
        NOTHING,
        words,
        error,
        title=title,
        notes=[words.say("end_pattern_note"), *await _stays(request, last, words)],
        action=request.path,
        fields={"line": ending.line, "last": last.isoformat()},
        back=_plan(form),
    )


async def _stays(request: web.Request, last: date, words: Words) -> list[str]:
    async with request.app[SYSTEM].read() as tx:
        many = await views.roster.made_by(tx, request.match_info["id"], last)
    return [words.count("end_pattern_stays", many)] if many else []


async def _read(request: web.Request) -> tuple[dict[str, Demand], dict[str, Pattern], Words]:
    async with request.app[SYSTEM].read() as tx:
        demands = {each.id: each for each in await views.roster.demands(tx, tx.centre)}
        patterns = {each.id: each for each in await views.roster.patterns(tx)}
        words = pages.words_of(request, tx.centre, tx.now, await views.people(tx))
    return demands, patterns, words


async def _refused(request: web.Request, form: Form, error: HotlineError) -> web.Response:
    if error.status not in EXPLAINED:
        raise error
    return await roster_plan.again(request, form, error)
