"""deploy/bench duty: is our evaluator right, and is it fast? Mismatches first; leaves with 1 if a target is missed.

Times are processor time and the least of several repeats, so that whatever else the machine does is kept out of
them; p50 and p99 are by the clock on the wall.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles

from hotline.rules.duty import Board, Override
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import find, uncovered
from tests.bench.duty import corpus, entrants, rotas
from tests.bench.duty.entrants import Dateutil, ICalendar
from tests.rules.duty.oracle import Hours, Oracle, minute_of

NANO, MICRO, MILLI = 1e9, 1e6, 1e3
NIGHTS = (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2027, 3, 27, 20, tzinfo=UTC))


@dataclass
class Report:
    """What was measured, and what missed its target."""

    missed: list[str] = field(default_factory=list)

    def say(self, what: str, figure: object = "") -> None:
        print(f"{what:66} {figure}", flush=True)

    def check(self, what: str, figure: float, limit: float, unit: str = "") -> None:
        good = figure <= limit
        self.say(what, f"{figure:.6g} {unit} (at most {limit:g}): {'good' if good else 'MISSED'}")
        if not good:
            self.missed.append(what)


def least(times: int, work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of some runs."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def per_call(times: int, call: Callable[[datetime], object], instants: Sequence[datetime]) -> float:
    def all_of_them() -> None:
        for at in instants:
            call(at)

    return least(times, all_of_them) / len(instants)


def spread(call: Callable[[datetime], object], instants: Sequence[datetime]) -> str:
    """p50 and p99 of single calls, in microseconds."""
    seconds = []
    for at in instants:
        began = time.perf_counter()
        call(at)
        seconds.append(time.perf_counter() - began)
    marks = quantiles(seconds, n=100)
    return f"p50 {marks[49] * MICRO:.2f} µs, p99 {marks[98] * MICRO:.2f} µs"


def corpus_mismatches(report: Report) -> None:
    wrong, looks = (
        {"ours": 0, Dateutil.name: 0, ICalendar.name: 0},
        {"ours": 0, Dateutil.name: 0, ICalendar.name: 0},
    )
    for case in corpus.cases():
        board, rota = case.board(), entrants.of_case(case)
        others = [] if rota is None else [kind(rota, case.centre.zone) for kind in (Dateutil, ICalendar)]
        for look in case.looks:
            answer = board.answer(look.line, look.at)
            looks["ours"] += 1
            if corpus.said(answer) != look.says or look.until not in (None, answer.until):
                wrong["ours"] += 1
                report.say(f"  ours: {case.name}: {look.at} should be {look.says}", corpus.said(answer))
            for other in others:
                looks[other.name] += 1
                wrong[other.name] += other.people(look.at) != look.says
        if case.gap_minutes is not None:
            asked = case.gap_minutes
            span = asked["from"].astimezone(UTC), asked["to"].astimezone(UTC)
            found, _ = uncovered(find(board, [Demand("d", corpus.LINE)], *span), corpus.LINE, *span)
            looks["ours"] += 1
            wrong["ours"] += found != timedelta(minutes=asked["minutes"])
    for name, count in wrong.items():
        report.say(f"corpus, {name}", f"{count} of {looks[name]} wrong")
    report.check("mismatches of ours in the corpus", wrong["ours"], 0)


def rota_mismatches(report: Report, board: Board, others: Sequence[Dateutil | ICalendar], count: int) -> None:
    """Against the minute-by-minute oracle: random instants of the year, and both nights of clock changes."""
    rng = Random(1)
    first = board.start.date()
    patterns = rotas.forty_nine()
    oracle = Oracle(
        board.centre.zone, {"always": Hours(status="always")}, [], set(), patterns, board.plan, first, 366
    )
    year = [board.start + timedelta(seconds=rng.randrange(365 * 86400)) for _ in range(count)]
    nights = [night + timedelta(minutes=15 * n) for night in NIGHTS for n in range(48)]
    for what, instants in (
        ("random instants of a year", year),
        ("quarters of both clock-change nights", nights),
    ):
        right = [_seen(oracle, at) for at in instants]
        ours = sum(
            corpus.said(board.answer("always", at)) != seen for at, seen in zip(instants, right, strict=True)
        )
        report.check(f"mismatches of ours at {len(instants)} {what}", ours, 0)
        for other in others:
            wrong = sum(other.people(at) != seen for at, seen in zip(instants, right, strict=True))
            report.say(f"{other.name} at {len(instants)} {what}", f"{wrong} wrong")


def _seen(oracle: Oracle, at: datetime) -> str:
    return " ".join(sorted(seat.person for seat in oracle.seats("always", minute_of(at)))) or "empty"


def look_ups(report: Report, board: Board, dateutil: Dateutil, ical: ICalendar, count: int) -> None:
    rng = Random(2)
    instants = [board.start + timedelta(seconds=rng.randrange(365 * 86400)) for _ in range(20 * count)]
    few = instants[: max(2, count // 20)]

    def ours(at: datetime) -> object:
        return board.answer("always", at)

    report.say("one look-up, ours, warm", spread(ours, instants))
    report.say(f"one look-up, {dateutil.name}, warm", spread(dateutil.people, few))
    report.say(f"one look-up, {ical.name}, warm", spread(ical.people, few))
    own = rotas.own_centre()
    cold = least(3, lambda: rotas.compiled(own, rotas.forty_nine(), []).answer("always", instants[0]))
    cold_ical = least(3, lambda: ical.parse().people(instants[0]))
    report.say("first look-up, cold: ours compiles a year first", f"{cold * MILLI:.1f} ms")
    report.say("first look-up, cold: icalendar parses first", f"{cold_ical * MILLI:.1f} ms")
    mine, theirs = per_call(7, ours, instants), per_call(3, ical.people, few)
    report.check("on_duty in process, least mean", mine * MICRO, 2, "µs")
    report.check("our time as a share of the iCalendar way at 49 events", mine / theirs, 1 / 1000)
    report.say("times faster than the iCalendar way", f"{theirs / mine:,.0f}")
    report.say("times faster than dateutil", f"{per_call(3, dateutil.people, few) / mine:,.0f}")


def compiling(report: Report, dateutil: Dateutil, ical: ICalendar, repeats: int) -> None:
    own = rotas.own_centre()
    people = rotas.members(rotas.forty_nine())
    changes = rotas.overrides(60, people)
    year = least(repeats, lambda: rotas.compiled(own, rotas.forty_nine(), changes))
    report.check("a compiled line-year, 5 patterns and 60 overrides", year * MILLI, 20, "ms")
    span = rotas.START, rotas.YEAR
    report.say(f"a year, {dateutil.name}", f"{least(1, lambda: dateutil.year(*span)) * MILLI:.0f} ms")
    report.say(f"a year, {ical.name}", f"{least(1, lambda: ical.year(*span)) * MILLI:.0f} ms")
    many = rotas.many(200)
    thousand = rotas.overrides(1000, rotas.members(many))
    all_of_it = least(max(1, repeats // 4), lambda: rotas.compiled(own, many, thousand))
    report.check("200 patterns and 1,000 overrides, one line, one year", all_of_it, 1, "s")
    board = rotas.compiled(own, rotas.forty_nine(), changes)
    sick = Override(99, "always", "REPLACE", "s1", NIGHTS[0], NIGHTS[1], "s2")
    plan = board.plan.with_line("always", overrides=[*changes, sick])
    report.say(
        "one edit of that line", f"{least(repeats, lambda: board.edited(plan, ['always'])) * MILLI:.1f} ms"
    )
    again = least(3, ical.parse)
    report.say(f"one edit, {ical.name}: parsed anew", f"{again * MILLI:.1f} ms")


def growth(report: Report, sizes: Sequence[int]) -> None:
    """The cost of a look-up against the number of breakpoints, from the smallest to the largest."""
    costs = []
    for size in sizes:
        board = rotas.breakpoints(size)
        assert len(board.timelines["always"].instants) == size
        rng = Random(3)
        span = (board.end - board.start) // timedelta(seconds=1)
        # as many distinct instants at each size, so that the memory of the machine's cache plays no part
        instants = [board.start + timedelta(seconds=rng.randrange(span)) for _ in range(2000)]
        costs.append(per_call(15, lambda at, board=board: board.answer("always", at), instants))  # type: ignore[misc]
        report.say(f"one look-up among {size:,} breakpoints", f"{costs[-1] * NANO:.0f} ns")
    by_log = (len(str(sizes[-1])) - 1) / (len(str(sizes[0])) - 1)
    report.check(
        f"growth from {sizes[0]:,} to {sizes[-1]:,} breakpoints, times", costs[-1] / costs[0], by_log
    )


def main(quick: bool = False) -> int:
    """Everything; `quick` looks at little, for a smoke test."""
    report = Report()
    count, repeats = (20, 1) if quick else (400, 9)
    corpus_mismatches(report)
    own, patterns = rotas.own_centre(), rotas.forty_nine()
    board, rota = rotas.compiled(own, patterns, []), entrants.events(patterns)
    assert rota is not None
    assert len(rota) == 49
    dateutil, ical = Dateutil(rota, own.zone), ICalendar(rota, own.zone)
    rota_mismatches(report, board, (dateutil, ical), count)
    if not quick:
        look_ups(report, board, dateutil, ical, count)
        compiling(report, dateutil, ical, repeats)
    growth(report, (100, 1_000) if quick else (100, 1_000, 10_000, 100_000))
    report.say("missed", ", ".join(report.missed) or "nothing")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv[1:]))
