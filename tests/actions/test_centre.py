"""What staff say about the centre: stored whole or not at all, checked like a file, taken over by every process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import hotline.system
from hotline import app
from hotline.actions import arrivals, centre
from hotline.errors import (
    BlockerStands,
    ChangeInvalid,
    ChatDisabled,
    DayInvalid,
    GoLiveBlocked,
    HotlineError,
    HoursInCircle,
    LineInUse,
    LineUnknown,
    NoHoursToChange,
    NotAllowed,
    NotFound,
    NothingChosen,
    TextEmpty,
)
from hotline.rules.access import Actor
from hotline.rules.opening import Closed, Open, Unknown, opening
from hotline.store import centre as rows
from hotline.store import queries, views
from hotline.store.tables import audit
from hotline.system import CENTRE_SECONDS, System
from hotline.vault import make_master_key
from tests import factories
from tests.factories import MONDAY, TRUST, MovableClock, instant

IGOR = Actor("staff", "igor", "Igor Testowy", frozenset({"administrator"}))
FILIP = Actor("staff", "filip", "Filip Testowy", frozenset({"supervisor"}))
ANNA = Actor("staff", "anna", "Anna Testowa", frozenset({"counsellor"}))
TODAY = date(2026, 11, 23)
OFFICE = {
    "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "10:00", "to": "12:00"}],
    "on_public_holiday": "closed",
}


async def history(system: System) -> list[views.ChangeRow]:
    async with system.read() as tx:
        return await views.centre_history(tx)


async def recorded(system: System) -> list[str]:
    async with system.read() as tx:
        query = select(audit.c.verb).where(audit.c.verb.like("centre.%")).order_by(audit.c.at, audit.c.id)
        return list((await tx.connection.execute(query)).scalars())


# -- hours -----------------------------------------------------------------------------------------------


async def test_hours_hold_from_their_day_and_can_be_taken_back(system: System) -> None:
    tomorrow = TODAY + timedelta(days=1)
    await centre.set_hours(system, FILIP, "family_trust", tomorrow, OFFICE)
    assert isinstance(opening(system.centre, "family_trust", instant("2026-11-23T17:00")), Open)
    assert opening(system.centre, "family_trust", instant("2026-11-24T17:00")) == Closed(
        instant("2026-11-25T10:00")
    )
    (made,) = await history(system)
    assert (made.change.by, made.change.from_day) == ("filip", tomorrow)
    await centre.withdraw(system, IGOR, made.change.id)
    assert isinstance(opening(system.centre, "family_trust", instant("2026-11-24T17:00")), Open)
    (kept,) = await history(system)
    assert kept.withdrawn_at == MONDAY
    with pytest.raises(NotFound):
        await centre.withdraw(system, IGOR, made.change.id)
    assert await recorded(system) == ["centre.set_hours", "centre.withdraw"]


BAD: list[tuple[type[HotlineError], Any]] = [
    (DayInvalid, lambda s: centre.set_hours(s, IGOR, "family_trust", TODAY - timedelta(days=1), OFFICE)),
    (LineUnknown, lambda s: centre.set_hours(s, IGOR, "nowhere", TODAY, OFFICE)),
    (ChangeInvalid, lambda s: centre.set_hours(s, IGOR, "family_trust", TODAY, {"hours": []})),
    (ChangeInvalid, lambda s: centre.set_hours(s, IGOR, "family_trust", TODAY, {**OFFICE, "colour": "red"})),
    (ChangeInvalid, lambda s: centre.set_hours(s, IGOR, TRUST, TODAY, OFFICE)),  # where danger goes by night
    (HoursInCircle, lambda s: centre.set_hours(s, IGOR, "kis", TODAY, {"same_as": "kis"})),
    (DayInvalid, lambda s: centre.close(s, IGOR, TODAY, TODAY - timedelta(days=1), ["family_trust"], "x")),
    (NoHoursToChange, lambda s: centre.close(s, IGOR, TODAY, TODAY, [TRUST], "x")),
    (NoHoursToChange, lambda s: centre.open_extra(s, IGOR, TODAY, "08:00", "10:00", ["kis"], "x")),
    (NothingChosen, lambda s: centre.close(s, IGOR, TODAY, TODAY, [], "x")),
    (TextEmpty, lambda s: centre.close(s, IGOR, TODAY, TODAY, ["family_trust"], "  ")),
    (ChangeInvalid, lambda s: centre.open_extra(s, IGOR, TODAY, "8", "10:00", ["family_trust"], "x")),
    (NotFound, lambda s: centre.decide_fact(s, IGOR, "weather", "confirmed")),
    (NotFound, lambda s: centre.lift(s, IGOR, "weather", "x", {})),
    (ChangeInvalid, lambda s: centre.set_documents(s, IGOR, {"accessibility.made_on": "wczoraj"})),
    (ChangeInvalid, lambda s: centre.set_documents(s, IGOR, {"centre.controller": ""})),  # live chat is on
    (NotAllowed, lambda s: centre.set_hours(s, ANNA, "family_trust", TODAY, OFFICE)),
    (NotAllowed, lambda s: centre.set_documents(s, FILIP, {"centre.controller": "x"})),
    (NotAllowed, lambda s: centre.add_line(s, FILIP, "n", "sow", "1", "x", chat=False)),
]


@pytest.mark.parametrize(("error", "act"), BAD, ids=range(len(BAD)))
async def test_what_does_not_fit_is_refused_and_nothing_is_half_saved(
    system: System, error: type[HotlineError], act: Any
) -> None:
    before = system.centre
    with pytest.raises(error):
        await act(system)
    assert await history(system) == []
    assert await recorded(system) == []
    assert system.centre == before
    async with system.read() as tx:
        assert await rows.version(tx) == 0


async def test_two_halves_of_a_circle_at_once_and_one_is_refused(system: System) -> None:
    done = await asyncio.gather(
        centre.set_hours(system, IGOR, "kis", TODAY, {"same_as": "social_support"}),
        centre.set_hours(system, FILIP, "social_support", TODAY, {"same_as": "kis"}),
        return_exceptions=True,
    )
    refused = [each for each in done if each is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], HoursInCircle | ChangeInvalid)
    assert len(await history(system)) == 1


async def test_closures_and_extra_openings(system: System) -> None:
    await centre.close(
        system, FILIP, date(2026, 12, 7), date(2026, 12, 7), ["family_trust"], "dzień za sobotę"
    )
    await centre.open_extra(
        system, FILIP, date(2026, 12, 12), "09:00", "13:00", ["family_trust"], "sobota pracująca"
    )
    assert opening(system.centre, "family_trust", instant("2026-12-07T10:00")) == Closed(
        instant("2026-12-08T08:00")
    )
    assert opening(system.centre, "family_trust", instant("2026-12-12T10:00")) == Open(
        instant("2026-12-12T13:00")
    )
    assert [closure.reason_pl for closure in system.centre.closures] == ["dzień za sobotę"]
    for each in await history(system):
        await centre.withdraw(system, FILIP, each.change.id)
    assert isinstance(opening(system.centre, "family_trust", instant("2026-12-07T10:00")), Open)


async def test_a_fact_is_confirmed_and_its_line_stays_once_somebody_wrote_of_it(system: System) -> None:
    await centre.decide_fact(system, IGOR, "line.19525", "confirmed")
    assert isinstance(opening(system.centre, "city_trust_19525", MONDAY), Open)
    (fact,) = await history(system)
    await factories.add_caller(system)
    await centre.withdraw(system, IGOR, fact.change.id)
    assert "city_trust_19525" not in system.centre.lines
    await centre.decide_fact(system, IGOR, "line.19525", "confirmed")
    counsellor = await factories.add_person(system, "Celina", hours=None, present=False)
    by_hand = arrivals.ByHand("city_trust_19525", "phone", MONDAY, None, "P3", "pl")
    await arrivals.enter(system, counsellor.actor, by_hand)
    again = next(each for each in await history(system) if each.withdrawn_at is None)
    with pytest.raises(LineInUse):
        await centre.withdraw(system, IGOR, again.change.id)


# -- every process -----------------------------------------------------------------------------------------


async def eventually(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def lost(_topics: object) -> None:
    """A poke that nobody hears."""


def rejected(system: System, key: str) -> bool:
    return any(fact.rejected for fact in system.centre.later_facts if fact.key == key)


async def test_another_process_works_on_the_newest_centre_by_its_poke_and_without(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = System(
        system.db, system.keys, system.bus, system.clock, system.vault, system.settings, system.layers
    )
    await other.refresh_centre()

    @asynccontextmanager
    async def following(look_every: float) -> AsyncIterator[None]:
        monkeypatch.setattr(hotline.system, "CENTRE_SECONDS", look_every)
        task = asyncio.get_running_loop().create_task(other.follow_centre())
        try:
            yield
        finally:
            task.cancel()

    async with following(3600):
        await centre.decide_fact(system, IGOR, "line.19525", "confirmed")
        await eventually(lambda: "city_trust_19525" in other.centre.lines, 20)
    monkeypatch.setattr(system.bus, "publish", lost)
    async with following(CENTRE_SECONDS):
        await asyncio.sleep(CENTRE_SECONDS / 2)  # its first look is over
        await centre.decide_fact(system, IGOR, "city_guard", "rejected")
        await eventually(lambda: rejected(other, "city_guard"), 20)


async def test_a_house_follows_what_another_process_changes(running: factories.Running) -> None:
    async with app.open_system(running.settings) as shell:
        await centre.decide_fact(shell, IGOR, "line.19525", "confirmed")
    await eventually(lambda: "city_trust_19525" in running.system.centre.lines, 20)


async def test_a_transaction_keeps_the_centre_it_began_with(system: System) -> None:
    async with system.read() as tx:
        if not system.db.is_sqlite:
            await centre.decide_fact(system, IGOR, "line.19525", "confirmed")
        assert "city_trust_19525" not in tx.centre.lines


async def test_changes_survive_a_restart(system: System) -> None:
    await centre.set_hours(system, IGOR, "kis", TODAY, {"same_as": "family_trust"})
    again = System(
        system.db, system.keys, system.bus, system.clock, system.vault, system.settings, system.layers
    )
    assert isinstance(opening(again.centre, "kis", MONDAY), Unknown)
    await again.refresh_centre()
    assert isinstance(opening(again.centre, "kis", MONDAY), Open)


# -- the notice ----------------------------------------------------------------------------------------------


async def test_each_notice_is_kept_and_a_contact_names_the_one_its_caller_was_given(system: System) -> None:
    first = system.notice.version
    early = await factories.add_caller(system)
    await centre.set_documents(system, IGOR, {"centre.controller": "Gmina Kielce"})
    second = system.notice.version
    assert second != first
    shown_before = await factories.add_caller(system, privacy_version=first)
    guessed = await factories.add_caller(system, privacy_version="f" * 16)
    async with system.read() as tx:
        for version, name in ((first, "Ośrodek Pokazowy"), (second, "Gmina Kielce")):
            notice = await views.notice(tx, version)
            assert notice is not None
            assert notice.shown_from == MONDAY
            assert name in str(notice.body["pl"])
        for caller, version in ((early, first), (shown_before, first), (guessed, second)):
            row = await queries.contact(tx, caller.contact_id)
            assert row is not None
            assert row.privacy_version == version


# -- going live ------------------------------------------------------------------------------------------------


@pytest.fixture
async def shipped(tmp_path: Path) -> AsyncIterator[System]:
    """Kielce as it comes, without the demo's overlay."""
    settings = replace(factories.settings_in(tmp_path), centre_overlay="")
    async with app.open_system(settings, MovableClock(frozen=True)) as opened:
        yield opened


