"""The pages about the centre: its hours and exceptions, suggestions, documents, and going live.

Every form is checked by the action behind it; what is refused comes back on the same page with a sentence.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final

from aiohttp import web

from hotline.actions import centre as actions
from hotline.errors import DayInvalid, HotlineError, Malformed
from hotline.rules import access, go_live
from hotline.rules.civil_time import WEEKDAYS, local
from hotline.rules.duty import asking
from hotline.store import views
from hotline.texts import say
from hotline.web import centre_view, hours, public, render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import actor_of

Form = dict[str, str]
Page = Callable[[web.Request, Form, HotlineError | None], Awaitable[web.StreamResponse]]
EXPLAINED: Final = frozenset({400, 409, 413, 422})  # what the person can mend on the page they are on
POLICIES: Final = ("closed", "assume_closed", "open", "own", "unstated")
DECISIONS: Final = ("confirmed", "rejected")


async def index(request: web.Request) -> web.StreamResponse:
    """GET /centre"""
    return await _index(request, {}, None)


async def line(request: web.Request) -> web.StreamResponse:
    """GET /centre/lines/{line}"""
    return await _line(request, {}, None)


async def going_live(request: web.Request) -> web.StreamResponse:
    """GET /centre/go-live"""
    return await _going_live(request, {}, None)


# -- forms -----------------------------------------------------------------------------------------------


async def set_hours(request: web.Request) -> web.StreamResponse:
    """POST /centre/lines/{line}"""

    async def act(form: Form) -> None:
        rule = _rule(form)
        day = _day(form, "from_day")
        await actions.set_hours(
            request.app[SYSTEM], await actor_of(request), request.match_info["line"], day, rule
        )

    return await _submitted(request, act, _line, "/centre#lines")


async def close(request: web.Request) -> web.StreamResponse:
    """POST /centre/closures"""

    async def act(form: Form) -> None:
        system, actor = request.app[SYSTEM], await actor_of(request)
        first = _day(form, "first")
        last = _day(form, "last") if form.get("last") else first
        await actions.close(system, actor, first, last, _lines(form), form.get("reason", ""))

    return await _submitted(request, act, _index, "/centre#exceptions")


async def open_extra(request: web.Request) -> web.StreamResponse:
    """POST /centre/openings"""

    async def act(form: Form) -> None:
        system, actor = request.app[SYSTEM], await actor_of(request)
        start, end = hours.read_one(form.get("span", ""))
        reason = form.get("reason", "")
        await actions.open_extra(system, actor, _day(form, "day"), start, end, _lines(form), reason)

    return await _submitted(request, act, _index, "/centre#exceptions")


async def decide(request: web.Request) -> web.StreamResponse:
    """POST /centre/facts/{key}"""

    async def act(form: Form) -> None:
        decision = form.get("decision", "")
        if decision not in DECISIONS:
            raise Malformed(field="decision")
        key = request.match_info["key"]
        said: actions.Decision = "confirmed" if decision == "confirmed" else "rejected"
        await actions.decide_fact(request.app[SYSTEM], await actor_of(request), key, said)

    return await _submitted(request, act, _index, "/centre#facts")


async def set_documents(request: web.Request) -> web.StreamResponse:
    """POST /centre/documents"""

    async def act(form: Form) -> None:
        await actions.set_documents(request.app[SYSTEM], await actor_of(request), form)

    return await _submitted(request, act, _index, "/centre#documents")


async def withdraw(request: web.Request) -> web.StreamResponse:
    """POST /centre/changes/{change}/withdraw"""

    async def act(_form: Form) -> None:
        await actions.withdraw(request.app[SYSTEM], await actor_of(request), request.match_info["change"])

    return await _submitted(request, act, _index, "/centre#history")


async def add_line(request: web.Request) -> web.StreamResponse:
    """POST /centre/lines: a number for a centre whose document states none, answered in a queue of its own."""

    async def act(form: Form) -> None:
        system, actor = request.app[SYSTEM], await actor_of(request)
        unit = next(iter(system.centre.units))
        line_id = f"{unit}_{len(system.centre.lines) + 1}"
        number, name = form.get("number", ""), form.get("name", "")
        await actions.add_line(system, actor, line_id, unit, number, name, chat=True)

    return await _submitted(request, act, _going_live, "/centre/go-live")


async def lift(request: web.Request) -> web.StreamResponse:
    """POST /centre/blockers/{blocker}"""

    async def act(form: Form) -> None:
        system, actor = request.app[SYSTEM], await actor_of(request)
        await actions.lift(system, actor, request.match_info["blocker"], form.get("why", ""), form)

    return await _submitted(request, act, _going_live, "/centre/go-live")


async def switch_chat(request: web.Request) -> web.StreamResponse:
    """POST /centre/live-chat"""

    async def act(form: Form) -> None:
        if form.get("on") not in ("yes", "no"):
            raise Malformed(field="on")
        await actions.switch_chat(request.app[SYSTEM], await actor_of(request), form["on"] == "yes")

    return await _submitted(request, act, _going_live, "/centre/go-live")


async def _submitted(
    request: web.Request, act: Callable[[Form], Awaitable[None]], page: Page, after: str
) -> web.StreamResponse:
    """Do it and go on, or show the page again with what was written and why it was refused."""
    form = await read_form(request)
    try:
        await act(form)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await page(request, form, error)
    return web.Response(status=303, headers={"Location": after})


# -- pages -----------------------------------------------------------------------------------------------


async def _index(request: web.Request, form: Form, error: HotlineError | None) -> web.StreamResponse:
    system, language = request.app[SYSTEM], render.language_of(request)
    actor = await actor_of(request)
    async with system.read() as tx:
        history = await views.centre_history(tx)
    centre, today = tx.centre, local(tx.now, tx.centre.zone).date()
    shown: dict[str, Any] = {
        "lines": centre_view.line_rows(centre, history, tx.now, language),
        "exceptions": centre_view.exceptions(centre, history, today),
        "closable": centre_view.with_hours(centre, today),
        "facts": centre_view.facts(centre, history),
        "documents": centre_view.documents(centre),
        "answers": access.may(actor, "centre.answer_for"),
        "history": history,
        "today": today.isoformat(),
        "who": lambda name: centre_view.who(name, language),
        "described": lambda change: centre_view.described(centre, change, language),
        "dates": public.dates(centre),
    }
    return await _render(request, "centre.html", form, error, **shown)


async def _line(request: web.Request, form: Form, error: HotlineError | None) -> web.StreamResponse:
    system = request.app[SYSTEM]
    centre = system.centre
    own, today = centre.line(request.match_info["line"]), local(system.clock.now(), centre.zone).date()
    rule = own.rule_on(today)
    kind = "always" if rule.always else "same" if rule.same_as else "hours" if rule.hours else "unstated"
    before = {
        "kind": kind,
        "same_as": rule.same_as,
        "policy": rule.on_public_holiday,
        "holiday": ", ".join(map(hours.written, rule.holiday_hours)),
        "from_day": today.isoformat(),
        **centre_view.week_of(rule),
    }
    shown: dict[str, Any] = {
        "line": own,
        "others": [each for each in centre.lines.values() if each.id != own.id],
        "weekdays": WEEKDAYS,
        "policies": POLICIES,
        "given": {**before, **form},
        "in_words": centre_view.rule_in_words(centre, rule, render.language_of(request)),
    }
    return await _render(request, "centre_line.html", form, error, **shown)


async def _going_live(request: web.Request, form: Form, error: HotlineError | None) -> web.StreamResponse:
    system, actor = request.app[SYSTEM], await actor_of(request)
    async with system.read() as tx:
        lines = go_live.chatting_lines(tx.centre)
        planned = asking.planned(await tx.board(), lines, tx.now)
    rows = centre_view.blockers(tx.centre, actor, planned)
    shown: dict[str, Any] = {
        "left": [row for row in rows if row.lifted is None],
        "gone": [row for row in rows if row.lifted is not None],
        "refused": request.match_info.get("blocker", ""),
    }
    return await _render(request, "go_live.html", form, error, **shown)


async def _render(
    request: web.Request, template: str, form: Form, error: HotlineError | None, **shown: Any
) -> web.StreamResponse:
    language = render.language_of(request)
    problem = "" if error is None else say(f"error.{error.code}", language, **error.params)
    status = 200 if error is None else error.status
    around = {
        **staff_page.context(request, await actor_of(request)),
        "form": defaultdict(str, form),
        "problem": problem,
    }
    return render.render(request, template, status=status, **around, **shown)


# -- what a form says --------------------------------------------------------------------------------------


def _rule(form: Form) -> dict[str, Any]:
    """Hours as in a centre file. Raises HoursUnreadable, Malformed."""
    match form.get("kind"):
        case "always":
            return {"always": True}
        case "unstated":
            return {"hours_status": "unstated"}
        case "same":
            return {"same_as": form.get("same_as", "")}
        case "hours":
            policy = form.get("policy", "")
            if policy not in POLICIES:
                raise Malformed(field="policy")
            rule: dict[str, Any] = {"hours": hours.read_week(form), "on_public_holiday": policy}
            if policy == "own":
                own = hours.read(form.get("holiday", ""))
                rule["holiday_hours"] = [{"from": start, "to": end} for start, end in own]
            return rule
        case _:
            raise Malformed(field="kind")


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise DayInvalid from None


def _lines(form: Form) -> list[str]:
    return [name.removeprefix("line.") for name in form if name.startswith("line.")]
