"""The board in words: what is wrong now, each line as a row, who waits, who talks. Nothing is decided here."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hotline.live.bus import Bus
from hotline.rules import alarms as kinds
from hotline.rules import board, turns
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local
from hotline.rules.contact import P1, PRIORITIES
from hotline.rules.opening import Closed, Open
from hotline.store.views import AlarmNow, BoardView, ContactNow, LineNow, OfferMade, PersonNow
from hotline.system import LEASE_LIFE
from hotline.texts import say, say_count
from hotline.values import dataclass
from hotline.web.console_json import duration, line_name, when


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is wrong. `level` is danger or warn; an alarm may still want somebody who is on it."""

    key: str
    level: str
    title: str
    detail: str = ""
    alarm: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A person on duty: initials for the eye across the room, the name for everybody else."""

    initials: str
    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many wait of one priority."""

    priority: str
    label: str
    many: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the board. `waiting` and `talks` are None behind the wall."""

    id: str
    name: str
    number: str
    state: str
    state_words: str
    trouble: board.LineTrouble | None
    waiting: int | None
    longest: str
    long: bool
    counts: list[Count]
    talks: int | None
    people: list[Chip]
    check: str
    check_words: str
    next_words: str
    gap_words: str
    gap_soon: bool


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One open contact without content or identity."""

    id: str
    number: str
    line: str
    channel: str
    priority: str
    priority_label: str
    language: str
    waited: str
    long: bool
    holder: str
    lasts: str
    last_word: str
    offered_to: str
    deadline_at: datetime | None
    seconds_left: int
    back_at: datetime | None
    back_left: int
    draining: bool
    rung: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer in words."""

    name: str
    at: str
    state: str
    why: str
    passed: list[tuple[str, str]]


class Words:
    """Times and names as this reader reads them, at one instant."""

    def __init__(self, centre: Centre, language: str, now: datetime) -> None:
        self.centre, self.language, self.now = centre, language, now

    def say(self, key: str, **params: object) -> str:
        return say(f"staff.board.{key}", self.language, **params)

    def at(self, instant: datetime) -> str:
        return when(instant, self.now, self.centre, self.language) or ""

    def since(self, instant: datetime) -> str:
        """How long ago, as a length."""
        return duration(int((self.now - instant).total_seconds()), self.language)

    def line(self, line: str) -> str:
        return line_name(line, self.centre)


def shown(view: BoardView, centre: Centre, bus: Bus, language: str) -> dict[str, Any]:
    """Context of `board_now.html`."""
    words = Words(centre, language, view.now)
    short = initials([person.name for line in view.lines for person in line.people])
    notices = [
        *_house_notices(view, words, redis_away=bus.hears_since is None),
        *_contact_notices(view, words),
        *_line_notices(view, words),
    ]
    live = [line for line in view.lines if _is_live(line, view)]
    return {
        "now": view.now,
        "now_words": f"{local(view.now, centre.zone):%H:%M}",
        "notices": sorted(notices, key=lambda each: each.level),  # danger comes before warn
        "lines": [_line(line, view, words, short) for line in live],
        "others": [(words.line(each.id), *_opening(each, words)) for each in view.lines if each not in live],
        "waiting": [contact_row(each, words) for each in view.waiting],
        "offers": [contact_row(each, words) for each in view.waiting if each.offers],
        "talks": [contact_row(each, words) for each in view.talks],
        "owed": [contact_row(each, words) for each in view.owed],
    }


def _is_live(line: LineNow, view: BoardView) -> bool:
    """Does it deserve a row: answered here and with hours, or with somebody on it?"""
    if line.queue is None:
        return False
    stated = isinstance(line.opening, Open | Closed)
    return stated or bool(line.people) or any(each.line == line.id for each in (*view.waiting, *view.talks))


def initials(names: Sequence[str]) -> dict[str, str]:
    """Two letters a person, or three where two people would share them."""

    def letters(name: str, more: int = 1) -> str:
        parts = [part for part in name.split() if part[0].isalpha()] or ["?"]
        return parts[0][0] + (parts[-1][:more] if len(parts) > 1 else parts[0][1:more])

    different = set(names)
    plain = [letters(name) for name in different]
    return {name: letters(name, 1 if plain.count(letters(name)) == 1 else 2) for name in different}


def person_words(person: PersonNow, words: Words) -> str:
    """What the person does, in a word or two."""
    if person.state in ("break", "call", "meeting", "visit") and person.until:
        return words.say(f"person.{person.state}_until", until=words.at(person.until))
    return words.say(f"person.{person.state}", load=person.load, limit=person.limit)


def contact_row(each: ContactNow, words: Words) -> ContactRow:
    language = words.language
    until = max((offer.deadline_at for offer in each.offers), default=None)
    left = (until - words.now).total_seconds() if until else 0
    back = (each.back_at - words.now).total_seconds() if each.back_at else 0
    last_word = ""
    if each.last_by and each.last_at:
        by = "staff" if each.last_by == "staff" else "caller"
        last_word = words.say(f"last_{by}", wait=words.since(each.last_at))
    return ContactRow(
        id=each.id,
        number=each.ref.rsplit("/", 1)[-1].lstrip("0"),
        line=words.line(each.line),
        channel=say(f"channel.{each.channel}.short", language),
        priority=each.priority,
        priority_label=say(f"priority.{each.priority}", language),
        language="" if each.language == "pl" else say(f"language.{each.language}", language),
        waited=words.since(each.arrived_at),
        long=board.waits_long(each.priority, each.arrived_at, words.now),
        holder=each.holder_name or "",
        lasts=words.since(each.ended_at or each.answered_at or each.arrived_at),
        last_word=last_word,
        offered_to=", ".join(offer.staff_name for offer in each.offers),
        deadline_at=until,
        seconds_left=max(0, round(left)),
        back_at=each.back_at,
        back_left=max(0, round(back)),
        draining=each.draining,
        rung=_rung(each, words),
    )


def _rung(each: ContactNow, words: Words) -> str:
    """Whose turn it is, where that is not the shift's."""
    if each.rung is None:
        return ""
    at = words.at(each.rung.at)
    if each.rung.coming:
        return words.say("rung_coming", name=each.rung.coming, at=at)
    return words.say(f"rung_{each.rung.kind}", at=at)


