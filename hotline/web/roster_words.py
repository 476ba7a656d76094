"""Times, names, gaps and breaches of the roster in words, as one reader reads them at one instant."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from hotline.rules.centre import Centre
from hotline.rules.civil_time import WEEKDAYS, local
from hotline.rules.duty import Board, ClosedNow, OnDuty, OpenButEmpty
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.grid import real_hours
from hotline.rules.duty.plan import PRIMARY
from hotline.rules.duty.rest import Breach
from hotline.texts import clock, say, say_count

NEAR = timedelta(days=300)
STAMP = "%Y%m%dT%H%M%SZ"


class Words:
    """Times and names as this reader reads them, at one instant."""

    def __init__(
        self, centre: Centre, language: str, now: datetime, names: Mapping[str, tuple[str, str]]
    ) -> None:
        self.centre, self.language, self.now, self.names = centre, language, now, names

    def say(self, key: str, **params: object) -> str:
        return say(f"roster.{key}", self.language, **params)

    def count(self, key: str, number: int) -> str:
        return say_count(f"roster.{key}", self.language, number)

    def name(self, staff_id: str | None) -> str:
        return self.names.get(staff_id or "", ("?", "?"))[0]

    def time(self, at: datetime) -> str:
        """6:00; in the hour that occurs twice with its pass."""
        return clock(at, self.language, self.centre.zone).removeprefix("0")

    def day(self, day: date) -> str:
        """pon. 7.12; with its year where it is so far that the day alone would be taken for a nearer one."""
        year = f".{day.year}" if abs(day - self.local_day(self.now)) > NEAR else ""
        return f"{say(f'hours.{WEEKDAYS[day.weekday()]}', self.language)} {day.day}.{day:%m}{year}"

    def long_day(self, day: date) -> str:
        """poniedziałek 7.12.2026"""
        return f"{say(f'chat.weekday_{day.weekday()}', self.language)} {day.day}.{day:%m.%Y}"

    def local_day(self, at: datetime) -> date:
        return local(at, self.centre.zone).date()

    def span(self, start: datetime, end: datetime) -> str:
        """pon. 7.12, 22:00–6:00; both days where it lasts longer than one."""
        first, last = self.local_day(start), self.local_day(end - timedelta(microseconds=1))
        if start == end:
            return f"{self.day(first)}, {self.time(start)}"
        if last - first > timedelta(days=1):
            return f"{self.day(first)} {self.time(start)} – {self.day(self.local_day(end))} {self.time(end)}"
        return f"{self.day(first)}, {self.time(start)}–{self.time(end)}"

    def hours(self, number: float) -> str:
        """7,5 h"""
        text = f"{number:.1f}".removesuffix(".0")
        return self.say("hours", n=text if self.language == "en" else text.replace(".", ","))

    def seated(self, start: datetime, end: datetime) -> str:
        """22:00–6:00, and how long it really lasts in the night of a clock change."""
        real = real_hours((start, end), self.centre.zone)
        times = f"{self.time(start)}–{self.time(end)}"
        return times if real is None else f"{times} ({self.hours(real)})"

    def breach(self, it: Breach) -> str:
        """Anna Nowak: odpoczynek 8 h zamiast 11 h, pon. 7.12 …"""
        have, limit = (
            (str(round(it.have)), str(round(it.limit)))
            if it.code.startswith("nights")
            else (self.hours(it.have), self.hours(it.limit))
        )
        what = self.say(f"breach.{it.code}", have=have, limit=limit)
        return f"{self.name(it.staff_id)}: {what} ({self.span(it.start, it.end)})"

    def gap(self, gap: Gap, there: int | None = None) -> str:
        """nikt; za mało osób: 1 z 2; brak umiejętności: …"""
        need = gap.need
        match gap.kind:
            case "THIN" if there is not None:
                return self.say("gap.THIN", have=there, need=need)
            case "THIN":
                return self.say("gap.thin_short", need=need)
            case "CHANNEL":
                return self.say("gap.CHANNEL", need=say(f"channel.{need.split()[0]}", self.language))
            case "REST":
                code, _, who = need.partition(" ")
                return self.say("gap.REST", name=self.name(who), what=self.say(f"breach_short.{code}"))
            case "DOUBLE":
                who, _, other = need.partition(" ")
                return self.say("gap.DOUBLE", name=self.name(who), line=self.line(other))
            case _:
                return self.say(f"gap.{gap.kind}", need=need or "–")

    def line(self, line: str) -> str:
        return self.centre.lines[line].name_pl if line in self.centre.lines else line


def stamp(at: datetime) -> str:
    """An instant as an address carries it."""
    return at.strftime(STAMP)


def wall(at: datetime, centre: Centre) -> str:
    """06:00, as a time field holds it."""
    return f"{local(at, centre.zone):%H:%M}"


def address(path: str, **params: str) -> str:
    """An address of the roster."""
    return f"{path}?{urlencode(params)}"


def now_strip(board: Board, line: str, words: Words) -> tuple[str, str]:
    """(kind, sentence) of who is on duty at this instant."""
    answer = board.answer(line, words.now)
    until = answer.until
    ends = words.say("until", until=moment(until, words)) if until is not None and until < board.end else ""
    match answer:
        case OnDuty():
            names = ", ".join(words.name(each.staff_id) for each in answer.tier())
            others = ", ".join(words.name(each.staff_id) for each in answer.people if each.tier != PRIMARY)
            said = words.say("now_on", names=names or words.say("nobody"))
            if others:
                said += " " + words.say("now_backup", names=others)
            return ("good" if names else "danger"), f"{said} {ends}".strip()
        case OpenButEmpty(next_at=comes):
            said = words.say("now_empty")
            if comes is not None:
                said += " " + words.say("now_next", at=moment(comes, words))
            return "danger", said
        case ClosedNow(next_open=opens):
            said = words.say("now_closed")
            if opens is not None:
                said += " " + words.say("now_opens", at=moment(opens, words))
            return "quiet", said
        case _:
            return "quiet", words.say("now_unknown")


def moment(at: datetime, words: Words) -> str:
    """14:05 today, pon. 7.12, 14:05 on another day."""
    day = words.local_day(at)
    return words.time(at) if day == words.local_day(words.now) else f"{words.day(day)}, {words.time(at)}"


def demand_words(it: Demand, words: Words) -> str:
    """2 osoby, w tym: perpetrators; 1 pod telefonem"""
    parts = [words.count("people_needed", it.people)] if it.people else []
    for need in it.needs:
        what = [need.skill] if need.skill else []
        if need.channel:
            what.append(say(f"channel.{need.channel}", words.language))
        parts.append(words.say("including", n=need.count, what=" + ".join(what)))
    if it.backups:
        parts.append(words.count("backups_needed", it.backups))
    return "; ".join(parts)
