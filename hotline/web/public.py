"""The front page: every line, whom it is for, whether it is open, how to reach it; and what we do with data."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from hotline.rules.centre import Centre, Line
from hotline.rules.opening import Closed, Open, opening
from hotline.texts import say
from hotline.web import caller_page, hours, render
from hotline.web.keys import SYSTEM


@dataclass(frozen=True, slots=True)
class Row:
    """One line as a caller sees it; `tel` is "" where a link would be a guess, `hours` where none are stated."""

    line: Line
    sentence: str
    hours: str
    audience: str
    open: bool
    chat: bool
    tel: str


async def front(request: web.Request) -> web.StreamResponse:
    """GET /: the lines, or for a centre that publishes none what is known of it and the national numbers."""
    system = request.app[SYSTEM]
    language = render.language_of(request)
    if not system.centre.lines:
        units = [unit for unit in system.centre.units.values() if unit.address]
        return render.render(request, "information.html", units=units, centre=system.centre)
    now = system.clock.now()
    rows = [row(system.centre, line, now, language) for line in system.centre.lines.values()]
    # What can be reached now comes first, and there what is for everybody; otherwise the order of the centre's file.
    rows.sort(key=lambda each: (not each.open, "anyone" not in each.line.audience, not each.chat))
    return render.render(request, "lines.html", rows=rows, centre=system.centre)


async def privacy(request: web.Request) -> web.StreamResponse:
    """GET /prywatnosc"""
    return render.render(request, "privacy.html", centre=request.app[SYSTEM].centre)


def row(centre: Centre, line: Line, at: datetime, language: str) -> Row:
    """The line with its state in words. Unknown hours are never shown as open or closed."""
    queue = centre.queue_of(line.id)
    answer = opening(centre, line, at)
    stated = isinstance(answer, Open | Closed)
    return Row(
        line=line,
        sentence=_state(answer, centre.zone, language),
        hours=hours.in_words(line, language),
        audience=", ".join(say(f"audience.{each}", language) for each in line.audience),
        open=isinstance(answer, Open),
        chat=centre.live_chat_enabled and stated and queue is not None and "web" in queue.channels,
        tel=caller_page.tel_of(line),
    )


def _state(answer: object, zone: ZoneInfo, language: str) -> str:
    match answer:
        case Open(until=datetime() as until):
            return say("front.open_until", language, until=render.moment(until, zone, language))
        case Open():
            return say("front.open", language)
        case Closed(next_open=datetime() as next_open):
            return say("front.closed_until", language, next=render.moment(next_open, zone, language))
        case Closed():
            return say("front.closed", language)
        case _:
            return say("front.unknown", language)
