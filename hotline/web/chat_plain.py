"""The conversation without script: a form that brings the page anew.

The secret travels in the form, never in an address.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from hotline.actions import arrivals, callbacks, contacts, languages, messages
from hotline.errors import HotlineError, NotSignedIn, Unavailable
from hotline.ids import new_secret
from hotline.rules import triage
from hotline.rules.access import Actor
from hotline.rules.centre import Line
from hotline.rules.words import MESSAGE_LIMIT
from hotline.system import System
from hotline.texts import say, situations
from hotline.web import caller_page, caller_view, embedding, rates, render
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM

SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
BUTTONS: Final = ("leave", "refresh", "wait", "language", "danger", "topic", "under18")


@dataclass(slots=True)
class Form:
    """What one press sent; answers given before the first message travel along until it is sent."""

    token: str
    id: str
    text: str = ""
    danger: str = ""
    topic: str = ""
    under18: bool = False
    notice: str = ""
    pressed: str = "send"  # or one of BUTTONS
    problem: str = field(default="", init=False)


async def submit(request: web.Request) -> web.StreamResponse:
    """POST /chat/{line}/plain"""
    system = request.app[SYSTEM]
    line = caller_page.line_of(request)
    form = await _read(request, line)
    try:
        return await _answered(request, system, line, form)
    except Unavailable:  # on the middleware's page the words that were typed would be lost
        if form.pressed == "leave":
            return render.render(request, "leaving.html")
        return _kept(request, line, form)


async def _answered(request: web.Request, system: System, line: Line, form: Form) -> web.StreamResponse:
    actor = await _caller(system, form.token)
    if form.pressed == "leave":
        return await _leave(request, system, actor)
    try:
        if actor is not None:
            await _go_on(request, system, actor, form)
        elif form.danger == "yes" or (form.pressed == "send" and form.text.strip()):
            slow = rates.slow_lane(request, form.danger)
            await _begin(system, line, form, render.language_of(request), slow=slow)
            actor = await contacts.caller_of(system, form.token)
    except HotlineError as error:
        # Not left to the middleware: on a page of its own the words that were typed would be lost.
        form.problem = say(f"error.{error.code}", render.language_of(request), **error.params)
    return await _page(request, system, line, form, actor)


async def _read(request: web.Request, line: Line) -> Form:
    given = await read_form(request)
    pressed = next((name for name in BUTTONS if name in given), "send")
    danger = given.get("danger", given.get("danger_kept", ""))
    topic = given.get("topic", given.get("topic_kept", ""))
    under18 = given.get("under18_kept") == "yes"
    return Form(
        token=secret(given.get("token")),
        id=secret(given.get("id")),
        text=given.get("text", ""),
        danger=danger if danger in triage.DANGER else "",
        topic=topic if topic in triage.topics(line.audience) else "",
        under18=not under18 if pressed == "under18" else under18,
        notice=given.get("notice", ""),
        pressed=pressed,
    )


def secret(text: str | None) -> str:
    """The secret a form brought, or a fresh one where it brought none."""
    return text if text is not None and SECRET.fullmatch(text) else new_secret()


async def _caller(system: System, token: str) -> Actor | None:
    try:
        return await contacts.caller_of(system, token)
    except NotSignedIn:
        return None


async def _begin(system: System, line: Line, form: Form, language: str, *, slow: bool) -> None:
    given = caller_page.arrival(
        line,
        form.token,
        form.id,
        text=form.text.strip() or None,
        danger=form.danger or None,
        topic=form.topic or None,
        under18=form.under18,
        language=language,
        notice=form.notice,
        slow=slow,
    )
    await arrivals.start(system, given)
    form.text = ""


async def _go_on(request: web.Request, system: System, actor: Actor, form: Form) -> None:
    with suppress(Unavailable):  # what nobody can write of, one may still read
        await contacts.caller_seen(system, actor)
    if form.pressed == "wait":
        await callbacks.return_to_queue(system, actor, actor.id)
    elif form.pressed == "language":
        await languages.choose(system, actor, actor.id, render.language_of(request))
    elif form.pressed == "danger":
        await contacts.answer(system, actor, actor.id, "danger", form.danger)
    elif form.pressed == "send" and form.text.strip():
        await rates.pace(request, form.token, form.text)
        await messages.receive(system, actor, actor.id, form.id, form.text)
        form.text = ""


def _kept(request: web.Request, line: Line, form: Form) -> web.StreamResponse:
    """Nothing can be read now: what was typed comes back, to be sent again under the same id."""
    kept = {
        "token": form.token, "id": form.id, "notice": form.notice, "danger_kept": form.danger,
        "topic_kept": form.topic, "under18_kept": "yes" if form.under18 else "",
    }  # fmt: skip
    known = situations.facts(request.app[SYSTEM].centre, line)
    trouble = situations.words("technical_problem", render.language_of(request), **known)
    page = {"line": line, "kept": kept, "draft": form.text, "limit": MESSAGE_LIMIT, "trouble": trouble}
    return embedding.allow(
        request, render.render(request, "chat_kept.html", status=Unavailable.status, **page)
    )


async def _leave(request: web.Request, system: System, actor: Actor | None) -> web.StreamResponse:
    if actor is not None:
        await contacts.leave(system, actor, actor.id, quick=True)
    # A page of ours and not a redirect: browsers refuse a form that leads to another site.
    return render.render(request, "leaving.html")


async def _page(
    request: web.Request, system: System, line: Line, form: Form, actor: Actor | None
) -> web.StreamResponse:
    async with system.read() as tx:
        shown: dict[str, Any] = await caller_page.context(request, tx, line)
        frame = await _frame(request, system, actor)
    # A fresh id for the next message, unless this one is still to be sent: then a repeat stays harmless.
    kept = {"token": form.token, "id": form.id if form.problem else new_secret()}
    answers = {"danger": form.danger, "topic": form.topic, "under18": form.under18}
    page = {**shown, **kept, **answers, **frame, "draft": form.text, "problem": form.problem}
    return embedding.allow(request, render.render(request, "chat_plain.html", **page))


async def _frame(request: web.Request, system: System, actor: Actor | None) -> dict[str, Any]:
    if actor is None:
        return {"state": None, "entries": [], "shown": 0}
    language = render.language_of(request)
    entries: list[dict[str, Any]] = []
    frame: dict[str, Any] = {"cursor": 0, "more": True}
    async with system.read() as tx:
        while frame["more"]:
            frame = await caller_view.frame(tx, actor.id, frame["cursor"], language)
            entries += frame["entries"]
    shown = max((entry["ref"] for entry in entries if entry["kind"] == "receipt"), default=0)
    return {"state": frame["state"], "entries": entries, "shown": shown}
