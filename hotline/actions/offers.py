"""Offers: one contact proposed to one counsellor, with a token and a deadline; the token decides every race."""

import secrets
from datetime import timedelta

from hotline.actions.contacts import answered, in_conflict, thing_of, topics_of
from hotline.errors import NotOnDuty, OfferGone, WallBreach
from hotline.live import topics
from hotline.rules import access, contact
from hotline.rules.access import Actor
from hotline.rules.assignment import OFFER_SECONDS, Person, Proposal, Waiting, offerable
from hotline.store import claims, queries
from hotline.store.queries import ContactRow, LiveOffer
from hotline.system import System, Transaction


async def make(system: System, actor: Actor, proposal: Proposal) -> str | None:
    """Offer a waiting contact; everything is checked again under locks. None if the world has moved on.

    What the engine does by `decide`, a supervisor may do by choice, within the same gates.
    """
    access.require(actor, "offers.make")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, proposal.contact_id)
        person_row = await claims.lock_staff(tx, proposal.staff_id)
        thing = await thing_of(row, tx, actor)
        if row is None or thing is None or person_row is None or not access.may(actor, "offers.make", thing):
            return None
        waiting = await queries.waiting(tx, proposal.contact_id)
        people = await queries.people(tx, proposal.staff_id)
        if not waiting or not people or not offerable(people[0], waiting[0], tx.now):
            return None
        if not await _made_way(tx, waiting[0], people[0], proposal.withdraw):
            return None
        deadline_at = tx.now + timedelta(seconds=OFFER_SECONDS.get(row.channel, 30))
        offer_id = await claims.make_offer(tx, row.id, proposal.staff_id, deadline_at)
        if offer_id is not None:
            changed = topics_of(row) | {topics.staff(proposal.staff_id)}
            tx.record("offers.make", "contact", row.id, changed, staff=proposal.staff_id, offer=offer_id)
        return offer_id


async def _made_way(tx: Transaction, waiting: Waiting, person: Person, withdraw: str | None) -> bool:
    """Withdraw the one offer that stands in the way, if it is the one that was named and may go."""
    if waiting.offer is not None:
        if waiting.offer.id != withdraw or person.offer is not None:
            return False
        tx.topics.add(topics.staff(waiting.offer.staff_id))
        return await claims.close_offer(tx, withdraw, "withdrawn", reason="reassigned")
    if person.offer is None:
        return True
    displaced = person.offer.id == withdraw and waiting.priority == contact.P1 != person.offer.priority
    return displaced and await claims.close_offer(tx, person.offer.id, "withdrawn", reason="danger")


async def accept(system: System, actor: Actor, offer_id: str, token: str) -> str:
    """Take the offered contact; its id. Raises OfferGone (late, taken, not one's own), NotOnDuty,
    NoRoom (filled by hand meanwhile), WallBreach."""
    access.require(actor, "offers.accept")
    async with system.transaction(actor) as tx:
        offer = await queries.offer(tx, offer_id)
        if offer is None or offer.staff_id != actor.id or not secrets.compare_digest(offer.token, token):
            raise OfferGone
        row = await claims.lock_contact(tx, offer.contact_id)
        await claims.lock_staff(tx, actor.id)
        offer = await queries.offer(tx, offer_id)  # as it is now that nobody else can change it
        if row is None or offer is None:
            raise OfferGone
        if row.state == contact.ACTIVE and row.holder_id == actor.id and offer.state == "accepted":
            return str(row.id)  # the answer to the first click got lost
        await _still_eligible(tx, row, actor)
        if not await claims.close_offer(tx, offer_id, "accepted", token=token, staff_id=actor.id):
            raise OfferGone
        if not await claims.take(tx, row.id, actor.id, "accept", beyond=row.priority == contact.P1):
            raise OfferGone
        await answered(tx, row, actor)
        tx.record(
            "offers.accept", "contact", row.id, topics_of(row) | {topics.staff(actor.id)}, offer=offer_id
        )
    return str(row.id)


async def decline(system: System, actor: Actor, offer_id: str, token: str) -> None:
    """Send the contact on to the next; it keeps its place. Raises OfferGone."""
    access.require(actor, "offers.decline")
    async with system.transaction(actor) as tx:
        offer = await queries.offer(tx, offer_id)
        if offer is None or not await claims.close_offer(
            tx, offer_id, "declined", token=token, staff_id=actor.id
        ):
            raise OfferGone
        row = await queries.contact(tx, offer.contact_id)
        if row is None:
            raise OfferGone
        tx.record(
            "offers.decline", "contact", row.id, topics_of(row) | {topics.staff(actor.id)}, offer=offer_id
        )


async def end_stale(system: System, actor: Actor, offer: LiveOffer) -> bool:
    """The clock's part: expire an offer past its deadline, withdraw one whose person can no longer take it."""
    access.require(actor, "offers.withdraw")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, offer.contact_id)
        state, reason = await verdict(tx, offer)
        if row is None or state is None or not await claims.close_offer(tx, offer.id, state, reason=reason):
            return False
        changed = topics_of(row) | {topics.staff(offer.staff_id)}
        tx.record(
            f"offers.{state}", "contact", row.id, changed, staff=offer.staff_id, offer=offer.id, why=reason
        )
        return True


async def verdict(tx: Transaction, offer: LiveOffer) -> tuple[str | None, str | None]:
    """How a pending offer must end now, and why; (None, None) while it stands."""
    if offer.deadline_at <= tx.now:
        return "expired", None
    waiting = await queries.waiting(tx, offer.contact_id)
    people = await queries.people(tx, offer.staff_id)
    if not waiting or not people:
        return "withdrawn", "contact_moved" if not waiting else "left"
    if not people[0].duty_lines & waiting[0].lines:
        return "withdrawn", "shift_ended"
    if not offerable(people[0], waiting[0], tx.now):
        return "withdrawn", "unavailable"
    return None, None


async def _still_eligible(tx: Transaction, row: ContactRow, actor: Actor) -> None:
    """A shift's end is no transaction: the invariant holds here, at accept."""
    if actor.lines & tx.centre.barred_lines(row.line, row.queue):
        raise WallBreach
    if await in_conflict(tx, row.id, actor.id):
        raise OfferGone  # marked just now, before the offer could be withdrawn
    people = await queries.people(tx, actor.id)
    if not people or not people[0].duty_lines & (await queries.demand(tx, row)).lines:
        raise NotOnDuty
