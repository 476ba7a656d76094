"""What may happen to a contact and its offers: (state, event, now) → (state', effects). Pure.

`actions.offers` reads the state under locks, decides by `step`, and writes the effects. A conversation that is lost
or ended is part of it so that whole lives are searched, state by state, with two engines, late accepts and people who
vanish; the actions that end or give one back move it in one conditional statement.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final, assert_never

from hotline.rules.assignment import (
    CONFLICT,
    FULL,
    OFF_DUTY,
    WALL,
    Pending,
    Person,
    Waiting,
    nobody_left,
    obstacles,
    turn,
)
from hotline.rules.assignment import opened as with_next_rung
from hotline.rules.contact import ACTIVE, P1, WAITING, WRAP_UP, may_move
from hotline.values import dataclass

PENDING, ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "pending", "accepted", "declined", "expired", "withdrawn"
GONE: Final = "gone"  # too late, taken, moved on, or never this person's
ANY_TIER: Final = 99
IN_A_ROW: Final = 2  # offers unanswered one after another until the coordinator is told


@dataclass(frozen=True, slots=True)
class Offer:
    """One contact proposed to one person; the token proves that this very offer was seen."""

    id: str
    staff_id: str
    token: str
    deadline_at: datetime
    state: str = PENDING


@dataclass(frozen=True, slots=True)
class State:
    """A contact, the people, and what stands between them, as one transaction sees them.

    `contact.offers` are the pending ones; `offer` is the one the event is about, whatever became of it.
    `urgent` are contacts in danger for which nobody's console rings.
    """

    contact: Waiting
    phase: str
    people: Mapping[str, Person]
    holder: str | None = None
    offer: Offer | None = None
    urgent: tuple[Waiting, ...] = ()


# -- events ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered:
    """The engine, or a supervisor by hand, offers it to a person, and withdraws the named offer for it."""

    staff_id: str
    withdraw: str | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    staff_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Declined:
    staff_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Watched:
    """The clock looks at a pending offer: is its time over, can its person still take it?"""


@dataclass(frozen=True, slots=True)
class Lost:
    """Whoever held the conversation is gone."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over; the summary is owed."""


Event = Offered | Accepted | Declined | Watched | Lost | Ended

# -- effects ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    staff_id: str
    rings_all: bool


@dataclass(frozen=True, slots=True)
class Closed:
    offer_id: str
    staff_id: str
    how: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The contact is this person's; `beyond`: danger does not ask how many they have."""

    staff_id: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The person gave a sign: nothing is held back from them any more."""

    staff_id: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Nothing more is offered to the person until they give a sign; `tell`: the coordinator must know."""

    staff_id: str
    tell: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """The contact waits again under its old key, or is over."""

    to: str


@dataclass(frozen=True, slots=True)
class Refused:
    why: str


Effect = Made | Closed | Taken | Answered | Missed | Moved | Refused


def step(state: State, event: Event, now: datetime) -> tuple[State, tuple[Effect, ...]]:
    """What follows from an event, and how things stand then."""
    effects = _effects(state, event, now)
    for effect in effects:
        state = _with(state, effect, now)
    return state, effects


def _effects(state: State, event: Event, now: datetime) -> tuple[Effect, ...]:
    match event:
        case Offered():
            return _offered(state, event, now)
        case Accepted():
            return _accepted(state, event, now)
        case Declined():
            return _declined(state, event)
        case Watched():
            return _watched(state, now)
        case Lost():
            return (Moved(WAITING),) if may_move(state.phase, WAITING) else (Refused(GONE),)
        case Ended():
            return (Moved(WRAP_UP),) if may_move(state.phase, WRAP_UP) else (Refused(GONE),)
        case _:
            assert_never(event)


# -- an offer is made --------------------------------------------------------------------------------------


def _offered(state: State, event: Offered, now: datetime) -> tuple[Effect, ...]:
    """Everything that was true when it was planned is asked again."""
    person = state.people.get(event.staff_id)
    if state.phase != WAITING or person is None:
        return (Refused(GONE),)
    contact = with_next_rung(state.contact, state.people.values(), now)
    despite = obstacles(person, contact, now)
    if despite:
        return (Refused(despite[0]),)
    if not event.by_hand and comes_after(state.urgent, contact, person, state.people.values(), now):
        return (Refused(GONE),)
    freed = _way_made(contact, person, event.withdraw)
    if freed is None:
        return (Refused(GONE),)
    return (*freed, Made(person.id, contact.priority == P1))


def comes_after(
    urgent: Collection[Waiting], contact: Waiting, person: Person, people: Collection[Person], now: datetime
) -> bool:
    """Does somebody in danger, for whom nothing rings, wait for this very person?"""
    return contact.priority != P1 and any(
        person in turn(with_next_rung(each, people, now), people, now) for each in urgent if not each.offers
    )


def _way_made(contact: Waiting, person: Person, withdraw: str | None) -> tuple[Closed, ...] | None:
    """The one offer that stands in the way and may go is withdrawn, if it was named; None if one stands."""
    danger = contact.priority == P1
    freed: tuple[Closed, ...] = ()
    if person.offer is not None:
        if person.offer.id != withdraw or not danger or person.offer.priority == P1:
            return None
        freed = (Closed(person.offer.id, person.id, WITHDRAWN, "danger"),)
    named = [each for each in contact.offers if each.id == withdraw]
    if len(named) < len(contact.offers) and not danger:
        return None
    return (*freed, *(Closed(each.id, each.staff_id, WITHDRAWN, "reassigned") for each in named))


# -- it is answered ----------------------------------------------------------------------------------------


