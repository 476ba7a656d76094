"""decide(): who is offered what. Properties over whole boards, then the order of people one rule at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.rules.assignment import (
    Pending,
    Person,
    Proposal,
    Waiting,
    offerable,
    turn,
)
from hotline.rules.contact import P1, PRIORITIES, queue_key
from hotline.rules.dispatch import decide
from hotline.rules.presence import STALE_AFTER

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
some = settings(max_examples=50)  # boards; each is much work to make up
GENERAL, VICTIMS, USING = "city_trust", "victims", "using_violence"
WALL = {VICTIMS: frozenset({USING}), USING: frozenset({VICTIMS}), GENERAL: frozenset[str]()}


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def person(name: str = "anna", **more: Any) -> Person:
    """Somebody who could be offered a contact of the general line."""
    able = Person(
        id=name,
        duty_lines=frozenset({GENERAL}),
        lines=frozenset({GENERAL}),
        intent="available",
        seen_at=NOW,
        load=0,
        limit=2,
        owes_summary=False,
        freed_at=None,
    )
    return replace(able, **more)


def waiting(name: str = "c", priority: str = "P3", since: float = 60, **more: Any) -> Waiting:
    """A contact of the general line that has waited so many seconds."""
    contact = Waiting(
        id=name,
        priority=priority,
        key=queue_key(priority, ago(since)),
        lines=frozenset({GENERAL}),
        barred_lines=WALL[GENERAL],
    )
    return replace(contact, **more)


def pending(priority: str = "P3", offer: str = "o", staff: str = "anna") -> Pending:
    return Pending(offer, staff, priority, NOW + timedelta(seconds=20))


# -- whole boards --------------------------------------------------------------------------------------

NAMES = [f"p{number}" for number in range(6)]


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    found = []
    for name in names:
        served = draw(st.sampled_from([{GENERAL}, {VICTIMS}, {USING}, {GENERAL, VICTIMS}, {GENERAL, USING}]))
        offer = draw(st.none() | st.sampled_from(PRIORITIES))
        found.append(
            person(
                name,
                lines=frozenset(served),
                duty_lines=frozenset(draw(st.sets(st.sampled_from(sorted(served))))),
                intent=draw(st.sampled_from(["available", "available", "break", "off"])),
                seen_at=draw(st.sampled_from([NOW, ago(24), ago(26), None])),
                load=draw(st.integers(0, 2)),
                owes_summary=draw(st.booleans()),
                freed_at=draw(st.none() | st.integers(0, 600).map(ago)),
                offer=pending(offer, f"offer of {name}", name) if offer else None,
            )
        )
    return found


@st.composite
def contacts(draw: st.DrawFn) -> list[Waiting]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        line = draw(st.sampled_from([GENERAL, GENERAL, VICTIMS, USING]))
        offered = draw(st.sampled_from([False, False, False, True]))
        found.append(
            waiting(
                f"c{number}",
                draw(st.sampled_from(PRIORITIES)),
                draw(st.integers(0, 4000)),
                lines=frozenset({line}),
                barred_lines=WALL[line],
                asked=draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2))),
                offers=(pending(offer=f"offered {number}", staff="somebody"),) if offered else (),
            )
        )
    return found


@some
@given(contacts(), people())
def test_everybody_gets_at_most_one_offer_they_may_take(board: list[Waiting], staff: list[Person]) -> None:
    proposals = decide(board, staff, NOW)
    by_contact, by_person = {each.id: each for each in board}, {each.id: each for each in staff}
    ordinary = [each.contact_id for each in proposals if by_contact[each.contact_id].priority != P1]
    assert len(set(ordinary)) == len(ordinary)  # danger rings for all
    assert len({each.staff_id for each in proposals}) == len(proposals)
    for proposal in proposals:
        contact, who = by_contact[proposal.contact_id], by_person[proposal.staff_id]
        assert contact.priority == P1 or not contact.offers
        assert offerable(who, contact, NOW)
        assert who.duty_lines & contact.lines
        assert not who.lines & contact.barred_lines
        assert who.load < who.limit
        assert who.seen_at is not None
        assert NOW - who.seen_at <= STALE_AFTER


@some
@given(contacts(), people())
def test_only_danger_takes_a_person_from_an_ordinary_offer(board: list[Waiting], staff: list[Person]) -> None:
    by_contact, by_person = {each.id: each for each in board}, {each.id: each for each in staff}
    for proposal in decide(board, staff, NOW):
        standing = by_person[proposal.staff_id].offer
        assert proposal.withdraw == (standing.id if standing else None)
        if standing is not None:
            assert by_contact[proposal.contact_id].priority == P1 != standing.priority


@some
@given(contacts(), people())
def test_nobody_is_passed_over(board: list[Waiting], staff: list[Person]) -> None:
    """A contact is left out only when all who could take it look at something that comes first."""
    proposals = decide(board, staff, NOW)
    place = {each.id: (*each.key, each.id) for each in board}
    got = {each.staff_id: each.contact_id for each in proposals}
    for contact in board:
        if contact.offers or contact.id in got.values():
            continue
        for who in turn(contact, staff, NOW):
            if who.id in got:
                assert place[got[who.id]] < place[contact.id]
            else:
                assert who.offer is not None
                assert contact.priority != P1 or who.offer.priority == P1


@some
@given(contacts(), people(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_board_is_read_does_not_matter(
    board: list[Waiting], staff: list[Person], chance: Random
) -> None:
    first = decide(board, staff, NOW)
    again = decide(chance.sample(board, len(board)), chance.sample(staff, len(staff)), NOW)
    assert again == first


@some
@given(contacts(), people())
def test_a_second_look_after_the_offers_were_made_makes_no_other(
    board: list[Waiting], staff: list[Person]
) -> None:
    """Nothing is withdrawn for an offer that was just made, and nobody is offered twice."""
    proposals = decide(board, staff, NOW)
    withdrawn = {each.withdraw for each in proposals}
    priorities = {each.id: each.priority for each in board}
    offers = {
        each.staff_id: Pending(f"new {each.staff_id}", each.staff_id, priorities[each.contact_id], NOW)
        for each in proposals
    }
    fresh = {
        each.id: [offers[one.staff_id] for one in proposals if one.contact_id == each.id] for each in board
    }
    board = [
        replace(each, offers=(*(one for one in each.offers if one.id not in withdrawn), *fresh[each.id]))
        for each in board
    ]
    staff = [replace(each, offer=offers.get(each.id, each.offer)) for each in staff]
    assert decide(board, staff, NOW) == []


# -- who is able ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lack",
    [
        {"duty_lines": frozenset()},
        {"duty_lines": frozenset({VICTIMS}), "lines": frozenset({VICTIMS, GENERAL})},
        {"intent": "break"},
        {"intent": "off"},
        {"seen_at": None},
        {"seen_at": NOW - STALE_AFTER - timedelta(microseconds=1)},
        {"seen_at": NOW - timedelta(seconds=60)},
        {"load": 2},
        {"load": 3},
        {"limit": 0},
    ],
    ids=["off duty", "walled", "break", "off", "never seen", "stale", "gone", "full", "over", "no room"],
)
def test_who_is_not_offered_anything(lack: dict[str, Any]) -> None:
    assert not offerable(person(**lack), waiting(), NOW)
    assert decide([waiting(priority=P1)], [person(**lack)], NOW) == []


def test_the_wall_holds_even_for_danger_and_with_nobody_else_there() -> None:
    both = person(lines=frozenset({VICTIMS, USING}), duty_lines=frozenset({VICTIMS, USING}))
    for line in (VICTIMS, USING):
        contact = waiting(priority=P1, lines=frozenset({line}), barred_lines=WALL[line])
        assert decide([contact], [both], NOW) == []


def test_a_silent_console_is_there_for_another_moment() -> None:
    assert decide([waiting()], [person(seen_at=NOW - STALE_AFTER)], NOW) == [Proposal("c", "anna")]


# -- in which order ------------------------------------------------------------------------------------


def test_the_longest_wait_comes_first() -> None:
    board = [waiting("later", since=10), waiting("first", since=20)]
    assert decide(board, [person()], NOW) == [Proposal("first", "anna")]


def test_danger_comes_before_the_longest_wait() -> None:
    board = [waiting("long", "P2", since=3600), waiting("danger", P1, since=1)]
    assert decide(board, [person()], NOW) == [Proposal("danger", "anna")]


def test_a_boost_counts_as_waiting_done_before() -> None:
    for since, first in ((14 * 60, "urgent"), (16 * 60, "ordinary")):
        board = [waiting("ordinary", "P3", since=since), waiting("urgent", "P2", since=0)]
        assert decide(board, [person()], NOW) == [Proposal(first, "anna")]


@pytest.mark.parametrize(
    ("behind", "asked"),
    [
        ({}, {"beata": 1}),
        ({"owes_summary": True}, {}),
        ({"load": 1}, {}),
        ({"freed_at": ago(10)}, {}),
    ],
    ids=["was asked already", "owes a summary", "carries more", "rested less"],
)
def test_who_is_asked_first(behind: dict[str, Any], asked: dict[str, int]) -> None:
    ahead, other = person("celina", freed_at=ago(100)), person("beata", **{"freed_at": ago(200), **behind})
    assert decide([waiting(asked=asked)], [other, ahead], NOW) == [Proposal("c", "celina")]


def test_an_earlier_rule_outweighs_all_later_ones() -> None:
    """Not asked yet, though owing a summary, carrying more and just freed, comes before who was asked."""
    tired = person("celina", owes_summary=True, load=1, freed_at=NOW)
    assert decide([waiting(asked={"beata": 1})], [person("beata"), tired], NOW) == [Proposal("c", "celina")]
    owing = person("beata", owes_summary=True)
    assert decide([waiting()], [owing, person("celina", load=1, freed_at=NOW)], NOW) == [
        Proposal("c", "celina")
    ]


def test_load_is_measured_by_each_persons_own_limit() -> None:
    small, large = person("anna", load=1, limit=2), person("beata", load=2, limit=8)
    assert decide([waiting()], [small, large], NOW) == [Proposal("c", "beata")]


def test_who_was_asked_by_all_is_asked_again_rather_than_nobody() -> None:
    assert decide([waiting(asked={"anna": 3})], [person()], NOW) == [Proposal("c", "anna")]


def test_danger_prefers_a_free_person_to_a_withdrawal() -> None:
    busy = person("anna", offer=pending())
    free = person("beata", owes_summary=True, load=1)
    assert decide([waiting(priority=P1)], [busy, free], NOW) == [Proposal("c", "beata")]
    assert decide([waiting(priority=P1)], [busy], NOW) == [Proposal("c", "anna", withdraw="o")]


def test_danger_rings_for_everybody_of_its_rung_and_each_in_danger_gets_somebody_first() -> None:
    staff = [person("anna"), person("beata"), person("celina", load=2), person("dorota", tiers={GENERAL: 2})]
    assert decide([waiting(priority=P1)], staff, NOW) == [Proposal("c", "anna"), Proposal("c", "beata")]
    board = [waiting("first", P1, 20), waiting("second", P1, 10), waiting("third", "P2", 900)]
    assert decide(board, staff, NOW) == [Proposal("first", "anna"), Proposal("second", "beata")]


def test_danger_does_not_displace_danger() -> None:
    assert decide([waiting(priority=P1)], [person(offer=pending(P1))], NOW) == []
    assert decide([waiting(priority="P2")], [person(offer=pending("P4"))], NOW) == []


def test_two_in_danger_displace_two_different_people() -> None:
    board = [waiting("first", P1, 20), waiting("second", P1, 10)]
    staff = [person("anna", offer=pending(offer="a")), person("beata", offer=pending(offer="b"))]
    assert decide(board, staff, NOW) == [Proposal("first", "anna", "a"), Proposal("second", "beata", "b")]


def test_a_backup_at_home_is_asked_once_the_contact_has_waited_long_enough() -> None:
    backup, busy = person(tiers={GENERAL: 2}), person("beata", load=2)
    assert decide([waiting()], [backup, busy], NOW) == []
    assert decide([waiting(tier=2)], [backup, busy], NOW) == [Proposal("c", "anna")]


@pytest.mark.parametrize(
    "lack", [{"held": True}, {"intent": "break"}, {"seen_at": None}, {"duty_lines": frozenset()}]
)
def test_a_rung_with_nobody_left_opens_the_next_at_once(lack: dict[str, Any]) -> None:
    """Somebody who missed an offer and gives no sign leaves the line to the backup, not to nobody."""
    backup, coordinator = person("celina", tiers={GENERAL: 2}), person("dorota", tiers={GENERAL: 3})
    assert decide([waiting()], [person(**lack), backup, coordinator], NOW) == [Proposal("c", "celina")]
    assert decide([waiting()], [person(**lack), replace(backup, held=True), coordinator], NOW) == [
        Proposal("c", "dorota")
    ]
