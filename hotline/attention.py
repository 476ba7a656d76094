"""What the clock does around conversations: nobody sits with a console that is gone, no word stays unanswered,
and nobody is asked to take one for ever.

It looks often and acts seldom: every look is one reading, and an action checks again what the look has found.
"""

from datetime import datetime, timedelta

from hotline.actions import disconnects, reply_watch, transfers
from hotline.rules.access import Actor
from hotline.rules.alarms import REPLY_LATE
from hotline.rules.presence import RETURN, given_back_at
from hotline.rules.reply_watch import due, late
from hotline.rules.transfer import stale
from hotline.store.attendance import ringing
from hotline.store.held import Held, held
from hotline.store.transfers import live_transfers
from hotline.store.turns import turns
from hotline.system import System

PAUSE = timedelta(seconds=10)  # between two looks: longer, and silence may have been our own


class Attention:
    """For the engine, once a second."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._looked_at: datetime | None = None
        self._hears_since: datetime | None = None

    async def look(self, actor: Actor) -> int:
        """One look at the conversations, and what follows from it. Returns how many things were done."""
        async with self._system.read() as tx:
            talks, their_turns, now, pace = await held(tx), await turns(tx), tx.now, tx.centre.talks
            rings = await ringing(tx, REPLY_LATE)
            asked = [
                each.id
                for each in await live_transfers(tx)
                if stale(each.state, each.deadline_at, each.seen_at, now)
            ]
        done = 0
        for transfer_id in asked:
            done += await transfers.end_stale(self._system, actor, transfer_id)
        for talk in self._lost(talks, now):
            done += await disconnects.give_back(self._system, actor, talk)
        if rings != {turn.contact_id for turn in their_turns if late(turn, now, pace) == "supervisor"}:
            done += await reply_watch.ring(self._system, actor)
        for turn in their_turns:
            if due(turn, now, pace):
                done += await reply_watch.break_silence(self._system, actor, turn.contact_id)
        return done

    def _lost(self, talks: list[Held], now: datetime) -> list[Held]:
        """Not after a pause of ours or of the database: then nobody could be heard, and all must come back first."""
        if self._looked_at is None or now - self._looked_at > PAUSE:
            self._hears_since = now
        self._looked_at = now
        if self._hears_since is None or now - self._hears_since < RETURN:
            return []
        return [talk for talk in talks if now >= given_back_at(talk.seen_at, talk.since)]
