"""Every word a caller can read: complete in three languages, within limits, and never promising what is not so."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import centres, texts
from hotline.errors import TextIncomplete
from hotline.rules import triage
from hotline.texts import LANGUAGES, CatalogueInvalid, catalogue, greeting, plural, say, say_count, when

CALLER = texts.read(
    [
        texts.HERE / f"{name}.toml"
        for name in ("caller", "telegram", "callbacks", "waiting", "abuse", "continuing", "widget")
    ]
)
LIMIT = 300
# what a parameter may hold at its longest in practice
LONG = {
    "centre_name": centres.load("kielce").name_pl,
    "greeting": "Dobry wieczór.",
    "next_open": "poniedziałek 28.12.2026, godz. 16:30",
    "next_duty": "poniedziałek 28.12.2026, godz. 16:30",
    "next": "poniedziałek 28.12.2026, godz. 16:30",
    "position": "12",
    "n": "12",
    "signature": "Aleksandra",
    "web_url": "https://rozmowa.kielce.example",
}


def every(forms: texts.Text) -> list[str]:
    return [forms] if isinstance(forms, str) else list(forms.values())


def caller_texts() -> Iterator[tuple[str, str, str]]:
    for key, languages in CALLER.items():
        for language in LANGUAGES:
            for text in every(languages[language]):
                yield key, language, text


# -- what callers read -------------------------------------------------------------------------------


def test_the_whole_catalogue_loads() -> None:
    assert set(CALLER) <= set(texts.texts())
    for by_language in texts.texts().values():
        assert set(by_language) == set(LANGUAGES)


def test_every_topic_has_a_button() -> None:
    assert {f"chat.topic_{topic}" for topic in triage.topics(("using_violence",))} <= set(CALLER)


def test_caller_texts_are_short_calm_and_free_of_pictures() -> None:
    for key, language, text in caller_texts():
        filled = text.format_map({name: LONG.get(name, "x" * 24) for name in texts.names(text)})
        assert len(text) <= LIMIT, (key, language, len(text))
        if "privacy" not in key and key not in ("welcome", "telegram_notice", "nobody_on_duty"):
            assert len(filled) <= LIMIT, (key, language, len(filled))
        assert len(filled) <= LIMIT + 60, (key, language, len(filled))
        assert not set("!¡‼❗") & set(text), key
        assert not re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", text), key
        assert text == text.strip()
        assert "  " not in text


def test_polish_texts_are_impersonal_and_ukrainian_ones_are_in_their_own_letters() -> None:
    for key, language, text in caller_texts():
        if language == "pl":
            assert not re.search(r"\b(Pan|Pani|Państwo|Pana)\b", text), key
            assert not re.search(r"\b\w+(łeś|łaś|łem|łam)\b", text), f"{key}: gendered past tense"
            assert not re.search(r"na pewno|wszystko będzie dobrze", text, re.IGNORECASE), key
        if language == "uk" and key not in {"chat.language_pl", "chat.language_en", "chat.moment"}:
            assert re.search("[а-яіїєґ]", text, re.IGNORECASE), key
            assert not re.search("[ыэъё]", text, re.IGNORECASE), f"{key}: a Russian letter"


def test_whoever_waits_or_finds_nobody_is_told_of_112_and_a_number_that_answers() -> None:
    nobody = [
        "danger_unstaffed",
        "out_of_hours",
        "hours_unknown",
        "hours_unknown_no_address",
        "nobody_on_duty",
        "nobody_on_duty_unplanned",
        "holiday",
        "holiday_plain",
        "danger_unseen",
        "queued_unseen",
        "released_unseen",
        "still_waiting",
        "still_waiting_usual",
        "chat_disabled",
        "chat.state_nobody",
        "chat.state_nobody_until",
        "ended",
        "goodbye",
        "telegram.stopped",
        "telegram.stopped_danger",
    ]
    for key in nobody:
        for language in LANGUAGES:
            for text in every(CALLER[key][language]):
                assert "112" in text, (key, language)
                assert "800 70 2222" in text, (key, language)
    for key in (
        "queued",
        "queued_usual",
        "queue_update",
        "queue_update_usual",
        "danger_staffed",
        "silence_ask",
        "inactivity",
        "technical_problem",
    ):
        assert all("112" in text for language in LANGUAGES for text in every(CALLER[key][language])), key


def test_numbers_are_the_same_in_every_language() -> None:
    number = re.compile(r"\b(?:112|116 \d{3}|800(?: \d+)+|\d+:\d+)")
    for key, languages in CALLER.items():
        found = [
            {hit for text in every(languages[each]) for hit in number.findall(text)} for each in LANGUAGES
        ]
        assert found[0] == found[1] == found[2], key


# -- saying ------------------------------------------------------------------------------------------


def test_saying() -> None:
    assert say("queued", "en", position=3).startswith("We have your message. Place in the queue: 3.")
    assert say("skip_button", "uk", unused=1) == "Пропустити"
    # a caller's or centre's braces are words, not parameters
    assert "{position}" in say("assigned", "pl", signature="{position}")


@pytest.mark.parametrize("empty", [{}, {"line": ""}, {"line": "  "}, {"line": None}])
def test_a_text_with_an_empty_parameter_is_never_sent(empty: dict[str, object]) -> None:
    with pytest.raises(TextIncomplete) as caught:
        say("technical_problem", "pl", **empty)
    assert caught.value.params == {"key": "technical_problem", "parameter": "line"}


def test_unknown_keys_and_languages() -> None:
    for key, language in (("nothing", "pl"), ("queued", "ru"), ("notice.days", "pl")):
        with pytest.raises(KeyError):
            say(key, language, position=1)
    with pytest.raises(KeyError):
        say_count("queued", "pl", 1, position=1)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("pl", {"one": [1], "few": [2, 3, 4, 22, 104], "many": [0, 5, 11, 12, 14, 21, 25, 111, 112]}),
        ("uk", {"one": [1, 21, 101], "few": [2, 4, 22, 34], "many": [0, 5, 11, 12, 14, 20, 111, 113]}),
        ("en", {"one": [1], "many": [0, 2, 3, 11, 21]}),
    ],
)
def test_number_forms(language: str, forms: dict[str, list[int]]) -> None:
    for form, numbers in forms.items():
        assert {plural(language, n) for n in numbers} == {form}


def test_counting() -> None:
    assert say_count("notice.days", "pl", 1) == "1 dzień"
    assert say_count("notice.years", "pl", 3) == "3 lata"
    assert say_count("notice.years", "uk", 21) == "21 рік"
    assert say_count("notice.hours", "en", 1) == "1 hour"


@given(st.sampled_from(LANGUAGES), st.integers(0, 10_000))
def test_every_number_has_a_form(language: str, n: int) -> None:
    assert str(n) in say_count("notice.days", language, n)


def test_dates_and_greetings() -> None:
    at = datetime(2026, 12, 29, 16, 30)  # noqa: DTZ001 - a local time
    assert when(at, "pl") == "wtorek 29.12.2026, godz. 16:30"
    assert when(at, "pl", on=True) == "we wtorek 29.12.2026, godz. 16:30"
    assert when(at, "en") == "Tuesday 29.12.2026, 16:30"
    hours = {hour: greeting(at.replace(hour=hour), "en") for hour in (4, 5, 17, 18)}
    assert hours == {4: "Good evening.", 5: "Hello.", 17: "Hello.", 18: "Good evening."}


def test_a_catalogue_for_scripts() -> None:
    found = catalogue("pl", "chat.")
    assert found["chat.state_waiting"].startswith("Miejsce w kolejce: {position}.")
    assert catalogue("pl", "notice.days")["notice.days.few"] == "{n} dni"
    assert all(key.startswith("chat.") for key in found)
    assert set(catalogue("en", "chat.")) <= set(found)


# -- files that are wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[a]\npl = "x"\nuk = "x"\n', "a: must be in pl, uk and en, and nothing else: en"),
        ('[a]\npl = "x"\nuk = "x"\nen = "x"\nde = "x"\n', "nothing else: de"),
        ('[a]\npl = "x"\nuk = " "\nen = "x"\n', "a: no text in uk"),
        ('[a]\npl = "x"\nuk = 7\nen = "x"\n', "a: no text in uk"),
        ('[a]\npl = "{x}"\nuk = "{x}"\nen = "x"\n', "a: pl and en differ in parameters: x"),
        ('[a]\npl = "{x.y}"\nuk = "{x.y}"\nen = "{x.y}"\n', "plain name"),
        ('[a]\npl = "{x"\nuk = "x"\nen = "x"\n', "a: pl: "),
        ('[a.pl]\none = "x"\nmany = "x"\n[a]\nuk = "x"\nen = "x"\n', "pl needs the forms one, few, many"),
        ('[a]\nuk = "x"\nen = "x"\n[a.pl]\none = "x"\nfew = "x"\nmany = "x"\n', "some languages only"),
        ("[a.b]\n", "a.b: is empty"),
        ('a = "x"\n', "a: belongs to no language"),
        ("[a\n", "(syntax)"),
        ('[a]\npl = "x"\nuk = "x"\nen = "x"\n[a]\n', "(syntax)"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        texts.read([file])
    assert str(caught.value).startswith("wrong.toml: ")
    assert reason in str(caught.value)


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    for name, key in (("one.toml", "[a.b]"), ("two.toml", '["a.b"]')):
        (tmp_path / name).write_text(f'{key}\npl = "x"\nuk = "x"\nen = "x"\n', encoding="utf-8")
    with pytest.raises(CatalogueInvalid, match=r"^two\.toml: a\.b: is there already"):
        texts.read(sorted(tmp_path.glob("*.toml")))


def test_what_a_newer_release_said_hides_no_conversation() -> None:
    data = {"text": "nobody_knows_this_yet", "params": {"position": 3}}
    assert texts.shown(data, "pl", ZoneInfo("Europe/Warsaw")) == "Informacja automatyczna."
