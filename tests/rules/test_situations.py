"""Every situation of both shipped centres in three languages: there is a text, and it can be filled."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hotline import centres
from hotline.errors import CentreInvalid, TextIncomplete
from hotline.rules import opening
from hotline.rules.centre import Centre, Line
from hotline.texts import LANGUAGES, situations, texts
from hotline.texts.situations import SITUATIONS, SOURCES, Fact, Moment

LIVE = centres.load("kielce", [centres.DEMO])
CENTRES = {"kielce": centres.load("kielce"), "demo": LIVE, "kutno": centres.load("kutno")}
MOMENTS = {name: source for name, source in SOURCES.items() if isinstance(source, Moment)}
GENDERED = re.compile(r"\b\w+(łeś|łaś|łem|łam)\b|\b(Pan|Pani|Państwo|Pana)\b")


def lines_of(centre: Centre) -> list[Line | None]:
    return list(centre.lines.values()) or [None]


def filled(centre: Centre) -> Iterator[tuple[str, str, str]]:
    """(situation, language, sentence), with all that may be unknown known, and with none of it."""
    for name, situation in SITUATIONS.items():
        if situation.chat and not centre.live_chat_enabled:
            continue
        for line in lines_of(centre):
            known = situations.facts(centre, line)
            for sure in (True, False):
                now = {key: each.longest for key, each in MOMENTS.items() if each.sure or not sure}
                said = situations.fill(name, {**known, **now})
                for language in LANGUAGES:
                    yield name, language, said.words(language)


@pytest.mark.parametrize("centre", CENTRES.values(), ids=CENTRES)
def test_every_situation_of_a_shipped_centre_has_a_text_that_can_be_filled(centre: Centre) -> None:
    assert list(situations.faults(centre)) == []
    for name, language, sentence in filled(centre):
        assert len(sentence) <= 300, (name, language, len(sentence), sentence)
        assert "{" not in sentence
        assert "!" not in sentence, name
        if language == "pl":
            assert not GENDERED.search(sentence), (name, sentence)


def test_every_text_of_every_situation_is_there_in_three_languages_and_its_parameters_have_a_source() -> None:
    for situation in SITUATIONS.values():
        for key in situation.texts:
            assert set(texts()[key]) == set(LANGUAGES), key
            assert situations.parameters(key) <= set(SOURCES), key


def test_the_last_text_of_a_situation_needs_nothing_that_may_be_unknown() -> None:
    for name, situation in SITUATIONS.items():
        unsure = {key for key, each in MOMENTS.items() if not each.sure}
        assert not situations.parameters(situation.texts[-1]) & unsure, name


def test_the_best_text_for_which_all_is_known_is_said() -> None:
    assert situations.fill("queued", {"position": 3, "usual": 10}).data == {
        "text": "queued_usual",
        "params": {"position": 3, "usual": 10},
    }
    assert situations.fill("queued", {"position": 3, "usual": None}).text == "queued"
    with pytest.raises(TextIncomplete, match=r"queued: \{position\} is empty"):
        situations.fill("queued", {"position": " "})


def test_what_a_centre_lacks_is_named_with_its_place() -> None:
    lacking = LIVE.model_copy(update={"dpo_email": "", "controller": " "})
    found = dict(situations.faults(lacking))
    assert found.keys() == {"centre.dpo_email", "centre.controller"}
    with pytest.raises(CentreInvalid, match=r"centre\.controller: is empty, and the text .* needs it"):
        situations.check(lacking)
    assert all(isinstance(SOURCES[place.rpartition(".")[2]], Fact) for place in found)


def a_line(centre: Centre) -> Line:
    """One that opens on weekdays and is closed on holidays."""
    day = datetime(2026, 11, 11).date()  # noqa: DTZ001  a Wednesday
    return next(line for line in centre.lines.values() if opening.holiday_closes(centre, line, day))


def test_a_holiday_a_night_and_hours_without_end_are_told_apart() -> None:
    line = a_line(LIVE)
    holiday = datetime(2026, 11, 11, 11, 0, tzinfo=UTC)
    night, sunday = datetime(2026, 11, 12, 3, 0, tzinfo=UTC), datetime(2026, 11, 1, 11, 0, tzinfo=UTC)
    opens = opening.next_start(LIVE, line, holiday)
    said = situations.closed(LIVE, line, holiday, opens, "pl")
    assert said.startswith("Dziś jest Narodowe Święto Niepodległości. Czat jest nieczynny")
    assert "12.11.2026" in said
    assert situations.closed(LIVE, line, night, opens, "pl").startswith(
        "Czat jest teraz nieczynny. Najbliższy dyżur: "
    )
    # All Saints' Day was a Sunday: the line is shut on Sundays anyway
    assert situations.closed(LIVE, line, sunday, opens, "en").startswith(
        "The chat is closed now. Next duty: "
    )
    assert situations.closed(LIVE, line, night, None, "pl").startswith(
        "Czat jest teraz nieczynny. Wiadomości nikt"
    )


def test_a_holiday_never_names_a_number_from_behind_the_wall() -> None:
    at = datetime(2026, 11, 11, 11, 0, tzinfo=UTC)
    day = at.date()
    for line in LIVE.lines.values():
        if opening.holiday_closes(LIVE, line, day):
            said = situations.closed(LIVE, line, at, opening.next_start(LIVE, line, at), "pl")
            for barred in LIVE.lines_behind_wall(line.id):
                assert f"działa: {LIVE.lines[barred].number}" not in said
                assert f", {LIVE.lines[barred].number}" not in said
