"""What must hold between the parts of a centre: references, the wall, and what live chat requires.

Each check yields the place in the centre file and a reason a person can act on.
"""

from collections.abc import Collection, Iterator
from datetime import date

from hotline.rules.centre import Centre, Line, Queue
from hotline.rules.centre_replies import unknown_places

Fault = tuple[tuple[str | int, ...], str]


def faults(centre: Centre) -> Iterator[Fault]:
    """Every disagreement, most basic first: later checks may assume that references resolve."""
    checks = (_references, _same_as, _queues, _walls, _services, _taxonomies, _exceptions, _staff, _blockers)
    for check in (*checks, _replies, _live_chat):
        found = list(check(centre))
        yield from found
        if found:
            return


def _unknown(
    path: tuple[str | int, ...], named: Collection[str], known: Collection[str], what: str
) -> Iterator[Fault]:
    for name in named:
        if name not in known:
            yield path, f'no {what} is called "{name}"'


def _references(centre: Centre) -> Iterator[Fault]:
    for line in centre.lines.values():
        yield from _unknown(("line", line.id, "unit"), [line.unit], centre.units, "unit")
        if not line.number.strip():
            yield ("line", line.id, "number"), "is empty; leave the line out until its number is known"
    for unit in centre.units.values():
        yield from _unknown(("unit", unit.id, "phones"), unit.phones, centre.lines, "line")
        for phone in unit.phones:
            if phone in centre.lines and centre.lines[phone].unit != unit.id:
                yield (
                    ("unit", unit.id, "phones"),
                    f'line "{phone}" belongs to unit "{centre.lines[phone].unit}"',
                )
    for queue in centre.queues.values():
        yield from _unknown(("queue", queue.id, "lines"), queue.lines, centre.lines, "line")
        yield from _unknown(("queue", queue.id, "isolated_from"), queue.isolated_from, centre.queues, "queue")


def _same_as(centre: Centre) -> Iterator[Fault]:
    for line in centre.lines.values():
        for rule in line.rules:
            if rule.same_as and rule.same_as not in centre.lines:
                yield ("line", line.id, "same_as"), f'no line is called "{rule.same_as}"'
                return
    days = sorted({date.min, *(day for line in centre.lines.values() for day in line.since)})
    for line in centre.lines.values():
        for day in days:
            circle = _circle(centre, line, day)
            if circle:
                yield (
                    ("line", line.id, "same_as"),
                    f"the lines keep each other's hours in a circle: {circle}",
                )
                break


def _circle(centre: Centre, line: Line, day: date) -> str:
    """The lines of a circle into which this line leads on that day; "" if it leads to hours."""
    passed = [line.id]
    while rule := centre.lines[passed[-1]].rule_on(day).same_as:
        passed.append(rule)
        if rule in passed[:-1]:
            return " → ".join(passed[passed.index(rule) :])
    return ""


def keeps_own_hours(centre: Centre, line: Line, same_as: str, from_day: date) -> bool:
    """Whether the line, once it keeps that other line's hours, still leads to hours; "" keeps nobody's."""
    if not same_as:
        return True
    other = centre.line(same_as)
    for day in {from_day, *(day for day in centre.hours_change(other) if day > from_day)}:
        each = other
        while each.id != line.id and (kept := each.rule_on(day).same_as):
            each = centre.lines[kept]
        if each.id == line.id:
            return False
    return True


def _queues(centre: Centre) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for queue in centre.queues.values():
        for line in queue.lines:
            if line in taken:
                yield ("queue", queue.id, "lines"), f'line "{line}" is already in queue "{taken[line]}"'
            taken[line] = queue.id
    fallbacks = [queue for queue in centre.queues.values() if queue.danger_fallback]
    for queue in fallbacks[1:]:
        yield (
            ("queue", queue.id, "danger_fallback"),
            f'queue "{fallbacks[0].id}" is the danger fallback already',
        )
    for queue in fallbacks[:1]:
        lines = [centre.lines[line] for line in queue.lines]
        days = {date.min, *(day for line in lines for day in centre.hours_change(line))}
        if not all(any(centre.hours_on(line, day).always for line in lines) for day in days):
            yield ("queue", queue.id, "danger_fallback"), "none of its lines is always open"


