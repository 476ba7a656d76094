"""Opening a case: what it needs, and how cases move."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hotline.errors import CaseIncomplete, Malformed, TextTooLong
from hotline.rules import casework

WARSAW = ZoneInfo("Europe/Warsaw")
WORKERS = ["7", "9"]
FULL: dict[str, str | list[str]] = {
    "subject": "Pani Jaskółka",
    "reach": "Telefon siostry, tylko rozmowa",
    "reason": "Przemoc w domu, potrzebny plan bezpieczeństwa.",
    "worker": "7",
    "first_visit": "2026-05-04T10:30",
    "privacy_given": "yes",
    "conflict_checked": "yes",
}


def test_a_full_form_opens_a_case_with_a_visit() -> None:
    cleaned = casework.clean(FULL, WORKERS)
    assert casework.missing(cleaned) == []
    assert casework.initial_state(cleaned) == "first_visit_scheduled"
    assert casework.first_visit_at(cleaned, WARSAW) == datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


def test_a_request_for_shelter_stands_for_a_visit() -> None:
    cleaned = casework.clean({**FULL, "first_visit": "", "shelter": "sow"}, WORKERS)
    assert casework.missing(cleaned) == []
    assert casework.initial_state(cleaned) == "opened"
    assert casework.first_visit_at(cleaned, WARSAW) is None


def test_an_empty_form_names_everything_in_order() -> None:
    assert casework.missing(casework.clean({}, WORKERS)) == [
        "subject",
        "reach",
        "reason",
        "worker",
        "first_visit",
        "privacy_given",
        "conflict_checked",
    ]


@pytest.mark.parametrize("check", ["privacy_given", "conflict_checked"])
def test_a_check_answered_no_is_still_missing(check: str) -> None:
    assert casework.missing(casework.clean({**FULL, check: "no"}, WORKERS)) == [check]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("worker", "8"),
        ("first_visit", "jutro o dziesią"),
        ("first_visit", "2026-02-30T10:00"),
        ("first_visit", "2026-05-04T25:00"),
        ("shelter", "hotel"),
    ],
)
def test_a_value_that_is_not_offered_is_refused_by_name(key: str, value: str) -> None:
    with pytest.raises(CaseIncomplete) as refused:
        casework.clean({**FULL, key: value}, WORKERS)
    assert refused.value.params["fields"] == key


def test_unknown_fields_and_long_texts_are_refused() -> None:
    with pytest.raises(Malformed):
        casework.clean({**FULL, "income": "0"}, WORKERS)
    with pytest.raises(TextTooLong):
        casework.clean({**FULL, "reason": "a" * 1001}, WORKERS)


def test_every_move_leads_to_a_state_and_every_state_can_be_reached() -> None:
    assert set(casework.MOVES) == set(casework.STATES)
    reached = {"opened"}
    for _ in casework.STATES:
        reached |= {to for state in reached for to in casework.MOVES[state]}
    assert reached == set(casework.STATES)


def test_an_ended_case_can_only_be_reopened() -> None:
    for state in casework.ENDED:
        assert casework.MOVES[state] == ("reopened",)
    assert not casework.may_move("closed", "in_support")
    assert casework.may_move("closing_review", "closed")
