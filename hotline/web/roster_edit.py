"""Changing the roster: the page of a shift, a new one, and the dialog that says what a change opens and breaks.

Nothing is saved by looking: a form leads to the dialog, and the dialog's button saves what it has shown.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from hotline.actions import planning, roster, rostering
from hotline.errors import HotlineError, Malformed, NotFound
from hotline.rules.access import Actor
from hotline.rules.duty import Board, Roster, Shift
from hotline.rules.duty.board import Worked
from hotline.rules.duty.edits import Edit, edited
from hotline.rules.duty.expansion import group
from hotline.rules.duty.preview import Preview, preview
from hotline.store import views
from hotline.values import dataclass
from hotline.web import render, roster_dialog, roster_forms, roster_words, staff_page
from hotline.web import roster as pages
from hotline.web.body import read_form
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED, Change, Form
from hotline.web.roster_words import Words, stamp
from hotline.web.session import actor_of

FIELDS: Final = (
    "kind",
    "line",
    "person",
    "by",
    "at",
    "until",
    "day",
    "from",
    "to",
    "tier",
    "reason",
    "draft",
)
SHORTEST, USUAL = timedelta(minutes=1), timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the pages of changing are drawn from, read in one transaction."""

    actor: Actor
    line: str
    board: Board
    draft: Roster | None
    planned: Sequence[Shift]
    people: Sequence[views.StaffRow]
    patterns: Mapping[str, Any]
    demands: Sequence[Any]
    words: Words


async def seat(request: web.Request) -> web.StreamResponse:
    """GET /roster/seat?line=…&person=…&at=…: one shift, why it is theirs, and what may be done with it"""
    scene = await _scene(request, request.query)
    return await _seat(request, scene, {})


async def new(request: web.Request) -> web.StreamResponse:
    """GET /roster/new?line=…&start=…&end=…&tier=…: add somebody"""
    scene = await _scene(request, request.query)
    start = roster_forms.instant(request.query["start"]) if "start" in request.query else scene.words.now
    end = roster_forms.instant(request.query["end"]) if "end" in request.query else start + USUAL
    given = {
        "day": request.query.get("day") or scene.words.local_day(start).isoformat(),
        "from": roster_words.wall(start, scene.board.centre) if "start" in request.query else "08:00",
        "to": roster_words.wall(end, scene.board.centre) if "start" in request.query else "16:00",
        "tier": request.query.get("tier", "1"),
    }
    return _new(request, scene, given, None)


async def weigh(request: web.Request) -> web.StreamResponse:
    """GET /roster/change?kind=…: the dialog before saving"""
    return await _dialog(request, dict(request.query), None)


async def save(request: web.Request) -> web.StreamResponse:
    """POST /roster/change"""
    form = await read_form(request)
    system, actor = request.app[SYSTEM], await actor_of(request)
    confirmed = form.get("confirmed") == "yes"
    try:
        asked = roster_forms.change(form, system.centre)
        if asked.draft:
            await _save_in_draft(request, actor, asked)
        else:
            await roster.change(system, actor, asked.override(), confirmed=confirmed)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _dialog(request, form, error)
    day = Words(system.centre, "pl", asked.start, {}).local_day(asked.start)
    more = {"draft": asked.draft} if asked.draft else {"done": "change"}
    where = roster_words.address("/roster", line=asked.line, **{"from": day.isoformat()}, **more)
    return staff_page.see_other(where)


async def _save_in_draft(request: web.Request, actor: Actor, asked: Change) -> None:
    system = request.app[SYSTEM]
    async with system.read() as tx:
        planned = await views.roster.version_shifts(tx, asked.draft)
    if asked.kind == "ADD":
        await planning.plan_shift(system, actor, asked.draft, _in_draft(asked, planned))
        return
    found = _planned(asked, planned)
    if asked.kind == "REPLACE":
        await planning.reseat_shift(system, actor, found.id, asked.by)
    else:
        await planning.unplan_shift(system, actor, found.id)


# -- what is looked at ---------------------------------------------------------------------------------------


async def _scene(request: web.Request, given: Mapping[str, str]) -> Scene:
    """Raises NotFound for a line or a draft that is not there for this person."""
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        line = pages.line_of(given, tx.centre, actor)
        board, people = await tx.board(), await views.people(tx)
        versions = await views.roster.rosters(tx, line)
        draft = pages.draft_of(given.get("draft", ""), versions)
        planned = await views.roster.version_shifts(tx, draft.id) if draft else []
        patterns = {each.id: each for each in await views.roster.patterns(tx, line)}
        demands = await views.roster.demands(tx, tx.centre)
    seen = pages.with_draft(board, draft, versions, planned) if draft else board
    words = pages.words_of(request, board.centre, tx.now, people)
    return Scene(actor, line, seen, draft, planned, people, patterns, demands, words)


def _around(request: web.Request, scene: Scene) -> dict[str, Any]:
    crew = [each for each in scene.people if each.active and scene.line in each.lines]
    return {
        **pages.around(request, scene.actor, scene.board.centre, scene.line),
        "crew": [(each.id, each.name) for each in crew],
        "reasons": rostering.REASONS,
        "draft": scene.draft,
        "words": scene.words,
    }


