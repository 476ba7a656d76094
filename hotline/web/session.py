"""Who asks: the signed-in member of staff behind a request's cookie."""

from typing import Final

from aiohttp import web

from hotline.actions import staff
from hotline.errors import NotSignedIn
from hotline.rules.access import Actor
from hotline.web.keys import SYSTEM

SESSION_COOKIE: Final = "hotline_session"
ACTOR: web.RequestKey[Actor] = web.RequestKey("actor", Actor)


async def actor_of(request: web.Request) -> Actor:
    """The person, asked of the database once per request. Raises NotSignedIn."""
    if ACTOR not in request:
        secret = request.cookies.get(SESSION_COOKIE, "")
        if not secret:
            raise NotSignedIn
        request[ACTOR] = await staff.actor_of(request.app[SYSTEM], secret)
    return request[ACTOR]


def remember(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """Put the session into a cookie that scripts and other sites never see."""
    secure = request.app[SYSTEM].settings.origin.startswith("https://")
    response.set_cookie(SESSION_COOKIE, secret, httponly=True, samesite="Strict", secure=secure, path="/")


def forget(response: web.StreamResponse) -> None:
    response.del_cookie(SESSION_COOKIE, path="/")