def offer_row(each: OfferMade, words: Words) -> OfferRow:
    """Who was asked, what came of it, and why they were asked rather than the others."""
    return OfferRow(
        name=each.name,
        at=words.at(each.made_at),
        state=say(f"staff.offer.state.{each.state}", words.language),
        why=say(f"staff.offer.rule.{each.rule}", words.language) if each.rule else "",
        passed=[(name, passed_words(code, words.language)) for name, code in each.passed],
    )


def passed_words(code: str, language: str) -> str:
    """Why somebody was not asked: something kept them from it, or another came first by this rule."""
    key = f"staff.offer.passed.{code}" if code in turns.PASSED else f"staff.board.why.{code}"
    return say(key, language)


def _line(line: LineNow, view: BoardView, words: Words, short: dict[str, str]) -> LineRow:
    waiting = [each for each in view.waiting if each.line == line.id]
    longest = min((each.arrived_at for each in waiting), default=None)
    counts = [
        Count(priority, say(f"priority.{priority}", words.language), many)
        for priority in PRIORITIES
        if (many := sum(each.priority == priority for each in waiting))
    ]
    state, state_words = _opening(line, words)
    next_words = ""
    if line.next_at:
        next_words = words.say("next", at=words.at(line.next_at), names=", ".join(line.next_names))
    check, check_words = _check(line, view, words)
    return LineRow(
        id=line.id,
        name=words.line(line.id),
        number=words.centre.lines[line.id].number,
        state=state,
        state_words=state_words,
        trouble=line.trouble,
        waiting=None if line.walled else len(waiting),
        longest=words.since(longest) if longest else "",
        long=any(board.waits_long(each.priority, each.arrived_at, words.now) for each in waiting),
        counts=counts,
        talks=None if line.walled else sum(each.line == line.id for each in view.talks),
        people=[
            Chip(short[each.name], each.name, each.state, person_words(each, words)) for each in line.people
        ],
        check=check,
        check_words=check_words,
        next_words=next_words,
        gap_words=_gap(line, words),
        gap_soon=line.gap is not None and line.gap.starts_at - words.now < board.GAP_SOON,
    )


def _check(line: LineNow, view: BoardView, words: Words) -> tuple[str, str]:
    """(state, words) of the checks of this line's shifts, the worst first; nothing while none is due yet."""
    for state in ("failed", "late", "done"):
        names = [
            each.name
            for each in line.people
            if each.id in view.checks and view.checks[each.id].state == state
        ]
        if names:
            return state, say(f"check.board.{state}", words.language, names=", ".join(names))
    return "", ""


def _opening(line: LineNow, words: Words) -> tuple[str, str]:
    """(open, closed or unknown; the sentence). What was never stated is neither open nor closed."""
    answer = line.opening
    if isinstance(answer, Open):
        if answer.until is None:
            return "open", words.say("open_always")
        return "open", words.say("open_until", until=words.at(answer.until))
    if isinstance(answer, Closed):
        if answer.next_open is None:
            return "closed", words.say("closed")
        return "closed", words.say("closed_until", until=words.at(answer.next_open))
    return "unknown", words.say("unknown")


