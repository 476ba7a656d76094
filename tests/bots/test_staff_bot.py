"""The staff's bot: linked by a one-time code, told once of each occasion and of nothing else; callers find the way."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bots.telegram import notices
from hotline import config
from hotline.actions import alarms, ladder, presence, staff_notices
from hotline.clockwork import Clockwork
from hotline.errors import ConfigInvalid, NotFound
from hotline.rules import contact
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.alarms import CALLER_LEFT
from hotline.store import queries, tables
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots import bot_api as server
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, until
from tests.databases import sqlite_only
from tests.rosters import at_home

STAFF_TOKEN = "5151515151:AAh-the_staffs_bot_of-these-tests_01234567"
EWA, FILIP, STRANGER = (1 << 52) + 77, 222_333_444, 999_888_777
LEADS = ("supervisor",)


@pytest.fixture(autouse=True)
def as_the_staffs_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TOKEN", STAFF_TOKEN)
    monkeypatch.setattr(notices, "TICK_SECONDS", 0.05)


async def opened(door: Door) -> None:
    await door.open(telegram_token="", staff_telegram_token=STAFF_TOKEN)


async def linked(system: System, door: Door, person: factories.Person, chat: int) -> None:
    code = await staff_notices.issue_code(system, person.actor, person.id)
    await door.say(chat, f"/start {code}")


def told(api: BotApi, chat: int) -> list[str]:
    """The notices a person got, by their kind."""
    kinds = {say(f"staff_bot.notice_{kind}", "pl", url="X").split(" X")[0].split(": X")[0]: kind for kind in (
        "alarm", "danger", "nobody", "silent")}  # fmt: skip
    return [kind for text in api.texts(chat) for start, kind in kinds.items() if text.startswith(start)]


async def ring(system: System, thing: str) -> None:
    async with system.transaction(OPERATOR) as tx:
        await alarms.raised(tx, CALLER_LEFT, "contact", thing)


async def test_a_chat_is_linked_by_a_code_that_works_once(system: System, api: BotApi, door: Door) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    filip = await factories.add_person(system, "Filip", roles=LEADS)
    await opened(door)
    code = await staff_notices.issue_code(system, ewa.actor, ewa.id)
    update = api.message(EWA, f"/start {code}")
    await door.bring(update)
    assert api.texts(EWA) == [say("staff_bot.linked", "pl")]
    await door.say(FILIP, f"/start {code}")
    assert api.texts(FILIP) == [say("staff_bot.code_gone", "pl", line="195 13")]
    async with system.read() as tx:
        (row,) = (await tx.connection.execute(select(tables.staff_chats))).all()
    assert row.staff_id == ewa.id
    assert str(EWA).encode() not in bytes(row.address_sealed)
    assert str(EWA) not in row.chat_blind
    with pytest.raises(NotFound):
        await staff_notices.issue_code(system, filip.actor, ewa.id)
    await door.kill()
    await api.put(update)  # once more after a crash: the truth, not "does not work"
    await opened(door)
    await until(lambda: api.texts(EWA) == [say("staff_bot.linked", "pl")] * 2)


@sqlite_only
async def test_supervisors_are_told_of_an_alarm_once_and_of_nothing_else(
    system: System, api: BotApi, door: Door
) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    anna = await factories.add_person(system, "Anna")
    await opened(door)
    for person, chat in ((ewa, EWA), (anna, FILIP)):
        await linked(system, door, person, chat)
    caller = await factories.talk(system, anna, text="tajne słowa")
    await ring(system, caller.contact_id)
    await until(lambda: told(api, EWA))
    await door.kill()
    await opened(door)
    await ring(system, "11111111-1111-4111-8111-111111111111")
    await until(lambda: len(told(api, EWA)) == 2)
    assert told(api, EWA) == ["alarm", "alarm"]
    assert told(api, FILIP) == []
    everything = str(api.requests)
    for secret in ("tajne", caller.contact_id, caller.contact_id[:8], "K/2026", "195 13 "):
        assert secret not in everything


@sqlite_only
async def test_somebody_waits_and_nobody_is_there(system: System, api: BotApi, door: Door) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS, hours=None)
    await opened(door)
    await linked(system, door, ewa, EWA)
    first = await factories.add_caller(system)
    await factories.add_caller(system)
    await until(lambda: told(api, EWA) == ["nobody"])
    anna = await factories.add_person(system, "Anna", present=False)
    await linked(system, door, anna, FILIP)
    await until(lambda: told(api, EWA) == ["nobody", "silent"] and told(api, FILIP) == ["silent"])
    async with system.read() as tx:
        made = (await tx.connection.execute(select(tables.staff_notices))).all()
    assert {row.occasion for row in made} == {f"contact:{first.contact_id}"}


@sqlite_only
async def test_somebody_at_home_takes_over_by_one_press(system: System, api: BotApi, door: Door) -> None:
    beata = await factories.add_person(system, "Beata", hours=None, present=False)
    await at_home(system, (2, beata.id))
    await presence.set_intent(system, beata.actor, "off")
    await opened(door)
    await linked(system, door, beata, FILIP)
    caller = await factories.add_caller(system, text="tajne słowa")
    await ladder.climb(system, await factories.leading(system), caller.contact_id)
    await until(lambda: api.buttons(FILIP))
    (button,) = api.buttons(FILIP)
    name = system.centre.line(factories.TRUST).name_pl
    assert any(text.startswith(f"Ktoś czeka: {name}.") for text in api.texts(FILIP))
    await door.press(EWA, button)
    await until(lambda: api.texts(EWA) == [say("staff_bot.call_gone", "pl")])
    await door.press(FILIP, button)
    console = f"{system.settings.origin}/console"
    await until(lambda: api.texts(FILIP)[-1] == say("staff_bot.call_taken", "pl", url=console))
    async with system.read() as tx:
        row = await queries.staff_row(tx, beata.id)
    assert row is not None
    assert row.intent == "available"
    for secret in ("tajne", caller.contact_id):
        assert secret not in str(api.requests)


@sqlite_only
async def test_gaps_and_missing_people_are_told_by_line_and_hour_without_names(
    system: System, api: BotApi, door: Door, clock: factories.MovableClock
) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS, hours=None)
    await factories.add_person(system, "Anna", hours=8, present=False)
    await opened(door)
    await linked(system, door, ewa, EWA)
    clock.advance(minutes=5)
    await Clockwork(system).look(await factories.leading(system))
    await until(lambda: len(api.texts(EWA)) == 3)
    missed, gaps = sorted(api.texts(EWA)[1:])
    name = system.centre.line(factories.TRUST).name_pl
    assert f"{name}: nikogo na dyżurze, 23.11 18:00 – dalej bez planu (za mniej niż dobę)" in gaps
    assert "I jeszcze:" in gaps
    assert missed.startswith(f"Dyżur nie podjęty: {name}.")
    assert "Anna" not in gaps + missed


@sqlite_only
async def test_a_live_console_is_no_news(system: System, api: BotApi, door: Door) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    await factories.add_person(system, "Anna")
    await opened(door)
    await linked(system, door, ewa, EWA)
    await factories.add_caller(system)
    await ring(system, "11111111-1111-4111-8111-111111111111")
    await until(lambda: told(api, EWA))
    assert told(api, EWA) == ["alarm"]


@sqlite_only
async def test_danger_that_waits_is_told_to_those_on_duty_too(
    system: System, api: BotApi, door: Door
) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    anna = await factories.add_person(system, "Anna")
    behind = await factories.add_person(system, "Karol", (factories.PERPETRATORS,), roles=LEADS)
    await opened(door)
    for person, chat in ((ewa, EWA), (anna, FILIP), (behind, 4711)):
        await linked(system, door, person, chat)
    caller = await factories.add_caller(system, danger="yes", line=factories.TRUST)
    assert isinstance(system.clock, factories.MovableClock)
    system.clock.advance(seconds=61)
    await alarms.ring(system, await factories.leading(system), caller.contact_id)
    await until(lambda: "danger" in told(api, EWA) and "danger" in told(api, FILIP))
    async with system.read() as tx:
        (row,) = (await tx.connection.execute(select(tables.contacts))).all()
    barred = system.centre.barred_lines(row.line, row.queue)
    assert row.priority == contact.P1
    assert ("danger" in told(api, 4711)) == (not barred & {factories.PERPETRATORS})


@sqlite_only
async def test_nobody_linked_nothing_noted(system: System, api: BotApi, door: Door) -> None:
    await factories.add_caller(system)
    await opened(door)
    await door.say(STRANGER, "halo, pomocy")
    async with system.read() as tx:
        assert (await tx.connection.execute(select(tables.staff_notices))).all() == []
        assert len((await tx.connection.execute(select(tables.contacts))).all()) == 1
    assert api.texts(STRANGER) == [say("staff_bot.stranger", "pl", line="195 13")]
    assert "112" in api.texts(STRANGER)[0]
    assert "195 13" in api.texts(STRANGER)[0]


@sqlite_only
@pytest.mark.parametrize("how", ["stop", "block", "page", "leaving"])
async def test_unlinked_nothing_comes_any_more(system: System, api: BotApi, door: Door, how: str) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    await opened(door)
    await linked(system, door, ewa, EWA)
    await door.say(EWA, "co to za bot?")
    assert api.texts(EWA)[-1] == say("staff_bot.help", "pl")
    if how == "stop":
        await door.say(EWA, "/stop")
        assert api.texts(EWA)[-1] == say("staff_bot.unlinked", "pl")
    elif how == "block":
        await door.bring(api.membership(EWA, "kicked"))
    elif how == "page":
        await staff_notices.unlink(system, ewa.actor, ewa.id)
    else:
        async with system.transaction(OPERATOR) as tx:
            statement = tables.staff.update().where(tables.staff.c.id == ewa.id).values(active=False)
            await tx.connection.execute(statement)
    await ring(system, "11111111-1111-4111-8111-111111111111")
    assert await staff_notices.gather(system, CHANNEL) == 0
    assert told(api, EWA) == []


@sqlite_only
async def test_old_news_is_not_told(system: System, api: BotApi, door: Door) -> None:
    ewa = await factories.add_person(system, "Ewa", roles=LEADS)
    await opened(door)
    await linked(system, door, ewa, EWA)
    await door.kill()
    await ring(system, "11111111-1111-4111-8111-111111111111")
    assert await staff_notices.gather(system, CHANNEL) == 1
    assert isinstance(system.clock, factories.MovableClock)
    system.clock.advance(minutes=11)
    await ring(system, "22222222-2222-4222-8222-222222222222")
    await opened(door)
    await until(lambda: told(api, EWA))
    assert told(api, EWA) == ["alarm"]


def test_the_two_bots_are_two(tmp_path: Path) -> None:
    callers = "4242424242:AAh-only_for_these-tests_0123456789abcd"
    given = {"HOTLINE_DATA": str(tmp_path), "HOTLINE_TELEGRAM_TOKEN": callers}
    same_bot = callers.partition(":")[0] + ":AAh-a_renewed_one_of_the-same_bot-0123456"
    for token in (callers, same_bot):
        with pytest.raises(ConfigInvalid, match=r"^HOTLINE_STAFF_TELEGRAM_TOKEN: must be another"):
            config.read({**given, "HOTLINE_STAFF_TELEGRAM_TOKEN": token})
    assert config.read({**given, "HOTLINE_STAFF_TELEGRAM_TOKEN": STAFF_TOKEN}).staff_telegram_token
