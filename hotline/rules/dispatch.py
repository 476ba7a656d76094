"""decide(): which waiting contact is offered to which counsellor now. Pure; `rules.routing` checks it all again.

Order of contacts is their fixed key, order of people `rules.turns`. Danger rings for everybody of its rung.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from hotline.rules import turns
from hotline.rules.assignment import Person, Proposal, Waiting, opened, turn
from hotline.rules.contact import P1


def decide(contacts: Collection[Waiting], people: Collection[Person], now: datetime) -> list[Proposal]:
    """Offers to make now, most urgent contact first; each person at most once, and each contact but in danger.

    First everybody in danger gets somebody, if need be from an ordinary offer, which is withdrawn; then they
    ring for who is left; then come the others.
    """
    desk = _Desk(people, now)
    waiting = sorted(contacts, key=lambda each: (*each.key, each.id))
    danger = [opened(each, people, now) for each in waiting if each.priority == P1]
    proposals = [found for each in danger if not each.offers and (found := desk.one(each, displace=True))]
    for each in danger:
        proposals += desk.all(each)
    for each in waiting:
        if not desk.free:
            break
        if each.priority != P1 and not each.offers and (found := desk.one(opened(each, people, now))):
            proposals.append(found)
    return proposals


class _Desk:
    """The people, and who of them is still free for an offer in this pass."""

    def __init__(self, people: Collection[Person], now: datetime) -> None:
        self._people, self._now = people, now
        self._by: Mapping[str, int] = turns.served(people)
        self._taken: set[str] = set()
        self.free = {person.id for person in people if person.offer is None}

    def one(self, contact: Waiting, *, displace: bool = False) -> Proposal | None:
        """The first whose turn it is."""
        able = turn(contact, self._people, self._now)
        free = [person for person in able if person.id in self.free]
        if not free and displace:
            free = [person for person in able if self._ordinary(person)]
        return self._propose(turns.first(free, contact, self._by), contact) if free else None

    def all(self, contact: Waiting) -> list[Proposal]:
        """Everybody else whose turn it is."""
        able = turn(contact, self._people, self._now)
        return [
            self._propose(person, contact, rule=turns.ALL)
            for person in sorted(able, key=lambda each: turns.rank(each, contact, self._by))
            if person.id in self.free
        ]

    def _ordinary(self, person: Person) -> bool:
        """Looks at an offer right now, and not of danger."""
        return person.offer is not None and person.offer.priority != P1 and person.id not in self._taken

    def _propose(self, person: Person, contact: Waiting, rule: str | None = None) -> Proposal:
        busy = {each.id for each in self._people} - self.free
        why = turns.explained(person, contact, self._people, self._by, busy, self._now)
        self.free.discard(person.id)
        self._taken.add(person.id)
        withdraw = person.offer.id if person.offer else None
        return Proposal(contact.id, person.id, withdraw, {**why, "rule": rule} if rule else why)
