"""decide() beside a plain way that looks at everybody for every contact: the same offers for the same reasons."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules import turns
from hotline.rules.assignment import Person, Waiting, opened, turn
from hotline.rules.contact import P1
from hotline.rules.dispatch import decide
from tests.rules.test_assignment import GENERAL, NAMES, NOW, USING, VICTIMS, contacts, people

Offer = tuple[str, str, str | None, dict[str, Any]]


def plainly(board: list[Waiting], staff: list[Person]) -> list[Offer]:
    """Contacts in order; for each, everybody is looked at."""
    by = turns.served(staff)
    free = {each.id for each in staff if each.offer is None}
    offers: list[Offer] = []

    def offer(who: Person, contact: Waiting, rule: str | None) -> None:
        busy = {each.id for each in staff} - free
        why = turns.explained(who, contact, staff, by, busy, NOW)
        free.discard(who.id)
        withdraw = who.offer.id if who.offer else None
        offers.append((contact.id, who.id, withdraw, {**why, "rule": rule} if rule else why))

    def one(contact: Waiting) -> None:
        able = turn(contact, staff, NOW)
        found = [each for each in able if each.id in free]
        if not found and contact.priority == P1:
            taken = {staff_id for _, staff_id, _, _ in offers}
            found = [
                each for each in able if each.offer and each.offer.priority != P1 and each.id not in taken
            ]
        if found:
            offer(min(found, key=lambda person: turns.rank(person, contact, by)), contact, None)

    waiting = [opened(each, staff, NOW) for each in sorted(board, key=lambda each: (*each.key, each.id))]
    danger = [each for each in waiting if each.priority == P1]
    for each in danger:
        if not each.offers:
            one(each)
    for each in danger:
        here = turn(each, staff, NOW)
        for who in sorted(here, key=lambda person: turns.rank(person, each, by)):
            if who.id in free:
                offer(who, each, turns.ALL)
    for each in waiting:
        if each.priority != P1 and not each.offers:
            one(each)
    return offers


@st.composite
def boards(draw: st.DrawFn) -> tuple[list[Waiting], list[Person]]:
    """With rungs, languages, callers who were here before and people who are kept apart."""
    board = [
        replace(
            each,
            lines=each.lines | draw(st.sampled_from([frozenset(), frozenset({GENERAL})])),
            tier=draw(st.integers(1, 3)),
            language=draw(st.sampled_from(["pl", "uk"])),
            last_by=draw(st.none() | st.sampled_from(NAMES)),
            conflicted=frozenset(draw(st.sets(st.sampled_from(NAMES), max_size=1))),
            call=draw(st.sampled_from([False, False, True])),
        )
        for each in draw(contacts())
    ]
    staff = [
        replace(
            each,
            tiers={line: draw(st.integers(1, 3)) for line in (GENERAL, VICTIMS, USING)},
            languages=frozenset(draw(st.sets(st.sampled_from(["pl", "uk"])))),
            held=draw(st.sampled_from([False, False, True])),
            heavy=draw(st.booleans()),
            alone=draw(st.sampled_from([False, False, True])),
        )
        for each in draw(people())
    ]
    return board, staff


@settings(max_examples=100)
@given(boards())
def test_it_offers_what_the_plain_way_offers(given: tuple[list[Waiting], list[Person]]) -> None:
    board, staff = given
    found = [(each.contact_id, each.staff_id, each.withdraw, each.why) for each in decide(board, staff, NOW)]
    assert found == plainly(board, staff)
