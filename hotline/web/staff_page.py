"""What every staff page shows around its own content: the centre, who is signed in, where they may go."""

from typing import Any

from aiohttp import web

from hotline.actions.signing_in import SignedIn
from hotline.errors import HotlineError
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.screen_lock import WARNING
from hotline.texts import say
from hotline.web import render
from hotline.web.keys import SYSTEM
from hotline.web.session import SIGNED_IN


def context(request: web.Request, actor: Actor) -> dict[str, Any]:
    """Context of a template that extends `staff_page.html`, has the bar on top and can be locked."""
    centre, me = request.app[SYSTEM].centre, request[SIGNED_IN]
    screen = {
        "person": actor.id,
        "seconds": centre.screen.lock_after.total_seconds(),
        "warning": WARNING.total_seconds(),
        "has_password": me.has_password,
    }
    return {"centre": centre, "me": actor.name, "places": places(actor), "screen": screen}


def places(actor: Actor) -> tuple[str, ...]:
    """The pages the person may open, in the order of the bar."""
    table = (
        ("console", "console.see"),
        ("board", "board.see"),
        ("callbacks", "callbacks.see"),
        ("roster", "roster.see"),
        ("cases", "cases.see"),
        ("staff", "staff.see"),
        ("centre", "centre.see"),
        ("audit", "audit.see"),
    )
    return tuple(place for place, verb in table if access.may(actor, verb))


def first(me: SignedIn) -> str:
    """Where signing in leads: to the work itself, not to the plan of it that everybody may see."""
    if me.confined:
        return "/account/second-step"
    return "/" + next((place for place in places(me.actor) if place != "roster"), "account")


def told(request: web.Request, error: HotlineError | None, key: str = "") -> str:
    """The sentence of an error, or of a text, for the page it is shown on; "" without one."""
    language = render.language_of(request)
    if error is not None:
        return say(f"error.{error.code}", language, **error.params)
    return say(key, language) if key else ""


def see_other(path: str) -> web.Response:
    """Go there: the answer to a form that was taken."""
    return web.Response(status=303, headers={"Location": path})
