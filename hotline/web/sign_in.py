"""Signing in and out: with login and password and, where there is an app, its code; or with a link that works once.

A failed attempt shows the same page again, with the sentence of the error beside the form.
"""

import asyncio
from contextlib import suppress
from random import uniform
from typing import Any

from aiohttp import web

from hotline.actions import invitations, signing_in
from hotline.actions.throttle import Place
from hotline.errors import (
    CodeWrong,
    HotlineError,
    LinkGone,
    NotSignedIn,
    PasswordWeak,
    ScreenLocked,
    SecondStepNeeded,
    SignInBusy,
    SignInFailed,
    TooSoon,
)
from hotline.rules import second_step as codes
from hotline.web import render, staff_page
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.middleware import come_back
from hotline.web.session import forget, place_of, remember, secret_of, signed_in

LONGEST = 200  # characters of a login or password that are looked at
# A refusal takes its time: whoever floods us waits with every connection, and comes back spread over a second.
REFUSAL_SECONDS = (1.0, 2.0)


async def page(request: web.Request) -> web.StreamResponse:
    """GET /sign-in: whoever is signed in goes on to their first page; at a locked screen anybody may sign in."""
    with suppress(NotSignedIn, ScreenLocked, SecondStepNeeded):
        return staff_page.see_other(staff_page.first(await signed_in(request)))
    return _form(request)


async def enter(request: web.Request) -> web.StreamResponse:
    """POST /sign-in (form: login, password): signed in, or the page for the code."""
    form = await read_form(request)
    login, password = (form.get(name, "")[:LONGEST] for name in ("login", "password"))
    place = place_of(request)
    try:
        entrance = await signing_in.sign_in_with_password(request.app[SYSTEM], login.strip(), password, place)
    except (SignInFailed, SignInBusy, TooSoon) as error:
        await _refusal()
        return _form(request, error, login)
    if entrance.second_step:
        return _code_form(request, entrance.second_step)
    return await _welcome(request, entrance.session, place)


async def enter_code(request: web.Request) -> web.StreamResponse:
    """POST /sign-in/code (form: step, code)"""
    form = await read_form(request)
    step, place = form.get("step", "")[:LONGEST], place_of(request)
    try:
        secret = await signing_in.sign_in_with_code(
            request.app[SYSTEM], step, form.get("code", "")[:LONGEST], place
        )
    except (CodeWrong, TooSoon) as error:
        await _refusal()
        return _code_form(request, step, error)
    except LinkGone:  # too slow, or started from an old page: from the beginning
        return _form(request, SignInFailed())
    return await _welcome(request, secret, place)


async def once(request: web.Request) -> web.StreamResponse:
    """GET /sign-in/once/{secret}: one button, so that a preview of the link does not use it up."""
    return render.render(request, "sign_in_once.html", centre=request.app[SYSTEM].centre)


async def enter_once(request: web.Request) -> web.StreamResponse:
    """POST /sign-in/once/{secret}"""
    place = place_of(request)
    try:
        secret = await signing_in.sign_in_with_link(request.app[SYSTEM], request.match_info["secret"], place)
    except SignInFailed as error:
        return _form(request, error)
    return await _welcome(request, secret, place)


async def invitation(request: web.Request) -> web.StreamResponse:
    """GET /invitation/{secret}: whom it is for, and a password to be chosen; looking does not use it up."""
    return await _invitation(request)


async def accept(request: web.Request) -> web.StreamResponse:
    """POST /invitation/{secret} (form: password, again)"""
    form = await read_form(request)
    password, place = form.get("password", "")[: LONGEST + 1], place_of(request)
    if password != form.get("again", ""):
        return await _invitation(request, sentence="people.passwords_differ")
    try:
        secret = await invitations.accept(request.app[SYSTEM], request.match_info["secret"], password, place)
    except (PasswordWeak, SignInBusy) as error:
        return await _invitation(request, error)
    response = staff_page.see_other("/account/second-step")
    remember(request, response, secret, place)
    return response


async def leave(request: web.Request) -> web.StreamResponse:
    """POST /sign-out"""
    with suppress(NotSignedIn):  # the session may have ended by itself
        await signing_in.sign_out(request.app[SYSTEM], secret_of(request))
    response = staff_page.see_other("/sign-in")
    forget(request, response)
    return response


async def _refusal() -> None:
    await asyncio.sleep(uniform(*REFUSAL_SECONDS))  # noqa: S311  spreads, hides nothing


def _form(request: web.Request, error: HotlineError | None = None, login: str = "") -> web.Response:
    return _shown(request, "sign_in.html", error, login=login)


def _code_form(request: web.Request, step: str, error: HotlineError | None = None) -> web.Response:
    return _shown(request, "sign_in_code.html", error, step=step)


async def _invitation(
    request: web.Request, error: HotlineError | None = None, sentence: str = ""
) -> web.Response:
    person = await invitations.invited(request.app[SYSTEM], request.match_info["secret"])
    needed = codes.required(person.roles, person.flags)
    return _shown(request, "invitation.html", error, sentence, person=person, code_needed=needed)


def _shown(
    request: web.Request, template: str, error: HotlineError | None, sentence: str = "", **shown: Any
) -> web.Response:
    """The page with what went wrong, and when to come back."""
    told = staff_page.told(request, error, sentence)
    status = error.status if error else 422 if sentence else 200
    response = render.render(
        request, template, status=status, centre=request.app[SYSTEM].centre, error=told, **shown
    )
    return come_back(response, error) if error else response


async def _welcome(request: web.Request, secret: str, place: Place) -> web.StreamResponse:
    me = await signing_in.signed_in(request.app[SYSTEM], secret)
    response = staff_page.see_other(staff_page.first(me))
    remember(request, response, secret, place)
    return response
