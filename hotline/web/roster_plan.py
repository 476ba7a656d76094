"""What a line needs, and the patterns that make its shifts."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Any, Final, cast, get_args

from aiohttp import web

from hotline.actions import planning
from hotline.errors import HotlineError, Malformed
from hotline.rules.civil_time import DAY_MINUTES, WEEKDAYS, Weekday
from hotline.rules.duty import Pattern, Rotation
from hotline.rules.duty import grid as grids
from hotline.rules.duty.demand import Demand, DemandWindow, Need
from hotline.rules.duty.plan import PRIMARY, Advance, HolidayRule
from hotline.store import views
from hotline.texts import say
from hotline.values import dataclass
from hotline.web import render, roster_forms, roster_words, staff_page
from hotline.web import roster as pages
from hotline.web.body import read_form_lists
from hotline.web.keys import SYSTEM
from hotline.web.roster_forms import EXPLAINED, Form
from hotline.web.roster_words import Words
from hotline.web.session import actor_of

TURNS: Final = 14
SEATS: Final = ("a", "b")
EMPTY: Final = "empty"
Lists = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A demand or a pattern in words."""

    id: str
    title: str
    words: str
    stated: bool = True
    over: bool = False
    groups: tuple[str, ...] = ()


async def page(request: web.Request) -> web.StreamResponse:
    """GET /roster/plan?line=…"""
    return await _page(request, dict(request.query), (), "", None)


async def add_demand(request: web.Request) -> web.StreamResponse:
    """POST /roster/plan/demands"""

    async def act(form: Form, days: list[str]) -> None:
        await planning.add_demand(request.app[SYSTEM], await actor_of(request), _demand(form, days))

    return await _submitted(request, act, "demand")


async def add_pattern(request: web.Request) -> web.StreamResponse:
    """POST /roster/plan/patterns"""

    async def act(form: Form, days: list[str]) -> None:
        await planning.add_pattern(request.app[SYSTEM], await actor_of(request), _pattern(form, days))

    return await _submitted(request, act, "pattern")


# -- the page ------------------------------------------------------------------------------------------------


async def again(request: web.Request, form: Form, error: HotlineError) -> web.Response:
    """The page with why a draft could not be made, or something not be ended."""
    return await _page(request, form, WEEKDAYS, "", error)


async def _submitted(
    request: web.Request, act: Callable[[Form, list[str]], Awaitable[None]], opened: str
) -> web.StreamResponse:
    """Do it and go on, or show the page again with what was written and why it was refused."""
    form, days = await _form(request)
    try:
        await act(form, days)
    except HotlineError as error:
        if error.status not in EXPLAINED:
            raise
        return await _page(request, form, days, opened, error)
    return staff_page.see_other(roster_words.address("/roster/plan", line=form.get("line", ""), done="yes"))


async def _form(request: web.Request) -> tuple[dict[str, str], list[str]]:
    """The fields, and the weekdays that were ticked."""
    lists = await read_form_lists(request)
    return {name: values[-1].strip() for name, values in lists.items()}, lists.get("days", [])


async def _page(
    request: web.Request, form: Form, days: Any, opened: str, error: HotlineError | None
) -> web.Response:
    actor = await actor_of(request)
    async with request.app[SYSTEM].read() as tx:
        line = pages.line_of(form, tx.centre, actor)
        people = await views.people(tx)
        demands = [each for each in await views.roster.demands(tx, tx.centre) if each.line == line]
        patterns = await views.roster.patterns(tx, line)
        versions = await views.roster.rosters(tx, line)
        abilities = await views.roster.abilities(tx)
        words = pages.words_of(request, tx.centre, tx.now, people)
    today = words.local_day(words.now)
    following = grids.month((today.replace(day=1) + timedelta(days=32)).replace(day=1))
    queue = tx.centre.queue_of(line)
    return render.render(
        request,
        "roster_plan.html",
        status=error.status if error else 200,
        **pages.around(request, actor, tx.centre, line),
        demands=_demand_rows(demands, words, today),
        patterns=[pattern_row(each, words, today) for each in patterns],
        drafts=[each for each in versions if each.status in pages.UNPUBLISHED],
        crew=[(each.id, each.name) for each in people if each.active and line in each.lines],
        skills=sorted({skill.name for each in abilities.values() for skill in each.skills}),
        channels=queue.channels if queue else (),
        weekdays=WEEKDAYS,
        chosen=days if error else WEEKDAYS,
        holidays=get_args(HolidayRule),
        advances=get_args(Advance),
        turns=[str(turn) for turn in range(1, TURNS + 1)],
        today=today.isoformat(),
        next_month=(following[0].isoformat(), following[-1].isoformat()),
        given=defaultdict(str, form),
        opened=opened if error else "",
        done=request.query.get("done", ""),
        problem=staff_page.told(request, error),
    )


def _demand_rows(demands: Iterable[Demand], words: Words, today: date) -> list[PlanRow]:
    """What was stated, and what is taken for granted from now on."""
    rows = [_demand_row(each, words, today) for each in demands]
    return [row for row in rows if row.stated or not row.over]


