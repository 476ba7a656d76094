"""`hotline duty`: who is on duty, who comes next, where nobody does, and why; and shifts written by hand."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from hotline import app
from hotline.actions import roster
from hotline.commands import given, instant, person_of, when
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from hotline.rules.centre import Centre
from hotline.rules.duty import (
    Absence,
    Board,
    ClosedNow,
    Duty,
    NotStated,
    OnDuty,
    OpenButEmpty,
    Override,
    Seated,
    Shift,
)
from hotline.rules.duty.explain import Explanation, Recalled, explain
from hotline.rules.duty.gaps import Gap
from hotline.store import views
from hotline.system import System

Names = Mapping[str, str]


async def duty(settings: Settings, chosen: argparse.Namespace) -> int:
    """who, next, explain at an instant; gaps of the days ahead; add, remove, list: shifts by hand."""
    async with app.open_system(settings) as system:
        match chosen.what:
            case "remove":
                await roster.remove_shift(system, OPERATOR, given(chosen.shift, "--shift"))
            case "add":
                print(await _add(system, chosen))
            case "gaps":
                print("\n".join(await _gaps(system, chosen)))
            case "list":
                print("\n".join(await _list(system, chosen)))
            case _:
                print("\n".join(await _asked(system, chosen)))
    return 0


async def _add(system: System, chosen: argparse.Namespace) -> str:
    line = system.centre.line(given(chosen.line, "--line"))
    person = await person_of(system, given(chosen.login, "--login"))
    start, end = (instant(system.centre, each) for each in (chosen.start, chosen.end))
    span = (given(start, "--from"), given(end, "--to"))
    return await roster.add_shift(system, OPERATOR, line.id, person.id, *span)


async def _list(system: System, chosen: argparse.Namespace) -> list[str]:
    centre, at = system.centre, instant(system.centre, chosen.at) or system.clock.now()
    lines = centre.lines_with(given(chosen.line, "--line"))
    async with system.read() as tx:
        shifts = await views.shifts(tx, lines, at - timedelta(days=1), at + timedelta(days=14))
        names = await _names(system)
    return [f"{each.id} {each.line:20} {_span(centre, each)} {names[each.staff_id]}" for each in shifts]


async def _gaps(system: System, chosen: argparse.Namespace) -> list[str]:
    """Every gap of the days ahead, of one line or of all."""
    at = instant(system.centre, chosen.at) or system.clock.now()
    line = system.centre.line(chosen.line).id if chosen.line else None
    async with system.read() as tx:
        found = await views.roster.gaps(tx, system.centre, at, at + timedelta(days=chosen.days))
    names = await _names(system)
    rows = [_gap(system.centre, each, names) for each in found if line in (None, each.line)]
    return rows or [f"no gaps in {chosen.days} days"]


async def _asked(system: System, chosen: argparse.Namespace) -> list[str]:
    centre = system.centre
    line = centre.line(given(chosen.line, "--line"))
    at = instant(centre, chosen.at) or system.clock.now()
    names = await _names(system)
    async with system.read() as tx:
        if chosen.what == "who" and at < tx.now:
            return list(_was(centre, await views.roster.recalled(tx, centre, line.id, at), names))
        board = await views.roster.board_at(tx, centre, at)
    if chosen.what == "next":
        return [_next(centre, board, line.id, at, names)]
    if chosen.what == "explain":
        return list(_why(centre, explain(board, line.id, at), names))
    return [_who(centre, board.answer(line.id, at), names)]


async def _names(system: System) -> Names:
    async with system.read() as tx:
        return {person.id: person.name for person in await views.people(tx)}


def _who(centre: Centre, answer: Duty, names: Names) -> str:
    match answer:
        case OnDuty(people, until):
            who = ", ".join(f"{names[each.staff_id]} (until {when(centre, each.ends_at)})" for each in people)
            return f"ON DUTY: {who}; the same until {when(centre, until)}"
        case OpenButEmpty(next_at, _):
            following = "none is planned" if next_at is None else f"the next begins {when(centre, next_at)}"
            return f"NOBODY: open, but no shift; {following}"
        case ClosedNow(next_open, _):
            return f"NOBODY: closed by its hours until {when(centre, next_open)}"
        case NotStated():
            return "NOBODY: the hours of this line were never stated"


def _was(centre: Centre, then: Recalled, names: Names) -> Iterator[str]:
    """What is over: who was there by their consoles, beside what was planned as it was known then."""
    for title, people in (("THERE", then.people), ("MISSING", then.missing), ("UNPLANNED", then.unplanned)):
        if people or title == "THERE":
            yield f"{title}: {', '.join(sorted(names[each] for each in people)) or 'nobody took up duty'}"
    yield f"PLANNED  {_who(centre, then.planned.answer, names)}"


def _next(centre: Centre, board: Board, line: str, at: datetime, names: Names) -> str:
    """The next instant at which the answer is another, and what it is then."""
    until = board.answer(line, at).until
    if until is None or until >= board.end:
        return f"THE SAME as far as is planned: {_who(centre, board.answer(line, at), names)}"
    return f"{when(centre, until)}  {_who(centre, board.answer(line, until), names)}"


def _why(centre: Centre, why: Explanation, names: Names) -> list[str]:
    rows = [_who(centre, why.answer, names)]
    rows += [f"  {names[each.staff_id]}: {_came(centre, each, names)}" for each in why.seats]
    for each, by in why.removed:
        rows.append(f"  not {names[each.staff_id]}: {_kept_away(centre, by, names)}")
    rows += [f"  without effect: {_change(each, names)}" for each in why.idle]
    rows += [f"  not {names[each.staff_id]}: serves the other side of a conflict" for each in why.walled]
    return rows


def _came(centre: Centre, seat: Seated, names: Names) -> str:
    shift, origin = seat.shift, seat.shift.origin
    if seat.chain and seat.chain[0].kind == "ADD":
        return f"tier {seat.tier}, {'; '.join(_change(each, names) for each in seat.chain)}"
    made = "by hand" if origin is None else f"pattern {origin.pattern_id}, turn {origin.step} on {origin.day}"
    roster_of = f", roster {shift.roster_id}" if shift.roster_id else ""
    changes = "".join(f"; {_change(each, names)}" for each in seat.chain)
    return f"tier {seat.tier}, seat {shift.seat}, {_span(centre, shift)}, {made}{roster_of}{changes}"


def _kept_away(centre: Centre, by: Override | Absence, names: Names) -> str:
    if isinstance(by, Override):
        return _change(by, names)
    return f"absent ({by.kind}) until {when(centre, by.ends_at)}"


def _change(override: Override, names: Names) -> str:
    comes = f" by {names[override.by]}" if override.by else ""
    return f"change {override.seq} {override.kind} {names[override.staff_id]}{comes} ({override.reason})"


def _gap(centre: Centre, gap: Gap, names: Names) -> str:
    end = "" if gap.start == gap.end else f" – {when(centre, gap.end)}"
    who = "".join(f" {names[each]}" for each in sorted(gap.people))
    need = " ".join(names.get(word, word) for word in gap.need.split())
    return (
        f"{gap.kind:15} {gap.line:20} {when(centre, gap.start)}{end} {need}{who if not need else ''}".rstrip()
    )


def _span(centre: Centre, shift: Shift) -> str:
    return f"{when(centre, shift.starts_at)} – {when(centre, shift.ends_at)}"
