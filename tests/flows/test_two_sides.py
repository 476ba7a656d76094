"""Friday 4 December: the line for those who use violence closes at four, and the two sides never meet."""

from tests.factories import PERPETRATORS, TRUST, VICTIMS
from tests.flows.people import WebCaller
from tests.flows.staff import Counsellor
from tests.flows.town import Town, instant

DAY = ("2026-12-04T08:00:00+01:00", "2026-12-04T16:00:00+01:00")
AFTERNOON = ("2026-12-04T14:00:00+01:00", "2026-12-04T22:00:00+01:00")
FROM_TEN_PAST = ("2026-12-04T16:10:00+01:00", "2026-12-04T22:00:00+01:00")
TEAM_V = ("sow_victims_day", VICTIMS, TRUST)
WORDS = "Wczoraj szarpnąłem żonę, przeraziłem się. Chcę z tym skończyć, zanim zrobię coś gorszego."


async def test_who_uses_violence_meets_cezary_and_after_hours_in_danger_dorota(town: Town) -> None:
    await town.begins("2026-12-04T15:58:00+01:00")
    anna = await town.counsellor("Anna", TEAM_V, AFTERNOON)
    beata = await town.counsellor("Beata", TEAM_V, AFTERNOON)
    cezary = await town.counsellor("Cezary", (PERPETRATORS,), DAY)
    dorota = await town.counsellor("Dorota", (TRUST,), FROM_TEN_PAST)

    first = town.caller(PERPETRATORS)
    await first.writes_first(WORDS, danger="no", topic="stop_hurting")
    talk = await cezary.answers_next()
    assert await town.offered_to(talk) == [cezary.id]

    await town.it_is("2026-12-04T16:03:00+01:00")
    await _goes_on_after_four(first, cezary, talk)
    second = town.caller(PERPETRATORS)
    await _is_sent_to_monday(second)

    await second.writes_first("Ona jest w drugim pokoju, boję się, co zrobię.", danger="yes")
    await second.reads(
        "Teraz nikt nie dyżuruje i nikt od razu nie przeczyta tej wiadomości. Prosimy dzwonić pod 112."
    )
    await second.sees(state="waiting", priority_danger=True, duty=False, sentence="Teraz nikt nie dyżuruje.")
    contact = await town.contact_of(second)
    head = await town.head(contact)
    assert (head.priority, head.queue, head.line) == ("P1", "crisis_general", PERPETRATORS)
    assert "violence_using" in head.flags

    await town.it_is("2026-12-04T16:10:00+01:00")
    assert (await dorota.rings())["contact_id"] == contact
    await _may_know_nothing(anna, contact)
    await _may_know_nothing(beata, contact)
    await dorota.answers_next()
    await second.sees(state="active", sentence="Rozmowa z dyżurem: Dorota.")
    assert await town.offered_to(contact) == [dorota.id]
    assert not any(contact in frame for each in (anna, beata) for frame in each.heard)


async def test_a_victim_in_the_same_queue_still_gets_anna(town: Town) -> None:
    """The wall keeps a contact from people, not people from their work."""
    await town.begins("2026-12-04T16:03:00+01:00")
    anna = await town.counsellor("Anna", TEAM_V, AFTERNOON)
    walled = town.caller(PERPETRATORS)
    await walled.writes_first(None, danger="yes")
    other = town.caller(TRUST)
    await other.writes_first("Dzień dobry, potrzebuję rozmowy.")
    await other.sees(duty=True)
    assert await anna.answers_next() == await town.contact_of(other)
    assert [row["contact_id"] for row in (await anna.looks())["queue"]] == []


async def _goes_on_after_four(first: WebCaller, cezary: Counsellor, talk: str) -> None:
    await first.writes("Czy możemy jeszcze chwilę?")
    await cezary.reads(talk, "Czy możemy jeszcze chwilę?")
    await cezary.replies(talk, "Tak, zostaję do końca rozmowy.")
    await first.reads("Tak, zostaję do końca rozmowy.")
    await first.sees(state="active", open=True)


async def _is_sent_to_monday(second: WebCaller) -> None:
    page = await second.page()
    assert "Najbliższy dyżur: poniedziałek 07.12.2026, godz. 08:00." in page
    assert "Rozmowa całą dobę: 800 70 2222" in page
    assert "Tak, teraz" in page
    refused = await second.begin(WORDS, danger="no")
    assert refused.refusal() == (409, "line_closed")
    assert instant(refused.json()["error"]["next_open"]) == instant("2026-12-07T08:00:00+01:00")


async def _may_know_nothing(person: Counsellor, contact: str) -> None:
    assert (await person.entries(contact)).refusal() == (404, "not_found")
    pane = await person.looks()
    assert (pane["offer"], pane["queue"]) == (None, [])
