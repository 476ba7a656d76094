"""A week of a house in virtual time, event by event, through the real rules; the witness is told what comes of it.

The engine looks when something has changed, and on its own ticks; it ends stale offers, opens rungs, plans, and
commits one offer after another, each some hundredths of a second later, so that clicks fall in between. What the
database would hold are `desk.Desk` and `desk.Ticket`; `rules.routing` alone moves them.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from hotline.rules import dispatch, ladder, presence, routing
from hotline.rules.assignment import OFFER_SECONDS, Pending, Person, Proposal
from hotline.rules.contact import ACTIVE, P1, WAITING, WRAP_UP
from hotline.rules.ladder import Call, Standing, Step
from hotline.rules.routing import (
    Accepted,
    Answered,
    Closed,
    Declined,
    Event,
    Made,
    Missed,
    Moved,
    Offer,
    Offered,
    State,
    Taken,
)
from tests.rules.week import house as houses
from tests.rules.week.desk import Desk, Ticket, standing
from tests.rules.week.house import Caller, House, clock
from tests.rules.week.witness import Witness

FAR = clock(10**9)
FRESH = 5 * houses.SECOND  # a living console has been heard of since then
GRID = 50  # the engine's own tick


class Town:
    """The clock, the engine and what it has stored."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.members = houses.staff(house)
        self.witness = Witness(self.members, house.limit, equal=house.equal)
        self.desks = {member.id: Desk(member, house.limit) for member in self.members}
        self.tickets: dict[str, Ticket] = {}
        self.offers: dict[str, Offer] = {}
        self.past: dict[str, Offer] = {}  # offers that are over; a click may still speak of one
        self.contact_of: dict[str, str] = {}  # offer -> contact
        self.rng = Random(f"town {house.seed}")
        self.at = house.begins
        self.rounds = self.clicked = 0
        self.stops_until = 0  # the engine stands still
        self.on_offer: Callable[[str, str], None] = lambda offer, staff: None
        self.on_talk: Callable[[str, str], None] = lambda contact, staff: None
        self.on_call: Callable[[str, str, str], None] = lambda contact, rung, staff: None
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._number = count()
        self._rounds_at: set[int] = set()
        self._committing = False
        self._people: dict[str, Person] | None = None  # as last read
        self._read_at = 0
        self._look_again: dict[str, datetime] = {}  # contact -> when something is due on its ladder

    @property
    def now(self) -> datetime:
        return clock(self.at)

    # -- time ------------------------------------------------------------------------------------------------

    def later(self, after: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (self.at + max(after, 0), next(self._number), act))

    def run(self) -> Witness:
        while self._heap and self._heap[0][0] <= self.house.ends:
            self.at, _, act = heapq.heappop(self._heap)
            self.witness.now = self.now
            act()
        self.witness.counted()
        return self.witness

    def poke(self) -> None:
        """Something has changed: the engine looks in a moment."""
        self._people = None
        if not self._rounds_at.intersection(range(self.at + 1, self.at + 4)):
            self._look_at(self.at + (1 if self.house.equal else self.rng.randint(1, 3)))

    def stirs(self) -> None:
        """Who is there may have changed: every ladder is looked at again."""
        self._look_again = {}
        self.poke()

    def tick(self, at: datetime) -> None:
        """The engine looks on its first own tick after that."""
        due = (at - houses.MONDAY) // houses.TICK
        if self.at < due + GRID and due < self.house.ends:
            self._look_at(max(-(-due // GRID) * GRID, self.at + 1))

    def _look_at(self, at: int) -> None:
        if at not in self._rounds_at:
            self._rounds_at.add(at)
            self.later(at - self.at, self._round)

    # -- the engine --------------------------------------------------------------------------------------------

    def _round(self) -> None:
        self._rounds_at.discard(self.at)
        if self._committing:
            return  # it looks again when that is done
        if self.at < self.stops_until:
            self._look_at(self.stops_until)
            return
        self.rounds += 1
        for offer in list(self.offers.values()):
            self.step(self.contact_of[offer.id], routing.Watched(), offer)
        self._give_back()
        self._climb()
        self.witness.looked()
        self._plan()

    def _plan(self) -> None:
        waiting = [ticket.waiting(self._pending(ticket)) for ticket in self._waiting()]
        proposals = dispatch.decide(waiting, list(self.people().values()), self.now)
        self.witness.planned(proposals)
        if not proposals:
            return
        self._committing = True
        stall = 0
        if not self.house.equal and self.rng.random() < (0.3 if self.house.rough else 0.01):
            stall = self.rng.randint(30, 2000 if self.house.rough else 300)
            self.witness.paused.append((self.now, clock(self.at + stall)))
        for place, proposal in enumerate(proposals):
            self.later(stall + 1 + place, lambda proposal=proposal: self._commit(proposal))  # type: ignore[misc]
        self.later(stall + 1 + len(proposals), self._committed)

    def _commit(self, proposal: Proposal) -> None:
        if proposal.contact_id in self.tickets:
            self.step(proposal.contact_id, Offered(proposal.staff_id, proposal.withdraw))

    def _committed(self) -> None:
        self._committing = False
        self.poke()

    def _give_back(self) -> None:
        for desk in self.desks.values():
            if desk.lost_at is None:
                continue
            for ticket in [each for each in self.tickets.values() if each.held_by(desk.id)]:
                due = presence.given_back_at(desk.lost_at, ticket.held_since or self.now)
                if due <= self.now:
                    self.step(ticket.id, routing.Lost())
                else:
                    self.tick(due)

    def _climb(self) -> None:
        """A ladder on which nothing is due yet is left alone while the same people are there."""
        people = self.people()
        for ticket in self._waiting():
            if self.now < self._look_again.get(ticket.id, self.now):
                continue
            found = standing(ticket, self.desks.values(), people, self.now)
            move = ladder.move(found, self.now)
            for name in move.opens:
                ticket.steps[name] = Step(f"{ticket.id} {name}", self.now)
                self.witness.opened(ticket.id, name)
            self._told(ticket, found, move)
            for name, called in move.calls.items():
                for staff in sorted(called):
                    self._call(ticket, name, staff)
            self._again(ticket, found, move)

    def _told(self, ticket: Ticket, found: Standing, move: ladder.Move) -> None:
        if ladder.END in move.opens:
            self.witness.told_end(ticket.id, attended=bool(found.there))
        if move.update:
            ticket.steps[move.update] = Step(move.update, self.now)
            self.witness.told_update(ticket.id)

    def _again(self, ticket: Ticket, found: Standing, move: ladder.Move) -> None:
        updates = [found.since + timedelta(seconds=seconds) for seconds in found.updates]
        due = [at for at in (*updates, move.next_at) if at is not None and at > self.now]
        self._look_again[ticket.id] = self.now if move else min(due, default=FAR)
        if due:
            self.tick(min(due))

    def _call(self, ticket: Ticket, rung: str, staff: str) -> None:
        sent = self.rng.random() > 0.1
        call = Call(staff, self.now, "sent" if sent else "failed", 1)
        ticket.calls.setdefault(ticket.steps[rung].id, []).append(call)
        if sent:
            self.on_call(ticket.id, rung, staff)
        else:
            self._look_again.pop(ticket.id, None)
            self.poke()

    # -- through the core ----------------------------------------------------------------------------------------

    def people(self) -> dict[str, Person]:
        if self._people is None or self.at - self._read_at > FRESH:
            self._people, self._read_at = self._read(), self.at
        return self._people

    def _read(self) -> dict[str, Person]:
        talks: dict[str, list[Ticket]] = {name: [] for name in self.desks}
        owing = set()
        for ticket in self.tickets.values():
            if ticket.holder is not None and ticket.phase == ACTIVE:
                talks[ticket.holder].append(ticket)
            elif ticket.holder is not None:
                owing.add(ticket.holder)
        rings = {offer.staff_id: self._rings(offer) for offer in self.offers.values()}
        return {
            name: desk.person(self.now, talks[name], name in owing, rings.get(name))
            for name, desk in self.desks.items()
        }

    def step(self, contact: str, event: Event, offer: Offer | None = None) -> bool:
        """One transaction; whether it changed anything."""
        ticket = self.tickets[contact]
        urgent = [each for each in self._waiting() if each.caller.priority == P1]
        state = State(
            contact=ticket.waiting(self._pending(ticket)),
            phase=ticket.phase,
            people=self.people(),
            holder=ticket.holder,
            offer=offer,
            urgent=tuple(each.waiting(self._pending(each)) for each in urgent),
        )
        after, effects = routing.step(state, event, self.now)
        changed = [each for each in effects if not isinstance(each, routing.Refused)]
        if not changed:
            return False
        self.witness.key_is_the_same(contact, after.contact.key)
        for effect in changed:
            self._carry_out(ticket, effect, after)
        ticket.phase, ticket.holder = after.phase, after.holder
        ticket.key, ticket.asked = after.contact.key, dict(after.contact.asked)
        self._talk_moved(ticket, state, after)
        self.witness.stored(contact, ticket.phase, ticket.holder)
        self.poke()
        return True

    def _carry_out(self, ticket: Ticket, effect: routing.Effect, after: State) -> None:
        match effect:
            case Made(staff):
                self._made(ticket, staff)
            case Closed(offer_id, _, how):
                self.witness.closed(offer_id, self.contact_of[offer_id], how)
                self._forget(offer_id, how)
            case Taken(staff):
                ticket.held_since = self.now
                self.witness.taken(ticket.id, staff)
            case Answered(staff) | Missed(staff):
                desk, person = self.desks[staff], after.people[staff]
                desk.held, desk.missed = person.held, person.missed
                self._look_again = {}
                if isinstance(effect, Missed):
                    self.witness.missed(ticket.id, staff, told=effect.tell)
            case Moved(to):
                self._moved(ticket, to)
            case routing.Refused():
                pass

    def _made(self, ticket: Ticket, staff: str) -> None:
        name = f"o{next(self._number)}"
        deadline = self.now + timedelta(seconds=OFFER_SECONDS[ticket.caller.channel])
        self.offers[name] = Offer(name, staff, f"t{name}", deadline)
        self.contact_of[name] = ticket.id
        self.witness.made(name, ticket.id, staff, deadline)
        self.tick(deadline)
        self.on_offer(name, staff)

    def _moved(self, ticket: Ticket, to: str) -> None:
        if to == WAITING:
            self.witness.gave_back(ticket.id)
        elif to == WRAP_UP:
            self.witness.ended(ticket.id)

    def _talk_moved(self, ticket: Ticket, before: State, after: State) -> None:
        """What the actions write down besides."""
        if before.phase == WAITING and ticket.phase == ACTIVE and ticket.holder:
            self.on_talk(ticket.id, ticket.holder)
        if before.phase != ACTIVE or ticket.phase == ACTIVE or before.holder is None:
            return
        desk = self.desks[before.holder]
        desk.freed_at = after.people[desk.id].freed_at
        desk.hard += ticket.caller.priority == P1
        if ticket.phase == WAITING:
            self._look_again.pop(ticket.id, None)
            ticket.again, ticket.steps, ticket.calls = True, {}, {}
            talked = (self.now - (ticket.held_since or self.now)) // houses.TICK
            ticket.left = max(ticket.left - talked, houses.MINUTE)
            ticket.asked[desk.id] = ticket.asked.get(desk.id, 0) + 1
        else:
            alone = timedelta(minutes=10 if ticket.caller.priority == P1 else 5)
            desk.wrap_until = max(desk.wrap_until or self.now, self.now + alone)
            self.tick(desk.wrap_until)

    def _waiting(self) -> list[Ticket]:
        return [each for each in self.tickets.values() if each.phase == WAITING]

    def _pending(self, ticket: Ticket) -> tuple[Pending, ...]:
        mine = (offer for offer in self.offers.values() if self.contact_of[offer.id] == ticket.id)
        return tuple(self._rings(offer) for offer in mine)

    def _rings(self, offer: Offer) -> Pending:
        priority = self.tickets[self.contact_of[offer.id]].caller.priority
        return Pending(offer.id, offer.staff_id, priority, offer.deadline_at)

    # -- what people do ------------------------------------------------------------------------------------------

    def arrives(self, caller: Caller, last_by: str | None) -> None:
        ticket = self.tickets[caller.id] = Ticket.of(caller, last_by)
        self.witness.arrived(caller, last_by, ticket.key)
        self.poke()

    def leaves(self, contact: str) -> None:
        ticket = self.tickets.get(contact)
        if ticket is None or ticket.phase != WAITING:
            return
        for offer in self._pending(ticket):
            self._forget(offer.id, routing.WITHDRAWN)
        del self.tickets[contact]
        self.witness.left(contact)
        self.poke()

    def clicks(self, offer: str, event: Accepted | Declined) -> None:
        """The message is on its way for a moment; without a console there is none."""
        if self.desks[event.staff_id].connected:
            self.later(self.rng.randint(1, 5), lambda: self._hears(offer, event))

    def _hears(self, offer: str, event: Accepted | Declined) -> None:
        self.clicked += 1
        contact = self.contact_of[offer]
        if contact in self.tickets:
            self.step(contact, event, self.offers.get(offer) or self.past[offer])

    def writes_card(self, contact: str) -> None:
        ticket = self.tickets.pop(contact)
        self.witness.card_written(contact)
        owed = [
            each for each in self.tickets.values() if each.holder == ticket.holder and each.phase == WRAP_UP
        ]
        if not owed:
            self.desks[ticket.holder or ""].wrap_until = None
        self.poke()

    def gives_sign(self, staff: str) -> None:
        """The person presses "I am here"."""
        self.witness.signs(staff)
        self.desks[staff].held = False
        self.stirs()

    def duty(self, staff: str, lines: Mapping[str, int]) -> None:
        """A shift begins or ends: no transaction, the engine sees it on its tick."""
        self.desks[staff].duty = self.witness.people[staff].duty = lines
        self._people, self._look_again = None, {}
        self.tick(self.now)

    def signs_in(self, staff: str) -> None:
        desk, fact = self.desks[staff], self.witness.people[staff]
        desk.on_since = fact.took_up = self.now
        desk.hard = fact.hard = 0
        desk.on_break = fact.away = False
        self.console(staff, there=True)

    def console(self, staff: str, *, there: bool) -> None:
        desk = self.desks[staff]
        if desk.connected != there:
            desk.connected = there
            desk.lost_at = self.witness.people[staff].lost_at = None if there else self.now
            self.stirs()

    def takes_break(self, staff: str, *, on: bool) -> None:
        desk, fact = self.desks[staff], self.witness.people[staff]
        desk.on_break = fact.away = on
        desk.hard = fact.hard = 0
        self.stirs()

    def takes_over(self, contact: str, rung: str, staff: str) -> None:
        """Somebody at home says that they come."""
        ticket = self.tickets.get(contact)
        step = ticket.steps.get(rung) if ticket else None
        if ticket and step and ticket.phase == WAITING and step.answered_by is None:
            ticket.steps[rung] = replace(step, answered_by=staff, answered_at=self.now)
            self._look_again.pop(contact, None)
            self.witness.comes(contact)
            self.poke()

    def engine_stops(self, for_long: int) -> None:
        self.stops_until = max(self.stops_until, self.at + for_long)
        self.witness.paused.append((self.now, clock(self.stops_until)))
        self._look_at(self.stops_until)

    def _forget(self, offer: str, how: str) -> None:
        self.past[offer] = replace(self.offers.pop(offer), state=how)
