"""/stop ends an approach from the caller's side, truthfully for both; the other commands and their menu."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.actions import offers
from hotline.rules import alarms
from hotline.store import tables, views
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, entries, until, words
from tests.databases import sqlite_only

ANNA = 111_222_333


async def ringing(system: System) -> list[tuple[str, str]]:
    """(kind, thing) of every alarm that rings."""
    async with system.read() as tx:
        query = select(tables.alarms).where(tables.alarms.c.ended_at.is_(None))
        return [(row.kind, row.thing_id) for row in await tx.connection.execute(query)]


async def states(system: System, contact_id: str) -> list[dict[str, str]]:
    return [each.data for each in await entries(system, contact_id) if each.kind == "state"]


async def test_who_waited_is_offered_to_nobody_any_more(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "halo")
    (row,) = await contact_rows(system)
    assert await factories.offer_to(system, row.id, person.id) is not None
    stop = api.message(ANNA, "/stop")
    await door.bring(stop)
    (row,) = await contact_rows(system)
    assert (row.state, row.end_reason) == ("closed", "caller_left")
    assert row.ended_at == row.closed_at is not None
    assert await states(system, row.id) == [{"to": "closed", "reason": "caller_left"}]
    assert await factories.pending(system) == []
    await until(lambda: say("telegram.stopped", "pl") in api.texts(ANNA))
    # Again after a crash: nothing is owed and nothing is said.
    await door.kill()
    await api.put(stop)
    await door.open()
    await until(lambda: not api.unconfirmed())
    assert say("telegram.stop_nothing", "pl") not in api.texts(ANNA)
    await door.say(ANNA, "jednak chcę porozmawiać")
    _, new = await contact_rows(system)
    assert (new.state, await words(system, new.id)) == ("waiting", ["jednak chcę porozmawiać"])


@sqlite_only
async def test_the_counsellor_is_told_and_owes_the_summary(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "halo")
    (row,) = await contact_rows(system)
    offer = await factories.offer_to(system, row.id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)
    await door.say(ANNA, "/stop")
    (row,) = await contact_rows(system)
    assert (row.state, row.end_reason, row.holder_id) == ("wrap_up", "caller_left", person.id)
    assert (await states(system, row.id))[-1] == {"to": "wrap_up", "reason": "caller_left"}
    async with system.read() as tx:
        (assignment,) = (await tx.connection.execute(select(tables.assignments))).all()
        desk = await views.console(tx, system.centre, person.actor)
    assert assignment.until_at is not None
    assert [(each.state, each.contact_id) for each in desk.mine] == [("wrap_up", row.id)]
    await door.say(ANNA, "od nowa")
    assert [each.state for each in await contact_rows(system)] == ["wrap_up", "waiting"]


@sqlite_only
@pytest.mark.parametrize("answered", [False, True])
async def test_danger_stays_open_with_an_alarm(
    system: System, api: BotApi, door: Door, answered: bool
) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "halo")
    await door.press(ANNA, "danger:yes:pl")
    (row,) = await contact_rows(system)
    if answered:
        offer = await factories.offer_to(system, row.id, person.id)
        assert offer is not None
        await offers.accept(system, person.actor, offer.id, offer.token)
    await door.say(ANNA, "/stop")
    await until(lambda: say("telegram.stopped_danger", "pl") in api.texts(ANNA))
    assert say("telegram.stopped", "pl") not in api.texts(ANNA)
    (row,) = await contact_rows(system)
    assert row.state == ("active" if answered else "waiting")
    assert await ringing(system) == [(alarms.CALLER_LEFT, row.id)]
    async with system.read() as tx:
        head = await views.contact_head(tx, row.id)
        assert head is not None
        assert views.caller_away(head, tx.now + timedelta(seconds=1))
    # One person in danger is one contact: who writes again is back in it, and the alarm falls silent.
    await door.say(ANNA, "jestem")
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo", "jestem"]
    assert row.caller_left_at is None
    assert await ringing(system) == []


@sqlite_only
async def test_nothing_to_stop_and_nothing_remembered(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.press(ANNA, "danger:unsure:pl")
    await door.press(ANNA, "under18:yes:pl")
    await door.say(ANNA, "/stop")
    assert api.texts(ANNA)[-1] == say("telegram.stop_nothing", "pl")
    await door.say(ANNA, "halo")
    (row,) = await contact_rows(system)
    assert (row.danger, row.under18) == (None, False)


@sqlite_only
async def test_language_and_privacy(system: System, api: BotApi, door: Door) -> None:
    await door.open(public_url="https://pomoc.example")
    for command in ("/jezyk", "/language"):
        await door.say(ANNA, command)
    assert api.texts(ANNA) == [say("telegram.choose_language", "pl")] * 2
    assert api.buttons(ANNA)[:3] == ["language:pl:pl", "language:uk:pl", "language:en:pl"]
    await door.say(ANNA, "/privacy")
    assert "https://demo.example/rozmowa" in api.texts(ANNA)[2]
    assert "https://pomoc.example/prywatnosc?lang=pl" in api.texts(ANNA)[3]
    assert await contact_rows(system) == []


@sqlite_only
async def test_the_menu_is_set_for_each_language(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await until(lambda: set(api.menus) == {"", "pl", "uk", "en"})
    names = {language: [each["command"] for each in menu] for language, menu in api.menus.items()}
    assert names["pl"] == names[""] == ["pomoc", "jezyk", "prywatnosc", "oddzwonienie", "stop"]
    assert names["uk"] == names["en"] == ["help", "language", "privacy", "callback", "stop"]
    assert api.menus["uk"][0]["description"] == say("telegram.menu_help", "uk")
