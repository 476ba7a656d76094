"""What is no words: refused kindly, with what to do instead, and never downloaded."""

from collections import OrderedDict

from aiogram.types import Message

# Content type → the text that answers it. Whatever is not named here is a service message and gets none.
SHOWN = (
    "animation",
    "audio",
    "document",
    "live_photo",
    "paid_media",
    "photo",
    "story",
    "video",
    "video_note",
)
REFUSALS = {
    **dict.fromkeys((*SHOWN, "voice"), "media_not_accepted"),
    **dict.fromkeys(("checklist", "dice", "game", "poll", "rich_message", "sticker"), "telegram.words_only"),
    **dict.fromkeys(("location", "venue"), "telegram.no_place"),
    "contact": "telegram.no_person",
}
REMEMBERED = 1000


class Refusals:
    """Knows which albums were refused: ten pictures sent at once come as ten messages, and get one answer."""

    def __init__(self) -> None:
        self._albums: OrderedDict[tuple[int, str], None] = OrderedDict()

    def text_for(self, message: Message) -> str | None:
        """Key of the text that refuses this message; None for words, and for the rest of a refused album."""
        key = REFUSALS.get(message.content_type)
        if key is None or message.media_group_id is None:
            return key
        album = (message.chat.id, message.media_group_id)
        if album in self._albums:
            return None
        self._albums[album] = None
        while len(self._albums) > REMEMBERED:
            self._albums.popitem(last=False)
        return key
