"""decide(): which waiting contact is offered to which counsellor. Pure; `offers.make` checks it all again.

Order of contacts is their fixed key; order of people is 5.4 of the routing rules as far as one desk has it:
who was not asked yet, owes no summary, carries the least, and has rested longest.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hotline.rules.contact import P1
from hotline.rules.presence import BUSY, link

OFFER_SECONDS = {"web": 30, "telegram": 60}
NEVER = datetime.min.replace(tzinfo=UTC)
WALL, CONFLICT, SILENT, FULL, WRAP_UP = "wall", "conflict", "silent", "full", "wrap_up"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting contact: its key, the lines whose people may take it, the lines whose people never may."""

    id: str
    priority: str
    key: tuple[int, datetime]
    lines: frozenset[str]
    barred_lines: frozenset[str]
    asked: Mapping[str, int] = field(default_factory=dict)  # staff id -> offers declined or missed
    offer: "Pending | None" = None
    conflicted: frozenset[str] = frozenset()  # staff who must not have to do with this caller
    tier: int = 1  # it has waited long enough to be offered to people of this tier
    call: bool = False  # needs its person alone


@dataclass(frozen=True, slots=True)
class Pending:
    """A live offer."""

    id: str
    staff_id: str
    priority: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A counsellor as routing sees one."""

    id: str
    duty_lines: frozenset[str]  # on shift for these now
    lines: frozenset[str]  # may serve these at all
    intent: str
    seen_at: datetime | None
    load: int
    limit: int
    owes_summary: bool
    freed_at: datetime | None
    offer: Pending | None = None
    tiers: Mapping[str, int] = field(
        default_factory=dict
    )  # on which tier, by line, where it is not the first
    alone: bool = False  # has a call or somebody in danger, and takes nothing else
    wrap_until: datetime | None = None  # left alone with the card until then


@dataclass(frozen=True, slots=True)
class Proposal:
    """Offer this contact to this person; withdraw that offer first, if one is named: the person's own
    for an ordinary contact, where this one is in danger, or one that this contact has with somebody else."""

    contact_id: str
    staff_id: str
    withdraw: str | None = None


def present(person: Person, now: datetime) -> bool:
    """Is the console alive?"""
    return link(person.seen_at, now) == "alive"


def wraps_up(person: Person, now: datetime) -> bool:
    """Is the person left alone with the card? For danger they are not."""
    return person.wrap_until is not None and now < person.wrap_until


def obstacles(person: Person, contact: Waiting, now: datetime) -> tuple[str, ...]:
    """What keeps this contact from this person, but for a standing offer; nothing if it may be offered."""
    gates: dict[str, bool] = {
        WALL: not person.lines & contact.barred_lines,
        CONFLICT: person.id not in contact.conflicted,
        SILENT: present(person, now),
        "off_duty": any(
            person.tiers.get(line, 1) <= contact.tier for line in person.duty_lines & contact.lines
        ),
        **{busy: person.intent != busy for busy in BUSY},
        WRAP_UP: contact.priority == P1 or not wraps_up(person, now),
        FULL: not person.alone and person.load < (1 if contact.call else person.limit),
    }
    return tuple(gate for gate, passed in gates.items() if not passed)


def offerable(person: Person, contact: Waiting, now: datetime) -> bool:
    """Every gate but a standing offer: the wall, console, duty, word and room."""
    return not obstacles(person, contact, now)


def insuperable(obstacle: str) -> bool:
    """Not even a supervisor hands a contact over the wall, to somebody in conflict, or to where nobody sees it."""
    return obstacle in (WALL, CONFLICT, SILENT)


def decide(contacts: Collection[Waiting], people: Collection[Person], now: datetime) -> list[Proposal]:
    """Offers to make now, most urgent contact first; each person and each contact at most once.

    A contact in danger may take a person whose pending offer is for an ordinary one: that is withdrawn.
    """
    busy = {person.id for person in people if person.offer is not None}
    proposals: list[Proposal] = []
    for contact in sorted(contacts, key=lambda each: (*each.key, each.id)):
        if contact.offer is not None:
            continue
        able = [person for person in people if offerable(person, contact, now)]
        free = [person for person in able if person.id not in busy]
        chosen, withdraw = (_first(free, contact), None) if free else _displace(able, contact, proposals)
        if chosen is None:
            continue
        busy.add(chosen.id)
        proposals.append(Proposal(contact.id, chosen.id, withdraw))
    return proposals


def _first(people: list[Person], contact: Waiting) -> Person:
    return min(
        people,
        key=lambda person: (
            contact.asked.get(person.id, 0),
            person.owes_summary,
            person.load / person.limit,
            person.freed_at or NEVER,
            person.id,
        ),
    )


def _displace(
    able: list[Person], contact: Waiting, proposals: list[Proposal]
) -> tuple[Person | None, str | None]:
    """For danger only: somebody who looks at an ordinary offer right now."""
    if contact.priority != P1:
        return None, None
    taken = {proposal.staff_id for proposal in proposals}
    ordinary = [
        person
        for person in able
        if person.offer is not None and person.offer.priority != P1 and person.id not in taken
    ]
    if not ordinary:
        return None, None
    person = _first(ordinary, contact)
    return person, person.offer.id if person.offer else None
