"""The evaluator of duty against the oracle, at length: python -m tests.bench.duty_campaign [PAIRS]

Twenty years in six zones: every edge of every day, each minute of every clock change's two days, and random
pairs of a roster and an instant (100,000 by default). Prints how many, how many differ, and the seconds.
"""

import sys
import time
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hotline.rules.duty.expansion import edges
from tests.rules.duty import differences
from tests.rules.duty.oracle import Walls, instant
from tests.rules.duty.worlds import LINES, YEARS, ZONES, ask, changes, world

PAIRS_PER_ROSTER = 50
MARKS = (0, 119, 120, 135, 150, 180, 360, 840, 1320, 1440, 1800)


def edges_of_all_days(zone: ZoneInfo) -> tuple[int, list[str]]:
    """Every start and end on these marks, on every day of the twenty years, against a walk over real minutes."""
    looked, wrong = 0, []
    for year in YEARS:
        seen = Walls(zone, date(year, 1, 1), 366)
        day = date(year, 1, 1)
        while day.year == year:
            for mark in MARKS:
                found = edges(day, mark, mark, zone)
                looked += 2
                if found != (instant(seen.starts(day, mark)), instant(seen.ends(day, mark))):
                    wrong.append(f"{zone} {day} {mark}: {found}")
            day += timedelta(days=1)
    return looked, wrong


def nights(zone: ZoneInfo) -> tuple[int, list[str]]:
    wrong = []
    for number, first in enumerate(changes(zone)):
        wrong += differences.night_by_minutes(Random(number), zone, first)
    return len(changes(zone)) * len(LINES) * 2 * 1440, wrong


def random_pairs(count: int) -> tuple[int, int, list[str]]:
    """(pairs, answers followed to their end, differences)"""
    followed, wrong = 0, []
    for seed in range(count // PAIRS_PER_ROSTER):
        rng = Random(seed)
        it = world(rng)
        wrong += differences.random_pairs(rng, it, PAIRS_PER_ROSTER)
        if seed % 5 == 0:
            board, oracle = it.board(), it.oracle()
            for line in LINES:
                (when,) = differences.instants(rng, it, board, line, 1)
                wrong += differences.holding(board, oracle, line, when, ask(rng))
                followed += 1
    return count // PAIRS_PER_ROSTER * PAIRS_PER_ROSTER, followed, wrong


def main(pairs: int) -> int:
    began, every = time.monotonic(), []
    for what, look in (("edges", edges_of_all_days), ("minutes around clock changes", nights)):
        for zone in ZONES:
            looked, wrong = look(zone)
            every += wrong
            print(
                f"{zone.key:20} {looked:8} {what}, {len(wrong)} differ  ({time.monotonic() - began:.0f} s)",
                flush=True,
            )
    looked, followed, wrong = random_pairs(pairs)
    every += wrong
    print(
        f"{looked} random pairs of roster and instant, {followed} answers followed to their end, {len(wrong)} differ"
    )
    for each in every[:20]:
        print(each)
    print(f"{len(every)} differences in {time.monotonic() - began:.0f} s")
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
