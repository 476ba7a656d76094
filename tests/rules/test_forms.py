"""The card: what is mandatory, what is refused, what is filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import centres
from hotline.errors import Malformed, SummaryIncomplete, TextMalformed, TextTooLong
from hotline.rules import forms, triage

FIELDS = forms.card(
    ["violence", "bereavement", "not_established"], ["counselling", "legal_advice"], ["blue_line"]
)
WORDS = st.sampled_from(["", " a ", "yes", "P2", "3", "violence", "counselling", "not_established", "x\r\ny"])
MINUTE: dict[str, forms.Value] = {
    "reporter_role": "subject",
    "problem_primary": "bereavement",
    "priority_final": "P3",
    "help_forms": ["counselling"],
    "agreements": "Wizyta w poniedziałek.",
    "end_reason": "completed",
}


def test_six_typed_values_make_a_card_and_the_rest_is_not_established() -> None:
    cleaned = forms.clean(MINUTE, FIELDS)
    assert forms.missing(cleaned) == []
    assert cleaned["subject_age_band"] == "not_established"
    assert cleaned["risk_intends"] == "not_asked"
    assert "narrative" not in cleaned


def test_an_empty_card_names_what_is_missing_in_the_order_of_the_talk() -> None:
    assert forms.missing(forms.clean({}, FIELDS)) == [
        "reporter_role",
        "problem_primary",
        "priority_final",
        "help_forms",
        "agreements",
        "end_reason",
    ]


def test_present_danger_asks_what_was_done() -> None:
    cleaned = forms.clean({**MINUTE, "priority_final": "P1"}, FIELDS)
    assert forms.missing(cleaned) == ["danger_actions"]
    assert forms.missing({**cleaned, "danger_actions": ["emergency_112"]}) == []


def test_who_lowers_a_priority_says_why() -> None:
    cleaned = forms.clean(MINUTE, FIELDS)
    assert forms.missing(cleaned, initial="P2") == ["priority_reason"]
    assert forms.missing(cleaned, initial="P4") == []


def test_what_another_answer_needs_is_told_before_it_is_missing() -> None:
    assert forms.needed_when("P2")["priority_reason"] == ("priority_final", ("P3", "P4"))
    assert forms.needed_when()["priority_reason"] == ("priority_final", ())
    for key, (other, those) in forms.needed_when("P1").items():
        options = {each.key: each.options for each in FIELDS}
        assert key in options
        assert set(those) <= set(options[other])


def test_what_a_caller_chooses_is_a_problem_that_the_centres_know() -> None:
    assert forms.TOPIC_PROBLEM.keys() <= triage.TOPIC_PRIORITY.keys()
    assert set(forms.TOPIC_PROBLEM.values()) <= centres.load("kutno").problem_areas.keys()


@pytest.mark.parametrize(
    ("given_values", "wanted"),
    [
        ({"confidentiality_broken": "yes"}, "confidentiality_note"),
        ({"followup": "call_back"}, "followup_how"),
    ],
)
def test_some_answers_need_another(given_values: dict[str, forms.Value], wanted: str) -> None:
    assert forms.missing(forms.clean({**MINUTE, **given_values}, FIELDS)) == [wanted]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reporter_role", "boss"),
        ("problem_primary", "nothing_we_know"),
        ("problem_other", ["violence", "not_established"]),
        ("children_count", "21"),
        ("children_count", "²"),
        ("children_count", "-1"),
        ("help_forms", ["counselling", "magic"]),
    ],
)
def test_a_value_that_is_not_offered_is_refused_by_name(key: str, value: forms.Value) -> None:
    with pytest.raises(SummaryIncomplete) as refused:
        forms.clean({**MINUTE, key: value}, FIELDS)
    assert refused.value.params["fields"] == key


@pytest.mark.parametrize("values", [{"colour": "red"}, {"agreements": ["a"]}, {"help_forms": [["a"]]}])
def test_an_unknown_field_or_shape_is_malformed(values: dict[str, forms.Value]) -> None:
    with pytest.raises(Malformed):
        forms.clean(values, FIELDS)


def test_too_long_or_unstorable_text_names_its_field() -> None:
    with pytest.raises(TextTooLong) as long:
        forms.clean({"narrative": "a" * 2001}, FIELDS)
    assert long.value.params == {"limit": 2000, "fields": "narrative"}
    for text in ("a\0b", "\ud83d"):
        with pytest.raises(TextMalformed):
            forms.clean({"narrative": text}, FIELDS)


def test_lists_lose_repeats_and_texts_their_margins() -> None:
    cleaned = forms.clean({"problem_other": ["violence", "violence", ""], "agreements": " a\r\nb "}, FIELDS)
    assert cleaned["problem_other"] == ["violence"]
    assert cleaned["agreements"] == "a\nb"


def test_a_minor_is_derived_from_the_age_band() -> None:
    assert forms.is_minor({"subject_age_band": "16_17"}) is True
    assert forms.is_minor({"subject_age_band": "18_25"}) is False
    assert forms.is_minor({}) is None


def test_free_text_is_sealed_and_codes_are_not() -> None:
    assert all(field.sealed == (field.kind == "text") for field in forms.CARD)
    assert {field.group for field in forms.CARD} == set(forms.GROUPS)


@given(st.dictionaries(st.sampled_from([field.key for field in FIELDS]), WORDS | st.lists(WORDS, max_size=6)))
def test_cleaning_twice_changes_nothing(values: dict[str, forms.Value]) -> None:
    try:
        cleaned = forms.clean(values, FIELDS)
    except (Malformed, SummaryIncomplete, TextMalformed, TextTooLong):
        return
    assert forms.clean(cleaned, FIELDS) == cleaned
