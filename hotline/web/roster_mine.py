"""One's own shifts with why and how long, hours against what was agreed, and absences: asked for and decided upon."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from hotline.actions import absences
from hotline.actions.rostering import ABSENCES
from hotline.errors import GapWouldOpen, HotlineError, NotFound
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.civil_time import DAY_MINUTES
from hotline.rules.duty import Absence, Board, Person
from hotline.rules.duty import grid as grids
from hotline.rules.duty.expansion import edges
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.duty.preview import Preview
from hotline.rules.duty.rest import nights
from hotline.rules.duty.spans import Span, clipped, length
from hotline.store import views
from hotline.values import dataclass
from hotline.web import render, roster_dialog, roster_edit, roster_forms, roster_words, staff_page
from hotline.web import roster as pages
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED, Form
from hotline.web.roster_words import Words
from hotline.web.session import actor_of

AHEAD, KEPT = timedelta(days=62), timedelta(days=31)
HOUR = timedelta(hours=1)
GIVEN = ("first", "last", "from", "to", "kind", "person")


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One shift to come."""

    when: str
    hours: str
    line: str
    tier: str
    now: bool
    href: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """One absence; without a name on one's own page."""

    id: str
    name: str
    words: str
    state: str


async def mine(request: web.Request) -> web.StreamResponse:
    """GET /roster/mine"""
    return await _mine(request, {}, None)


async def ask(request: web.Request) -> web.StreamResponse:
    """POST /roster/mine/absences"""
    form, actor, system = await read_form(request), await actor_of(request), request.app[SYSTEM]
    try:
        kind, (start, end) = roster_forms.choice(form, "kind", ABSENCES), _away(form, system.centre)
        await absences.note_absence(system, actor, actor.id, kind, start, end)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _mine(request, form, error)
    return staff_page.see_other("/roster/mine?done=asked")


async def index(request: web.Request) -> web.StreamResponse:
    """GET /roster/absences"""
    return await _index(request, {}, None)


async def note(request: web.Request) -> web.StreamResponse:
    """POST /roster/absences: for somebody; it counts once what it opens was looked at and approved"""
    form, actor, system = await read_form(request), await actor_of(request), request.app[SYSTEM]
    try:
        kind, (start, end) = roster_forms.choice(form, "kind", ABSENCES), _away(form, system.centre)
        person = form.get("person", "")
        absence_id = await absences.note_absence(system, actor, person, kind, start, end)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _index(request, form, error)
    return staff_page.see_other(f"/roster/absences/{absence_id}/approve")


async def approval(request: web.Request) -> web.StreamResponse:
    """GET /roster/absences/{absence}/approve: what it would open"""
    return await _approval(request, None)


async def approve(request: web.Request) -> web.StreamResponse:
    """POST /roster/absences/{absence}/approve"""
    form, actor = await read_form(request), await actor_of(request)
    confirmed = form.get("confirmed") == "yes"
    try:
        await absences.approve(request.app[SYSTEM], actor, request.match_info["absence"], confirmed=confirmed)
    except GapWouldOpen as error:
        return await _approval(request, error)
    return staff_page.see_other("/roster/absences")


async def withdrawal(request: web.Request) -> web.StreamResponse:
    """GET /roster/absences/{absence}/withdraw?back=…: what it would close and break"""
    return await _withdrawal(request, request.query, None)


async def withdraw(request: web.Request) -> web.StreamResponse:
    """POST /roster/absences/{absence}/withdraw: one's own, or anybody's for whoever leads"""
    form, actor = await read_form(request), await actor_of(request)
    absence_id, confirmed = request.match_info["absence"], form.get("confirmed") == "yes"
    try:
        await absences.withdraw_absence(request.app[SYSTEM], actor, absence_id, confirmed=confirmed)
    except GapWouldOpen as error:
        return await _withdrawal(request, form, error)
    return staff_page.see_other(_back(form))


def _back(form: Form) -> str:
    """Where the absence was looked at."""
    return "/roster/absences" if form.get("back") == "absences" else "/roster/mine"


# -- pages -------------------------------------------------------------------------------------------------


