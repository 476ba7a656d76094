"""Signing in and out: with login and password, or with a link that works once.

A failed attempt shows the same page again, with the sentence of the error beside the form.
"""

from contextlib import suppress

from aiohttp import web

from hotline.actions import staff
from hotline.errors import HotlineError, NotSignedIn, SignInBusy, SignInFailed
from hotline.texts import say
from hotline.web import render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.session import forget, remember, secret_of

LONGEST = 200  # characters of a login or password that are looked at


async def page(request: web.Request) -> web.StreamResponse:
    """GET /sign-in"""
    return _form(request)


async def enter(request: web.Request) -> web.StreamResponse:
    """POST /sign-in (form: login, password)"""
    form = await read_form(request)
    login, password = (form.get(name, "")[:LONGEST] for name in ("login", "password"))
    try:
        secret = await staff.sign_in_with_password(request.app[SYSTEM], login.strip(), password)
    except (SignInFailed, SignInBusy) as error:
        return _form(request, error, login)
    return await _welcome(request, secret)


async def once(request: web.Request) -> web.StreamResponse:
    """GET /sign-in/once/{secret}: one button, so that a preview of the link does not use it up."""
    return render.render(request, "sign_in_once.html", centre=request.app[SYSTEM].centre)


async def enter_once(request: web.Request) -> web.StreamResponse:
    """POST /sign-in/once/{secret}"""
    try:
        secret = await staff.sign_in_with_link(request.app[SYSTEM], request.match_info["secret"])
    except SignInFailed as error:
        return _form(request, error)
    return await _welcome(request, secret)


async def leave(request: web.Request) -> web.StreamResponse:
    """POST /sign-out"""
    with suppress(NotSignedIn):  # the session may have ended by itself
        await staff.sign_out(request.app[SYSTEM], secret_of(request))
    response = _see_other("/sign-in")
    forget(request, response)
    return response


def _form(request: web.Request, error: HotlineError | None = None, login: str = "") -> web.Response:
    language = render.language_of(request)
    sentence = say(f"error.{error.code}", language, **error.params) if error else ""
    shown = {"centre": request.app[SYSTEM].centre, "error": sentence, "login": login}
    return render.render(request, "sign_in.html", status=error.status if error else 200, **shown)


async def _welcome(request: web.Request, secret: str) -> web.StreamResponse:
    actor = await staff.actor_of(request.app[SYSTEM], secret)
    places = staff_page.places(actor)
    response = _see_other(f"/{places[0]}" if places else "/")
    remember(request, response, secret)
    return response


def _see_other(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})