CONTROLLER = {"centre.controller": "MOPR Kielce", "centre.web_url": "https://mopr.example"}


async def test_kielce_goes_live_when_the_last_blocker_is_gone(shipped: System) -> None:
    with pytest.raises(GoLiveBlocked):
        await centre.switch_chat(shipped, IGOR, True)
    for code in ("controller", "dpo", "rota"):  # what can be looked up cannot be talked away
        with pytest.raises(BlockerStands):
            await centre.lift(shipped, IGOR, code, "gotowe", {})
    with pytest.raises(NotAllowed):
        await centre.lift(shipped, FILIP, "dpo", "gotowe", {"centre.dpo_email": "iod@mopr.example"})
    assert await history(shipped) == []
    await factories.add_person(shipped, "Anna")
    await centre.lift(shipped, IGOR, "controller", "wskazano", CONTROLLER)
    await centre.lift(shipped, IGOR, "dpo", "wskazano", {"centre.dpo_email": "iod@mopr.example"})
    for code in ("rota", "districts"):
        await centre.lift(shipped, FILIP, code, "gotowe", {})
    for code in ("letter_recipients", "number_verification"):
        with pytest.raises(GoLiveBlocked):
            await centre.switch_chat(shipped, FILIP, True)
        await centre.lift(shipped, IGOR, code, "sprawdzono", {})
    await centre.switch_chat(shipped, FILIP, True)
    assert (await factories.add_caller(shipped)).contact_id
    await centre.switch_chat(shipped, FILIP, False)
    with pytest.raises(ChatDisabled):
        await factories.add_caller(shipped)
    assert (await recorded(shipped)).count("centre.switch_chat") == 2
    assert {lifted.by for lifted in shipped.centre.lifted.values()} == {"Igor Testowy", "Filip Testowy"}


