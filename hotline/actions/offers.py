"""Offers: one contact proposed to one counsellor, or to all of a rung, with tokens and a deadline.

`rules.routing` decides; here its state is read under locks and what it decided is written down.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from hotline.actions import alarms
from hotline.actions.contacts import answered, gave_a_sign, thing_of, topics_of
from hotline.errors import HotlineError, NoRoom, NotOnDuty, OfferGone, WallBreach
from hotline.live import topics
from hotline.rules import access, routing, turns
from hotline.rules.access import Actor
from hotline.rules.alarms import OFFERS_MISSED
from hotline.rules.assignment import FULL, OFF_DUTY, OFFER_SECONDS, WALL, Person, Proposal, Waiting
from hotline.rules.contact import WAITING
from hotline.rules.routing import (
    Answered,
    Closed,
    Effect,
    Event,
    Made,
    Missed,
    Moved,
    Offer,
    Offered,
    Refused,
    State,
    Taken,
)
from hotline.store import claims, queries
from hotline.store.queries import ContactRow, LiveOffer
from hotline.system import System, Transaction

LATER: Final = "later"  # it waits, and not now: somebody is called back at the time they named
REFUSALS: Final[Mapping[str, type[HotlineError]]] = {OFF_DUTY: NotOnDuty, WALL: WallBreach, FULL: NoRoom}


async def make(system: System, actor: Actor, proposal: Proposal) -> str | None:
    """Offer a waiting contact; everything is checked again under locks. None if the world has moved on.

    What the engine does by `decide`, a supervisor may do by choice, within the same gates.
    """
    access.require(actor, "offers.make")
    with suppress(OfferGone):
        return await _make(system, actor, proposal)
    return None


async def _make(system: System, actor: Actor, proposal: Proposal) -> str | None:
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, proposal.contact_id)
        person_row = await claims.lock_staff(tx, proposal.staff_id)
        thing = await thing_of(row, tx, actor)
        if row is None or thing is None or person_row is None or not access.may(actor, "offers.make", thing):
            return None
        by_hand = actor.kind == "staff"
        event = Offered(proposal.staff_id, proposal.withdraw, by_hand)
        effects = await _decided(tx, row, event, everybody=True)
        why = {"rule": turns.BY_HAND} if by_hand else proposal.why
        return await _carried_out(tx, row, effects, why)


async def accept(system: System, actor: Actor, offer_id: str, token: str) -> str:
    """Take the offered contact; its id. Raises OfferGone (late, taken, not one's own), NotOnDuty,
    NoRoom (filled by hand meanwhile), WallBreach."""
    access.require(actor, "offers.accept")
    async with system.transaction(actor) as tx:
        row = await _locked(tx, actor, offer_id)
        event = routing.Accepted(actor.id, token)
        effects = await _decided(tx, row, event, offer_id=offer_id)
        _raise_if_refused(effects)
        if effects:
            await _carried_out(tx, row, effects)
            await answered(tx, row, actor)
            changed = topics_of(row) | {topics.staff(actor.id)}
            tx.record("offers.accept", "contact", row.id, changed, offer=offer_id)
    return str(row.id)


async def decline(system: System, actor: Actor, offer_id: str, token: str) -> None:
    """Send the contact on to the next; it keeps its place. Raises OfferGone."""
    access.require(actor, "offers.decline")
    async with system.transaction(actor) as tx:
        row = await _locked(tx, actor, offer_id)
        effects = await _decided(tx, row, routing.Declined(actor.id, token), offer_id=offer_id)
        _raise_if_refused(effects)
        await _carried_out(tx, row, effects)
        tx.record(
            "offers.decline", "contact", row.id, topics_of(row) | {topics.staff(actor.id)}, offer=offer_id
        )


async def end_stale(system: System, actor: Actor, offer: LiveOffer) -> bool:
    """The clock's part: expire an offer past its deadline, withdraw one whose person can no longer take it."""
    access.require(actor, "offers.withdraw")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, offer.contact_id)
        await claims.lock_staff(tx, offer.staff_id)
        if row is None:
            return False
        effects = await _decided(tx, row, routing.Watched(), offer_id=offer.id, everybody=True)
        ended = [each for each in effects if isinstance(each, Closed)]
        if not ended:
            return False
        await _carried_out(tx, row, effects)
        how, reason = ended[0].how, ended[0].reason
        changed = topics_of(row) | {topics.staff(offer.staff_id)}
        tx.record(
            f"offers.{how}", "contact", row.id, changed, staff=offer.staff_id, offer=offer.id, why=reason
        )
        return True


