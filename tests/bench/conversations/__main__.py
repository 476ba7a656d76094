"""deploy/bench conversations: ours beside a bare server, in the same run; leaves with 1 if a goal is missed.

Servers, PostgreSQL, Redis and the load are processes of their own on this machine and talk over loopback. Ratios
within one run are what counts: another machine has other figures.
"""

import argparse
import asyncio
import platform
import pstats
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench.conversations import flat, idle, ours, paper, rounds, start
from tests.bench.conversations.paper import Part
from tests.bench.conversations.rounds import Size
from tests.bench.conversations.sides import Place, place

OUT = Path("var/bench")
TOP = 25  # functions of a profile
Measure = Callable[[Place], Awaitable[list[Part]]]


def raise_limits() -> None:
    """Every socket is a file: as many as the kernel lets us have, for us and for all that we start."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def parts(size: Size, *, long: bool) -> dict[str, Measure]:
    """What can be asked for by name."""

    async def throughput(where: Place) -> list[Part]:
        return [await rounds.throughput(where, size)]

    async def paced(where: Place) -> list[Part]:
        return [await rounds.paced(where, size)]

    async def sqlite(where: Place) -> list[Part]:
        return [await rounds.sqlite(where, size)]

    async def idling(where: Place) -> list[Part]:
        return [await idle.idle(where)]

    async def flatness(where: Place) -> list[Part]:
        stored = flat.STORED_LONG if long else flat.STORED
        return [
            await flat.by_open(where, size.rounds, size.seconds),
            await flat.by_stored(where, size.rounds, size.seconds, stored),
        ]

    async def starting(where: Place) -> list[Part]:
        return [await start.start(where, size.rounds)]

    return {
        "throughput": throughput,
        "paced": paced,
        "sqlite": sqlite,
        "idle": idling,
        "flat": flatness,
        "start": starting,
    }


async def measure(chosen: list[Measure], *, profile: bool) -> list[Part]:
    """One after the other, each told as soon as it is known."""
    found = []
    for each in chosen:
        async with place(profile=profile) as where:
            for part in await each(where):
                print(part, flush=True)
                found.append(part)
            for file in sorted(where.folder.glob("*/profile*")):
                print(f"## Where the time goes: {file.parent.name}\n")
                pstats.Stats(str(file)).sort_stats("tottime").print_stats(TOP)
    return found


def _circumstances() -> str:
    return (
        f"Python {platform.python_version()}, {platform.system()} on {platform.machine()}; {ours.UNLIMITED}."
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="deploy/bench conversations", description=(__doc__ or "").partition("\n")[0]
    )
    names = list(parts(Size(), long=False))
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}; none: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of one side's turn")
    parser.add_argument("--talks", type=int, default=500, help="conversations")
    parser.add_argument("--long", action="store_true", help="10 million stored entries instead of one")
    parser.add_argument(
        "--profile", action="store_true", help="where our web processes' time goes; slows them"
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"folder of table and plot; default {OUT}")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(names):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    raise_limits()
    print(_circumstances(), flush=True)
    known = parts(Size(chosen.talks, chosen.rounds, chosen.seconds), long=chosen.long)
    found = asyncio.run(measure([known[name] for name in chosen.parts or names], profile=chosen.profile))
    for file in paper.write(chosen.out, found, _circumstances()):
        print(file)
    missed = [goal for part in found for goal in part.goals if not goal.met]
    print(f"missed: {'; '.join(goal.what for goal in missed) or 'nothing'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
