"""The order of people, one rule at a time; fairness as properties; each choice explained."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.rules.assignment import Person
from hotline.rules.dispatch import decide
from tests.rules.test_assignment import GENERAL, NOW, USING, VICTIMS, ago, person, waiting


def chosen(people: list[Person], **contact: Any) -> str:
    (proposal,) = decide([waiting(**contact)], people, NOW)
    return proposal.staff_id


@pytest.mark.parametrize(
    ("rule", "ahead", "behind", "contact"),
    [
        ("heavy", {"load": 1, "freed_at": NOW}, {"heavy": True}, {"last_by": "beata"}),
        ("rung", {"load": 1}, {"tiers": {GENERAL: 2}}, {"tier": 2, "last_by": "beata"}),
        ("continuity", {"load": 1, "freed_at": NOW}, {}, {"last_by": "celina"}),
        ("scarce", {"load": 1}, {"languages": frozenset({"uk"})}, {}),
        ("scarce", {"load": 1}, {"duty_lines": frozenset({GENERAL, VICTIMS})}, {}),
        ("load", {"freed_at": NOW}, {"load": 1}, {}),
        ("rest", {"freed_at": ago(900)}, {"freed_at": ago(600)}, {}),
        ("rest", {"freed_at": ago(900)}, {"freed_at": None, "on_since": ago(5)}, {}),
    ],
)
def test_who_comes_first_and_what_is_written_about_the_other(
    rule: str, ahead: dict[str, Any], behind: dict[str, Any], contact: dict[str, Any]
) -> None:
    people = [person("beata", **behind), person("celina", **ahead)]
    (proposal,) = decide([waiting(**contact)], people, NOW)
    assert proposal.staff_id == "celina"
    assert proposal.why == {"rule": rule, "tier": 1, "passed": {"beata": rule}}


def test_a_scarce_skill_that_the_caller_needs_is_no_surplus() -> None:
    people = [person("anna", load=1), person("beata", languages=frozenset({"uk"})), person("celina", load=1)]
    assert chosen(people, language="uk") == "beata"


def test_who_must_come_last_comes_all_the_same_when_nobody_else_is_there() -> None:
    assert chosen([person(heavy=True, owes_summary=True), person("beata", held=True)]) == "anna"


def test_everybody_passed_over_is_named_with_the_reason_and_nobody_off_duty() -> None:
    people = [
        person("anna"),
        person("beata", held=True),
        person("celina", seen_at=None),
        person("dorota", lines=frozenset({GENERAL, USING, VICTIMS}), load=2),
        person("ewa", load=1),
        person("filip", duty_lines=frozenset()),
        person("grażyna"),
    ]
    (proposal,) = decide([waiting(asked={"grażyna": 1}, conflicted=frozenset({"ewa"}))], people, NOW)
    assert proposal.why == {
        "rule": "alone",
        "tier": 1,
        "passed": {
            "beata": "held", "celina": "silent", "dorota": "full", "ewa": "conflict", "grażyna": "asked",
        },
    }  # fmt: skip


@given(
    st.integers(2, 5), st.integers(1, 90), st.lists(st.integers(1, 40), min_size=1, max_size=60), st.data()
)
def test_equal_people_get_equal_shares_and_nobody_two_in_a_row_while_another_rests_longer(
    many: int, service: int, gaps: list[int], data: st.DataObject
) -> None:
    """Declines change nothing: whoever declined has rested as long as before."""
    people = {name: person(name, limit=1, on_since=NOW) for name in "abcde"[:many]}
    handled, busy_until, at = dict.fromkeys(people, 0), dict.fromkeys(people, 0), 0
    for gap in gaps:
        at = max(at + gap, min(busy_until.values()))  # once somebody is free; no two at one instant
        free = {
            name: replace(
                each,
                load=int(busy_until[name] > at),
                freed_at=ago(-busy_until[name]) if handled[name] else None,
            )
            for name, each in people.items()
        }
        (proposal,) = decide([waiting()], list(free.values()), NOW)
        idle = [each for each in free.values() if not each.load]
        longest = min(each.freed_at or NOW for each in idle)
        assert (free[proposal.staff_id].freed_at or NOW) == longest
        if len(idle) > 1 and data.draw(st.booleans()):
            (again,) = decide([waiting(asked={proposal.staff_id: 1})], list(free.values()), NOW)
            assert again.staff_id != proposal.staff_id
        handled[proposal.staff_id] += 1
        busy_until[proposal.staff_id] = at + service
    assert max(handled.values()) - min(handled.values()) <= 1
