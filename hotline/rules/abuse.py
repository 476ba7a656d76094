"""Abuse: what it is called, how long a quarantine lasts, and how many contacts are many. Pure.

Nobody is refused for being many: a school or a hospital stands behind one address. Danger is never slowed.
"""

from datetime import timedelta
from typing import Final

REASONS: Final = ("insults", "threats", "sexual", "prank", "flood")
CONFIRMED, LIFTED = "confirmed", "lifted"
UNREVIEWED: Final = timedelta(hours=24)  # then it ends by itself
LONGEST_DAYS: Final = 7  # after somebody has looked

WITHIN: Final = timedelta(minutes=10)
NETWORK_MOST: Final = 30  # contacts begun from one network before the next ones are slowed
NETWORK_CEILING: Final = 300  # and before they are refused, for everybody else's sake
CHAT_MOST: Final = 5  # contacts begun from one chat
SLOWED: Final = timedelta(minutes=3)  # so long a contact of the slow lane waits outside the queue

WORDS_WITHIN: Final = timedelta(minutes=1)
WORDS_MOST: Final = 120  # of one caller: no hand types that, and a page that was away for hours keeps fewer
WORDS_PAUSE: Final = 2.0  # seconds by which each further one is answered later
# times that a page opens its line within that span: a bad connection is lost less often, and ours comes back less soon
HELLOS_MOST: Final = 30

HAND: Final = timedelta(seconds=1)  # between two messages, if a hand typed them
TURN: Final = 0.04  # seconds of this process for each message of those who wait and are faster than that
OPENING: Final = 0.04  # and for each page that opens its line while it waits: of many, the last notice it
