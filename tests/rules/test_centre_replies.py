"""Ready sentences: the shipped set, what a centre file changes of it, and every fault named with its place."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from hotline import centres
from hotline.errors import CentreInvalid
from hotline.rules import centre_replies
from hotline.rules.centre import Centre
from hotline.rules.centre_file import parse
from tests.rules.small_centre import common, tables

kielce = centres.load("kielce")
NUMBERS = {each.id: each.number for each in kielce.national_lines}
WORDS = {"pl": "Dobrze.", "uk": "Добре.", "en": "Good."}
LIMIT = 300


def laid(*replies: dict[str, Any]) -> Centre:
    """The common set with these of a centre file over it."""
    layers = centres.layers("kielce")[:2]
    return parse([*layers, ("own.toml", tables(reply=list(replies)))])


def reply(**more: Any) -> dict[str, Any]:
    return {"id": "own", "topic": "ending", "text": WORDS, **more}


def test_every_centre_has_sentences_for_each_part_of_a_talk() -> None:
    for name in centres.shipped():
        found = centres.load(name).replies
        assert 15 <= len(found) <= 20
        assert {each.topic for each in found.values()} == set(centre_replies.TOPICS)


def test_shipped_sentences_are_short_calm_and_impersonal() -> None:
    longest = {**NUMBERS, "signature": "Aleksandra", "centre": kielce.short_name_pl, "until": "28.12 22:00"}
    longest |= {"phone": "+48 41 368 18 67", "address": "ul. Marszałkowska 12, I piętro, 25-001 Kielce"}
    for each in kielce.replies.values():
        for language, text in each.text.items():
            said, missing = centre_replies.filled(text, longest)
            assert not missing
            assert len(said) <= LIMIT, (each.id, language)
            assert not set("!¡‼❗") & set(text), each.id
            own = re.sub(r"{\w+}", "", text)
            assert not re.search(r"\d", own), f"{each.id}: a number belongs to the facts of the centre"
            if language == "pl":
                assert not re.search(r"\b(Pan|Pani|Państwo|Pana)\b", text), each.id
                assert not re.search(r"\b\w+(łeś|łaś|łem|łam|łbym|łabym)\b", text), each.id
            if language == "uk":
                assert not re.search("[ыэъё]", text, re.IGNORECASE), each.id


def test_a_centre_changes_one_hides_one_and_adds_its_own() -> None:
    found = laid({"id": "here", "text": {"pl": "Słucham."}}, {"id": "until", "hidden": True}, reply()).replies
    assert found["here"].text["pl"] == "Słucham."
    assert found["here"].text["en"] == kielce.replies["here"].text["en"]
    assert [each.id for each in found.values() if each.hidden] == ["until"]
    assert found["own"].text == WORDS


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        (reply(text={"pl": "Tak.", "en": "Yes."}), "reply.own", "has no text in uk"),
        (reply(text={**WORDS, "uk": "  "}), "reply.own.text.uk", "at least 1 character"),
        (reply(text={**WORDS, "de": "Ja."}), "reply.own", "no language of ours: de"),
        (reply(text=dict.fromkeys(WORDS, "Tu {}.")), "reply.own", "a parameter is empty"),
        (reply(text=dict.fromkeys(WORDS, "Tu {a.b}.")), "reply.own", "a plain name in braces: a.b"),
        (reply(text=dict.fromkeys(WORDS, "Tu {phone!r}.")), "reply.own", "a plain name in braces: phone"),
        (reply(text=dict.fromkeys(WORDS, "Tu {phone.")), "reply.own", "expected '}'"),
        (reply(text={**WORDS, "uk": "{phone}"}), "reply.own", "pl and uk differ in parameters: phone"),
        (reply(text=dict.fromkeys(WORDS, "{colour}")), "reply.own.text", "nothing is called {colour}"),
        (reply(topic="weather"), "reply.own.topic", "'opening'"),
        (reply(hidden="yes"), "reply.own.hidden", "boolean"),
        (reply(colour="red"), "reply.own.colour", "unknown key"),
        ({"id": "nobodys", "hidden": True}, "reply.nobodys.topic", "is missing"),
    ],
)
def test_a_fault_names_file_place_and_reason(change: dict[str, Any], key: str, reason: str) -> None:
    with pytest.raises(CentreInvalid) as caught:
        laid(change)
    params = caught.value.params
    assert (params["file"], params["key"]) == ("own.toml", key)
    assert reason in str(params["reason"])


def test_a_number_that_the_centre_does_not_list_is_unknown() -> None:
    shared = common()
    shared["national_line"] = [each for each in shared["national_line"] if each["id"] != "blue_line"]
    with pytest.raises(CentreInvalid, match=r"^replies\.toml: reply\.violence\.text: .*blue_line"):
        parse([("common.toml", shared), centres.layers("kielce")[1], ("own.toml", tables())])


@pytest.mark.parametrize(
    ("values", "said", "missing"),
    [
        ({"phone": "195 13", "centre": "Próba"}, "Próba: 195 13", []),
        ({"phone": " ", "centre": "Próba"}, "Próba: …", ["phone"]),
        ({}, "…: …", ["centre", "phone"]),
        ({"phone": "{centre}", "centre": "a"}, "a: {centre}", []),
    ],
)
def test_a_sentence_is_filled_in_or_says_what_is_missing(
    values: Mapping[str, str], said: str, missing: list[str]
) -> None:
    assert centre_replies.filled("{centre}: {phone}", values) == (said, missing)
