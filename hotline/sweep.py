"""Looks whether what is due for each waiting contact also happens; where it does not, a person must look."""

from datetime import datetime, timedelta

from hotline.actions import ladder
from hotline.rules.access import Actor
from hotline.rules.assignment import NEVER, Pending, Waiting
from hotline.rules.dispatch import decide
from hotline.rules.ladder import STUCK_AFTER, Event, next_event
from hotline.store import queries
from hotline.store.ladder import standings
from hotline.system import System

EVERY = timedelta(seconds=5)


class Sweep:
    """For the engine, every few seconds. It remembers since when the same thing has been due."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._due: dict[tuple[str, str, str], datetime] = {}
        self._looked_at = NEVER

    async def look(self, actor: Actor) -> int:
        """One look; how many contacts were found stuck that were not known to be."""
        now = self._system.clock.now()
        if abs(now - self._looked_at) < EVERY:
            return 0
        self._looked_at = now
        events = await self._events()
        due = {(contact_id, event.kind, event.what) for contact_id, event in events.items() if event.due(now)}
        self._due = {each: self._due.get(each, now) for each in due}
        stuck = {contact_id for (contact_id, *_), since in self._due.items() if now - since >= STUCK_AFTER}
        rung = 0
        for contact_id in sorted(stuck):
            rung += await ladder.ring_stuck(self._system, actor, contact_id)
        return rung

    async def _events(self) -> dict[str, Event]:
        """Contact -> what happens next to it."""
        async with self._system.read() as tx:
            waiting = await queries.waiting(tx)
            if not waiting:
                return {}
            able = {each.contact_id for each in decide(waiting, await queries.people(tx), tx.now)}
            offers = {each.id: _last_to_end(each) for each in waiting}
            return {
                each.contact_id: next_event(
                    each, offers.get(each.contact_id), able=each.contact_id in able, now=tx.now
                )
                for each in await standings(tx)
            }


def _last_to_end(contact: Waiting) -> Pending | None:
    return max(contact.offers, key=lambda each: each.deadline_at, default=None)