async def _seat(request: web.Request, scene: Scene, given: Form) -> web.Response:
    person, at = request.query.get("person", ""), roster_forms.instant(request.query.get("at", ""))
    mine = (each for each in scene.board.worked(person) if each.line == scene.line)
    found = next((each for each in mine if each.start < at + SHORTEST and at < each.end), None)
    if found is None:
        raise NotFound
    words = scene.words
    with_them = [
        each
        for other in sorted(scene.board.people() - {person})
        for each in scene.board.worked(other)
        if each.line == scene.line and each.start < found.end and found.start < each.end
    ]
    return render.render(
        request,
        "roster_seat.html",
        **_around(request, scene),
        person=words.name(person),
        person_id=person,
        when=words.span(found.start, found.end),
        real=words.seated(found.start, found.end),
        at=stamp(found.start),
        until=stamp(found.end),
        clock_from=roster_words.wall(found.start, words.centre),
        clock_to=roster_words.wall(found.end, words.centre),
        tier=found.seat.tier,
        why=why(found, scene.patterns, words),
        mates=[f"{words.name(each.seat.staff_id)}, {words.span(each.start, each.end)}" for each in with_them],
        over=found.end <= words.now,
        given={**dict.fromkeys(FIELDS, ""), **given},
    )


def _new(request: web.Request, scene: Scene, given: Form, error: HotlineError | None) -> web.Response:
    shown = {
        **_around(request, scene),
        "given": {**dict.fromkeys(FIELDS, ""), **given},
        "problem": staff_page.told(request, error),
    }
    return render.render(request, "roster_new.html", status=error.status if error else 200, **shown)


def why(it: Worked, patterns: Mapping[str, Any], words: Words) -> list[str]:
    """Pattern and step, or by hand, and every change since: why this shift is theirs."""
    shift, said = it.seat.shift, []
    pattern = patterns.get(shift.origin.pattern_id) if shift.origin else None
    if pattern is not None and shift.origin is not None:
        seated = ", ".join(words.name(each) for each in group(pattern, shift.origin.step) if each)
        turn = shift.origin.step % len(pattern.rotation.groups) + 1
        many = len(pattern.rotation.groups)
        day = words.day(shift.origin.day)
        said.append(
            words.say("why_pattern", day=day, turn=turn, many=many, names=seated or words.say("nobody"))
        )
    elif not it.seat.chain or it.seat.chain[0].kind != "ADD":
        said.append(words.say("why_hand"))
    for each in it.seat.chain:
        params = {
            "name": words.name(each.staff_id),
            "by": words.name(each.by),
            "reason": words.say(f"reason.{each.reason}") if each.reason in rostering.REASONS else "–",
            "author": words.names.get(each.author, (words.say("operator"), ""))[0],
        }
        said.append(words.say(f"why_{each.kind}", **params))
    return said


# -- the dialog ------------------------------------------------------------------------------------------------


async def _dialog(request: web.Request, form: Form, error: HotlineError | None) -> web.Response:
    """What the change would do; or the form again, with why it cannot be made."""
    scene = await _scene(request, form)
    try:
        asked = roster_forms.change(form, scene.board.centre)
        found = await _weighed(request, scene, asked)
    except HotlineError as refused:
        if refused.status not in EXPLAINED:
            raise
        return _new(request, scene, form, error or refused)
    words = scene.words
    params = {
        "name": words.name(asked.person),
        "by": words.name(asked.by),
        "when": words.span(asked.start, asked.end),
    }
    return roster_dialog.dialog(
        request,
        scene.actor,
        found,
        words,
        error,
        title=words.say(f"save_{asked.kind}", **params),
        action="/roster/change",
        fields={name: form[name] for name in FIELDS if form.get(name)},
        back=roster_words.address(
            "/roster", line=scene.line, **{"from": words.local_day(asked.start).isoformat()}
        ),
        line=scene.line,
        in_draft=bool(asked.draft),
    )


async def _weighed(request: web.Request, scene: Scene, asked: Change) -> Preview:
    if not asked.draft:
        return await roster.preview_change(request.app[SYSTEM], scene.actor, asked.override())
    if asked.kind == "ADD":
        edit = Edit(shifts=(_in_draft(asked, scene.planned),))
    else:
        gone = _planned(asked, scene.planned)
        comes = (replace(gone, id="new", staff_id=asked.by),) if asked.kind == "REPLACE" else ()
        edit = Edit(shifts=comes, without=frozenset({gone.id}))
    board, demands, now = scene.board, scene.demands, scene.words.now
    return await asyncio.to_thread(lambda: preview(board, edited(board, edit), demands, now))


def _in_draft(asked: Change, planned: Sequence[Shift]) -> Shift:
    """The shift in the first seat that is free."""
    taken = {each.seat for each in planned if each.starts_at < asked.end and asked.start < each.ends_at}
    free = next(seat for seat in range(1, len(taken) + 2) if seat not in taken)
    return Shift(
        "new", asked.line, asked.person, asked.start, asked.end, free, asked.tier, roster_id=asked.draft
    )


def _planned(asked: Change, planned: Sequence[Shift]) -> Shift:
    """The draft's own shift that is meant. Raises NotFound, Malformed for a part of one: a draft has whole ones."""
    mine = (each for each in planned if each.staff_id == asked.person)
    found = next((each for each in mine if each.starts_at < asked.end and asked.start < each.ends_at), None)
    if found is None:
        raise NotFound
    if (found.starts_at, found.ends_at) != (asked.start, asked.end):
        raise Malformed(field="from")
    return found
