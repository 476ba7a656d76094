"""Outbound → Bot API: the words of a contact, in order, at least once.

Telegram knows no idempotency key, so what was sent before a crash may be sent again after it (see channels).
"""

from collections import OrderedDict

import structlog

from bots.telegram import prompts
from bots.telegram.speaker import Speaker
from hotline.channels import Outbound, Refused
from hotline.errors import TextIncomplete
from hotline.rules.centre import Centre
from hotline.texts import say, told

log = structlog.get_logger()
LIMIT = 4096  # of one Telegram message, in UTF-16 units as its clients count
REMEMBERED = 1000


class Sender:
    """What `channels.Delivery` needs of Telegram. Raises Refused, Later, or Away for "try again"."""

    def __init__(self, speaker: Speaker, centre: Centre) -> None:
        self._speaker, self._centre = speaker, centre
        self._parts_sent: OrderedDict[tuple[str, int], int] = OrderedDict()

    async def __call__(self, outbound: Outbound) -> None:
        if not outbound.address:
            raise Refused
        key = (outbound.contact_id, outbound.seq)
        sent = self._parts_sent.get(key, 0)
        for part in split(self._text(outbound))[sent:]:
            await self._speaker.say(prompts.send(int(outbound.address), part))
            # Should a later part fail, the earlier ones are not said twice.
            sent += 1
            self._parts_sent[key] = sent
            while len(self._parts_sent) > REMEMBERED:
                self._parts_sent.popitem(last=False)
        self._parts_sent.pop(key, None)

    def _text(self, outbound: Outbound) -> str:
        """A person's words as they are; the program's are marked as such."""
        if outbound.text is not None:
            return outbound.text
        try:
            text = told(outbound.data, outbound.language, self._centre.zone)
        except (KeyError, TextIncomplete) as error:
            # It will not become sayable by waiting, and a person's words may be waiting behind it.
            log.error("a system text cannot be said", exc_info=error)
            raise Refused from None
        return f"{say('chat.system', outbound.language)}\n{text}"


def split(text: str, limit: int = LIMIT) -> list[str]:
    """The text in pieces of at most `limit` UTF-16 units, cut at a line's or word's end where there is one."""
    pieces = []
    while len(text.encode("utf-16-le")) // 2 > limit:
        # Bytes cut in the middle of a pair leave half a letter, which "ignore" drops.
        window = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        cut = max(window.rfind("\n"), window.rfind(" ")) + 1
        if cut <= len(window) // 2:
            cut = len(window)
        pieces.append(text[:cut].rstrip() or text[:cut])
        text = text[cut:]
    return [*pieces, text] if text.strip() or not pieces else pieces
