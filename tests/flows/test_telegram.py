"""From the first word to the bot to a case. Telegram itself is a local server that speaks its protocol."""

from tests.bots.bot_api import bot_api
from tests.factories import TRUST
from tests.flows.phones import Phone
from tests.flows.staff import CARD
from tests.flows.town import Town

MORNING = ("2026-11-23T06:00:00+01:00", "2026-11-23T14:00:00+01:00")
OLENA = 5_000_111_222
NOTE = "Notatka: dzieci w drugim pokoju."


async def test_a_talk_on_telegram_becomes_a_case(town: Town) -> None:
    await town.begins("2026-11-23T10:00:00+01:00")
    halina = await town.caseworker("Halina")
    anna = await town.counsellor("Anna", (TRUST,), MORNING)
    async with bot_api(town.clock.now) as api:
        olena = Phone(api, OLENA)
        async with town.bot_running(api):
            await olena.writes("/start")
            await olena.reads("To czat wsparcia: MOPR Kielce.")
            await olena.writes("Nie wiem, od czego zacząć. On zaraz wróci.")
            await olena.reads("Miejsce w kolejce: 1.")
            await olena.presses("danger:unsure:pl")
            await olena.presses("topic:violence:pl")
            await anna.until(
                lambda: (offer := anna.console["offer"]) and offer["priority"] == "P2", "a P2 offer"
            )
            offer = await anna.rings()
            assert offer["channel"] == "telegram"
            await town.passes(seconds=20)
            contact = await anna.accepts(offer)
            await olena.reads("Tu dyżur: Anna.")
            await anna.notes(contact, NOTE)
            await anna.replies(contact, "Czy jest pani teraz sama?")
            await olena.reads("Czy jest pani teraz sama?")
            await olena.writes("Tak, do piątej.")
            await anna.reads(contact, "Tak, do piątej.")

        # the bot stops; Telegram keeps what she writes, the house keeps what Anna writes
        await anna.replies(contact, "Jestem cały czas.")
        await api.put(api.message(OLENA, "Halo?"))
        async with town.bot_running(api):
            await olena.reads("Jestem cały czas.")
            await anna.reads(contact, "Halo?")
            await town.it_is("2026-11-23T10:25:00+01:00")
            await anna.ends(contact)
            await olena.reads("Dziękujemy za tę rozmowę.")
            (await anna.sums_up(contact, **CARD | {"priority_final": "P2"})).ok()

    assert anna.words(contact) == [
        "Nie wiem, od czego zacząć. On zaraz wróci.", "Czy jest pani teraz sama?", "Tak, do piątej.",
        "Jestem cały czas.", "Halo?",
    ]  # fmt: skip
    anna.saw_each_entry_once_in_order(contact)
    for once in (
        "Czy jest pani teraz sama?",
        "Jestem cały czas.",
        "Tu dyżur: Anna.",
        "Dziękujemy za tę rozmowę.",
    ):
        assert sum(once in text for text in api.texts(OLENA)) == 1, once
    assert "Notatka" not in str(api.requests)
    head = await town.head(contact)
    assert (head.state, head.priority_initial, head.priority) == ("closed", "P3", "P2")
    assert head.ended_at is not None
    assert (head.ended_at - head.arrived_at).total_seconds() == 25 * 60

    agreed = {
        "subject": "Pani Olena", "reach": "Telegram, tylko do 17", "reason": "Przemoc w domu", "worker": halina.id,
        "first_visit": "2026-11-24T09:00", "privacy_given": "yes", "conflict_checked": "yes",
    }  # fmt: skip
    case = (await anna.asks_for_case(contact, **agreed)).ok()["case"]
    await town.comes(halina)
    page = await halina.case_page(case)
    for words in ("Pani Olena", "Telegram, tylko do 17", "wtorek 24.11.2026, godz. 09:00", "K/2026/000001"):
        assert words in page
    await halina.notes(case, "Spotkanie potwierdzone.")
    assert "Spotkanie potwierdzone." in await halina.case_page(case)
