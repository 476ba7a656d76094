"""How much one network or one caller may send before the slow lane: in memory, per process, never in danger's way."""

import asyncio

from aiohttp import web

from hotline.errors import ManyContacts
from hotline.rules import abuse, contact, triage
from hotline.sources import REMEMBERED, Sources
from hotline.store import views
from hotline.web.addresses import network_of
from hotline.web.keys import SYSTEM


class Rates:
    """What this process has seen lately."""

    def __init__(self) -> None:
        self.starts = Sources(abuse.NETWORK_CEILING + 1, abuse.WITHIN)
        self.words = Sources(abuse.WORDS_MOST + 1, abuse.WORDS_WITHIN)
        self.haste = Sources(2, abuse.HAND)
        self.row = asyncio.Lock()
        self.answered: set[str] = set()  # contacts that were found to have somebody who reads


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
    """Answer later a caller who sends very much in one go; True if so. Words that sound like danger are not held up.

    Whoever waits and writes faster than a hand does takes turns with all who do: together they get a small part of
    this process, however many they are, and where nobody else does so, they notice nothing.
    """
    rates, now = request.app[RATES], request.app[SYSTEM].clock.now()
    sent, hasty = rates.words.count(contact_id, now), rates.haste.count(contact_id, now) > 1
    if triage.flagged(words):
        return False
    slow = sent > abuse.WORDS_MOST
    if slow:
        await asyncio.sleep(abuse.WORDS_PAUSE)
    if hasty and not await _answered(request, contact_id):
        async with rates.row:
            await asyncio.sleep(abuse.TURN)
    return slow


async def _answered(request: web.Request, contact_id: str) -> bool:
    """Does somebody read them? Asked once for each who is answered; whoever waits may not wait any more."""
    answered = request.app[RATES].answered
    if contact_id not in answered:
        async with request.app[SYSTEM].read() as tx:
            head = await views.contact_head(tx, contact_id)
        if head is None or head.state == contact.WAITING:
            return False
        if len(answered) >= REMEMBERED:
            answered.clear()
        answered.add(contact_id)
    return True
