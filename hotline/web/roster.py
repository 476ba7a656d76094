"""The roster of a line: a week with hours or a month, who is on duty now, and what is short."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from hotline.errors import NotFound
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.centre import Centre, Line
from hotline.rules.civil_time import local
from hotline.rules.duty import Board, Roster, Shift
from hotline.rules.duty import grid as grids
from hotline.rules.duty.drafting import day_of
from hotline.rules.duty.edits import Edit, edited
from hotline.store import views
from hotline.web import render, roster_view, roster_words, staff_page
from hotline.web.keys import SYSTEM
from hotline.web.roster_view import Look
from hotline.web.roster_words import Words
from hotline.web.session import actor_of

VIEWS: Final = ("week", "month")
UNPUBLISHED: Final = frozenset({"draft", "proposed"})


async def page(request: web.Request) -> web.StreamResponse:
    """GET /roster?line=…&from=2026-12-07&view=week|month&draft=…"""
    system, actor = request.app[SYSTEM], await actor_of(request)
    if not lines_of(system.centre, actor):  # whoever answers no line still has a page of their own
        return staff_page.see_other("/roster/mine")
    async with system.read() as tx:
        line = line_of(request.query, tx.centre, actor)
        board, demands = await tx.board(), await views.roster.demands(tx, tx.centre)
        people = await views.people(tx)
        versions = await views.roster.rosters(tx, line)
        draft = draft_of(request.query.get("draft", ""), versions)
        planned = await views.roster.version_shifts(tx, draft.id) if draft else []
        words = words_of(request, tx.centre, tx.now, people)
    seen = with_draft(board, draft, versions, planned) if draft else board
    view = request.query.get("view", "week")
    view = view if view in VIEWS else "week"
    days = _days(request, board, words, view)
    crew = [each.id for each in people if each.active and line in each.lines]
    now_kind, now_words = roster_words.now_strip(board, line, words)
    drawn = grids.grid(seen, line, demands, days, crew)
    unpublished = {each.id: each.status for each in versions if each.status in UNPUBLISHED}
    edits, shown = access.may(actor, "roster.change"), draft.id if draft else ""
    lines = frozenset(each.id for each in lines_of(system.centre, actor))
    look = Look(line, lines, words, unpublished, shown, edits)
    return render.render(
        request,
        "roster.html",
        **around(request, actor, tx.centre, line),
        **roster_view.shown(drawn, look),
        **_steps(days, view, board, words),
        now_kind=now_kind,
        now_words=now_words,
        today=words.local_day(words.now).isoformat(),
        view=view,
        draft=draft,
        drafts=[each for each in versions if each.status in UNPUBLISHED],
        published=[each for each in versions if each.status == "published" and _touches(each, days)],
        nobody_serves=not crew,
        done=request.query.get("done", ""),
        words=words,
    )


# -- what every page of the roster needs ---------------------------------------------------------------------


def around(request: web.Request, actor: Actor, centre: Centre, line: str) -> dict[str, Any]:
    """The bar, the lines to choose from, and what the person may do."""
    return {
        **staff_page.context(request, actor),
        "lines": lines_of(centre, actor),
        "line": centre.lines[line],
        "edits": access.may(actor, "roster.change"),
        "me_id": actor.id,
    }


def lines_of(centre: Centre, actor: Actor) -> list[Line]:
    """Lines with a queue: all of them for whoever plans, one's own for whoever answers."""
    queued = [line for queue in centre.queues.values() for line in queue.lines]
    leads = access.may(actor, "roster.change")
    return [centre.lines[line] for line in queued if leads or line in actor.lines]


def line_of(given: Mapping[str, str], centre: Centre, actor: Actor) -> str:
    """The line asked for, or the first; one that is not theirs is not there. Raises NotFound."""
    known = [line.id for line in lines_of(centre, actor)]
    if not known:
        raise NotFound
    asked = given.get("line", known[0])
    if asked not in known:
        raise NotFound
    return asked


def words_of(request: web.Request, centre: Centre, now: datetime, people: Sequence[views.StaffRow]) -> Words:
    """Words for this reader."""
    names = {each.id: (each.name, each.signature) for each in people}
    return Words(centre, render.language_of(request), now, names)


def with_draft(board: Board, draft: Roster, versions: Sequence[Roster], planned: Sequence[Shift]) -> Board:
    """The board as it would be if this version were published: its days take the place of those published."""
    former = {each.id for each in versions if each.status == "published"}
    gone = {
        row.id
        for row in board.plan.shifts.get(draft.line, ())
        if row.roster_id in former and draft.first <= day_of(row, board.centre) <= draft.last
    }
    return edited(board, Edit(shifts=tuple(planned), without=frozenset(gone)))


def draft_of(asked: str, versions: Sequence[Roster]) -> Roster | None:
    """The version asked for, if it is still one. Raises NotFound."""
    found = next((each for each in versions if each.id == asked and each.status in UNPUBLISHED), None)
    if asked and found is None:
        raise NotFound
    return found


def _days(request: web.Request, board: Board, words: Words, view: str) -> list[date]:
    try:
        day = date.fromisoformat(request.query.get("from", ""))
    except ValueError:
        day = words.local_day(words.now)
    first, last = _edges(board, view)
    day = min(max(day, first), last)
    return grids.week(day) if view == "week" else grids.month(day)


def _edges(board: Board, view: str) -> tuple[date, date]:
    """The first and the last day whose whole week or month the board knows."""
    start, end = (local(at, board.centre.zone).date() for at in (board.start, board.end))
    margin = timedelta(days=6 if view == "week" else 30)
    return start + margin, end - margin - timedelta(days=1)


def _steps(days: Sequence[date], view: str, board: Board, words: Words) -> dict[str, Any]:
    """Where one may go from here, and what is looked at."""
    today = words.local_day(words.now)
    first, last = _edges(board, view)
    before, after = days[0] - timedelta(days=1), days[-1] + timedelta(days=1)
    if view == "month":
        title = words.say(f"month_{days[0].month}", year=days[0].year)
    else:
        title = words.say(
            "week_title", first=f"{days[0].day}.{days[0]:%m}", last=f"{days[-1].day}.{days[-1]:%m.%Y}"
        )
    return {
        "title": title,
        "first": days[0].isoformat(),
        "anchor": (today if days[0] <= today <= days[-1] else days[0]).isoformat(),
        "before": before.replace(day=1).isoformat()
        if view == "month"
        else (days[0] - timedelta(days=7)).isoformat(),
        "after": after.isoformat(),
        "has_before": before >= first,
        "has_after": after <= last,
    }


def _touches(each: Roster, days: Sequence[date]) -> bool:
    return each.first <= days[-1] and days[0] <= each.last
