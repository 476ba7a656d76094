"""The nights on which the clocks change: the hour that comes twice and the hour that never comes."""

from datetime import UTC, date, datetime, timedelta

from tests.factories import TRUST
from tests.flows.staff import CARD, Counsellor
from tests.flows.town import Town, instant

WORDS = "Nie śpię trzecią noc, serce wali, boję się, że umrę."


async def test_the_autumn_night_lasts_nine_hours_and_nobody_is_missing_in_either_hour(town: Town) -> None:
    await town.begins("2026-10-25T02:30:00+02:00")
    start, end = town.night(date(2026, 10, 24))
    assert end - start == timedelta(hours=9)
    dorota = await town.counsellor("Dorota", (TRUST,), (start, end))

    await _is_answered_at_once(town, dorota)

    await town.it_is("2026-10-25T02:50:00+02:00")
    caller = town.caller()
    await caller.writes_first(WORDS, danger="no")
    assert (await dorota.rings())["priority"] == "P3"
    contact = await dorota.answers_next()
    await town.it_is("2026-10-25T02:10:00+01:00")  # twenty minutes later
    await dorota.replies(contact, "Proszę oddychać razem ze mną.")
    await caller.reads("Proszę oddychać razem ze mną.")
    await dorota.ends(contact)
    (await dorota.sums_up(contact, **CARD)).ok()
    await caller.sees(state="closed")

    head = await town.head(contact)
    assert head.arrived_at == datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    assert head.ended_at == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert (head.ended_at - head.arrived_at).total_seconds() == 1200
    assert [each["time"] for each in caller.seen][:: len(caller.seen) - 1] == [
        "02:50 (czas letni)",
        "02:10 (czas zimowy)",
    ]
    assert [each["at"] for each in caller.seen] == sorted(each["at"] for each in caller.seen)

    await town.it_is("2026-10-25T02:30:00+01:00")
    await _is_answered_at_once(town, dorota)
    await _is_on_duty_until_six(town, dorota, end)


async def test_the_spring_night_lasts_seven_hours(town: Town) -> None:
    await town.begins("2027-03-28T01:50:00+01:00")
    start, end = town.night(date(2027, 3, 27))
    assert end - start == timedelta(hours=7)
    dorota = await town.counsellor("Dorota", (TRUST,), (start, end))

    caller = town.caller()
    await caller.writes_first(WORDS, danger="no")
    contact = await dorota.answers_next()
    await town.it_is("2027-03-28T03:10:00+02:00")  # twenty minutes later; 02:xx never was
    await dorota.ends(contact)
    (await dorota.sums_up(contact, **CARD)).ok()
    head = await town.head(contact)
    assert head.ended_at is not None
    assert (head.ended_at - head.arrived_at).total_seconds() == 1200
    shown = await dorota.until(lambda: (seen := dorota.heads[contact])["ended"] and seen, "the end")
    assert (shown["arrived"], shown["ended"], shown["waited"]) == ("01:50", "03:10", "chwilę")
    await _is_answered_at_once(town, dorota)
    await _is_on_duty_until_six(town, dorota, end)


async def test_all_through_both_nights_somebody_is_on_duty_and_before_and_after_nobody(town: Town) -> None:
    await town.begins("2026-10-24T21:00:00+02:00", engine=False)
    nights = [town.night(date(2026, 10, 24)), town.night(date(2027, 3, 27))]
    await town.hires("Dorota", (TRUST,), *nights)
    asks = town.caller()
    for start, end in nights:
        town.clock.set(start - timedelta(seconds=1))
        assert "Teraz nikt nie dyżuruje" in await asks.page()
        at = start
        while at < end:
            town.clock.set(at)
            assert "Teraz nikt nie dyżuruje" not in await asks.page(), at
            at += timedelta(minutes=10)
        town.clock.set(end)
        assert "Teraz nikt nie dyżuruje" in await asks.page()


async def _is_answered_at_once(town: Town, dorota: Counsellor) -> None:
    """Somebody writes now, is told that somebody is there, and is offered to her."""
    caller = town.caller()
    await caller.writes_first("Czy ktoś tam jest?")
    assert caller.state["duty"]
    contact = await dorota.answers_next()
    assert contact == await town.contact_of(caller)
    await caller.sees(state="active")
    await dorota.ends(contact)
    (await dorota.sums_up(contact, **CARD)).ok()
    await caller.close()


async def _is_on_duty_until_six(town: Town, dorota: Counsellor, end: datetime) -> None:
    assert (await dorota.looks())["me"]["duty_sentence"].endswith("06:00")
    await town.it_is(end - timedelta(seconds=1))
    assert (await dorota.looks())["me"]["on_duty"]
    await town.it_is(end)
    assert not (await dorota.looks())["me"]["on_duty"]
    assert instant(end).hour in (4, 5)  # six in the morning, by winter and by summer time
