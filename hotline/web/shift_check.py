"""The check at the beginning or end of one's shift, and for whoever leads how it stands with everybody. A form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from hotline.actions import shift_checks
from hotline.errors import HotlineError
from hotline.rules import access
from hotline.rules import shift_checks as rules
from hotline.rules.centre_duty import CheckItem
from hotline.store import views
from hotline.store.views import CheckNow
from hotline.system import Transaction
from hotline.texts import say
from hotline.values import dataclass
from hotline.web import render, staff_page
from hotline.web.body import read_form
from hotline.web.console_json import line_name, when
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED
from hotline.web.session import actor_of

PREFIX = "item."


@dataclass(frozen=True, slots=True)
class Row:
    """One item: what is asked with the answer so far, or what was measured in words."""

    id: str
    label: str
    hint: str
    result: str
    seen: str


@dataclass(frozen=True, slots=True)
class TeamRow:
    """How it stands with one person."""

    name: str
    lines: str
    phase: str
    state: str
    at: str
    failed: list[str]
    remark: str


async def page(request: web.Request) -> web.StreamResponse:
    """GET /shift-check"""
    return await _page(request)


async def save(request: web.Request) -> web.StreamResponse:
    """POST /shift-check (form: phase, item.… = ok | bad, remark)"""
    form, actor = await read_form(request), await actor_of(request)
    answers = {key.removeprefix(PREFIX): value for key, value in form.items() if key.startswith(PREFIX)}
    phase, remark = form.get("phase", ""), form.get("remark", "")
    try:
        await shift_checks.save(request.app[SYSTEM], actor, phase, answers, remark)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _page(request, error)
    return staff_page.see_other("/shift-check")


async def _page(request: web.Request, error: HotlineError | None = None) -> web.Response:
    system, actor, language = request.app[SYSTEM], await actor_of(request), render.language_of(request)
    team: list[TeamRow] = []
    leads, answers = access.may(actor, "board.see"), access.may(actor, "shift_checks.save")
    async with system.read() as tx:
        board = await tx.board()
        check = await views.check_now(tx, board, actor.id) if answers else None
        if leads:
            found = await views.checks_on_duty(tx, board, actor.lines)
            names = {each.id: each.name for each in await views.people(tx)}
            team = [_team_row(tx, names[who], each, language) for who, each in found.items() if who in names]
        shown = _shown(tx, check, language) if check else None
    return render.render(
        request,
        "shift_check.html",
        status=error.status if error else 200,
        **staff_page.context(request, actor),
        check=shown,
        leads=leads,
        answers=answers,
        team=sorted(team, key=lambda each: (each.state != "failed", each.state != "late", each.name)),
        problem=staff_page.told(request, error),
    )


def _shown(tx: Transaction, check: CheckNow, language: str) -> dict[str, Any]:
    """The form of one's own check, in words."""
    shift = check.due.shift
    items = rules.items(tx.centre, check.due, bot=bool(tx.system.settings.telegram_token))
    rows = [_row(tx, item, check, language) for item in items]
    told = check.state if check.saved else ""
    return {
        "phase": check.due.phase,
        "state": check.state,
        "span": f"{_at(tx, shift.start, language)} – {_at(tx, shift.end, language)}",
        "lines": [line_name(line, tx.centre) for line in sorted(shift.lines)],
        "asked": [row for row, item in zip(rows, items, strict=True) if rules.is_asked(item)],
        "measured": [row for row, item in zip(rows, items, strict=True) if not rules.is_asked(item)],
        "told": "open" if told == "late" else told,
        "at": _at(tx, check.saved.done_at, language) if check.saved else "",
    }


def _row(tx: Transaction, item: CheckItem, check: CheckNow, language: str) -> Row:
    result: Mapping[str, Any] = check.saved.results.get(item.id, {}) if check.saved else {}
    return Row(
        item.id,
        _label(item, language),
        _hint(tx, item, check),
        str(result.get("result", "")),
        "" if rules.is_asked(item) else _seen(item.id, result, language),
    )


def _label(item: CheckItem, language: str) -> str:
    """The centre's own words come first."""
    return item.label.get(language) or say(f"check.item.{item.id}", language)


def _hint(tx: Transaction, item: CheckItem, check: CheckNow) -> str:
    """Which number to call, and which name to say."""
    lines = [tx.centre.line(line) for line in sorted(check.due.shift.lines)]
    if item.id in ("phone_test", "announcement_test"):
        return " · ".join(dict.fromkeys(line.number for line in lines))
    return " · ".join(dict.fromkeys(line.name_pl for line in lines)) if item.id == "greeting" else ""


def _seen(item: str, result: Mapping[str, Any], language: str) -> str:
    if not result:
        return say("check.seen.later", language)
    return say(f"check.seen.{item}.{result.get('why', result['result'])}", language, **result)


def _team_row(tx: Transaction, name: str, each: CheckNow, language: str) -> TeamRow:
    items = rules.items(tx.centre, each.due, bot=True)
    failed = each.saved.failed if each.saved else frozenset()
    at = _at(tx, each.saved.done_at, language) if each.saved else ""
    return TeamRow(
        name,
        " · ".join(line_name(line, tx.centre) for line in sorted(each.due.shift.lines)),
        each.due.phase,
        each.state,
        say("check.saved_at", language, at=at) if at else "",
        [_failure(item, each, language) for item in items if item.id in failed],
        each.remark,
    )


def _failure(item: CheckItem, each: CheckNow, language: str) -> str:
    """What does not work, with what was seen of it."""
    label = _label(item, language)
    if rules.is_asked(item) or each.saved is None:
        return f"{say('check.no', language)}: {label}"
    return f"{label}: {_seen(item.id, each.saved.results[item.id], language)}"


def _at(tx: Transaction, instant: datetime, language: str) -> str:
    return when(instant, tx.now, tx.centre, language) or ""