def stale(
    offers: Sequence[LiveOffer], contacts: Sequence[Waiting], people: Sequence[Person], now: datetime
) -> list[LiveOffer]:
    """Those that the clock must end now, as far as one look can tell."""
    waiting, everybody = {each.id: each for each in contacts}, {each.id: each for each in people}

    def ends(offer: LiveOffer) -> bool:
        contact = waiting.get(offer.contact_id)
        if contact is None:
            return True
        looked_at = Offer(offer.id, offer.staff_id, "", offer.deadline_at)
        state = State(contact, WAITING, everybody, offer=looked_at)
        return bool(routing.step(state, routing.Watched(), now)[1])

    return [offer for offer in offers if ends(offer)]


async def _locked(tx: Transaction, actor: Actor, offer_id: str) -> ContactRow:
    """The contact of an offer and the person, locked. Raises OfferGone."""
    offer = await queries.offer(tx, offer_id)
    if offer is None or offer.staff_id != actor.id:
        raise OfferGone
    row = await claims.lock_contact(tx, offer.contact_id)
    await claims.lock_staff(tx, actor.id)
    if row is None:
        raise OfferGone
    return row


async def _decided(
    tx: Transaction, row: ContactRow, event: Event, offer_id: str | None = None, *, everybody: bool = False
) -> tuple[Effect, ...]:
    """What follows from the event, as things stand now that nobody else can change them."""
    found = await queries.waiting(tx, row.id)
    offer = await queries.offer(tx, offer_id) if offer_id else None
    one = None if everybody or offer is None else offer.staff_id
    state = State(
        contact=found[0] if found else await queries.demand(tx, row),
        phase=row.state if found or row.state != WAITING else LATER,
        people={each.id: each for each in await queries.people(tx, one)},
        holder=row.holder_id,
        offer=offer and Offer(offer.id, offer.staff_id, offer.token, offer.deadline_at, offer.state),
        urgent=tuple(await queries.waiting(tx, danger=True)) if isinstance(event, Offered) else (),
    )
    return routing.step(state, event, tx.now)[1]


def _raise_if_refused(effects: tuple[Effect, ...]) -> None:
    for effect in effects:
        if isinstance(effect, Refused):
            raise REFUSALS.get(effect.why, OfferGone)


async def _carried_out(
    tx: Transaction, row: ContactRow, effects: tuple[Effect, ...], why: Mapping[str, Any] | None = None
) -> str | None:
    """Write the effects down; the offer that was made, if one was. Raises OfferGone: all of it, or nothing."""
    made = None
    for effect in effects:
        match effect:
            case Closed(offer_id, staff_id, how, reason):
                if not await claims.close_offer(tx, offer_id, how, reason=reason):
                    raise OfferGone
                tx.topics.add(topics.staff(staff_id))
            case Made(staff_id, rings_all):
                made = await _made(tx, row, staff_id, why, rings_all=rings_all)
            case Taken(staff_id, beyond):
                if not await claims.take(tx, row.id, staff_id, "accept", beyond=beyond):
                    raise OfferGone
            case Missed(staff_id, tell):
                await claims.hold_offers_back(tx, staff_id)
                if tell:
                    await alarms.raised(tx, OFFERS_MISSED, "staff", staff_id, row.line)
            case Answered(staff_id):
                await gave_a_sign(tx, staff_id)
            case Moved() | Refused():
                pass
    return made


async def _made(
    tx: Transaction, row: ContactRow, staff_id: str, why: Mapping[str, Any] | None, *, rings_all: bool
) -> str:
    deadline_at = tx.now + timedelta(seconds=OFFER_SECONDS.get(row.channel, 30))
    offer_id = await claims.make_offer(tx, row.id, staff_id, deadline_at, rings_all=rings_all, why=why)
    if offer_id is None:
        raise OfferGone
    changed = topics_of(row) | {topics.staff(staff_id)}
    tx.record("offers.make", "contact", row.id, changed, staff=staff_id, offer=offer_id)
    return offer_id
