"""Edited messages: the correction stands beside the message, sealed, and what was written first stays."""

from sqlalchemy import select

from hotline.actions import contacts, offers
from hotline.store import tables, views
from hotline.store.views import Entry
from hotline.system import System
from hotline.texts import say
from hotline.web import caller_view
from tests import factories
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, entries, until, words
from tests.bots.test_media import PHOTO
from tests.databases import sqlite_only

ANNA = 111_222_333


async def edits(system: System, contact_id: str) -> list[Entry]:
    return [each for each in await entries(system, contact_id) if each.kind == "edit"]


async def test_a_correction_is_an_entry_that_names_its_message(
    system: System, api: BotApi, door: Door
) -> None:
    await door.open()
    first, second = api.message(ANNA, "jestem na Zytniej"), api.message(ANNA, "pod czternastym")
    correction, again = (api.correction(first, text) for text in ("jestem na Żytniej", "jestem na Żytniej 5"))
    for update in (first, second, correction, again):
        await door.bring(update)
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["jestem na Zytniej", "pod czternastym"]
    said = await entries(system, row.id)
    (original,) = [each.seq for each in said if each.text == "jestem na Zytniej"]
    found = [(each.ref_seq, each.text, each.author) for each in await edits(system, row.id)]
    assert found == [
        (original, "jestem na Żytniej", "caller"),
        (original, "jestem na Żytniej 5", "caller"),
    ]
    await until(lambda: api.texts(ANNA).count(say("telegram.edited_noted", "pl")) == 2)
    # Coming again, after a crash or not, it changes nothing.
    await door.kill()
    await door.open()
    await api.put(first, correction, again)
    await until(lambda: not api.unconfirmed())
    assert len(await edits(system, row.id)) == 2


async def test_words_and_message_are_unreadable_in_the_database(
    system: System, api: BotApi, door: Door
) -> None:
    await door.open()
    first = api.message(ANNA, "pierwsza treść")
    await door.bring(first)
    await door.bring(api.correction(first, "poprawiona treść"))
    async with system.read() as tx:
        rows = (await tx.connection.execute(select(tables.entries))).all()
    (source,) = {row.source_blind for row in rows if row.source_blind}
    assert len(source) == 64
    assert str(ANNA) not in source
    assert not any("treść".encode() in bytes(row.body_sealed or b"") for row in rows)


@sqlite_only
async def test_danger_in_a_correction_raises(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    first = api.message(ANNA, "nic takiego")
    await door.bring(first)
    await door.bring(api.correction(first, "on ma nóż"))
    (row,) = await contact_rows(system)
    assert (row.priority, row.flags) == ("P2", ["phrase"])
    assert [each.text for each in await edits(system, row.id)] == ["on ma nóż"]


@sqlite_only
async def test_what_was_never_here_cannot_be_corrected(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    unknown = api.message(ANNA, "z dawnych czasów")
    await door.bring(api.correction(unknown, "poprawka"))
    assert await contact_rows(system) == []
    assert api.texts(ANNA) == [say("telegram.edit_lost", "pl")]
    await door.say(ANNA, "halo")
    await door.bring(api.correction(unknown, "jeszcze jedna"))
    (row,) = await contact_rows(system)
    assert await edits(system, row.id) == []
    assert api.texts(ANNA).count(say("telegram.edit_lost", "pl")) == 2


@sqlite_only
async def test_a_contact_that_is_over_stays_as_it_was(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    first = api.message(ANNA, "halo")
    await door.bring(first)
    (row,) = await contact_rows(system)
    offer = await factories.offer_to(system, row.id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)
    await contacts.end(system, person.actor, row.id, "completed")
    await door.bring(api.correction(first, "zabiję się"))
    assert say("telegram.edit_lost", "pl") in api.texts(ANNA)
    # Nor does it leak into the contact that follows.
    await door.say(ANNA, "od nowa")
    await door.bring(api.correction(first, "zabiję się dziś"))
    rows = await contact_rows(system)
    assert [len(await edits(system, each.id)) for each in rows] == [0, 0]
    assert [each.priority for each in rows] == ["P3", "P3"]


@sqlite_only
async def test_edits_that_change_no_words_are_no_news(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    first, place = api.message(ANNA, "halo"), api.message(ANNA, location={"latitude": 50, "longitude": 20})
    for update in (first, place, api.correction(first), api.correction(place), api.message(ANNA, "/pomoc")):
        await door.bring(update)
    (row,) = await contact_rows(system)
    assert await edits(system, row.id) == []
    assert not {say(f"telegram.{key}", "pl") for key in ("edited_noted", "edit_lost")} & set(api.texts(ANNA))


@sqlite_only
async def test_captions_are_corrected_like_words(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    picture = api.message(ANNA, photo=PHOTO, caption="tak wyglada")
    await door.bring(picture)
    await door.bring(api.correction(picture, caption="tak wygląda"))
    (row,) = await contact_rows(system)
    assert [each.text for each in await edits(system, row.id)] == ["tak wygląda"]


@sqlite_only
async def test_the_callers_view_reads_as_corrected(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    first = api.message(ANNA, "jestem na Zytniej")
    await door.bring(first)
    await door.bring(api.correction(first, "jestem na Żytniej"))
    (row,) = await contact_rows(system)
    async with system.read() as tx:
        frame = await caller_view.frame(tx, row.id, 0, "pl")
        later = await caller_view.frame(tx, row.id, 1, "pl")
        now = await views.words_now(tx, row.id, 1)
    assert frame["entries"][0]["text"] == now == "jestem na Żytniej"
    (edit,) = [each for each in later["entries"] if each["kind"] == "edit"]
    assert (edit["ref"], edit["text"]) == (1, "jestem na Żytniej")
