"""The front page: every line, whom it is for, whether it is open, how to reach it; or what is known instead."""

from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web

from hotline.rules.centre import Centre, Line, Unit
from hotline.rules.civil_time import local
from hotline.rules.opening import Closed, Open, Opening, closure_on, opening
from hotline.texts import clock, say
from hotline.values import dataclass
from hotline.web import caller_page, hours, render
from hotline.web.keys import SYSTEM

State = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line as a caller sees it; `tel` is "" where a link would be a guess, `hours` where none are stated.

    `remarks` say what the state rests on: a closure with its reason, a holiday, an assumption.
    """

    line: Line
    state: State
    sentence: str
    hours: str
    audience: str
    chat: bool
    tel: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with what may be told of where it is."""

    unit: Unit
    hours: str


async def front(request: web.Request) -> web.StreamResponse:
    """GET /: the lines, or for a centre that publishes none what is known of it and the national numbers."""
    system = request.app[SYSTEM]
    centre, language = system.centre, render.language_of(request)
    named = [unit for unit in centre.units.values() if unit.address or unit.website]
    shown: dict[str, Any] = {"centre": centre, "dates": dates(centre)}
    if not centre.lines:
        return render.render(request, "information.html", units=named, **shown)
    now = system.clock.now()
    rows = [row(centre, line, now, language) for line in centre.lines.values()]
    # What is for everybody comes first, then what can be written to; otherwise the order of the centre's file.
    rows.sort(key=lambda each: ("anyone" not in each.line.audience, not each.chat))
    groups = [
        (state, [each for each in rows if each.state == state]) for state in ("open", "closed", "unknown")
    ]
    places = [Place(unit, hours.of_windows(unit.hours, language)) for unit in named]
    hidden = any(not unit.address_public for unit in centre.units.values())
    return render.render(request, "lines.html", groups=groups, places=places, hidden=hidden, **shown)


def row(centre: Centre, line: Line, at: datetime, language: str) -> Row:
    """The line with its state in words. Unknown hours are never shown as open or closed."""
    queue = centre.queue_of(line.id)
    answer = opening(centre, line, at)
    today = local(at, centre.zone).date()
    state: State = (
        "open" if isinstance(answer, Open) else "closed" if isinstance(answer, Closed) else "unknown"
    )
    return Row(
        line=line,
        state=state,
        sentence=sentence(answer, at, centre.zone, language),
        hours=hours.in_words(centre.hours_on(line, today), language),
        audience=", ".join(say(f"audience.{each}", language) for each in line.audience),
        chat=centre.live_chat_enabled
        and state != "unknown"
        and queue is not None
        and "web" in queue.channels,
        tel=caller_page.tel_of(line),
        remarks=tuple(_remarks(centre, line, answer, today, language)),
    )


def state_of(answer: Opening) -> State:
    """The kind of answer in one word of code."""
    return "open" if isinstance(answer, Open) else "closed" if isinstance(answer, Closed) else "unknown"


def sentence(answer: Opening, at: datetime, zone: ZoneInfo, language: str) -> str:
    """Open until, closed until, or that nobody knows; a time of the same day goes without its date."""
    match answer:
        case Open(until=datetime() as until):
            return _edge("front.open", until, at, zone, language)
        case Open():
            return say("front.open", language)
        case Closed(next_open=datetime() as next_open):
            return _edge("front.closed", next_open, at, zone, language)
        case Closed():
            return say("front.closed", language)
        case _:
            return say("front.unknown", language)


def _edge(key: str, edge: datetime, at: datetime, zone: ZoneInfo, language: str) -> str:
    if local(edge, zone).date() == local(at, zone).date():
        return say(f"{key}_today", language, time=clock(edge, language, zone))
    return say(f"{key}_until", language, edge=render.moment(edge, zone, language))


def _remarks(centre: Centre, line: Line, answer: Opening, today: date, language: str) -> list[str]:
    said = []
    closure = closure_on(centre, line, today)
    holiday = centre.calendar.holiday_name(today, language)
    if isinstance(answer, Closed) and closure is not None:
        said.append(say("front.closure", language, reason=closure.reason_pl))
    elif isinstance(answer, Closed) and holiday is not None:
        said.append(say("front.closure", language, reason=holiday))
    kept = line.rule_on(today).same_as
    if kept:
        said.append(say("front.same_as", language, line=centre.line(kept).name_pl))
    if isinstance(answer, Open | Closed) and answer.assumed:
        assumed = centre.hours_on(line, today).hours_status == "assumed"
        said.append(say("front.assumed_hours" if assumed else "front.assumed", language))
    return said


def dates(centre: Centre) -> dict[str, str]:
    """How old the facts are and when somebody checked them, in days as people write them; "" where unknown."""
    return {"as_of": _written(centre.source_as_of), "verified": _written(centre.verified_on)}


def _written(day: str) -> str:
    try:
        return f"{date.fromisoformat(day):%d.%m.%Y}"
    except ValueError:
        return ""
