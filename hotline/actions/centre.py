"""What staff say about the centre: hours, closures, extra openings, facts, blockers, live chat.

Each is a row over the centre file. It is stored only if the centre with it holds together, by the same checks that
a file must pass; whoever saves holds the counter's row, so that two changes at once are checked one after the other.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal

from hotline.errors import (
    BlockerStands,
    CentreInvalid,
    ChangeInvalid,
    DayInvalid,
    GoLiveBlocked,
    HoursInCircle,
    LineInUse,
    NoHoursToChange,
    NotFound,
    NothingChosen,
)
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access, centre_changes, go_live
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.centre_changes import Change, Kind
from hotline.rules.centre_checks import keeps_own_hours, opens_and_closes
from hotline.rules.civil_time import local
from hotline.rules.duty import asking
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import centre as rows
from hotline.store import claims, queries
from hotline.system import System, Transaction
from hotline.texts.situations import check

Decision = Literal["confirmed", "rejected"]
DOCUMENTS = (
    "centre.controller", "centre.controller_contact", "centre.dpo_email", "centre.web_url", "centre.verified_on",
    "accessibility.published_on", "accessibility.updated_on", "accessibility.made_on",
    "accessibility.reviewed_on", "accessibility.status", "accessibility.gaps_pl", "accessibility.building_pl",
    "accessibility.contact_name", "accessibility.contact_email", "accessibility.contact_phone",
)  # fmt: skip


async def set_hours(
    system: System, actor: Actor, line_id: str, from_day: date, rule: Mapping[str, Any]
) -> None:
    """Hours of a line from a local day on; `rule` as in a centre file.

    Raises LineUnknown, DayInvalid, HoursInCircle, ChangeInvalid.
    """
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        line = tx.centre.line(line_id)
        _not_over(tx, from_day)
        if not keeps_own_hours(tx.centre, line, str(rule.get("same_as", "")), from_day):
            raise HoursInCircle
        await _say(tx, _change(tx, "hours", line_id, rule, from_day))
        tx.record("centre.set_hours", "line", line_id, (topics.centre(),), from_day=from_day.isoformat())
    await system.refresh_centre()


async def close(
    system: System, actor: Actor, first: date, last: date, lines: Collection[str], reason: str
) -> None:
    """Keep lines shut on whole local days.

    Raises LineUnknown, DayInvalid, NoHoursToChange, NothingChosen, TextEmpty, ChangeInvalid.
    """
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        if last < first:
            raise DayInvalid
        _not_over(tx, last)
        _lines_with_hours(tx.centre, lines, first, last)
        value = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "lines": sorted(lines),
            "reason_pl": _said(reason),
        }
        await _except(tx, "closure", value)
    await system.refresh_centre()


async def open_extra(
    system: System, actor: Actor, day: date, start: str, end: str, lines: Collection[str], reason: str
) -> None:
    """Open lines on one local day beyond their hours, from "HH:MM" to "HH:MM".

    Raises LineUnknown, DayInvalid, NoHoursToChange, NothingChosen, ChangeInvalid.
    """
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        _not_over(tx, day)
        _lines_with_hours(tx.centre, lines, day, day)
        value = {
            "day": day.isoformat(),
            "from": start,
            "to": end,
            "lines": sorted(lines),
            "reason_pl": _said(reason),
        }
        await _except(tx, "extra_opening", value)
    await system.refresh_centre()


async def decide_fact(system: System, actor: Actor, key: str, decision: Decision) -> None:
    """Confirm or reject what was found outside the founding document. Raises NotFound, ChangeInvalid."""
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        if key not in {fact.key for fact in tx.centre.later_facts}:
            raise NotFound
        await _say(tx, _change(tx, "fact", key, {"decision": decision}))
        tx.record("centre.decide_fact", "fact", key, (topics.centre(),), decision=decision)
    await system.refresh_centre()


async def add_line(
    system: System, actor: Actor, line_id: str, unit: str, number: str, name: str, *, chat: bool
) -> None:
    """A number the founding document does not state, its hours not stated yet; with `chat` in a queue of its own.

    Raises TextEmpty, TextTooLong, ChangeInvalid.
    """
    access.require(actor, "centre.answer_for")
    async with system.transaction(actor) as tx:
        if line_id in tx.centre.lines:
            raise ChangeInvalid(reason=f"line.{line_id}")
        line = {
            "id": line_id, "number": _said(number), "unit": unit, "display_pl": _said(name),
            "audience": ["anyone"], "hours_status": "unstated",
        }  # fmt: skip
        queue = {"id": line_id, "lines": [line_id], "channels": ["web"], "coverage": "line_hours"}
        await _say(tx, _change(tx, "line", line_id, {"line": [line], **({"queue": [queue]} if chat else {})}))
        tx.record("centre.add_line", "line", line_id, (topics.centre(),))
    await system.refresh_centre()


async def set_documents(system: System, actor: Actor, given: Mapping[str, str]) -> None:
    """What the notice and the statement say of the centre; only what differs is stored. Raises ChangeInvalid."""
    access.require(actor, "centre.answer_for")
    async with system.transaction(actor) as tx:
        changes = _settings(tx, given, DOCUMENTS)
        if not changes:
            return
        await _say(tx, *changes)
        named = ",".join(change.target for change in changes)
        tx.record("centre.set_documents", "centre", tx.centre.id, (topics.centre(),), settings=named)
    await system.refresh_centre()


async def lift(system: System, actor: Actor, code: str, why: str, given: Mapping[str, str]) -> None:
    """Remove a go-live blocker, with what its form asks for.

    Raises NotFound, BlockerStands, TextEmpty, ChangeInvalid.
    """
    blocker = go_live.blocker(code)
    access.require(actor, blocker.verb)
    async with system.transaction(actor) as tx:
        if code not in tx.centre.blockers:
            raise NotFound
        today = local(tx.now, tx.centre.zone).date()
        by = actor.name or actor.id
        lifted = {"on": today.isoformat(), "by": by, "why": _said(why)}
        changes = [*_settings(tx, given, blocker.settings), _change(tx, "blocker", code, lifted)]
        centre = await _say(tx, *changes)
        if blocker.missing(centre) or (blocker.needs_shifts and not await _planned(tx, centre)):
            raise BlockerStands
        tx.record("centre.lift", "blocker", code, (topics.centre(),))
    await system.refresh_centre()


async def switch_chat(system: System, actor: Actor, on: bool) -> None:
    """Live chat on or off. Raises GoLiveBlocked, ChangeInvalid."""
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        if on and tx.centre.blockers:
            raise GoLiveBlocked
        await _say(tx, _change(tx, "setting", "centre.live_chat_enabled", {"value": on}))
        tx.record("centre.switch_chat", "centre", tx.centre.id, (topics.centre(),), on=on)
    await system.refresh_centre()


async def withdraw(system: System, actor: Actor, change_id: str) -> None:
    """Take a change back: what held before it holds again. Raises NotFound, LineInUse, ChangeInvalid."""
    access.require(actor, "centre.change")
    async with system.transaction(actor) as tx:
        await claims.next_number(tx, rows.COUNTER)
        change = await rows.withdraw_change(tx, change_id, actor.id)
        if change is None:
            raise NotFound
        if change.kind not in ("hours", "closure", "extra_opening", "fact"):
            access.require(actor, "centre.answer_for")
        centre = _compiled(tx, await rows.changes(tx))
        gone = tx.centre.lines.keys() - centre.lines.keys()
        if gone and await queries.any_contact_of(tx, gone):
            raise LineInUse
        tx.record("centre.withdraw", "change", change_id, (topics.centre(),), kind=change.kind)
    await system.refresh_centre()


# -- inside a transaction ------------------------------------------------------------------------------


async def _say(tx: Transaction, *changes: Change) -> Centre:
    """Store the changes, if the centre with them holds together; that centre. Raises ChangeInvalid."""
    await claims.next_number(tx, rows.COUNTER)
    centre = _compiled(tx, [*await rows.changes(tx), *changes])
    for change in changes:
        await rows.add_change(tx, change)
    return centre


def _compiled(tx: Transaction, changes: Collection[Change]) -> Centre:
    try:
        return check(centre_changes.compiled(tx.system.layers, changes))
    except CentreInvalid as error:
        raise ChangeInvalid(reason=f"{error.params['key']}: {error.params['reason']}") from error


async def _except(
    tx: Transaction, kind: Literal["closure", "extra_opening"], value: Mapping[str, Any]
) -> None:
    change_id = new_id()
    await _say(tx, _change(tx, kind, f"c{change_id.replace('-', '')}", value))
    verb = "centre.close" if kind == "closure" else "centre.open_extra"
    tx.record(verb, "centre", tx.centre.id, (topics.centre(),), lines=",".join(value["lines"]))


def _change(
    tx: Transaction, kind: Kind, target: str, value: Mapping[str, Any], from_day: date | None = None
) -> Change:
    by = "" if tx.actor is None else tx.actor.id
    return Change(new_id(), kind, target, dict(value), tx.now, from_day, by)


def _settings(tx: Transaction, given: Mapping[str, str], known: Collection[str]) -> list[Change]:
    """A change for each known setting whose value is another than it was."""
    changes = []
    for target in known:
        if target not in given:
            continue
        words = _said(given[target]) if given[target].strip() else ""
        table, _, key = target.partition(".")
        holder = tx.centre if table == "centre" else getattr(tx.centre, table)
        if str(getattr(holder, key)) != words:
            changes.append(_change(tx, "setting", target, {"value": words}))
    return changes


async def _planned(tx: Transaction, centre: Centre) -> bool:
    return asking.planned(await tx.board(), go_live.chatting_lines(centre), tx.now)


def _not_over(tx: Transaction, day: date) -> None:
    if day < local(tx.now, tx.centre.zone).date():
        raise DayInvalid


def _lines_with_hours(centre: Centre, lines: Collection[str], first: date, last: date) -> None:
    if not lines:
        raise NothingChosen
    for line_id in lines:
        if not opens_and_closes(centre, centre.line(line_id), first, last):
            raise NoHoursToChange


def _said(text: str) -> str:
    return checked(text, REASON_LIMIT)
