"""What the board calls trouble, and in which one word it says what a person is doing."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, TypeVar

from hotline.rules.alarms import LADDER_END, RUNG_SILENT
from hotline.rules.assignment import Person, present
from hotline.rules.contact import P1, P2, P3, P4
from hotline.rules.opening import Open, Opening
from hotline.rules.presence import BUSY

PersonState = Literal["silent", "off", "break", "call", "meeting", "visit", "talking", "wrap_up", "available"]
LineTrouble = Literal["nobody_on_duty", "nobody_present", "nobody_taking"]
ENGINE_SILENCE: Final = timedelta(seconds=15)
GAP_SOON: Final = timedelta(hours=2)  # a gap so near is for whoever leads this shift
# how long a wait may be before somebody should wonder
LONG_WAIT: Final = {
    P1: timedelta(minutes=1),
    P2: timedelta(minutes=5),
    P3: timedelta(minutes=20),
    P4: timedelta(hours=1),
}


def person_state(person: Person, now: datetime) -> PersonState:
    """The first of these that is so: who is not there is not talking, whatever they hold."""
    if not present(person, now):
        return "silent"
    for busy in BUSY:
        if person.intent == busy:
            return busy
    if person.load:
        return "talking"
    return "wrap_up" if person.owes_summary else "available"


def line_trouble(answer: Opening, on_duty: Collection[Person], now: datetime) -> LineTrouble | None:
    """What is wrong with an open line; hours that say closed, or say nothing, promise nobody."""
    if not isinstance(answer, Open):
        return None
    if not on_duty:
        return "nobody_on_duty"
    there = [person for person in on_duty if present(person, now)]
    if not there:
        return "nobody_present"
    return None if any(person.intent == "available" for person in there) else "nobody_taking"


class _Alarm(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def thing_id(self) -> str: ...
    @property
    def line(self) -> str | None: ...
    @property
    def seen_by(self) -> str | None: ...


Alarm = TypeVar("Alarm", bound=_Alarm)


def told_apart(alarms: Sequence[Alarm]) -> list[tuple[Alarm, int]]:
    """The alarms as the board shows them, oldest first, each with how many more it stands for.

    Ten callers of a night whom nobody is left to take are one piece of news per line, until somebody is on it;
    that their calls went unanswered before is none beside it.
    """
    ended = {each.thing_id for each in alarms if each.kind == LADDER_END}
    shown: list[tuple[Alarm, int]] = []
    first: dict[str | None, int] = {}
    for each in alarms:
        if each.kind == RUNG_SILENT and each.thing_id in ended:
            continue
        if each.kind == LADDER_END and each.seen_by is None:
            if each.line in first:
                alarm, more = shown[first[each.line]]
                shown[first[each.line]] = alarm, more + 1
                continue
            first[each.line] = len(shown)
        shown.append((each, 0))
    return shown


def waits_long(priority: str, arrived_at: datetime, now: datetime) -> bool:
    return now - arrived_at > LONG_WAIT[priority]


def engine_gone(lease_until: datetime | None, life: timedelta, now: datetime) -> bool:
    """Has no engine given a sign of life for a while? `life` is what each renewal adds to the lease."""
    return lease_until is None or now - (lease_until - life) > ENGINE_SILENCE
