"""Ours beside the reference, in turn: acknowledged messages a second, and latency at an ordinary pace."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.conversations.client import Told
from tests.bench.conversations.paper import Part
from tests.bench.conversations.sides import Place, Side
from tests.torture.goals import Goal

REFERENCE, OURS, ORM = "reference", "ours", "ours, ORM"
AGAIN = "reference beside two"
TWO, TWO_REFERENCE = "ours, two processes", "reference, two"
WARM_SECONDS = 1.0
PACE = 300.0  # messages a second in all
CALLERS, BOTH = (0,), (0, 1)


@dataclass(frozen=True)
class Size:
    """How long and how often."""

    talks: int = 500
    rounds: int = 5
    seconds: float = 5.0


Runs = dict[str, list[Told]]


async def alternate(sides: Sequence[Side], rounds: int, run: Callable[[Side], Awaitable[Told]]) -> Runs:
    """Each side in turn, so many times; a first turn to warm up is not counted."""
    found: Runs = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides:
            async with side.turn():
                if number:
                    found[side.name].append(await run(side))
                else:
                    await side.close_loop(WARM_SECONDS)
    return found


def rate(told: Told) -> float:
    """Acknowledged messages a second."""
    return told.in_time / told.seconds


def of(runs: Sequence[Told], what: Callable[[Told], float]) -> float:
    return median(what(each) for each in runs)


def ratio(found: Runs, one: str, other: str, what: Callable[[Told], float]) -> float:
    """Median over the rounds of the quotient within a round."""
    return median(
        what(mine) / max(what(theirs), 1e-9) for mine, theirs in zip(found[one], found[other], strict=True)
    )


def p99(of_what: str) -> Callable[[Told], float]:
    return lambda told: float(getattr(told, of_what).get("99", float("inf")))


def nothing_lost(found: Runs) -> list[Goal]:
    """A figure counts only if everything acknowledged has reached the other party, and something was."""
    every = [each for runs in found.values() for each in runs]
    missing = sum(each.acked - each.delivered for each in every)
    refused = sum(sum(each.refused.values()) for each in every)
    return [
        Goal("acknowledged messages that did not reach the other party", missing, most=0),
        Goal("messages refused", refused, most=0),
        Goal("messages acknowledged in the emptiest run", min(each.acked for each in every), least=1),
    ]


def _table(title: str, found: Runs) -> Part:
    head = ("side", "acknowledged/s", "ack p50 ms", "ack p99 ms", "delivery p50 ms", "delivery p99 ms")
    part = Part(title, head, goals=nothing_lost(found))
    for name, runs in found.items():
        marks = [(told, mark) for told in ("ack", "delivery") for mark in ("50", "99")]
        latencies = [median(getattr(run, told).get(mark, 0.0) for run in runs) for told, mark in marks]
        part.rows.append((name, of(runs, rate), *latencies))
    return part


async def throughput(place: Place, size: Size) -> Part:
    """PostgreSQL, one web process, closed loop."""
    sides = [
        await place.reference(REFERENCE, size.talks),
        await place.ours(OURS, size.talks),
        await place.ours(ORM, size.talks, orm=True),
    ]
    found = await alternate(sides, size.rounds, lambda side: side.close_loop(size.seconds))
    both = await alternate(sides[:2], 1, lambda side: side.close_loop(size.seconds, BOTH))
    await place.clear()
    part = _table(f"Throughput: {size.talks} conversations, closed loop, PostgreSQL", found)
    part.bars = {name: of(runs, rate) for name, runs in found.items()}
    part.notes = [
        f"counsellors writing as well: {', '.join(f'{name} {rate(runs[0]):,.0f}/s' for name, runs in both.items())}"
    ]
    part.goals += [
        Goal("throughput against the reference", ratio(found, OURS, REFERENCE, rate), least=0.5),
        Goal("throughput against one ORM commit per message", ratio(found, OURS, ORM, rate), least=7),
    ]
    return part


async def paced(place: Place, size: Size) -> Part:
    """300 messages a second in all, each at its instant."""
    one = [await place.reference(REFERENCE, size.talks), await place.ours(OURS, size.talks)]
    found = await alternate(one, size.rounds, lambda side: side.pace(PACE, size.seconds))
    await place.clear()
    two = [
        await place.reference(AGAIN, size.talks),
        await place.reference(TWO_REFERENCE, size.talks, processes=2),
        await place.ours(TWO, size.talks, processes=2),
    ]
    found |= await alternate(two, size.rounds, lambda side: side.pace(PACE, size.seconds))
    await place.clear()
    part = _table(f"At {PACE:g} messages a second: {size.talks} conversations, PostgreSQL", found)
    part.curves = {name: _typical(runs) for name, runs in found.items()}

    def against(name: str, what: str, other: str = REFERENCE) -> float:
        return of(found[name], p99(what)) / of(found[other], p99(what))

    part.notes = [
        "the curve is the delivery of the median run; percentiles in the table are medians of the runs",
        f"delivery p99, two processes: {against(TWO, 'delivery', TWO_REFERENCE):.2f} times the reference's over Redis",
    ]
    part.goals += [
        Goal("acknowledgement p99, times the reference's", against(OURS, "ack"), most=3),
        Goal("delivery p99, times the reference's", against(OURS, "delivery"), most=4),
        Goal("delivery p99 with two processes and Redis, times", against(TWO, "delivery", AGAIN), most=8),
    ]
    return part


def _typical(runs: Sequence[Told]) -> dict[str, float]:
    """Of the run in the middle by p99."""
    ordered = sorted(runs, key=p99("delivery"))
    return {mark: ms for mark, ms in ordered[len(ordered) // 2].delivery.items() if float(mark) < 100}


async def sqlite(place: Place, size: Size) -> Part:
    """Everything in one process, as a small centre runs it."""
    sides = [
        await place.reference(f"{REFERENCE}, SQLite", size.talks, sqlite=True),
        await place.ours(f"{OURS}, SQLite", size.talks, sqlite=True),
    ]
    found = await alternate(sides, size.rounds, lambda side: side.close_loop(size.seconds))
    await place.clear()
    part = _table(f"SQLite, embedded: {size.talks} conversations, closed loop", found)
    part.bars = {name: of(runs, rate) for name, runs in found.items()}
    reached = ratio(found, sides[1].name, sides[0].name, rate)
    part.goals.append(Goal("throughput against the reference on SQLite", reached, least=0.5))
    return part
