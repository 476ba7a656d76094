"""Whom a waiting contact has reached by now, what its caller is told meanwhile, and what happens to it next.

A ladder is a line's rungs in order: people on shift, backup at home, coordinator, another line. A rung opens
when the one below has had its time, and at once when nobody is there. Once open it stays so, until somebody
takes the contact.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, Literal

from hotline.rules.assignment import Pending, Person, present
from hotline.rules.centre import Centre
from hotline.rules.contact import P1, VOICE
from hotline.rules.duty import Board, OnDuty, Rung, asking
from hotline.rules.duty.plan import BACKUP, COORDINATOR, PRIMARY
from hotline.values import dataclass

DEFAULT: Final = tuple(Rung("tier", str(tier)) for tier in (PRIMARY, BACKUP, COORDINATOR))
END: Final = "end"  # nobody is left to ask
UPDATE: Final = "update:"
COMING: Final = timedelta(minutes=5)  # for somebody who said "I take over" to reach a console
LAPSE: Final = timedelta(
    seconds=60
)  # so long a silent console may be a lapse: nobody hears yet that nobody answers
UNSENT: Final = timedelta(seconds=10)  # a call that has not gone out by then reaches nobody
STUCK_AFTER: Final = timedelta(seconds=10)  # what is due so long is not going to happen by itself


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that is open, or an update that was given: since when, and who said they are coming."""

    id: str
    at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody outside the house who was told that they are needed."""

    staff_id: str
    made_at: datetime
    delivery: str
    tries: int

    def failed(self, now: datetime) -> bool:
        """It did not go out: refused, tried in vain, or taken up by no bot."""
        if self.delivery == "pending" and self.tries > 0:
            return True
        return self.delivery == "failed" or (self.delivery != "sent" and now - self.made_at > UNSENT)


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting contact on its ladder. `planned` are the rungs with anybody on duty; `there` those with somebody
    at a console who takes contacts; `reached` those with somebody who was called or can be; `callable` whom to
    call on each."""

    contact_id: str
    priority: str
    since: datetime
    again: bool  # it waits for the second time: the first rung, too, begins to count when it is written down
    pace: Sequence[int]
    rungs: Sequence[str]
    updates: Sequence[int] = ()
    steps: Mapping[str, Step] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    callable: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """What is due now: rungs that open, lowest first; rungs left behind with nobody answering a call; people to
    call on each; how long ago the caller should have heard. `next_at` is when the next rung opens; None: never."""

    opens: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    update: str | None = None
    next_at: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.opens or self.calls or self.update)


@dataclass(frozen=True, slots=True)
class Event:
    """What happens next to a waiting contact, by when, and what tells it from others of its kind. An `alarm` rings
    already, until somebody takes the contact; everything else is the engine's to do."""

    kind: Literal["match", "offer", "rung", "alarm"]
    at: datetime
    what: str = ""

    def due(self, now: datetime) -> bool:
        return self.kind != "alarm" and self.at <= now


def key(rung: Rung) -> str:
    """How a step names its rung."""
    return f"{rung.kind}:{rung.target}"


def tier_of(name: str) -> int | None:
    """The tier behind a rung's key; None for what is none."""
    kind, _, target = name.partition(":")
    return int(target) if kind == "tier" else None


def in_use(steps: Mapping[str, Step]) -> str | None:
    """The highest rung that is open; None while it is the first."""
    names = [name for name in steps if not name.startswith(UPDATE) and tier_of(name) != PRIMARY]
    return max(
        names, key=lambda name: (name == END, name.startswith("line:"), tier_of(name) or 0), default=None
    )


def pace(centre: Centre, priority: str, channel: str) -> Sequence[int]:
    """When each rung opens, in seconds."""
    paces = centre.duty.pace
    if priority == P1:
        return paces.danger
    return paces.call if channel in VOICE else paces.text


def move(standing: Standing, now: datetime) -> Move:
    """Everything that is due for this contact. Asked again after it was done, nothing is."""
    opens, silent, next_at = _climb(standing, now)
    is_open = {*standing.steps, *opens, *standing.rungs[:1]}
    attended = bool(standing.there & is_open)
    calls = {
        name: people
        for name, people in standing.callable.items()
        if people and name in is_open and (name in opens or not attended)
    }
    update = None
    if attended and not opens and END not in is_open:  # "we are here" is said only while somebody is
        update = _update(standing, now)
    return Move(opens, silent, calls, update, next_at)


