"""The check at the beginning and at the end of a shift: when it is due, what it asks, how it stands.

It keeps nobody from working: it stays in sight until it is done, and what does not work calls the supervisor.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from hotline.rules.centre import Centre
from hotline.rules.centre_duty import MEASURED, CheckItem
from hotline.rules.duty.board import Worked
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.presence import link
from hotline.values import dataclass

Phase = Literal["start", "end"]
State = Literal["open", "late", "failed", "done"]
OK, BAD, NOTE = "ok", "bad", "note"  # a note is worth knowing and no failure
AROUND: Final = timedelta(minutes=30)  # before a shift begins, before it ends, and after
LATE_AFTER: Final = timedelta(minutes=15)
SIGN_LASTS: Final = timedelta(minutes=3)  # a bot says every minute that it lives

Results = Mapping[str, Mapping[str, Any]]  # item -> {"result": ok | bad | note, and what was measured}


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of duty without a break, on all of its lines."""

    start: datetime
    end: datetime
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class Due:
    """A check of a shift that belongs to [opens, closes); from `late_at` on it should have been done."""

    shift: Shift
    phase: Phase
    opens: datetime
    closes: datetime

    @property
    def late_at(self) -> datetime:
        return self.shift.start + LATE_AFTER if self.phase == "start" else self.shift.end


@dataclass(frozen=True, slots=True)
class Saved:
    """The newest check of somebody; `complete` says that every item of its day was answered."""

    id: str
    phase: Phase
    done_at: datetime
    ends_at: datetime
    results: Results
    complete: bool
    remark_sealed: bytes | None = None

    @property
    def failed(self) -> frozenset[str]:
        return frozenset(item for item, each in self.results.items() if each["result"] == BAD)


def shifts(worked: Iterable[Worked]) -> list[Shift]:
    """What somebody works on the first tier, by start. Lines that overlap or follow at once are one shift."""
    found: list[Shift] = []
    for each in sorted(worked, key=lambda each: each.start):
        if each.seat.tier != PRIMARY:
            continue
        last = found[-1] if found else None
        if last is not None and each.start <= last.end:
            found[-1] = Shift(last.start, max(last.end, each.end), last.lines | {each.line})
        else:
            found.append(Shift(each.start, each.end, frozenset({each.line})))
    return found


def due(worked: Iterable[Worked], now: datetime) -> Due | None:
    """The check that is due now. Where two meet, the shift that begins comes before the one that is over."""
    for shift in reversed(shifts(worked)):
        turn = shift.end - min(AROUND, (shift.end - shift.start) / 2)
        if shift.start - AROUND <= now < turn:
            return Due(shift, "start", shift.start - AROUND, turn)
        if turn <= now < shift.end + AROUND:
            return Due(shift, "end", turn, shift.end + AROUND)
    return None


def items(centre: Centre, each: Due, *, bot: bool) -> tuple[CheckItem, ...]:
    """What the check asks and measures. Without a bot there is nothing to measure of it."""
    there = channels(centre, each.shift.lines)
    return tuple(
        item
        for item in centre.shift_checks
        if item.at == each.phase and there & set(item.channels) and (bot or item.id != "bot")
    )


def channels(centre: Centre, lines: Iterable[str]) -> frozenset[str]:
    """How callers reach these lines; each has a number."""
    queues = [centre.queue_of(line) for line in lines]
    return frozenset({"phone"}).union(*(queue.channels for queue in queues if queue))


def is_asked(item: CheckItem) -> bool:
    """Does a person answer it?"""
    return item.id not in MEASURED


def concerned(centre: Centre, lines: Iterable[str], asked: Iterable[CheckItem]) -> str:
    """The line that what has failed is about: the first that callers reach in such a way."""
    ways = {channel for item in asked for channel in item.channels}
    return next(line for line in sorted(lines) if channels(centre, [line]) & ways)


def belongs(each: Due, saved: Saved | None) -> bool:
    """Is it of this shift, and of this end of it?"""
    return saved is not None and saved.phase == each.phase and each.opens <= saved.done_at < each.closes


def state(each: Due, saved: Saved | None, now: datetime) -> State:
    """How the check stands."""
    if saved is not None and belongs(each, saved):
        if saved.failed:
            return "failed"
        if saved.complete:
            return "done"
    return "late" if now >= each.late_at else "open"


def rings(saved: Saved, now: datetime) -> bool:
    """Is what failed still anybody's trouble? At the end of a shift it is the next one's for a while."""
    after = timedelta(0) if saved.phase == "start" else 4 * AROUND
    return bool(saved.failed) and now < saved.ends_at + after


# -- what the program sees for itself ------------------------------------------------------------------------


def of_console(seen_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Has the console of this person answered just now?"""
    if seen_at is None or link(seen_at, now) != "alive":
        return {"result": BAD, "why": "silent"}
    return {"result": OK, "seconds": int((now - seen_at).total_seconds())}


def of_bot(sign: tuple[datetime, str] | None, now: datetime) -> dict[str, Any]:
    """What the bot itself last said of its way to Telegram, and whether that is fresh."""
    if sign is None or now - sign[0] > SIGN_LASTS:
        return {"result": BAD, "why": "silent"}
    if sign[1]:
        return {"result": BAD, "why": sign[1]}
    return {"result": OK, "seconds": int((now - sign[0]).total_seconds())}


def of_talks(talks: int, cards: int) -> dict[str, Any]:
    """What is left in the hands of somebody who goes home: conversations, and summaries not written."""
    return {"result": NOTE if talks or cards else OK, "talks": talks, "cards": cards}
