"""Pictures, voices, places: refused in the caller's language with what to do instead, and never fetched."""

from typing import Any

import pytest

from hotline.system import System
from hotline.texts import say
from tests.bots.bot_api import BotApi, Json
from tests.bots.doors import Door, contact_rows, until, words

pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
ANNA = 111_222_333
FILE = {"file_id": "x", "file_unique_id": "y"}
PHOTO = [{**FILE, "width": 1, "height": 1}]
CLIP = {**FILE, "width": 1, "height": 1, "duration": 1}
STICKER = {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}
PLACE = {"latitude": 50.87, "longitude": 20.63}
POLL = {
    "id": "1", "question": "Czy?", "options": [{"text": "tak", "voter_count": 0, "persistent_id": "a"}],
    "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular",
    "allows_multiple_answers": False, "allows_revoting": False, "members_only": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"photo": PHOTO}, "media_not_accepted"),
        ({"voice": {**FILE, "duration": 3}}, "media_not_accepted"),
        ({"audio": {**FILE, "duration": 3}}, "media_not_accepted"),
        ({"video": CLIP}, "media_not_accepted"),
        ({"animation": CLIP, "document": FILE}, "media_not_accepted"),
        ({"video_note": {**FILE, "length": 1, "duration": 1}}, "media_not_accepted"),
        ({"document": FILE}, "media_not_accepted"),
        ({"sticker": STICKER}, "telegram.words_only"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "telegram.words_only"),
        ({"poll": POLL}, "telegram.words_only"),
        ({"location": PLACE}, "telegram.no_place"),
        (
            {"venue": {"location": PLACE, "title": "x", "address": "y"}, "location": PLACE},
            "telegram.no_place",
        ),
        ({"contact": {"phone_number": "600100200", "first_name": "Ktoś"}}, "telegram.no_person"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
async def test_media_are_refused_and_never_fetched(
    system: System, api: BotApi, door: Door, content: Json, text: str
) -> None:
    await door.open()
    await door.bring(api.message(ANNA, "привіт", language="uk"))
    await door.bring(api.message(ANNA, **content))
    await until(lambda: say(text, "uk") in api.texts(ANNA))
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["привіт"]
    assert api.calls("getFile") == []


async def test_the_words_under_a_picture_are_words(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.bring(api.message(ANNA, photo=PHOTO, caption="On ma nóż"))
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["On ma nóż"]
    assert row.priority == "P2"
    await until(lambda: say("media_not_accepted", "pl") in api.texts(ANNA))


async def test_an_album_is_refused_once_and_its_captions_are_kept(
    system: System, api: BotApi, door: Door
) -> None:
    await door.open()
    await door.say(ANNA, "halo")
    captions: dict[int, dict[str, Any]] = {2: {"caption": "tak wygląda pokój"}, 7: {"caption": "a tak drzwi"}}
    album = [
        api.message(ANNA, photo=PHOTO, media_group_id="13579", **captions.get(each, {})) for each in range(10)
    ]
    await api.put(*album)
    await until(lambda: not api.unconfirmed())
    await door.say(ANNA, "koniec")
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo", "tak wygląda pokój", "a tak drzwi", "koniec"]
    assert api.texts(ANNA).count(say("media_not_accepted", "pl")) == 1
    await door.bring(api.message(ANNA, photo=PHOTO, media_group_id="13580"))
    assert api.texts(ANNA).count(say("media_not_accepted", "pl")) == 2
