"""What a campaign must have seen, and what it must not: a line each, with the figure and whether it was met."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure with a bound; a campaign in which hardly anything happened has met none."""

    what: str
    figure: float
    least: float = float("-inf")
    most: float = float("inf")

    @property
    def met(self) -> bool:
        return self.least <= self.figure <= self.most

    def __str__(self) -> str:
        bound = f"at most {self.most:g}" if self.most < float("inf") else f"at least {self.least:g}"
        return f"goal: {self.what} {bound}; it is {self.figure:g}: {'met' if self.met else 'MISSED'}"


def seldom(seen: int, tries: int, what: str) -> str:
    """How often it was seen; and if never, how seldom it must be at least (95 of 100)."""
    bound = "" if seen else f": at most 3/N = {3 / max(tries, 1):.1e} each"
    return f"{seen} in {tries:,} {what}{bound}"


def judged(figures: Collection[str], goals: Collection[Goal]) -> int:
    """Tell, and the exit status."""
    for line in (*figures, *goals):
        print(line)  # noqa: T201
    return 0 if all(goal.met for goal in goals) else 1