@pytest.fixture
async def kutno(tmp_path: Path) -> AsyncIterator[System]:
    settings = replace(factories.settings_in(tmp_path), centre="kutno", centre_overlay="")
    if not settings.master_key.exists():
        make_master_key(settings.master_key)
    async with app.open_system(settings, MovableClock(frozen=True)) as opened:
        yield opened


async def test_kutno_goes_live_once_it_has_a_number_hours_and_people(kutno: System) -> None:
    for code in ("phone", "hours", "rota"):
        with pytest.raises(BlockerStands):
            await centre.lift(kutno, IGOR, code, "gotowe", {})
    await centre.add_line(kutno, IGOR, "poik_1", "poik", "+48 24 000 00 00", "Telefon Ośrodka", chat=True)
    assert isinstance(opening(kutno.centre, "poik_1", MONDAY), Unknown)
    await centre.lift(kutno, IGOR, "phone", "numer podany przez kierownictwo", {})
    with pytest.raises(BlockerStands):
        await centre.lift(kutno, IGOR, "hours", "gotowe", {})
    await centre.set_hours(kutno, FILIP, "poik_1", TODAY, OFFICE)
    await centre.lift(kutno, FILIP, "hours", "uchwała", {})
    await factories.add_person(kutno, "Anna", lines=("poik_1",))
    await centre.lift(kutno, FILIP, "rota", "grafik na grudzień", {})
    await centre.lift(kutno, IGOR, "controller", "wskazano", CONTROLLER)
    await centre.lift(kutno, IGOR, "dpo", "wskazano", {"centre.dpo_email": "iod@pcpr.example"})
    await centre.lift(kutno, IGOR, "letter_recipients", "lista w sekretariacie", {})
    await centre.switch_chat(kutno, IGOR, True)
    assert (await factories.add_caller(kutno, line="poik_1")).contact_id