async def _mine(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        board = await tx.board()
        words = pages.words_of(request, tx.centre, tx.now, await views.people(tx))
        away = await views.roster.absences(tx, tx.now - KEPT, actor.id)
        patterns = {each.id: each for each in await views.roster.patterns(tx)}
    return render.render(
        request,
        "roster_mine.html",
        status=error.status if error else 200,
        **staff_page.context(request, actor),
        edits=access.may(actor, "roster.change"),
        shifts=_shifts(board, actor.id, patterns, words),
        months=[_month(board, actor.id, day, words) for day in _months(words)],
        absences=[_absence(each, words, "") for each in away],
        kinds=ABSENCES,
        given={**dict.fromkeys(GIVEN, ""), **form},
        done="asked" if request.query.get("done") == "asked" else "",
        problem=staff_page.told(request, error),
    )


def _shifts(board: Board, who: str, patterns: Mapping[str, Any], words: Words) -> list[ShiftRow]:
    found = []
    for each in board.worked(who):
        if words.now < each.end and each.start < words.now + AHEAD:
            at = roster_words.stamp(each.start)
            tier = words.say(f"tier_{min(each.seat.tier, 3)}") if each.seat.tier != PRIMARY else ""
            found.append(
                ShiftRow(
                    words.span(each.start, each.end),
                    words.hours((each.end - each.start) / HOUR),
                    words.line(each.line),
                    tier,
                    each.start <= words.now,
                    roster_words.address("/roster/seat", line=each.line, person=who, at=at),
                    roster_edit.why(each, patterns, words),
                )
            )
    return found


def _months(words: Words) -> tuple[date, date]:
    """The first days of this month and the next."""
    this = words.local_day(words.now).replace(day=1)
    return this, (this + KEPT + timedelta(days=1)).replace(day=1)


def _month(board: Board, who: str, day: date, words: Words) -> tuple[str, str, str, int, bool]:
    """(month, hours, what was agreed, nights, over it)"""
    days = grids.month(day)
    first, end = (
        edges(days[0], 0, DAY_MINUTES, board.centre.zone)[0],
        edges(days[-1], 0, DAY_MINUTES, board.centre.zone)[1],
    )
    worked: list[Span] = [(each.start, each.end) for each in board.worked(who) if each.seat.tier == PRIMARY]
    limits = board.plan.people.get(who, Person(who)).limits
    hours = length(clipped(worked, first, end)) / HOUR
    spent = sum(each in days for each in nights(worked, limits, board.centre.zone))
    agreed = "" if limits.month is None else words.hours(limits.month)
    name = words.say(f"month_{day.month}", year=day.year)
    return name, words.hours(hours), agreed, spent, limits.month is not None and hours > limits.month


async def _index(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        people = await views.people(tx)
        words = pages.words_of(request, tx.centre, tx.now, people)
        away = await views.roster.absences(tx, tx.now - KEPT)
    rows: dict[bool, list[AbsenceRow]] = defaultdict(list)
    for each in away:
        rows[each.state == "asked"].append(_absence(each, words, words.name(each.staff_id)))
    return render.render(
        request,
        "roster_absences.html",
        status=error.status if error else 200,
        **staff_page.context(request, actor),
        edits=access.may(actor, "roster.change"),
        asked=rows[True],
        settled=rows[False],
        crew=[(each.id, each.name) for each in people if each.active and each.lines],
        kinds=ABSENCES,
        given={**dict.fromkeys(GIVEN, ""), **form},
        problem=staff_page.told(request, error),
    )


async def _approval(request: web.Request, error: HotlineError | None) -> web.Response:
    actor, absence_id = await actor_of(request), request.match_info["absence"]
    found = await absences.preview_approve(request.app[SYSTEM], actor, absence_id)
    return await _asked(request, actor, found, error, "approve", {}, "/roster/absences")


async def _withdrawal(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    actor, absence_id = await actor_of(request), request.match_info["absence"]
    found = await absences.preview_withdraw(request.app[SYSTEM], actor, absence_id)
    fields = {"back": form.get("back", "")}
    return await _asked(request, actor, found, error, "withdraw", fields, _back(form))


async def _asked(
    request: web.Request, actor: Actor, found: Preview, error: HotlineError | None,
    doing: str, fields: dict[str, str], back: str,
) -> web.Response:  # fmt: skip
    """What this does to the roster, and the question whether to go on."""
    absence, words = await _looked_at(request)
    what = {"name": words.name(absence.staff_id), "what": _words(absence, words)}
    return roster_dialog.dialog(
        request, actor, found, words, error, title=words.say(f"{doing}_title", **what),
        action=f"/roster/absences/{absence.id}/{doing}", fields=fields, back=back,
    )  # fmt: skip


async def _looked_at(request: web.Request) -> tuple[Absence, Words]:
    """Raises NotFound."""
    async with request.app[SYSTEM].read() as tx:
        absence = await views.roster.absence(tx, request.match_info["absence"])
        words = pages.words_of(request, tx.centre, tx.now, await views.people(tx))
    if absence is None:
        raise NotFound
    return absence, words


def _absence(each: Absence, words: Words, name: str) -> AbsenceRow:
    return AbsenceRow(each.id, name, _words(each, words), each.state)


def _words(each: Absence, words: Words) -> str:
    """urlop, pon. 7.12 – śr. 9.12; with hours where it does not last whole days"""
    kind = words.say(f"away.{each.kind}")
    first, last = words.local_day(each.starts_at), words.local_day(each.ends_at - timedelta(microseconds=1))
    whole = (
        edges(first, 0, DAY_MINUTES, words.centre.zone)[0],
        edges(last, 0, DAY_MINUTES, words.centre.zone)[1],
    )
    if whole != (each.starts_at, each.ends_at):
        return f"{kind}, {words.span(each.starts_at, each.ends_at)}"
    days = words.day(first) if first == last else f"{words.day(first)} – {words.day(last)}"
    return f"{kind}, {days}"


def _away(form: Form, centre: Centre) -> tuple[datetime, datetime]:
    """Whole days, or from an hour of the first to an hour of the last. Raises DayInvalid, HoursUnreadable."""
    first, last = roster_forms.day(form, "first"), roster_forms.day(form, "last")
    start = roster_forms.minutes(form, "from") if form.get("from") else 0
    end = roster_forms.minutes(form, "to") if form.get("to") else DAY_MINUTES
    return edges(first, start, DAY_MINUTES, centre.zone)[0], edges(last, 0, end, centre.zone)[1]