def _gap(line: LineNow, words: Words) -> str:
    if line.gap is None:
        return ""
    begun, ends = line.gap.starts_at <= words.now, line.gap.ends_at
    if ends is None:
        return words.say("gap_now") if begun else words.say("gap_from", start=words.at(line.gap.starts_at))
    if begun:
        return words.say("gap_now_until", until=words.at(ends))
    # the end of a gap within one day needs no date
    end = when(ends, line.gap.starts_at, words.centre, words.language) or ""
    return words.say("gap", start=words.at(line.gap.starts_at), end=end)


# -- what is wrong now -------------------------------------------------------------------------------------


def _house_notices(view: BoardView, words: Words, *, redis_away: bool) -> Iterator[Notice]:
    if board.engine_gone(view.lease_until, LEASE_LIFE, view.now):
        last = view.lease_until - LEASE_LIFE if view.lease_until else None
        title = words.say("engine", at=words.at(last)) if last else words.say("engine_never")
        yield Notice("engine", "danger", title, words.say("engine_hint"))
    if redis_away:
        yield Notice("redis", "warn", words.say("redis"), words.say("redis_hint"))


def _line_notices(view: BoardView, words: Words) -> Iterator[Notice]:
    """One for each kind of trouble; the lines it is about stand below the title, and in the rows."""
    for trouble in ("nobody_on_duty", "nobody_present", "nobody_taking"):
        lines = [line for line in view.lines if line.trouble == trouble]
        if lines:
            level = "warn" if trouble == "nobody_taking" else "danger"
            names = " · ".join(_with_next(line, words) for line in lines)
            yield Notice(trouble, level, words.say(trouble), names)


def _with_next(line: LineNow, words: Words) -> str:
    name = words.line(line.id)
    return words.say("comes", line=name, at=words.at(line.next_at)) if line.next_at else name


def _contact_notices(view: BoardView, words: Words) -> Iterator[Notice]:
    said = {each.thing_id for each in view.alarms if each.kind in kinds.OF_DANGER}
    for alarm, more in sorted(
        board.told_apart(view.alarms),
        key=lambda each: (each[0].kind == kinds.DUTY_EMPTY, each[0].seen_by is not None),
    ):
        yield _alarm(alarm, more, words)
    danger = [each for each in view.waiting if each.priority == P1 and each.id not in said]
    for each in danger:
        row = contact_row(each, words)
        title = words.say("p1_waits", number=row.number, at=words.at(each.arrived_at))
        yield Notice(f"p1-{each.id}", "danger", title, row.line, contact=each.id)
    long = [
        each
        for each in view.waiting
        if each.priority != P1 and board.waits_long(each.priority, each.arrived_at, view.now)
    ]
    if long:
        first = min(long, key=lambda each: each.arrived_at)
        title = say_count("staff.board.long_waits", words.language, len(long), at=words.at(first.arrived_at))
        yield Notice("long", "warn", title, contact=first.id)
    for each in (*view.talks, *view.owed):
        if each.holder_left:
            key = "left_talk" if each.state == "active" else "left_card"
            row = contact_row(each, words)
            level = "danger" if each.state == "active" else "warn"
            title = words.say(key, number=row.number, name=row.holder)
            yield Notice(f"left-{each.id}", level, title, contact=each.id)
        elif each.back_at:
            row = contact_row(each, words)
            title = words.say("console_gone", number=row.number, name=row.holder, at=words.at(each.back_at))
            yield Notice(f"gone-{each.id}", "danger", title, contact=each.id)
    for each in view.talks:
        if each.holder_conflicted:
            row = contact_row(each, words)
            title = words.say("conflicted_talk", number=row.number, name=row.holder)
            yield Notice(f"conflict-{each.id}", "warn", title, contact=each.id)


def _alarm(alarm: AlarmNow, more: int, words: Words) -> Notice:
    number = (alarm.ref or "").rsplit("/", 1)[-1].lstrip("0")
    key = f"staff.board.alarm.{alarm.kind}"
    at = words.at(alarm.raised_at)
    title = say(key, words.language, number=number or "–", at=at) if alarm.kind in kinds.KINDS else alarm.kind
    of_duty = (kinds.DUTY_MISSED, kinds.DUTY_EMPTY, kinds.SHIFT_CHECK, kinds.OFFERS_MISSED)
    who = [alarm.name] if alarm.name else []
    line = [words.line(alarm.line)] if alarm.kind in of_duty and alarm.line else []
    seen = [words.say("seen_by", name=alarm.seen_by)] if alarm.seen_by else []
    others = [say_count("staff.board.alarm_more", words.language, more)] if more else []
    detail = " · ".join((*who, *line, *others, *seen))
    level = "warn" if alarm.seen_by or alarm.kind == kinds.DUTY_EMPTY else "danger"  # danger is for now
    return Notice(
        f"alarm-{alarm.id}",
        level,
        title,
        detail,
        alarm=None if alarm.seen_by else alarm.id,
        contact=alarm.thing_id if alarm.ref else None,
    )
