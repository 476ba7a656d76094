"""decide(): which waiting contact is offered to which counsellor now. Pure; `rules.routing` checks it all again.

Order of contacts is their fixed key, order of people `rules.turns`. Danger rings for everybody of its rung.
Contacts with the same need have the same people in the same order, so a long queue is one look at them and not
one for every contact.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from hotline.rules import turns
from hotline.rules.assignment import Person, Proposal, Waiting, offerable, opened, turn
from hotline.rules.contact import P1


def decide(contacts: Collection[Waiting], people: Collection[Person], now: datetime) -> list[Proposal]:
    """Offers to make now, most urgent contact first; each person at most once, and each contact but in danger.

    First everybody in danger gets somebody, if need be from an ordinary offer, which is withdrawn; then they
    ring for who is left; then come the others.
    """
    desk = _Desk(people, now)
    waiting = sorted(contacts, key=lambda each: (*each.key, each.id))
    danger = [desk.opened(each) for each in waiting if each.priority == P1]
    proposals = [found for each in danger if not each.offers and (found := desk.one(each, displace=True))]
    for each in danger:
        proposals += desk.all(each)
    for each in waiting:
        if not desk.free:
            break
        if each.priority != P1 and not each.offers and (found := desk.one(desk.opened(each))):
            proposals.append(found)
    return proposals


@dataclass(slots=True)
class _Able:
    """The people whom a need suits, in the order of their turn; those before `head` are free no longer."""

    people: list[Person]
    head: int = 0


class _Desk:
    """The people, and who of them is still free for an offer in this pass."""

    def __init__(self, people: Collection[Person], now: datetime) -> None:
        self._people, self._now = people, now
        self._by: Mapping[str, int] = turns.served(people)
        self._near: dict[frozenset[str], list[Person]] = {}
        self._able: dict[object, _Able] = {}
        self._tiers: dict[object, int] = {}
        self._taken: dict[str, int] = {}  # person -> place among the proposals of this pass
        self.free = {person.id for person in people if person.offer is None}

    def opened(self, contact: Waiting) -> Waiting:
        """With the rung that is in use, if those below have nobody left."""
        need = (_need(contact), contact.conflicted)
        if need not in self._tiers:
            self._tiers[need] = opened(contact, self._of(contact.lines), self._now).tier
        tier = self._tiers[need]
        return contact if tier == contact.tier else replace(contact, tier=tier)

    def one(self, contact: Waiting, *, displace: bool = False) -> Proposal | None:
        """The first whose turn it is."""
        found = next((each for each in self._in_turn(contact) if each.id in self.free), None)
        if found is None and displace:
            found = next(
                (each for each in self._in_turn(contact, everybody=True) if self._ordinary(each)), None
            )
        return self._propose(found, contact) if found else None

    def all(self, contact: Waiting) -> list[Proposal]:
        """Everybody else whose turn it is."""
        ringing = [each for each in self._in_turn(contact) if each.id in self.free]
        return [self._propose(person, contact, rule=turns.ALL) for person in ringing]

    def _of(self, lines: frozenset[str]) -> list[Person]:
        """The people on duty for any of these lines; nobody else is ever offered them."""
        if lines not in self._near:
            self._near[lines] = [each for each in self._people if not each.duty_lines.isdisjoint(lines)]
        return self._near[lines]

    def _in_turn(self, contact: Waiting, *, everybody: bool = False) -> Iterator[Person]:
        """Who may be offered it, first come first; without `everybody`, no more than those who may still be free."""
        able = self._able_for(contact)
        while able.head < len(able.people) and able.people[able.head].id not in self.free:
            able.head += 1
        if not (contact.asked or contact.conflicted or contact.last_by):
            yield from able.people[0 if everybody else able.head :]
            return
        here = turn(contact, able.people, self._now)
        yield from sorted(here, key=lambda each: turns.rank(each, contact, self._by))

    def _able_for(self, contact: Waiting) -> _Able:
        need = _need(contact)
        if need not in self._able:
            anybody = replace(contact, asked={}, conflicted=frozenset(), last_by=None)
            people = [each for each in self._of(contact.lines) if offerable(each, anybody, self._now)]
            self._able[need] = _Able(sorted(people, key=lambda each: turns.rank(each, anybody, self._by)))
        return self._able[need]

    def _ordinary(self, person: Person) -> bool:
        """Looks at an offer right now, and not of danger."""
        return person.offer is not None and person.offer.priority != P1 and person.id not in self._taken

    def _propose(self, person: Person, contact: Waiting, rule: str | None = None) -> Proposal:
        place = len(self._taken)
        self.free.discard(person.id)
        self._taken[person.id] = place
        withdraw = person.offer.id if person.offer else None
        return Proposal(contact.id, person.id, withdraw, partial(self._why, person, contact, place, rule))

    def _why(self, person: Person, contact: Waiting, place: int, rule: str | None) -> dict[str, Any]:
        before = {each for each, their in self._taken.items() if their < place}
        busy = before | {each.id for each in self._people if each.offer is not None}
        why = turns.explained(person, contact, self._people, self._by, busy, self._now)
        return {**why, "rule": rule} if rule else why


def _need(contact: Waiting) -> tuple[object, ...]:
    """What decides who may have a contact, and in which order, but for what is the caller's own."""
    danger = contact.priority == P1
    return contact.lines, contact.barred_lines, contact.tier, contact.call, contact.language, danger