def _walls(centre: Centre) -> Iterator[Fault]:
    for queue in centre.queues.values():
        if queue.id in queue.isolated_from:
            yield ("queue", queue.id, "isolated_from"), "a queue cannot be isolated from itself"
        audiences = {audience for line in queue.lines for audience in centre.lines[line].audience}
        if {"using_violence", "experiencing_violence"} <= audiences:
            yield (
                ("queue", queue.id, "lines"),
                "people experiencing and people using violence share this queue",
            )
        isolated = [line for line in queue.lines if centre.lines[line].isolated_queue]
        if isolated and not _stands_apart(centre, queue, isolated):
            yield (
                ("line", isolated[0], "isolated_queue"),
                f'queue "{queue.id}" is not isolated from any other',
            )


def _stands_apart(centre: Centre, queue: Queue, isolated: list[str]) -> bool:
    walled = any(centre.walled(queue.id, other) for other in centre.queues)
    return walled and len(isolated) == len(queue.lines)


def _services(centre: Centre) -> Iterator[Fault]:
    for service in centre.services.values():
        place = ("service", service.id)
        yield from _unknown((*place, "unit"), [service.unit], centre.units, "unit")
        yield from _unknown((*place, "lines"), service.lines, centre.lines, "line")
        yield from _unknown((*place, "code"), [service.code], centre.help_forms, "help form")
        booking = [service.booking] if service.booking else []
        yield from _unknown((*place, "booking"), booking, centre.appointment_rules, "appointment rule")


def _taxonomies(centre: Centre) -> Iterator[Fault]:
    for area in centre.problem_areas.values():
        yield from _unknown(
            ("problem_area", area.code, "children"), area.children, centre.problem_areas, "problem area"
        )
    offer = centre.offer
    yield from _unknown(("offer", "services"), offer.services, centre.help_forms, "help form")
    yield from _unknown(("offer", "problem_areas"), offer.problem_areas, centre.problem_areas, "problem area")


def _exceptions(centre: Centre) -> Iterator[Fault]:
    for closure in centre.closures:
        place = ("closure", closure.id)
        yield from _unknown((*place, "lines"), closure.lines, centre.lines, "line")
        yield from _unknown((*place, "units"), closure.units, centre.units, "unit")
        for name in closure.lines:
            if name in centre.lines and not opens_and_closes(
                centre, centre.lines[name], closure.first, closure.last
            ):
                yield (*place, "lines"), f'line "{name}" has no hours that could be closed'
    for extra in centre.extra_openings:
        place = ("extra_opening", extra.id)
        yield from _unknown((*place, "lines"), extra.lines, centre.lines, "line")
        for name in extra.lines:
            if name in centre.lines and not opens_and_closes(
                centre, centre.lines[name], extra.day, extra.day
            ):
                yield (*place, "lines"), f'line "{name}" has no hours that could be extended'


def opens_and_closes(centre: Centre, line: Line, first: date, last: date) -> bool:
    """Whether on one of these days the line opens and closes."""
    days = {first, *(day for day in centre.hours_change(line) if first < day <= last)}
    return any(centre.hours_on(line, day).hours_status in ("stated", "assumed") for day in days)


def _staff(centre: Centre) -> Iterator[Fault]:
    for person in centre.staff:
        place = ("staff", person.id, "lines")
        yield from _unknown(place, person.lines, centre.lines, "line")
        own = [line for line in person.lines if line in centre.lines]
        behind = {other for line in own for other in centre.lines_behind_wall(line)} & set(own)
        if behind and not centre.both_sides_allowed:
            yield place, f"stands on both sides of the wall: {', '.join(sorted(behind))}"


def _blockers(centre: Centre) -> Iterator[Fault]:
    for code in centre.lifted:
        if code not in centre.go_live_blockers:
            yield ("centre", "lifted", code), "no such blocker is listed"


def _replies(centre: Centre) -> Iterator[Fault]:
    yield from unknown_places(centre.replies, {line.id for line in centre.national_lines})


def _live_chat(centre: Centre) -> Iterator[Fault]:
    if not centre.live_chat_enabled:
        return
    place = ("centre", "live_chat_enabled")
    if centre.blockers:
        yield place, f"go-live blockers remain: {', '.join(centre.blockers)}"
    for key in ("controller", "dpo_email", "web_url"):
        if not getattr(centre, key).strip():
            yield ("centre", key), "must be set before live chat is enabled"
    chatting = [
        centre.lines[line] for queue in centre.queues.values() if queue.channels for line in queue.lines
    ]
    if not any(takes_hours(centre, line) for line in chatting):
        yield place, "no line with stated hours takes chat"


def takes_hours(centre: Centre, line: Line) -> bool:
    """Whether the line's hours are known, or will be."""
    return centre.hours_on(line, date.max).hours_status != "unstated"
