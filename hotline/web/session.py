"""Who asks: the signed-in member of staff behind a request's cookie."""

from typing import Final

from aiohttp import web

from hotline.actions import staff
from hotline.errors import NotSignedIn
from hotline.rules.access import Actor
from hotline.web.keys import SYSTEM

SESSION_COOKIE: Final = "hotline_session"
ACTOR: web.RequestKey[Actor] = web.RequestKey("actor", Actor)


def cookie_of(request: web.Request) -> str:
    """The cookie's name: over HTTPS one that no other host and no unsafe page can set."""
    return f"__Host-{SESSION_COOKIE}" if _is_secure(request) else SESSION_COOKIE


def secret_of(request: web.Request) -> str:
    """The session secret a browser sent; "" without one."""
    return request.cookies.get(cookie_of(request), "")


def _is_secure(request: web.Request) -> bool:
    return request.app[SYSTEM].settings.origin.startswith("https://")


async def actor_of(request: web.Request) -> Actor:
    """The person, asked of the database once per request. Raises NotSignedIn."""
    if ACTOR not in request:
        secret = secret_of(request)
        if not secret:
            raise NotSignedIn
        request[ACTOR] = await staff.actor_of(request.app[SYSTEM], secret)
    return request[ACTOR]


def remember(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """Put the session into a cookie that scripts and other sites never see."""
    secure = _is_secure(request)
    response.set_cookie(cookie_of(request), secret, httponly=True, samesite="Strict", secure=secure, path="/")


def forget(request: web.Request, response: web.StreamResponse) -> None:
    """Take it away again."""
    response.del_cookie(cookie_of(request), path="/", secure=_is_secure(request))
