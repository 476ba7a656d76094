"""The form for being called back: from the queue, or where nobody can be written to now. It needs no script.

The secret travels in the form, as in the conversation without script; a repeat finds what it began.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from hotline.actions import arrivals, callbacks, contacts
from hotline.errors import HotlineError, Malformed, NotSignedIn, SafeTimeWrong
from hotline.rules import callback
from hotline.rules.access import Actor
from hotline.rules.callback import SafeTime, Wish
from hotline.rules.centre import Line
from hotline.rules.civil_time import DAY_MINUTES, local
from hotline.store import views
from hotline.system import System
from hotline.texts import say, told
from hotline.web import caller_page, chat_plain, embedding, rates, render
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM

STEP: Final = 30  # minutes between the times one may choose
DAYS: Final = 3


@dataclass(slots=True)
class Form:
    """What was sent, and what is the matter with it."""

    token: str
    id: str
    sent: bool
    given: dict[str, str]
    problem: str = field(default="", init=False)


async def page(request: web.Request) -> web.StreamResponse:
    """GET /chat/{line}/callback"""
    return await _show(request, _form({}), None)


async def submit(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/callback: the empty form for a token, or the filled one"""
    system, line = request.app[SYSTEM], caller_page.line_of(request)
    form = _form(await read_form(request))
    actor = await _waiting(system, form.token)
    if form.sent:
        try:
            await _ask(request, line, form, actor)
        except HotlineError as error:
            form.problem = say(f"error.{error.code}", render.language_of(request), **error.params)
        else:
            return await _thank(request, line, form)
    return await _show(request, form, actor)


def wish_of(given: dict[str, str], default: date, way: str = "phone") -> Wish:
    """The fields of a form as a wish. Raises SafeTimeWrong for what is no time."""
    try:
        first = date.fromisoformat(given["day"]) if given.get("day") else default
        start, end = (int(given.get(name, "")) for name in ("from", "to"))
    except ValueError:
        raise SafeTimeWrong from None
    if way not in callback.WAYS:
        raise Malformed(field="way")
    return Wish(
        SafeTime(first, start, end),
        way="telegram" if way == "telegram" else "phone",
        number=given.get("number", "") if way == "phone" else "",
        says=given.get("says", "nothing"),
        voicemail=given.get("voicemail") == "yes",
    )


def choices(system: System, now: datetime, language: str) -> dict[str, Any]:
    """The days and times one may choose from."""
    today = local(now, system.centre.zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    return {
        "days": [
            (f"{day:%Y-%m-%d}", f"{say(f'chat.weekday_{day.weekday()}', language)}, {day:%d.%m}")
            for day in days
        ],
        "times": [
            (str(minute), f"{minute // 60:02}:{minute % 60:02}") for minute in range(0, DAY_MINUTES + 1, STEP)
        ],
        "says": callback.SAYS,
    }


def _form(given: dict[str, str]) -> Form:
    return Form(
        chat_plain.secret(given.get("token")), chat_plain.secret(given.get("id")), "number" in given, given
    )


async def _waiting(system: System, token: str) -> Actor | None:
    """The caller, if their contact still waits; what has ended is not gone on with, but begun anew."""
    try:
        return await contacts.caller_of(system, token)
    except NotSignedIn:
        return None


async def _ask(request: web.Request, line: Line, form: Form, actor: Actor | None) -> None:
    system, language = request.app[SYSTEM], render.language_of(request)
    wish = wish_of(form.given, local(system.clock.now(), system.centre.zone).date())
    if actor is not None:
        await callbacks.ask(system, actor, actor.id, wish)
        return
    rates.slow_lane(request, None)  # a call-back waits anyhow; only a flood is refused
    notice = form.given.get("notice", "")
    started = caller_page.arrival(
        line, form.token, form.id, text=None, danger=None, topic=None, under18=False,
        language=language, notice=notice, wish=wish,
    )  # fmt: skip
    await arrivals.start(system, started)


async def _show(request: web.Request, form: Form, actor: Actor | None) -> web.StreamResponse:
    system, line = request.app[SYSTEM], caller_page.line_of(request)
    arrivals.takes_callbacks(system.centre, line.id)
    async with system.read() as tx:
        chosen = choices(system, tx.now, render.language_of(request))
        notice = tx.notice.version
    shown = {
        "line": line, "centre": system.centre, "form": form, "given": form.given, "notice": notice,
        "waits": actor is not None, "thanks": "", **chosen,
    }  # fmt: skip
    return embedding.allow(request, render.render(request, "callback.html", **shown))


async def _thank(request: web.Request, line: Line, form: Form) -> web.StreamResponse:
    system, language = request.app[SYSTEM], render.language_of(request)
    actor = await contacts.caller_of(system, form.token)
    async with system.read() as tx:
        entries = await views.entries_after(tx, actor.id, 0, "caller")
    said = [
        entry.data for entry in entries if entry.kind == "system" and entry.data["text"] == "callback_kept"
    ]
    thanks = told(said[-1], language, system.centre.zone)
    shown: dict[str, Any] = {"line": line, "centre": system.centre, "form": form, "thanks": thanks}
    return embedding.allow(request, render.render(request, "callback.html", **shown))
