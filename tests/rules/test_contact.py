"""The queue's key: danger first, first come first served inside a class, and nobody overtaken without bound."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.rules import contact
from hotline.rules.contact import ACTIVE, BOOST, CLOSED, MOVES, P1, PRIORITIES, STATES, WAITING, queue_key

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# two hours, to the second: wide enough for every boost, narrow enough for ties
ARRIVALS = st.integers(0, 7200).map(lambda seconds: START + timedelta(seconds=seconds))
ANY = st.sampled_from(PRIORITIES)
ORDINARY = st.sampled_from(PRIORITIES[1:])


@given(ANY, ARRIVALS, ARRIVALS)
def test_within_a_class_the_first_come_is_the_first_served(
    priority: str, one: datetime, other: datetime
) -> None:
    assert (queue_key(priority, one) < queue_key(priority, other)) == (one < other)


@given(ORDINARY, ARRIVALS, ARRIVALS)
def test_danger_is_always_first(priority: str, one: datetime, other: datetime) -> None:
    assert queue_key(P1, one) < queue_key(priority, other)


@given(ORDINARY, ORDINARY, ARRIVALS, ARRIVALS)
def test_nobody_is_overtaken_by_more_than_the_difference_of_two_boosts(
    mine: str, theirs: str, arrived: datetime, later: datetime
) -> None:
    overtaken = later > arrived and queue_key(theirs, later) < queue_key(mine, arrived)
    assert overtaken == (timedelta(0) < later - arrived < BOOST[theirs] - BOOST[mine])


@given(ORDINARY, ORDINARY, ARRIVALS, st.integers(0, 7200))
def test_after_the_largest_boost_only_danger_comes_before(
    mine: str, theirs: str, arrived: datetime, seconds: int
) -> None:
    """Whoever arrives half an hour later cannot get before me, whatever they are."""
    later = arrived + max(BOOST.values()) + timedelta(seconds=seconds)
    assert queue_key(mine, arrived) <= queue_key(theirs, later)


@given(ANY, ANY, ARRIVALS)
def test_raising_never_moves_back(priority: str, other: str, arrived: datetime) -> None:
    raised = min(priority, other)
    assert queue_key(raised, arrived) <= queue_key(priority, arrived)
    assert raised in (priority, other)
    assert raised <= priority


def test_the_boosts_are_those_of_the_rules() -> None:
    minutes = {priority: boost.total_seconds() / 60 for priority, boost in BOOST.items()}
    assert minutes == {"P2": 30, "P3": 15, "P4": 0}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_contact_moves_forward_or_back_into_the_queue(state: str, to: str) -> None:
    forward = STATES.index(to) == STATES.index(state) + 1
    assert contact.may_move(state, to) == (forward or (state, to) in ((WAITING, CLOSED), (ACTIVE, WAITING)))
    assert MOVES[CLOSED] == frozenset()


def test_what_may_be_chosen_is_a_known_end() -> None:
    assert set(contact.CHOSEN_END_REASONS) <= set(contact.END_REASONS)
    assert len(set(contact.END_REASONS)) == len(contact.END_REASONS)
