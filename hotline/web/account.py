"""One's own account: name, password, second step, what one hears, and where one is signed in."""

from collections.abc import Awaitable
from typing import Any

import segno
from aiohttp import web

from hotline.actions import account, second_step, sessions, staff
from hotline.actions.signing_in import SignedIn
from hotline.errors import (
    CodeWrong,
    HotlineError,
    NotFound,
    PasswordWeak,
    SignInBusy,
    SignInFailed,
    TextEmpty,
    TextTooLong,
    WrongState,
)
from hotline.rules import second_step as codes
from hotline.rules.signals import VOLUMES, Signals
from hotline.store import views
from hotline.web import devices, render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import signed_in

SHOWN = (CodeWrong, PasswordWeak, SignInBusy, SignInFailed, TextEmpty, TextTooLong, WrongState)


async def page(request: web.Request) -> web.StreamResponse:
    """GET /account"""
    return await _page(request)


async def rename(request: web.Request) -> web.StreamResponse:
    """POST /account/name (form: name, signature)"""
    me, form = await signed_in(request), await read_form(request)
    done = staff.rename(request.app[SYSTEM], me.actor, form.get("name", ""), form.get("signature", ""))
    return await _done(request, done, "name")


async def set_password(request: web.Request) -> web.StreamResponse:
    """POST /account/password (form: current, password, again): all other sessions end."""
    me, form = await signed_in(request), await read_form(request)
    if form.get("password", "") != form.get("again", ""):
        return await _page(request, part="password", sentence="people.passwords_differ")
    done = account.set_password(request.app[SYSTEM], me, form.get("current", ""), form.get("password", ""))
    return await _done(request, done, "password")


async def set_signals(request: web.Request) -> web.StreamResponse:
    """POST /account/signals (form: volume, and offers, words, notices, typing where ticked)"""
    me, form = await signed_in(request), await read_form(request)
    ticked = {name: name in form for name in ("offers", "words", "notices", "typing")}
    chosen = Signals(volume=form.get("volume", ""), **ticked)
    return await _done(request, account.set_signals(request.app[SYSTEM], me.actor, chosen), "signals")


async def end_session(request: web.Request) -> web.StreamResponse:
    """POST /account/sessions/{session}/end"""
    me = await signed_in(request)
    await read_form(request)
    await sessions.end_one(request.app[SYSTEM], me.actor, me.actor.id, request.match_info["session"])
    return staff_page.see_other("/account#sessions")


async def end_sessions(request: web.Request) -> web.StreamResponse:
    """POST /account/sessions/end: everywhere but here"""
    me = await signed_in(request)
    await read_form(request)
    await sessions.end_all(request.app[SYSTEM], me.actor, me.actor.id, keep=me.session_id)
    return staff_page.see_other("/account#sessions")


# -- the second step -----------------------------------------------------------------------------------


async def code_page(request: web.Request) -> web.StreamResponse:
    """GET /account/second-step: why, or the code to scan and the field for the first code"""
    return await _code_page(request)


async def begin_code(request: web.Request) -> web.StreamResponse:
    """POST /account/second-step/begin (form: password, where there is a second step already)"""
    me, form = await signed_in(request), await read_form(request)
    try:
        await second_step.begin(request.app[SYSTEM], me.actor, form.get("password", ""))
    except SHOWN as error:
        return await _code_page(request, error)
    return staff_page.see_other("/account/second-step")


async def prove_code(request: web.Request) -> web.StreamResponse:
    """POST /account/second-step (form: code)"""
    me, form = await signed_in(request), await read_form(request)
    try:
        await second_step.prove(request.app[SYSTEM], me.actor, form.get("code", "")[:20])
    except SHOWN as error:
        return await _code_page(request, error)
    return staff_page.see_other("/account#second-step")


async def end_code(request: web.Request) -> web.StreamResponse:
    """POST /account/second-step/off (form: password)"""
    me, form = await signed_in(request), await read_form(request)
    try:
        await second_step.switch_off(request.app[SYSTEM], me.actor, form.get("password", ""))
    except SHOWN as error:
        return await _code_page(request, error)
    return staff_page.see_other("/account#second-step")


async def qr(request: web.Request) -> web.StreamResponse:
    """GET /account/second-step/qr.svg: a file of its own, because nothing is inline here."""
    me = await signed_in(request)
    pending = await second_step.setting_up(request.app[SYSTEM], me.actor)
    if pending is None:
        raise NotFound
    drawn = segno.make(pending.address, error="m").svg_inline(scale=1, border=4, omitsize=True, light="#fff")
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return web.Response(text=drawn, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


async def _done(request: web.Request, doing: Awaitable[None], part: str) -> web.StreamResponse:
    """Back to the page, or the page with the sentence beside the form it is about."""
    try:
        await doing
    except SHOWN as error:
        return await _page(request, error, part)
    return staff_page.see_other(f"/account?done={part}#{part}")


async def _page(
    request: web.Request, error: HotlineError | None = None, part: str = "", sentence: str = ""
) -> web.Response:
    me = await signed_in(request)
    async with request.app[SYSTEM].read() as tx:
        person = await views.person(tx, me.actor.id)
        opened = await views.sessions_of(tx, me.actor.id)
    problem = staff_page.told(request, error, sentence)
    shown = {
        **staff_page.context(request, me.actor),
        "person": person,
        "sessions": [(each, devices.words(each.device)) for each in opened],
        "session_id": me.session_id,
        "code_needed": codes.required(me.actor.roles, me.actor.flags),
        "volumes": VOLUMES,
        "asks_current": person is not None and person.has_password and me.how != "link",
        "problems": {part: problem} if problem else {},
        "done": request.query.get("done", ""),
    }
    return render.render(request, "account.html", status=_status(error, problem), **shown)


async def _code_page(request: web.Request, error: HotlineError | None = None) -> web.Response:
    me: SignedIn = await signed_in(request)
    system = request.app[SYSTEM]
    pending = await second_step.setting_up(system, me.actor)
    async with system.read() as tx:
        person = await views.person(tx, me.actor.id)
    problem = staff_page.told(request, error)
    shown: dict[str, Any] = {
        **staff_page.context(request, me.actor),
        "person": person,
        "secret": _in_fours(pending.secret) if pending else "",
        "code_needed": codes.required(me.actor.roles, me.actor.flags),
        "confined": me.confined,
        "next": staff_page.first(me),
        "error": problem,
    }
    return render.render(request, "second_step.html", status=_status(error, problem), **shown)


def _status(error: HotlineError | None, problem: str) -> int:
    return error.status if error is not None else 422 if problem else 200


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
