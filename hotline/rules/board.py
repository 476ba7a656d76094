"""What the board calls trouble, and in which one word it says what a person is doing."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal

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


def waits_long(priority: str, arrived_at: datetime, now: datetime) -> bool:
    return now - arrived_at > LONG_WAIT[priority]


def engine_gone(lease_until: datetime | None, life: timedelta, now: datetime) -> bool:
    """Has no engine given a sign of life for a while? `life` is what each renewal adds to the lease."""
    return lease_until is None or now - (lease_until - life) > ENGINE_SILENCE
