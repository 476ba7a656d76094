"""A locked screen: what it says in place of every page, whether somebody waits, and the way back.

Nothing here tells what or whom it is about, so that whoever passes by learns only that the phone rings, as it were.
"""

from typing import Any, Literal

from aiohttp import web

from hotline.actions import screens
from hotline.errors import HotlineError, PasswordWrong, SignInBusy, TooSoon
from hotline.rules import access
from hotline.store import views
from hotline.web import render, staff_page
from hotline.web.body import Body, read_form, read_json
from hotline.web.keys import SYSTEM
from hotline.web.rings import rings
from hotline.web.session import SIGNED_IN, place_of, signed_in

LONGEST = 200  # characters of a password that are looked at


class Lock(Body):
    """How it came: by hand, or because nobody touched anything."""

    how: Literal["hand", "idle"]


class Unlock(Body):
    """The password of whoever is signed in."""

    password: str


async def state(request: web.Request) -> web.StreamResponse:
    """GET /screen: whose it is, whether it is locked, and who waits if it is"""
    me, system = await signed_in(request), request.app[SYSTEM]
    waits = None
    if me.locked and access.may(me.actor, "console.see"):
        async with system.read() as tx:
            waits = rings(await views.console(tx, system.centre, me.actor), me.actor)
    return web.json_response({"person": me.actor.id, "locked": me.locked, "waits": waits})


async def lock(request: web.Request) -> web.StreamResponse:
    """POST /screen/lock, by a script or by a form without one"""
    me, page = await signed_in(request), render.wants_page(request)
    how: Literal["hand", "idle"] = "hand" if page else (await read_json(request, Lock)).how
    await screens.lock(request.app[SYSTEM], me, how)
    return staff_page.see_other(staff_page.first(me)) if page else web.json_response({"locked": True})


async def unlock(request: web.Request) -> web.StreamResponse:
    """POST /screen/unlock, by a script (password) or by the form of the locked page (password, back)"""
    me, page, place = await signed_in(request), render.wants_page(request), place_of(request)
    form = await read_form(request) if page else {}
    password = form.get("password", "") if page else (await read_json(request, Unlock)).password
    back = form.get("back", "")
    try:
        await screens.unlock(request.app[SYSTEM], me, password[:LONGEST], place)
    except (PasswordWrong, SignInBusy, TooSoon) as error:
        if page:
            return locked(request, error, back)
        raise
    if page:
        return staff_page.see_other(back if _is_ours(back) else staff_page.first(me))
    return web.json_response({"person": me.actor.id})


def locked(request: web.Request, error: HotlineError | None = None, back: str = "") -> web.Response:
    """The page in place of every other; the way back leads to the one that was asked for."""
    me = request[SIGNED_IN]
    centre = request.app[SYSTEM].centre
    shown: dict[str, Any] = {
        "centre": centre,
        "me": me.actor.name,
        "has_password": me.has_password,
        "rings": access.may(me.actor, "console.see"),
        "back": back or (request.path_qs if request.method == "GET" else staff_page.first(me)),
        "error": staff_page.told(request, error),
    }
    return render.render(request, "locked.html", status=error.status if error else 423, **shown)


def _is_ours(path: str) -> bool:
    """A path of this house, and no address of another that only looks like one."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
