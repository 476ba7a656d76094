"""Pages: Jinja2 templates in the reader's language and the centre's zone.

Nothing is inline: the content security policy allows scripts and styles of our own files only.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hotline.rules.civil_time import local
from hotline.system import System
from hotline.texts import clock, say, say_count
from hotline.web import assets
from hotline.web.console_keys import cap
from hotline.web.keys import SYSTEM

LANGUAGES: Final = ("pl", "uk", "en")
DEFAULT: Final = "pl"


def render(request: web.Request, template: str, /, *, status: int = 200, **context: Any) -> web.Response:
    """The page, never to be stored by anybody on the way or on the device."""
    text = markup(request.app[SYSTEM], language_of(request), template, **context)
    response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.enable_compression()
    return response


def markup(system: System, language: str, template: str, /, **context: Any) -> str:
    """The template filled in, for a page or for a piece of one that a socket sends."""
    zone = system.centre.zone
    words = {
        "language": language,
        "exit_url": system.settings.exit_url,
        "t": partial(_say, language),
        "n": partial(_count, language),
        "clock": partial(clock, language=language, zone=zone),
        "moment": partial(moment, zone=zone, language=language),
        "day": partial(day, zone=zone),
    }
    return _environment().get_template(template).render({**words, **context})


def language_of(request: web.Request) -> str:
    """pl, uk or en: `?lang=` first, then Accept-Language, Polish if neither names one of ours."""
    # Not from what the request keeps once it was asked: ten thousand open lines would keep it as well.
    for asked in parse_qs(request.query_string).get("lang", ()):
        if asked in LANGUAGES:
            return asked
    wishes: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "").split(",")[:20]:
        name, _, weight = part.partition(";q=")
        short = name.strip().lower().partition("-")[0]
        if short in LANGUAGES:
            wishes.append((_weight(weight), short))
    best = max(wishes, key=lambda wish: wish[0], default=(0.0, DEFAULT))
    return best[1] if best[0] > 0 else DEFAULT


def wants_page(request: web.Request) -> bool:
    """Did a person's browser ask for a page, rather than a script for data?"""
    if request.content_type == "application/json":
        return False
    return "text/html" in request.headers.get("Accept", "")


def day(at: datetime, zone: ZoneInfo) -> str:
    """28.12.2026"""
    return local(at, zone).strftime("%d.%m.%Y")


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """poniedziałek 28.12.2026, godz. 16:30"""
    there = local(at, zone)
    weekday = say(f"chat.weekday_{there.weekday()}", language)
    return say("chat.moment", language, weekday=weekday, date=day(at, zone), time=clock(at, language, zone))


def whole_numbers(text: str) -> str:
    """The text with telephone numbers, spans of hours and streets that a line's end does not tear apart."""
    text = re.sub(r"(?<=\d) (?=\d)|(?<=\bul\.) |(?<=\bpod) (?=\d)", "\u00a0", text)
    return re.sub(r"(?<=\d)–(?=\d)", "\u2060–\u2060", text)


def _say(language: str, key: str, /, **params: Any) -> str:
    return say(key, language, **params)


def _count(language: str, key: str, number: int, /) -> str:
    return say_count(key, language, number)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Callable[..., Any]] = {"static": assets.address, "cap": cap}
    environment.globals.update(helpers)
    environment.filters["whole_numbers"] = whole_numbers
    return environment
