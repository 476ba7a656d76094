"""What every staff page shows around its own content: the centre, who is signed in, where they may go."""

from typing import Any

from aiohttp import web

from hotline.rules import access
from hotline.rules.access import Actor
from hotline.web.keys import SYSTEM


def context(request: web.Request, actor: Actor) -> dict[str, Any]:
    """Context of a template that extends `staff_page.html` and has the bar on top."""
    return {"centre": request.app[SYSTEM].centre, "me": actor.name, "places": places(actor)}


def places(actor: Actor) -> tuple[str, ...]:
    """The pages the person may open, in the order of the bar; the first is where signing in leads."""
    table = (("console", "console.see"), ("cases", "cases.see"))
    return tuple(place for place, verb in table if access.may(actor, verb))