def _climb(standing: Standing, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...], datetime | None]:
    opens: list[str] = []
    silent: list[str] = []
    due = standing.since
    for place, name in enumerate((*standing.rungs, END)):
        step = standing.steps.get(name)
        at = step.at if step else max(due, standing.since)
        if step is None:
            if due > now:
                return tuple(opens), tuple(silent), due
            if place > 0:
                at = now
                silent += [
                    below for below in standing.rungs[place - 1 : place] if _unanswered(standing, below)
                ]
            if place > 0 or standing.again:
                opens.append(name)
        due = _due(standing, place, name, at, now)
    return tuple(opens), tuple(silent), None


def _due(standing: Standing, place: int, name: str, at: datetime, now: datetime) -> datetime:
    """When the rung above this one opens."""
    if name not in standing.there and name not in standing.reached:
        last = place == len(standing.rungs) - 1
        return at + LAPSE if last and standing.planned and standing.priority != P1 else now
    step = standing.steps.get(name)
    due = at + _patience(standing.pace, place)
    if step is not None and step.answered_at is not None and standing.priority != P1:
        return max(due, step.answered_at + COMING)
    return due


def _patience(instants: Sequence[int], place: int) -> timedelta:
    """How long a rung is asked alone; past the end of the pace, as long as the last one."""
    place = min(place, len(instants) - 2)
    return timedelta(seconds=instants[place + 1] - instants[place])


def _unanswered(standing: Standing, name: str) -> bool:
    """Is there somebody to be called on this rung who has not come, or could not be reached at all?"""
    return name in standing.planned and (tier_of(name) or 0) >= BACKUP and name not in standing.there


def _update(standing: Standing, now: datetime) -> str | None:
    """The latest update that is due and was not given; those missed meanwhile are not made up for."""
    waited = (now - standing.since).total_seconds()
    due = max((each for each in standing.updates if each <= waited), default=None)
    return None if due is None or f"{UPDATE}{due}" in standing.steps else f"{UPDATE}{due}"


def next_event(standing: Standing, offer: Pending | None, *, able: bool, now: datetime) -> Event:
    """Every waiting contact has one, and never without a time. `able` is whether somebody could be offered it now."""
    if offer is not None:
        return Event("offer", offer.deadline_at, offer.id)
    if able:
        return Event("match", now)
    due = move(standing, now)
    if due.opens:
        return Event("rung", now, due.opens[0])
    if due.next_at is not None:
        return Event("rung", due.next_at)
    return Event("alarm", standing.steps[END].at)


def takes(person: Person, now: datetime) -> bool:
    """Is the person at a console and takes contacts? Whoever is busy will be free; who did not answer may be away."""
    return person.intent == "available" and present(person, now) and not person.held


def reach(
    board: Board, line: str, queue: str | None, people: Mapping[str, Person], apart: Collection[str], now: datetime
) -> tuple[tuple[Rung, ...], dict[str, frozenset[str]]]:  # fmt: skip
    """The ladder of a contact, and who is on each rung: never over the wall, and nobody in conflict."""
    centre = board.centre
    lines = centre.queues[queue].lines if queue else (line,)
    barred = centre.barred_lines(line, queue)
    rungs = board.plan.ladders.get(line if line in lines else lines[0]) or DEFAULT
    seated = asking.seated(board, lines, now, barred)
    found: dict[str, frozenset[str]] = {}
    for rung in rungs:
        who: Collection[str] = ()
        if rung.kind == "tier":
            who = [each for each, tier in seated.items() if tier == int(rung.target)]
        elif rung.kind == "line":
            who = _other_line(board, rung.target, barred, now)
        found[key(rung)] = frozenset(
            each for each in who if each not in apart and not _behind(people.get(each), barred)
        )
    return rungs, found


def other_lines(steps: Collection[str], centre: Centre, barred: frozenset[str]) -> frozenset[str]:
    """Lines whose people may take the contact, too, since these rungs are open."""
    named = [name.partition(":")[2] for name in steps if name.startswith("line:")]
    return frozenset(
        line
        for name in named
        if name in centre.lines
        for line in centre.lines_with(name)
        if line not in barred
    )


def _other_line(board: Board, line: str, barred: frozenset[str], now: datetime) -> list[str]:
    """The first tier of another line, if it is open and on this side of the wall."""
    if line in barred or line not in board.centre.lines:
        return []
    answer = board.answer(line, now)
    return [seat.staff_id for seat in answer.tier(PRIMARY)] if isinstance(answer, OnDuty) else []


def _behind(person: Person | None, barred: frozenset[str]) -> bool:
    return person is not None and bool(person.lines & barred)
