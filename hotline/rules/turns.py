"""The order of people: who is asked first of those who may be asked, and by which rule. Pure.

Within the rung come first who talked with the caller last, then whose other skills nobody else here would miss,
then who carries least, then who has rested longest. Who owes a summary or needs a pause comes after all others.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final

from hotline.rules.assignment import NEVER, Person, Waiting, obstacles, tier_for

RULES: Final = ("summary", "heavy", "rung", "continuity", "scarce", "load", "rest", "order")
# besides the gates of `assignment.obstacles`, and the rules by which somebody else came first
RINGS, ASKED, ALONE, ALL, BY_HAND = "rings", "asked", "alone", "all", "by_hand"
PASSED: Final = (*RULES, ASKED)  # what somebody loses by who could have been asked
Rank = tuple[bool, bool, int, bool, int, float, datetime, str]


def skills(person: Person) -> frozenset[str]:
    """What a person can be needed for now."""
    return person.duty_lines | person.languages


def served(people: Collection[Person]) -> Counter[str]:
    """By how many people each line and language is served now."""
    here = [person for person in people if person.duty_lines]
    lines, languages = (person.duty_lines for person in here), (person.languages for person in here)
    return Counter(chain(chain.from_iterable(lines), chain.from_iterable(languages)))


def rank(person: Person, contact: Waiting, by: Mapping[str, int]) -> Rank:
    """The smallest is asked first; `by` says how many serve each line. One place for each of RULES."""
    return (
        person.owes_summary,
        person.heavy,
        tier_for(person, contact) or 0,
        person.id != contact.last_by,
        _surplus(person, contact, by),
        person.load / max(person.limit, 1),
        max(person.freed_at or NEVER, person.on_since or NEVER),  # signing in does not win the head
        person.id,
    )


def _surplus(person: Person, contact: Waiting, by: Mapping[str, int]) -> int:
    """How many skills this contact does not need and that fewer people have than can take it."""
    here = max((by.get(line, 0) for line in person.duty_lines & contact.lines), default=0)
    others = skills(person) - contact.lines - {contact.language}
    return sum(by.get(skill, 0) < here for skill in others)


def lost_by(person: Person, chosen: Person, contact: Waiting, by: Mapping[str, int]) -> str:
    """The first rule by which the chosen one came before this person."""
    pairs = zip(RULES, rank(person, contact, by), rank(chosen, contact, by), strict=True)
    return next((rule for rule, own, theirs in pairs if own != theirs), RULES[-1])


def explained(
    chosen: Person, contact: Waiting, people: Collection[Person], by: Mapping[str, int], busy: Collection[str],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Why this person, and why not each other one on duty for it: codes and ids of staff, nothing of the caller."""
    least = contact.asked.get(chosen.id, 0)
    passed: dict[str, str] = {}
    for person in people:
        if person.id == chosen.id or not person.duty_lines & contact.lines:
            continue
        despite = obstacles(person, contact, now)
        if despite:
            passed[person.id] = despite[0]
        elif person.id in busy:
            passed[person.id] = RINGS
        elif contact.asked.get(person.id, 0) > least:
            passed[person.id] = ASKED
        else:
            passed[person.id] = lost_by(person, chosen, contact, by)
    return {"rule": _decisive(passed.values()), "tier": tier_for(chosen, contact), "passed": passed}


def _decisive(reasons: Collection[str]) -> str:
    """The rule by which the closest of the others lost; alone, if there was nobody to choose from."""
    return next((rule for rule in reversed(RULES) if rule in reasons), ALONE)
