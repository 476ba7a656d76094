"""Around every request: errors become answers, foreign origins are refused, headers are strict, the log is bare.

This is one of the two places where an error turns into an answer.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiohttp import web, web_response

from hotline import metrics
from hotline.errors import (
    ForeignOrigin,
    HotlineError,
    LineClosed,
    NotFound,
    NotSignedIn,
    ScreenLocked,
    SecondStepNeeded,
    Unavailable,
)
from hotline.texts import say
from hotline.web import embedding, render, screens
from hotline.web.keys import SYSTEM

log = structlog.get_logger()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SERVER: Final = "hotline"
SAFE: Final = frozenset({"GET", "HEAD"})
METHODS: Final = (*SAFE, "POST")
QUIET: Final = ("/static/", "/healthz", "/readyz")  # asked all the time, and told only when they fail
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


# What is no HTTP the server answers by itself, and would name the versions of Python and of its library.
setattr(web_response, "SERVER_SOFTWARE", SERVER)  # noqa: B010  its type is Final


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who comes from elsewhere goes no further. Facts become their status and sentence, a mistake of ours a calm 500
    without any trace. What was answered is told.
    """
    started = time.perf_counter()
    try:
        require_own_origin(request)
        response = await handler(request)
    except HotlineError as error:
        if error.status >= 500:
            log.warning("request failed", code=error.code)
        response = answer(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = answer(request, _of_status(error.status), status=error.status)
    except ConnectionError:
        raise
    except Exception:  # an edge: whatever it is, the person gets a sentence and the log gets the place
        log.exception("request failed")
        response = answer(request, HotlineError(), status=500)
    _tell(request, response, time.perf_counter() - started)
    return response


def _tell(request: web.Request, response: web.StreamResponse, seconds: float) -> None:
    """One line and two figures per request: the route's pattern, never the path, which may hold an id."""
    route = route_of(request)
    method = request.method if request.method in METHODS else "other"
    write = log.debug if route.startswith(QUIET) and response.status < 500 else log.info
    write("request", method=method, route=route, status=response.status, ms=round(seconds * 1000, 1))
    metrics.REQUESTS.labels(method, route, f"{response.status // 100}xx").inc()
    if not isinstance(response, web.WebSocketResponse):
        metrics.REQUEST_SECONDS.labels(route).observe(seconds)


def route_of(request: web.Request) -> str:
    """The pattern that the path fits; "none" for those that fit none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


async def strict_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The same strict headers on every answer, and nothing stored on the way; a page may allow to be framed.

    Asked just before an answer is sent, so that sockets and what the server itself refuses carry them, too.
    """
    for name, value in (HEADERS | embedding.other_headers(response, HEADERS)).items():
        if value:
            response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = SERVER
    if request.app[SYSTEM].closing.is_set() and not isinstance(response, web.WebSocketResponse):
        response.headers["Connection"] = "close"
        response.force_close()  # the next request comes over another connection, which another process takes


def require_own_origin(request: web.Request) -> None:
    """A change or a socket must come from our own pages. Raises ForeignOrigin."""
    upgrades = request.headers.get("Upgrade", "").lower() == "websocket"
    if request.method in SAFE and not upgrades:
        return
    if request.headers.get("Origin") not in request.app[SYSTEM].settings.origins:
        raise ForeignOrigin


def answer(request: web.Request, error: HotlineError, status: int | None = None) -> web.StreamResponse:
    """JSON for scripts, a page for people."""
    language = render.language_of(request)
    sentence = say(f"error.{error.code}", language, **error.params)
    status = status or error.status
    if render.wants_page(request):
        if isinstance(error, ScreenLocked):
            return screens.locked(request)
        if isinstance(error, NotSignedIn) and request.method in SAFE:
            return web.Response(status=303, headers={"Location": "/sign-in"})
        if isinstance(error, SecondStepNeeded) and request.method in SAFE:
            return web.Response(status=303, headers={"Location": "/account/second-step"})
        shown = {"code": error.code, "sentence": sentence, "centre": request.app[SYSTEM].centre}
        page = render.render(request, "error.html", status=status, **shown)
        return come_back(embedding.allow(request, page) if _framed(request) else page, error)
    body: dict[str, Any] = {"code": error.code, "sentence": sentence}
    if "fields" in error.params:
        body["fields"] = str(error.params["fields"]).split(",")
    if isinstance(error, ScreenLocked):
        return web.json_response({"locked": True, "error": body}, status=status)
    if isinstance(error, LineClosed):
        body["next_open"] = error.next_open.isoformat() if error.next_open else None
    return come_back(web.json_response({"error": body}, status=status), error)


def _framed(request: web.Request) -> bool:
    """A frame of the centre's site asked: its reader gets the sentence, and no empty square."""
    return route_of(request).startswith("/chat/") and request.headers.get("Sec-Fetch-Dest") == "iframe"


def come_back(response: web.Response, error: HotlineError) -> web.Response:
    seconds = 2 if isinstance(error, Unavailable) else error.params.get("seconds")
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def _of_status(status: int) -> HotlineError:
    return NotFound() if status in (404, 405) else HotlineError()
