"""Who asks: the signed-in member of staff behind a request's cookie, and from where."""

from typing import Final

from aiohttp import web

from hotline.actions import signing_in
from hotline.actions.signing_in import SignedIn
from hotline.actions.throttle import Place
from hotline.errors import NotSignedIn, ScreenLocked, SecondStepNeeded
from hotline.ids import new_secret
from hotline.rules.access import Actor
from hotline.rules.throttle import REMEMBER_BROWSER
from hotline.web import render
from hotline.web.addresses import network_of
from hotline.web.devices import device_of
from hotline.web.keys import SYSTEM

SESSION_COOKIE: Final = "hotline_session"
BROWSER_COOKIE: Final = "hotline_browser"
SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed in", SignedIn)
OWN: Final = ("/account", "/sign-out", "/screen")  # where whoever still lacks a second step may go
# What a locked screen may ask for: the way back and out, and lines that say only that somebody waits.
UNDER_LOCK: Final = frozenset(
    {"/screen", "/screen/lock", "/screen/unlock", "/sign-out", "/console/socket", "/board/socket"}
)


def cookie_of(request: web.Request, name: str = SESSION_COOKIE) -> str:
    """The cookie's name: over HTTPS one that no other host and no unsafe page can set."""
    return f"__Host-{name}" if _is_secure(request) else name


def secret_of(request: web.Request) -> str:
    """The session secret a browser sent; "" without one."""
    return request.cookies.get(cookie_of(request), "")


def _is_secure(request: web.Request) -> bool:
    return request.app[SYSTEM].settings.origin.startswith("https://")


async def signed_in(request: web.Request) -> SignedIn:
    """The session, asked of the database once per request. Raises NotSignedIn, ScreenLocked, SecondStepNeeded."""
    if SIGNED_IN not in request:
        secret = secret_of(request)
        if not secret:
            raise NotSignedIn
        opening = request.method == "GET" and render.wants_page(request)
        request[SIGNED_IN] = await signing_in.signed_in(request.app[SYSTEM], secret, opening=opening)
    if request[SIGNED_IN].locked and request.path not in UNDER_LOCK:
        raise ScreenLocked
    if request[SIGNED_IN].confined and not request.path.startswith(OWN):
        raise SecondStepNeeded
    return request[SIGNED_IN]


async def actor_of(request: web.Request) -> Actor:
    """The person. Raises NotSignedIn, ScreenLocked, SecondStepNeeded."""
    return (await signed_in(request)).actor


def place_of(request: web.Request) -> Place:
    """Where somebody signs in from; a browser that was never here gets a secret of its own."""
    browser = request.cookies.get(cookie_of(request, BROWSER_COOKIE), "") or new_secret()
    return Place(network_of(request), browser, device_of(request.headers.get("User-Agent", "")))


def remember(request: web.Request, response: web.StreamResponse, secret: str, place: Place) -> None:
    """Put the session, and the browser's own secret, into cookies that scripts and other sites never see."""
    life = int(REMEMBER_BROWSER.total_seconds())
    for name, value, max_age in ((SESSION_COOKIE, secret, None), (BROWSER_COOKIE, place.browser, life)):
        response.set_cookie(
            cookie_of(request, name),
            value,
            max_age=max_age,
            httponly=True,
            samesite="Strict",
            secure=_is_secure(request),
            path="/",
        )


def forget(request: web.Request, response: web.StreamResponse) -> None:
    """Take it away again."""
    response.del_cookie(cookie_of(request), path="/", secure=_is_secure(request))
