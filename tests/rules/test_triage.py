"""Triage: answers and phrases raise, never lower; phrases are found as people write them, and words are whole."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.rules import triage
from hotline.rules.contact import P1, P2, P3, P4, PRIORITIES
from hotline.rules.triage import DANGER, PHRASES, TOPIC_PRIORITY, first_priority, flagged, raised, topics

ANY = st.sampled_from(PRIORITIES)
DANGERS = st.none() | st.sampled_from(DANGER)
TOPICS = st.none() | st.sampled_from(sorted(TOPIC_PRIORITY))
WORDS = st.text(max_size=40) | st.sampled_from(["nie chcę żyć", "dzień dobry", "вб'ю себе", "I took pills"])


@given(ANY, DANGERS, TOPICS, WORDS)
def test_nothing_lowers_a_priority(priority: str, danger: str | None, topic: str | None, text: str) -> None:
    assert raised(priority, danger, topic, text) <= priority


@given(ANY, DANGERS, TOPICS, WORDS)
def test_repeating_changes_nothing(priority: str, danger: str | None, topic: str | None, text: str) -> None:
    once = raised(priority, danger, topic, text)
    assert raised(once, danger, topic, text) == once


@given(DANGERS, TOPICS, WORDS)
def test_the_order_of_answers_does_not_matter(danger: str | None, topic: str | None, text: str) -> None:
    first = first_priority(danger, topic, text)
    assert raised(raised(first_priority(None, topic, ""), danger, None, ""), None, None, text) == first


@given(ANY, TOPICS, WORDS)
def test_danger_now_is_always_first(priority: str, topic: str | None, text: str) -> None:
    assert raised(priority, "yes", topic, text) == P1


@given(TOPICS, WORDS)
def test_only_a_person_says_danger_now(topic: str | None, text: str) -> None:
    """A phrase is an aid and raises to P2; it never claims danger now."""
    assert first_priority(None, topic, text) >= P2
    assert first_priority("no", topic, text) >= P2


@pytest.mark.parametrize(
    ("danger", "topic", "text", "expected"),
    [
        (None, None, "dzień dobry", P3),
        ("no", None, "dzień dobry", P3),
        ("unsure", None, "dzień dobry", P2),
        ("yes", None, "dzień dobry", P1),
        (None, "information", "jak do was trafić", P4),
        ("no", "information", "jak do was trafić", P4),
        ("unsure", "information", "jak do was trafić", P2),
        (None, "violence", "", P2),
        (None, "suicidal_thoughts", "", P2),
        (None, "information", "on mnie dusi, dusi mnie", P2),
    ],
)
def test_where_a_contact_starts(danger: str | None, topic: str | None, text: str, expected: str) -> None:
    assert first_priority(danger, topic, text) == expected


# -- phrases -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_found_however_it_is_written(phrase: str) -> None:
    stem = phrase.removesuffix("*")
    end = "ęła" if phrase.endswith("*") else ""
    said = stem + end
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", said.replace("ł", "l"))
        if not unicodedata.combining(letter)
    )
    for written in (
        said,
        said.upper(),
        said.capitalize(),
        bare,
        unicodedata.normalize("NFD", said),
        said.replace(" ", "  \n"),
        said.replace(" ", ", "),
        said.replace("'", "\u2019"),
        said.replace("'", "ʼ"),
        f"«{said}»!!!",
        f"...{said}...",
        f"Dzień dobry.{said}.Pomóżcie",
    ):
        assert flagged(written), written


@pytest.mark.parametrize(
    "text",
    [
        "NIE CHCĘ ŻYĆ",
        "nie chce zyc",
        "Nie   chcę\tżyć!",
        "nie chcę… żyć",
        "mam dość, chcę się zabić. Zabić się!",
        "wzielam tabletki",
        "Wziąłem tabletki.",
        "PODCIĘŁAM żyły",
        "ktoś leży nieprzytomny",
        "jest nieprzytomna od godziny",
        "она непритомна",
        "Я не хочу жити",
        "НЕ ХОЧУ ЖИТИ",
        "вб’ю себе",
        "вбʼю себе",
        "б'є мене щодня",
        "у нього НІЖ",
        "скрізь кров!",
        "ніж.",
        "he has a GUN",
        "he strangled me",
        "I will kill   myself",
    ],
)
def test_words_of_danger_are_flagged(text: str) -> None:
    assert flagged(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "it has begun",
        "Gunther napisał",
        "the gunk in the sink",
        "кровать",
        "кровна рідня",
        "ніжний ранок",
        "ніжка стола",
        "skoczęta",
        "żegnamy",
        "pożegnam",
        "ma nóżki",
        "chcę żyć",
        "nie chcę tak żyć",
        "overdosed",  # a star would be needed; the word itself is there
        "душитель",
        "mamy broń boże",
    ],
)
def test_words_that_only_look_alike_are_not(text: str) -> None:
    assert not flagged(text)


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert flagged(f"{text} gun")  # what stands around a phrase does not hide it


@given(st.text("aąćeęlłnóśźżабвгґєжиіїйшь0123456789", min_size=1, max_size=5))
def test_a_phrase_inside_a_longer_word_is_none(letters: str) -> None:
    assert not flagged(f"{letters}gun")
    assert not flagged(f"gun{letters}")
    assert not flagged(f"{letters}кров{letters}")


def test_looking_for_phrases_stays_quick_in_a_long_text() -> None:
    """Nothing in the pattern may make the work grow faster than the text."""
    assert not flagged("nie chcę " * 440)
    assert not flagged("'" * 4000)
    assert flagged("a " * 1990 + "gun")


# -- topics --------------------------------------------------------------------------------------------


def test_the_topic_of_those_who_use_violence_is_offered_on_their_line_only() -> None:
    assert triage.ONLY_USING_VIOLENCE in topics(("using_violence",))
    assert triage.ONLY_USING_VIOLENCE not in topics(("anyone",))
    assert set(topics(("anyone",))) | {triage.ONLY_USING_VIOLENCE} == set(TOPIC_PRIORITY)
