"""From the first word in the web chat to a person who waits for Wednesday noon."""

from datetime import UTC, datetime, timedelta

from tests.factories import TRUST
from tests.flows.staff import CARD, Caseworker, Counsellor
from tests.flows.town import Town

MORNING = ("2026-11-23T06:00+01:00", "2026-11-23T14:00+01:00")
NOTE = "Notatka: głos drży, sprawdzić leki nasercowe."


async def test_a_talk_becomes_a_case(town: Town) -> None:
    await town.begins("2026-11-23T10:00+01:00")
    halina = await town.caseworker("Halina")
    await town.hires("Dorota", (TRUST,), MORNING)  # on duty, and her console is not open yet

    zofia, second = town.caller(), town.caller()
    await zofia.writes_first("Od trzech nocy nie śpię, serce wali.", danger="no", topic="other")
    nobody_there = (
        "Miejsce w kolejce: 1. Trwa dyżur, ale teraz nikogo nie ma przy czacie. Zagrożenie życia: 112."
    )
    await zofia.sees(state="waiting", sentence=nobody_there, duty=True)
    await town.passes(minutes=1)
    await second.writes_first("Dzień dobry, czy ktoś tam jest?")
    await second.sees(sentence="Miejsce w kolejce: 2.", position=2)

    await town.it_is("2026-11-23T10:04+01:00")
    anna = await town.counsellor("Anna", (TRUST,), MORNING, talks=1)
    offer = await anna.rings()
    assert (offer["priority"], offer["danger_label"], offer["waiting"]) == ("P3", "Nie", "4 min")
    contact = await anna.accepts(offer)
    assert contact == await town.contact_of(zofia)
    await zofia.sees(state="active", sentence="Rozmowa z dyżurem: Anna.")
    await zofia.reads("Tu dyżur: Anna.")
    await second.sees(sentence="Miejsce w kolejce: 1.", position=1)

    await anna.reads(contact, "Od trzech nocy nie śpię")
    await anna.replies(contact, "Czy lekarz słuchał serca?")
    await zofia.reads("Czy lekarz słuchał serca?")
    await anna.notes(contact, NOTE)
    await town.passes(minutes=1)
    sent = await zofia.writes("Tak, jest zdrowe. Boję się tylko nocy.")
    assert sent["time"] == "10:05"
    await anna.reads(contact, "Boję się tylko nocy.")
    assert (await anna.reads(contact, NOTE))["kind"] == "note"

    await town.it_is("2026-11-23T10:34+01:00")
    await anna.ends(contact)
    await zofia.sees(state="wrap_up", open=False, sentence="Rozmowa jest zakończona.")
    await zofia.reads("Dziękujemy za tę rozmowę.")
    assert (await zofia.send("Jeszcze jedno")).refusal() == (409, "contact_ended")
    assert zofia.words() == [
        "Od trzech nocy nie śpię, serce wali.", "Czy lekarz słuchał serca?", "Tak, jest zdrowe. Boję się tylko nocy."
    ]  # fmt: skip
    zofia.saw_each_entry_once_in_order()
    everything = await zofia.ask(
        "GET", f"/chat/{TRUST}/contact", headers={"Authorization": f"Bearer {zofia.token}"}
    )
    assert everything.status == 200
    assert "Notatka" not in everything.text + str(zofia.seen)

    refused = await anna.sums_up(contact)
    assert refused.refusal() == (422, "summary_incomplete")
    assert set(refused.json()["error"]["fields"]) == set(CARD)
    shown = await anna.until(lambda: (head := anna.heads[contact])["ended"] and head, "the end on the screen")
    assert [shown[key] for key in ("arrived", "answered", "ended", "waited")] == [
        "10:00",
        "10:04",
        "10:34",
        "4 min",
    ]
    await town.passes(minutes=5)
    (await anna.sums_up(contact, **CARD)).ok()
    await anna.until(lambda: not anna.console["mine"], "an empty desk")
    await zofia.sees(state="closed")

    head = await town.head(contact)
    assert (head.arrived_at, head.answered_at, head.ended_at, head.closed_at) == tuple(
        after_ten(minutes) for minutes in (0, 4, 34, 39)
    )
    assert await town.held_by(contact) == [(anna.id, after_ten(4), after_ten(34))]

    await _opens_the_case(town, anna, halina, contact)
    own_time = ("alarms.raise", "ladder.climb")  # nobody was there for the first minute
    done = [verb for verb, _ in await town.record(contact) if verb not in own_time]
    assert done == ["contacts.start", "offers.make", "offers.accept", "contacts.end", "summaries.save"]


async def _opens_the_case(town: Town, anna: Counsellor, halina: Caseworker, contact: str) -> None:
    form = await anna.ask("GET", f"/console/contacts/{contact}/case")
    assert "Halina Testowa" in form.text
    agreed = {"subject": "Pani Zofia K.", "reach": "SMS od siostry, po 16", "reason": "Bezsenność, lęk"}
    refused = await anna.asks_for_case(contact, **agreed)
    assert refused.refusal() == (422, "case_incomplete")
    assert refused.json()["error"]["fields"] == ["worker", "first_visit", "privacy_given", "conflict_checked"]
    agreed |= {"worker": halina.id, "first_visit": "2026-11-25T12:00", "privacy_given": "yes"}
    case = (await anna.asks_for_case(contact, **agreed, conflict_checked="yes")).ok()["case"]
    assert (await anna.asks_for_case(contact, **agreed, conflict_checked="yes")).refusal() == (
        409,
        "already_exists",
    )

    await town.comes(halina)
    assert await halina.list_of_cases() == [case]
    page = await halina.case_page(case)
    for words in (
        "Pani Zofia K.",
        "SMS od siostry, po 16",
        "środa 25.11.2026, godz. 12:00",
        "K/2026/000001",
        "10:00",
    ):
        assert words in page
    await halina.notes(case, "Potwierdzona wizyta w środę.", "note-of-halina")
    await halina.notes(case, "Potwierdzona wizyta w środę.", "note-of-halina")  # pressed twice
    assert (await halina.case_page(case)).count("Potwierdzona wizyta w środę.") == 1
    assert (await town.head(contact)).case_id == case
    assert await town.record(case) == [
        ("cases.open_case", anna.id),
        ("cases.look", halina.id),
        ("cases.note", halina.id),
        ("cases.look", halina.id),
    ]


def after_ten(minutes: int) -> datetime:
    return datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=minutes)
