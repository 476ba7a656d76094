"""Nobody is on duty: whoever writes is told so at once, and is answered when the next shift begins."""

import pytest

from tests.factories import TRUST
from tests.flows.town import Town

AFTERNOON = ("2026-11-23T14:00:00+01:00", "2026-11-23T22:00:00+01:00")
NUMBERS = "Zagrożenie życia: 112. Rozmowa całą dobę: 800 70 2222; dzieci i młodzież: 116 111."


async def test_the_contact_waits_for_the_next_shift(town: Town) -> None:
    await town.begins("2026-11-23T13:20:00+01:00")
    anna = await town.counsellor("Anna", (TRUST,), AFTERNOON)
    caller = town.caller()
    page = await caller.page()
    assert "Najbliższy dyżur: poniedziałek 23.11.2026, godz. 14:00." in page
    assert NUMBERS in page

    await caller.writes_first("Czy ktoś to przeczyta?", danger="no")
    told = await caller.reads("Teraz nikt nie dyżuruje i nikt nie czyta wiadomości.")
    assert "Najbliższy dyżur według grafiku: poniedziałek 23.11.2026, godz. 14:00." in told["text"]
    assert NUMBERS in told["text"]
    await caller.sees(
        state="waiting", duty=False, sentence="Teraz nikt nie dyżuruje. Najbliższy dyżur: poniedziałek"
    )

    await town.it_is("2026-11-23T13:59:59+01:00")
    assert (await anna.looks())["offer"] is None
    assert await town.offered_to(await town.contact_of(caller)) == []
    await town.it_is("2026-11-23T14:00:00+01:00")
    offer = await anna.rings()
    assert offer["waiting"] == "40 min"
    await caller.sees(state="waiting", duty=True, sentence="Miejsce w kolejce: 1.")
    assert await anna.accepts(offer) == await town.contact_of(caller)
    await caller.sees(state="active")
    await anna.reads(await town.contact_of(caller), "Czy ktoś to przeczyta?")


async def test_danger_is_never_told_that_somebody_reads(town: Town) -> None:
    await town.begins("2026-11-23T13:55:00+01:00")
    anna = await town.counsellor("Anna", (TRUST,), AFTERNOON)
    ordinary, danger = town.caller(), town.caller()
    await ordinary.writes_first("Dzień dobry.")
    await town.passes(seconds=5)
    await danger.writes_first(None, danger="yes")
    told = await danger.reads("Teraz nikt nie dyżuruje i nikt od razu nie przeczyta tej wiadomości.")
    assert "Prosimy dzwonić pod 112." in told["text"]
    assert told["danger"]
    await danger.sees(state="waiting", priority_danger=True, duty=False, sentence="Teraz nikt nie dyżuruje.")

    await town.it_is("2026-11-23T14:00:00+01:00")
    assert await anna.answers_next() == await town.contact_of(danger), "danger comes first"
    await danger.sees(state="active")


async def test_danger_said_later_while_nobody_is_there(town: Town) -> None:
    await town.begins("2026-11-23T13:55:00+01:00")
    await town.hires("Anna", (TRUST,), AFTERNOON)
    caller = town.caller()
    await caller.writes_first("Dzień dobry.", danger="no")
    await caller.answers("danger", "yes")
    await caller.reads("Teraz nikt nie dyżuruje i nikt od razu nie przeczyta tej wiadomości.")
    await caller.sees(priority_danger=True, duty=False)


@pytest.mark.parametrize("danger", ["no", "yes"])
async def test_no_shift_is_planned_at_all(town: Town, danger: str) -> None:
    await town.begins("2026-11-23T13:55:00+01:00", engine=False)
    caller = town.caller()
    await caller.writes_first("Czy ktoś to przeczyta?", danger=danger)
    told = await caller.reads("Teraz nikt nie dyżuruje")
    assert "112" in told["text"]
    assert "800 70 2222" in told["text"]
    assert "Najbliższy" not in told["text"] + caller.state["sentence"]
