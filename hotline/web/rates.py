"""How much one network or one caller may send before the slow lane: in memory, per process, never in danger's way."""

import asyncio

from aiohttp import web

from hotline.errors import ManyContacts
from hotline.rules import abuse, triage
from hotline.sources import Sources
from hotline.web.addresses import network_of
from hotline.web.keys import SYSTEM


class Rates:
    """What this process has seen lately."""

    def __init__(self) -> None:
        self.starts = Sources(abuse.NETWORK_CEILING + 1, abuse.WITHIN)
        self.words = Sources(abuse.WORDS_MOST + 1, abuse.WORDS_WITHIN)


RATES: web.AppKey[Rates] = web.AppKey("rates", Rates)


def slow_lane(request: web.Request, danger: str | None) -> bool:
    """Must a contact that begins from here wait a while first? "Yes, now" never must, nor who comes from nowhere known.

    Raises ManyContacts far beyond what any shared network sends.
    """
    network = network_of(request)
    if danger == "yes" or not network:
        return False
    begun = request.app[RATES].starts.count(network, request.app[SYSTEM].clock.now())
    if begun > abuse.NETWORK_CEILING:
        raise ManyContacts(seconds=int(abuse.WITHIN.total_seconds()))
    return begun > abuse.NETWORK_MOST


async def pace(request: web.Request, contact_id: str, words: str) -> bool:
    """Answer later a caller who sends very much in one go; True if so. Words that sound like danger are not held up."""
    sent = request.app[RATES].words.count(contact_id, request.app[SYSTEM].clock.now())
    slow = sent > abuse.WORDS_MOST and not triage.flagged(words)
    if slow:
        await asyncio.sleep(abuse.WORDS_PAUSE)
    return slow