def fits(offer: Offer | None, staff_id: str, token: str) -> bool:
    """Is this the person's own offer, and the token the one that was on their screen?"""
    return offer is not None and offer.staff_id == staff_id and compare_digest(offer.token, token)


def stands(offer: Offer, now: datetime) -> bool:
    """Can it still be accepted?"""
    return offer.state == PENDING and now < offer.deadline_at


def _accepted(state: State, event: Accepted, now: datetime) -> tuple[Effect, ...]:
    offer, person = state.offer, state.people.get(event.staff_id)
    if offer is None or person is None or not fits(offer, event.staff_id, event.token):
        return (Refused(GONE),)
    if state.phase == ACTIVE and state.holder == person.id and offer.state == ACCEPTED:
        return ()  # the answer to the first click got lost
    refused = _unfit(state.contact, person, now)
    if refused or state.phase != WAITING or not stands(offer, now):
        return (Refused(refused or GONE),)
    others = (each for each in state.contact.offers if each.id != offer.id)
    revoked = (Closed(each.id, each.staff_id, WITHDRAWN, "taken") for each in others)
    beyond = state.contact.priority == P1
    return Closed(offer.id, person.id, ACCEPTED), *revoked, Taken(person.id, beyond), Answered(person.id)


def _unfit(contact: Waiting, person: Person, now: datetime) -> str | None:
    """A shift's end is no transaction: duty, wall, conflict and room hold at accept."""
    despite = obstacles(person, replace(contact, tier=ANY_TIER), now)
    room = () if contact.priority == P1 else (FULL,)
    known = {WALL: WALL, CONFLICT: GONE, OFF_DUTY: OFF_DUTY, **dict.fromkeys(room, FULL)}
    return next((known[each] for each in despite if each in known), None)


def _declined(state: State, event: Declined) -> tuple[Effect, ...]:
    offer = state.offer
    if offer is None or not fits(offer, event.staff_id, event.token) or offer.state != PENDING:
        return (Refused(GONE),)
    return Closed(offer.id, event.staff_id, DECLINED), Answered(event.staff_id)


# -- time passes -------------------------------------------------------------------------------------------


def overdue(offer: Offer, now: datetime) -> bool:
    return offer.deadline_at <= now


def fallen(state: State, offer: Offer, now: datetime) -> str | None:
    """Why a pending offer must go although its time is not over; None while it stands.

    A rung that closes again takes nothing back from those who look at it already.
    """
    person = state.people.get(offer.staff_id)
    if state.phase != WAITING or person is None:
        return "contact_moved" if person else "left"
    despite = obstacles(person, replace(state.contact, tier=ANY_TIER), now)
    if not despite:
        return None
    return "shift_ended" if OFF_DUTY in despite else "unavailable"


def _watched(state: State, now: datetime) -> tuple[Effect, ...]:
    offer = state.offer
    if offer is None or offer.state != PENDING:
        return (Refused(GONE),)
    if overdue(offer, now):
        return Closed(offer.id, offer.staff_id, EXPIRED), *_missed(state, offer.staff_id, now)
    reason = fallen(state, offer, now)
    return (Closed(offer.id, offer.staff_id, WITHDRAWN, reason),) if reason else ()


def _missed(state: State, staff_id: str, now: datetime) -> tuple[Missed, ...]:
    """The coordinator is told of the second in a row, and of the first where nobody else is there."""
    person = state.people.get(staff_id)
    if person is None:
        return ()
    others = [each for each in state.people.values() if each.id != staff_id]
    contact = replace(state.contact, tier=ANY_TIER)
    tell = person.missed + 1 >= IN_A_ROW or nobody_left(contact, others, now)
    return (Missed(staff_id, tell),)


# -- how things stand then -----------------------------------------------------------------------------------


def _with(state: State, effect: Effect, now: datetime) -> State:
    match effect:
        case Made(staff_id):
            offer = Pending("", staff_id, state.contact.priority, now)
            contact = replace(state.contact, offers=(*state.contact.offers, offer))
            return _person(replace(state, contact=contact), staff_id, offer=offer)
        case Closed(offer_id, staff_id, how):
            return _person(_closed(state, offer_id, staff_id, how), staff_id, offer=None)
        case Taken(staff_id):
            taken = replace(state, phase=ACTIVE, holder=staff_id)
            return _person(taken, staff_id, load=state.people[staff_id].load + 1)
        case Answered(staff_id):
            return _person(state, staff_id, held=False, missed=0)
        case Missed(staff_id):
            return _person(state, staff_id, held=True, missed=state.people[staff_id].missed + 1)
        case Moved(to):
            freed = state if state.holder is None else _freed(state, state.holder, now)
            return replace(freed, phase=to, holder=None if to == WAITING else state.holder)
        case Refused():
            return state
        case _:
            assert_never(effect)


def _closed(state: State, offer_id: str, staff_id: str, how: str) -> State:
    asked = dict(state.contact.asked)
    if how in (DECLINED, EXPIRED):
        asked[staff_id] = asked.get(staff_id, 0) + 1
    left = tuple(each for each in state.contact.offers if each.id != offer_id)
    offer = state.offer
    if offer is not None and offer.id == offer_id:
        offer = replace(offer, state=how)
    return replace(state, contact=replace(state.contact, offers=left, asked=asked), offer=offer)


def _freed(state: State, staff_id: str, now: datetime) -> State:
    person = state.people.get(staff_id)
    return state if person is None else _person(state, staff_id, load=person.load - 1, freed_at=now)


def _person(state: State, staff_id: str, **changes: Any) -> State:
    person = state.people.get(staff_id)
    if person is None:
        return state
    return replace(state, people={**state.people, staff_id: replace(person, **changes)})
