"""Contacts and people as routing sees them, and what keeps one from the other. Pure.

Who is then asked first is `rules.turns`; what is offered to whom now is `rules.dispatch`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from hotline.rules.contact import P1
from hotline.rules.presence import BUSY, link
from hotline.values import dataclass

OFFER_SECONDS = {"phone": 20, "web": 30, "telegram": 60}
NEVER = datetime.min.replace(tzinfo=UTC)
WALL, CONFLICT, SILENT, OFF_DUTY = "wall", "conflict", "silent", "off_duty"
HELD, FULL, WRAP_UP = "held", "full", "wrap_up"
SOON_FREE = frozenset({FULL, WRAP_UP})


@dataclass(frozen=True, slots=True)
class Pending:
    """A live offer."""

    id: str
    staff_id: str
    priority: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting contact: its key, the lines whose people may take it, the lines whose people never may."""

    id: str
    priority: str
    key: tuple[int, datetime]
    lines: frozenset[str]
    barred_lines: frozenset[str]
    asked: Mapping[str, int] = field(default_factory=dict)  # staff id -> offers declined or missed
    offers: tuple[Pending, ...] = ()  # several, where it is danger and rings for all
    conflicted: frozenset[str] = frozenset()  # staff who must not have to do with this caller
    tier: int = 1  # it has waited long enough to be offered to people of this tier
    call: bool = False  # needs its person alone
    language: str = ""
    last_by: str | None = None  # who talked with this caller last


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
    held: bool = False  # left an offer unanswered, and has given no sign since
    missed: int = 0  # offers unanswered, one after another
    heavy: bool = False  # has had so many hard contacts that a pause is due
    on_since: datetime | None = None  # when they took up duty
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Offer this contact to this person; withdraw that offer first, if one is named: the person's own
    for an ordinary contact, where this one is in danger, or one that this contact has with somebody else."""

    contact_id: str
    staff_id: str
    withdraw: str | None = None
    explain: Callable[[], Mapping[str, Any]] | None = field(default=None, compare=False, repr=False)

    @property
    def why(self) -> Mapping[str, Any] | None:
        """Why this person and not the others; worked out when it is written down, not for every plan."""
        return None if self.explain is None else self.explain()


def present(person: Person, now: datetime) -> bool:
    """Is the console alive?"""
    return link(person.seen_at, now) == "alive"


def wraps_up(person: Person, now: datetime) -> bool:
    """Is the person left alone with the card? For danger they are not."""
    return person.wrap_until is not None and now < person.wrap_until


def tier_for(person: Person, contact: Waiting) -> int | None:
    """The lowest tier on which the person is on duty for this contact; None off duty."""
    lines = person.duty_lines & contact.lines
    if not person.tiers or not lines:
        return 1 if lines else None
    return min(person.tiers.get(line, 1) for line in lines)


def obstacles(person: Person, contact: Waiting, now: datetime) -> tuple[str, ...]:
    """What keeps this contact from this person, but for a standing offer; nothing if it may be offered."""
    tier = tier_for(person, contact)
    gates: dict[str, bool] = {
        WALL: not person.lines & contact.barred_lines,
        CONFLICT: person.id not in contact.conflicted,
        SILENT: present(person, now),
        OFF_DUTY: tier is not None and tier <= contact.tier,
        **{busy: person.intent != busy for busy in BUSY},
        HELD: not person.held,
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


def turn(contact: Waiting, people: Collection[Person], now: datetime) -> list[Person]:
    """Whose turn it is: whoever declined or missed this contact comes again when all the others have, too."""
    able = [person for person in people if offerable(person, contact, now)]
    least = min((contact.asked.get(person.id, 0) for person in able), default=0)
    return [person for person in able if contact.asked.get(person.id, 0) == least]


def nobody_left(contact: Waiting, people: Collection[Person], now: datetime) -> bool:
    """Is nobody of the rungs reached so far there, be it to take this contact or busy with another?"""
    return all(set(obstacles(person, contact, now)) - SOON_FREE for person in people)


def opened(contact: Waiting, people: Collection[Person], now: datetime) -> Waiting:
    """A rung that has nobody left opens the next one at once, without waiting for its time."""
    tiers = {tier for person in people if (tier := tier_for(person, contact)) and tier > contact.tier}
    for tier in sorted(tiers):
        if not nobody_left(contact, people, now):
            break
        contact = replace(contact, tier=tier)
    return contact
