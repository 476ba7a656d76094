"""How much one network or one caller may send before the slow lane: in memory, per process, never in danger's way."""

import asyncio

from aiohttp import web

from hotline.actions import contacts
from hotline.errors import ManyContacts
from hotline.rules import abuse, contact, triage
from hotline.rules.access import Actor
from hotline.sources import REMEMBERED, Sources
from hotline.web.addresses import network_of
from hotline.web.keys import SYSTEM


class Lane:
    """One after the other, each so long after the one before; who comes while nobody else does passes at once."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._free_at = 0.0  # of the loop's clock

    async def passes(self, seconds: float) -> None:
        """Wait for the turn, which lasts that long."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if (wait := self._free_at - loop.time()) > 0:
                await asyncio.sleep(wait)
            self._free_at = loop.time() + seconds


class Rates:
    """What this process has seen lately."""

    def __init__(self) -> None:
        self.starts = Sources(abuse.NETWORK_CEILING + 1, abuse.WITHIN)
        self.words = Sources(abuse.WORDS_MOST + 1, abuse.WORDS_WITHIN)
        self.haste = Sources(2, abuse.HAND)
        self.hellos = Sources(abuse.HELLOS_MOST + 1, abuse.WORDS_WITHIN)
        self.row, self.door = Lane(), Lane()
        self.answered: set[str] = set()  # callers who were found to have somebody who reads


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


async def pace(request: web.Request, token: str, words: str) -> bool:
    """Answer later a caller who sends very much in one go; True if so. Words that sound like danger are not held up.

    Whoever waits and writes faster than a hand does takes turns with all who do: together they get a small part of
    this process, however many they are, and where nobody else does so, they notice nothing. Raises NotSignedIn.
    """
    rates, system = request.app[RATES], request.app[SYSTEM]
    who, now = system.vault.blind("web", token), system.clock.now()
    sent, hasty = rates.words.count(who, now), rates.haste.count(who, now) > 1
    slow, waits = sent > abuse.WORDS_MOST, hasty and who not in rates.answered
    if not (slow or waits) or triage.flagged(words):
        return False
    if slow:
        await asyncio.sleep(abuse.WORDS_PAUSE)
    if waits and not await _answered(request, token, who):
        await rates.row.passes(abuse.TURN)
        rates.haste.count(who, system.clock.now())  # the next comes in haste if it comes right after this
    return slow


async def hello(request: web.Request, token: str) -> tuple[Actor, str | None]:
    """Whose page it is that opens its line, and in which queue they stand.

    Those who wait take turns, for it costs more than a word; nobody who is in a talk waits for them.

    A page that comes back without end is let in later, whoever is in danger at once. Raises NotSignedIn.
    """
    rates, system = request.app[RATES], request.app[SYSTEM]
    often = rates.hellos.count(system.vault.blind("web", token), system.clock.now()) > abuse.HELLOS_MOST
    caller = await contacts.caller(system, token)
    if caller.priority != contact.P1:
        if often:
            await asyncio.sleep(abuse.WORDS_PAUSE)
        if caller.state != contact.ACTIVE:
            await rates.door.passes(abuse.OPENING)
    return contacts.actor_of(caller), caller.queue


async def _answered(request: web.Request, token: str, who: str) -> bool:
    """Does somebody read them? Asked once for each who is answered; whoever waits may not wait any more."""
    caller, answered = await contacts.caller(request.app[SYSTEM], token), request.app[RATES].answered
    if caller.state == contact.WAITING:
        return False
    if len(answered) >= REMEMBERED:
        answered.clear()
    answered.add(who)
    return True