def _demand_row(each: Demand, words: Words, today: date) -> PlanRow:
    windows = "; ".join(
        f"{_days(one.days, words)} {_times(one.start, one.end)}" for one in each.windows
    ) or words.say("while_open")
    over = each.last is not None and each.last < today
    stated = not each.id.startswith(f"{each.line}/")
    since = _since(each.first, each.last, words)
    return PlanRow(each.id, roster_words.demand_words(each, words), f"{windows}{since}", stated, over)


def pattern_row(each: Pattern, words: Words, today: date) -> PlanRow:
    parts = [words.say(f"advance.{each.rotation.advance}"), words.say(f"holidays.{each.holidays}")]
    if each.every_weeks > 1:
        parts.append(words.say("every_so_many", n=each.every_weeks))
    if each.tier > 1:
        parts.insert(0, words.say(f"tier_{min(each.tier, 3)}"))
    groups = tuple(
        ", ".join(words.name(who) if who else words.say("empty_chair") for who in group)
        for group in each.rotation.groups
    )
    over = each.last is not None and each.last < today
    title = f"{_days(each.days, words)} {_times(each.start, each.end)}"
    return PlanRow(
        each.id, title, " · ".join(parts) + _since(each.first, each.last, words), True, over, groups
    )


def _since(first: date | None, last: date | None, words: Words) -> str:
    said = ""
    if first is not None:
        said += " · " + words.say("since", day=f"{first:%d.%m.%Y}")
    if last is not None:
        said += " · " + words.say("to_day", day=f"{last:%d.%m.%Y}")
    return said


def _days(days: frozenset[Weekday], words: Words) -> str:
    if len(days) == len(WEEKDAYS):
        return say("hours.every_day", words.language)
    return ", ".join(say(f"hours.{day}", words.language) for day in WEEKDAYS if day in days)


def _times(start: int, end: int) -> str:
    start, end = start % DAY_MINUTES, end if end <= DAY_MINUTES else end - DAY_MINUTES
    return f"{start // 60}:{start % 60:02}–{end // 60}:{end % 60:02}"


# -- what the forms say ----------------------------------------------------------------------------------------


def _demand(form: Form, days: list[str]) -> Demand:
    """Raises Malformed, DayInvalid, HoursUnreadable."""
    needs = [
        Need(form.get(f"skill{place}") or None, form.get(f"channel{place}") or None, count)
        for place in ("1", "2")
        for count in [roster_forms.number(form, f"count{place}", 1, 20)]
        if form.get(f"skill{place}") or form.get(f"channel{place}")
    ]
    windows: tuple[DemandWindow, ...] = ()
    if form.get("from") or form.get("to") or len(days) < len(WEEKDAYS):
        start = roster_forms.minutes(form, "from") if form.get("from") else 0
        end = roster_forms.minutes(form, "to") if form.get("to") else DAY_MINUTES
        windows = (DemandWindow(_weekdays(days), start, end if end > start else end + DAY_MINUTES),)
    return Demand(
        "",
        form.get("line", ""),
        roster_forms.number(form, "people", 0, 20),
        tuple(needs),
        roster_forms.number(form, "backups", 0, 20),
        windows,
        roster_forms.day_or_none(form, "first"),
        roster_forms.day_or_none(form, "last"),
    )


def _pattern(form: Form, days: list[str]) -> Pattern:
    """Raises Malformed, DayInvalid, HoursUnreadable."""
    start, end = roster_forms.minutes(form, "from"), roster_forms.minutes(form, "to")
    groups, tier = _groups(form), roster_forms.number(form, "tier", 1, 3)
    return Pattern(
        "",
        form.get("line", ""),
        _weekdays(days),
        start,
        end if end > start else end + DAY_MINUTES,
        Rotation(groups, cast("Advance", roster_forms.choice(form, "advance", get_args(Advance)))),
        roster_forms.day(form, "first"),
        roster_forms.day_or_none(form, "last"),
        every_weeks=roster_forms.number(form, "every_weeks", 1, 12),
        holidays=cast("HolidayRule", roster_forms.choice(form, "holidays", get_args(HolidayRule))),
        seats=max((len(group) for group in groups), default=1),
        tier=tier,
        exclusive=tier == PRIMARY,  # a backup at home may stand behind several lines
    )


def _groups(form: Form) -> tuple[tuple[str | None, ...], ...]:
    """Whose turn it is, one after the other: rows in which nothing was chosen are none."""
    found = []
    for turn in range(1, TURNS + 1):
        chosen = [form.get(f"{seat}{turn}", "") for seat in SEATS]
        while chosen and not chosen[-1]:
            chosen.pop()
        if chosen:
            found.append(tuple(None if each in ("", EMPTY) else each for each in chosen))
    return tuple(found)


def _weekdays(days: list[str]) -> frozenset[Weekday]:
    if not set(days) <= set(WEEKDAYS):
        raise Malformed(field="days")
    return frozenset(cast("list[Weekday]", days))
