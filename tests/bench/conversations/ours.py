"""`hotline web` or `hotline serve` as it is, but for what a benchmark must change, and says that it changes.

The limit of a caller's pace is lifted: in a closed loop each of them sends dozens of messages a second, and the
product answers whoever sends more than 120 a minute two seconds later. Messages are still counted, as those of
somebody who types. With --orm the journal is replaced by one
that commits every message in an ORM session of its own: the same path without group commit. With --profile it tells
where the time goes from one signal to another.
"""

import argparse
import cProfile
import signal
import sys
import time

from aiohttp import web

from hotline import __main__ as hotline
from hotline.rules import abuse
from hotline.web import rates
from hotline.web.keys import SYSTEM
from tests.bench.conversations import one_by_one

UNLIMITED = (
    "callers' pace of 120 messages a minute is lifted in our processes, see tests/bench/conversations/ours.py"
)


BEGIN, END = signal.SIGUSR1, signal.SIGUSR2  # of what is to be profiled


def lift_the_limit() -> None:
    """Nobody is slowed; the few messages that a hand types in a minute are remembered."""
    abuse.WORDS_MOST = 5  # type: ignore[misc]

    async def pace(request: web.Request, token: str, words: str) -> bool:
        known, system = request.app[rates.RATES], request.app[SYSTEM]
        who, now = system.vault.blind("web", token), system.clock.now()
        known.words.count(who, now)
        known.haste.count(who, now)
        return False

    rates.pace = pace


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["web", "serve"])
    parser.add_argument("--orm", action="store_true")
    parser.add_argument("--profile", metavar="FILE")
    chosen = parser.parse_args()
    lift_the_limit()
    if chosen.orm:
        one_by_one.instead_of_the_journal()
    if not chosen.profile:
        return hotline.main([chosen.part])
    profile = cProfile.Profile(time.process_time)  # what others take of the machine is not ours
    signal.signal(BEGIN, lambda *_: profile.enable())
    signal.signal(END, lambda *_: profile.disable())
    try:
        return hotline.main([chosen.part])
    finally:
        profile.dump_stats(chosen.profile)


if __name__ == "__main__":
    sys.exit(main())
