"""What a text from outside must be before it is stored: something, not too much, and storable as it is."""

import re
from typing import Final

from hotline.errors import TextEmpty, TextMalformed, TextTooLong

MESSAGE_LIMIT: Final = 4000
REASON_LIMIT: Final = 500
DRAFT_LIMIT: Final = 16_000  # more than can be sent: what is too long is not lost before it is shortened
_HALF_A_LETTER: Final = re.compile("[\ud800-\udfff]")


def checked(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text without outer white space. Raises TextEmpty, TextTooLong, TextMalformed; changes nothing else."""
    if "\0" in text or _HALF_A_LETTER.search(text):
        raise TextMalformed
    trimmed = text.replace("\r\n", "\n").strip()
    if not trimmed:
        raise TextEmpty
    if len(trimmed) > limit:
        raise TextTooLong(limit=limit)
    return trimmed
