"""What a part of the measurement found, as a Markdown table, goals and a drawing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from tests.torture.goals import Goal

COLOURS = ("#1f6f78", "#c0562f", "#6b5b95", "#8a8d3c", "#444444")
WIDTH, HEIGHT, LEFT, TOP, ROW = 720, 300, 210, 46, 26
STYLE = "text{font:13px sans-serif;fill:#222} .title{font-size:15px;font-weight:bold} .line{stroke:#ccc}"


@dataclass
class Part:
    """One part: its table, what it must reach, and what is worth drawing."""

    title: str
    head: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bars: dict[str, float] = field(default_factory=dict)  # label -> figure
    curves: dict[str, Mapping[str, float]] = field(default_factory=dict)  # label -> percentile -> ms

    def __str__(self) -> str:
        lines = [f"## {self.title}", "", _row(self.head), _row(["---"] * len(self.head))]
        lines += [_row([_cell(each) for each in row]) for row in self.rows]
        lines += ["", *(f"- {each}" for each in (*self.notes, *self.goals)), ""]
        return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write(folder: Path, parts: Sequence[Part], said: str) -> list[Path]:
    """The table of all parts and a drawing of each that has one; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "conversations.md"
    table.write_text("\n".join([f"# Conversations\n\n{said}\n", *map(str, parts)]))
    drawn = [drawing for part in parts for drawing in _drawings(part)]
    plot = folder / "conversations.svg"
    plot.write_text(_page(drawn))
    return [table, plot]


def _drawings(part: Part) -> list[tuple[int, str]]:
    found = []
    if part.bars:
        found.append(_bars(part.title, part.bars))
    if part.curves:
        found.append(_curves(part.title, part.curves))
    return found


def _page(drawn: Sequence[tuple[int, str]]) -> str:
    """One below the other."""
    body, top = [], 0
    for height, drawing in drawn:
        body.append(f'<g transform="translate(0 {top})">{drawing}</g>')
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">'
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{top}" fill="white"/>{"".join(body)}</svg>\n'
    )


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def _bars(title: str, bars: Mapping[str, float]) -> tuple[int, str]:
    longest = max(bars.values()) or 1
    drawn = [_text(16, 26, title, 'class="title"')]
    for number, (label, value) in enumerate(bars.items()):
        y = TOP + number * ROW
        wide = (WIDTH - LEFT - 90) * value / longest
        drawn.append(_text(LEFT - 10, y + 14, label, 'text-anchor="end"'))
        drawn.append(
            f'<rect x="{LEFT}" y="{y}" width="{wide:.1f}" height="{ROW - 7}" fill="{COLOURS[number % 5]}"/>'
        )
        drawn.append(_text(LEFT + wide + 6, y + 14, _cell(float(value))))
    return TOP + len(bars) * ROW + 24, "".join(drawn)


def _curves(title: str, curves: Mapping[str, Mapping[str, float]]) -> tuple[int, str]:
    """Latency over percentile; both axes so that the slow ones have room."""
    low = min(min(curve.values()) for curve in curves.values())
    high = max(max(curve.values()) for curve in curves.values())
    first, last = math.floor(math.log10(max(low, 0.01))), math.ceil(math.log10(max(high, 0.1)))
    right = WIDTH - LEFT + 40

    def x_of(mark: float) -> float:
        nines = -math.log10(max(1 - mark / 100, 0.0003))
        return 60 + (right - 60) * nines / -math.log10(0.0003)

    def y_of(value: float) -> float:
        return HEIGHT - 40 - (HEIGHT - 40 - TOP) * (math.log10(max(value, 0.01)) - first) / (last - first)

    drawn = [_text(16, 26, f"{title}, delivery in ms", 'class="title"')]
    for power in range(first, last + 1):
        y = y_of(10**power)
        drawn.append(f'<path class="line" d="M60 {y:.1f}H{right}"/>')
        drawn.append(_text(52, y + 4, f"{10**power:g}", 'text-anchor="end"'))
    for mark in (50, 90, 99, 99.9):
        drawn.append(_text(x_of(mark), HEIGHT - 20, f"p{mark:g}", 'text-anchor="middle"'))  # noqa: PERF401
    for number, (label, curve) in enumerate(curves.items()):
        colour = COLOURS[number % 5]
        points = " ".join(f"{x_of(float(mark)):.1f},{y_of(value):.1f}" for mark, value in curve.items())
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = TOP + 10 + number * 20
        drawn.append(f'<path d="M{right + 8} {y - 4}h14" stroke="{colour}" stroke-width="3"/>')
        drawn.append(_text(right + 26, y, label))
    return HEIGHT, "".join(drawn)
