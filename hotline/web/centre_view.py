"""What the pages about the centre show: lines with where their hours come from, exceptions, suggestions, blockers."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hotline.actions.centre import DOCUMENTS
from hotline.rules import access, go_live
from hotline.rules.access import Actor
from hotline.rules.centre import Centre, Line
from hotline.rules.centre_changes import Change
from hotline.rules.centre_facts import LaterFact
from hotline.rules.centre_papers import Lifted
from hotline.rules.civil_time import WEEKDAYS, local
from hotline.rules.hours import Hours
from hotline.rules.opening import opening
from hotline.store.views import ChangeRow
from hotline.texts import say
from hotline.values import dataclass
from hotline.web import hours, public

DAYS_WRITTEN = "%d.%m.%Y"


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line: its state now as callers see it, its hours and holidays in words, and who says so."""

    line: Line
    state: str
    sentence: str
    hours: str
    source: str
    holidays: str
    assumed: bool
    planned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A closure or an extra opening, with the change by which it can be withdrawn; none from the file."""

    kind: str
    when: str
    lines: str
    reason: str
    change_id: str | None


@dataclass(frozen=True, slots=True)
class FactRow:
    """A suggestion, and the change that decided it."""

    fact: LaterFact
    works: bool
    change_id: str | None


@dataclass(frozen=True, slots=True)
class BlockerRow:
    """A go-live blocker that stands or is gone."""

    code: str
    named: str
    mine: bool
    by: str
    missing: bool
    settings: tuple[tuple[str, str], ...]
    lifted: Lifted | None


def line_rows(centre: Centre, history: Iterable[ChangeRow], at: datetime, language: str) -> list[LineRow]:
    """Every line in the order of the file."""
    made = in_force(history)
    return [_line_row(centre, line, made, at, language) for line in centre.lines.values()]


def in_force(history: Iterable[ChangeRow]) -> list[ChangeRow]:
    """What was not withdrawn, the newest first."""
    return [row for row in history if row.withdrawn_at is None]


def _line_row(centre: Centre, line: Line, made: list[ChangeRow], at: datetime, language: str) -> LineRow:
    today = local(at, centre.zone).date()
    own, rule = line.rule_on(today), centre.hours_on(line, today)
    answer = opening(centre, line, at)
    return LineRow(
        line=line,
        state=public.state_of(answer),
        sentence=public.sentence(answer, at, centre.zone, language),
        hours=rule_in_words(centre, own, language),
        source=_source(centre, line, made, today, language),
        holidays="" if rule.always or rule.hours_status == "unstated" else _holidays(rule, language),
        assumed=rule.on_public_holiday == "assume_closed" or rule.hours_status == "assumed",
        planned=tuple(
            say(
                "centre.planned",
                language,
                day=day.strftime(DAYS_WRITTEN),
                hours=rule_in_words(centre, each, language),
            )
            for day, each in sorted(line.since.items())
            if day > today
        ),
    )


def rule_in_words(centre: Centre, rule: Hours, language: str) -> str:
    """One rule of hours as staff read it; also where callers are told nothing."""
    if rule.same_as:
        return say("centre.as_line", language, line=centre.line(rule.same_as).name_pl)
    if rule.hours_status == "assumed":
        return say("centre.assumed_hours", language, hours=hours.of_windows(rule.hours, language))
    return hours.in_words(rule, language) or say("centre.no_hours", language)


def _holidays(rule: Hours, language: str) -> str:
    if rule.on_public_holiday == "own":
        return say("centre.holiday_own", language, hours=hours.spans_in_words(rule.holiday_hours))
    return say(f"centre.holiday_{rule.on_public_holiday}", language)


def _source(centre: Centre, line: Line, made: list[ChangeRow], today: date, language: str) -> str:
    begun = [day for day in line.since if day <= today]
    for row in made:
        change = row.change
        if begun and (change.kind, change.target, change.from_day) == ("hours", line.id, max(begun)):
            day = max(begun).strftime(DAYS_WRITTEN)
            return say("centre.from_change", language, name=who(row.by, language), day=day)
    confirmed = (fact for fact in centre.later_facts if fact.confirmed)
    if not begun and any(
        line.id == each.get("id") for fact in confirmed for each in fact.sets.get("line", ())
    ):
        return say("centre.from_fact", language)
    return say("centre.from_file", language)


def exceptions(centre: Centre, history: Iterable[ChangeRow], today: date) -> list[Exceptional]:
    """Closures and extra openings that are not over, by day."""
    by_target = {row.change.target: row.change.id for row in in_force(history)}
    found: list[tuple[date, Exceptional]] = []
    for closure in centre.closures:
        if closure.last >= today:
            last = "" if closure.last == closure.first else f" – {closure.last:%d.%m.%Y}"
            units = (centre.units[each].shown_name_pl for each in closure.units)
            lines = ", ".join([*_names(centre, closure.lines), *units])
            when = f"{closure.first:%d.%m.%Y}{last}"
            row = Exceptional("closure", when, lines, closure.reason_pl, by_target.get(closure.id))
            found.append((closure.first, row))
    for extra in centre.extra_openings:
        if extra.day >= today:
            when = f"{extra.day:%d.%m.%Y}, {hours.spans_in_words([extra])}"
            lines = ", ".join(_names(centre, extra.lines))
            row = Exceptional("opening", when, lines, extra.reason_pl, by_target.get(extra.id))
            found.append((extra.day, row))
    return [row for _, row in sorted(found, key=lambda each: each[0])]


def _names(centre: Centre, lines: Iterable[str]) -> list[str]:
    return [centre.line(line).name_pl for line in lines]


def with_hours(centre: Centre, today: date) -> list[Line]:
    """Lines that open and close, so that a day can be an exception."""
    return [
        line
        for line in centre.lines.values()
        if any(centre.hours_on(line, day).hours for day in (today, *centre.hours_change(line)))
    ]


def facts(centre: Centre, history: Iterable[ChangeRow]) -> list[FactRow]:
    """Suggestions, the undecided first."""
    decided = {row.change.target: row.change.id for row in in_force(history) if row.change.kind == "fact"}
    rows = [FactRow(fact, bool(fact.sets), decided.get(fact.key)) for fact in centre.later_facts]
    return sorted(rows, key=lambda row: row.fact.confirmed or row.fact.rejected)


def blockers(centre: Centre, actor: Actor, planned: bool) -> list[BlockerRow]:
    """Every blocker of the file in its order."""
    return [_blocker(centre, code, actor, planned) for code in centre.go_live_blockers]


def _blocker(centre: Centre, code: str, actor: Actor, planned: bool) -> BlockerRow:
    what = go_live.blocker(code)
    given = documents(centre)
    return BlockerRow(
        code=code,
        named=code if code in go_live.BLOCKERS else "other",
        mine=access.may(actor, what.verb),
        by="supervisor" if what.verb == go_live.LEADING else "administrator",
        missing=not what.settings and (what.missing(centre) or (what.needs_shifts and not planned)),
        settings=tuple((target, given[target]) for target in what.settings),
        lifted=centre.lifted.get(code),
    )


def described(centre: Centre, change: Change, language: str) -> str:
    """What a change was about, in the words of the page where it was made."""
    match change.kind:
        case "hours":
            line = centre.lines.get(change.target)
            rule = None if line is None or change.from_day is None else line.since.get(change.from_day)
            words = "" if rule is None else f" ({rule_in_words(centre, rule, language)})"
            return f"{change.target if line is None else line.name_pl}{words}"
        case "fact":
            labels = {fact.key: fact.label_pl for fact in centre.later_facts}
            decision = say(f"centre.{change.value['decision']}", language)
            return f"{labels.get(change.target) or change.target}: {decision}"
        case "setting" if change.target == "centre.live_chat_enabled":
            return say("centre.chat_on" if change.value["value"] else "centre.chat_off", language)
        case "setting":
            return say(f"centre.doc_{change.target.replace('.', '_')}", language)
        case "blocker":
            named = change.target if change.target in go_live.BLOCKERS else "other"
            return say(f"golive.{named}.name", language, code=change.target)
        case "closure" | "extra_opening":
            return str(change.value["reason_pl"])
        case "line":
            return ", ".join(f"{line['display_pl']}, {line['number']}" for line in change.value["line"])


def documents(centre: Centre) -> dict[str, str]:
    """What the documents say now, by `table.key`."""
    return {target: str(_get(centre, target)) for target in DOCUMENTS}


def _get(centre: Centre, target: str) -> Any:
    table, _, key = target.partition(".")
    return getattr(centre if table == "centre" else getattr(centre, table), key)


def week_of(rule: Hours) -> dict[str, str]:
    """Per day of the week what the form shows: 8:00-12:00, 14:00-16:00."""
    return {
        day: ", ".join(hours.written(each) for each in rule.hours if day in each.days) for day in WEEKDAYS
    }


def who(name: str, language: str) -> str:
    """The name of who made a change; the shell has none."""
    return name or say("centre.shell", language)
