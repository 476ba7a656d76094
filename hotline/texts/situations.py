"""Which text is said in which situation, and where each of its parameters comes from: one table for every channel.

A situation has texts in order of preference: the first whose parameters are all known is said. One that none of its
texts can be filled for is refused; the start asks this of every line of the centre, before a caller could.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from hotline.errors import CentreInvalid, TextIncomplete
from hotline.rules import opening
from hotline.rules.centre import Centre, Line
from hotline.rules.civil_time import local
from hotline.texts import FORMS, LANGUAGES, names, say, texts, when
from hotline.values import dataclass

EMERGENCY: Final = "112"
DAY_AND_NIGHT: Final = "adults_support_centre"  # whose number a line gives that has none of its own
MOST_LINES: Final = 3


# -- where parameters come from --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """Of the centre: what it is, and its place in the centre file."""

    of: Callable[[Centre, Line | None], str]
    place: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Of the clock, the hours, the roster, the queue or a person. `sure`: known whenever a situation needs it.

    `longest` is what it may hold at its longest in practice.
    """

    longest: str
    sure: bool = True


def _address(centre: Centre, line: Line | None) -> str:
    """Of the line's unit; of the first unit that has one where the centre has no line."""
    units = centre.units.values() if line is None else [centre.units[line.unit]]
    return next((unit.address for unit in units if unit.address), "")


def _number(centre: Centre, line: Line | None) -> str:
    """Where to telephone when writing fails."""
    national = (each.number for each in centre.national_lines if each.id == DAY_AND_NIGHT)
    return (line.number if line is not None else "") or next(national, EMERGENCY)


INSTANT: Final = "poniedziałek 28.12.2026, godz. 16:30"
SOURCES: Final[Mapping[str, Fact | Moment]] = {
    "centre_name": Fact(lambda centre, _: centre.short_name_pl, "centre.short_name_pl"),
    "controller": Fact(lambda centre, _: centre.controller, "centre.controller"),
    "dpo_email": Fact(lambda centre, _: centre.dpo_email, "centre.dpo_email"),
    "web_url": Fact(lambda centre, _: centre.web_url, "centre.web_url"),
    "privacy_url": Fact(lambda centre, _: centre.web_url, "centre.web_url"),
    "pjm_info": Fact(lambda centre, _: centre.pjm_info, "centre.pjm_info"),
    "address": Fact(_address, "unit"),
    "line": Fact(_number, "national_line"),
    "greeting": Moment("Dobry wieczór."),
    "position": Moment("12"),
    "minutes": Moment("60"),
    "usual": Moment("60", sure=False),
    "signature": Moment("Aleksandra"),
    "old": Moment("Aleksandra"),
    "new": Moment("Aleksandra"),
    "guest": Moment("Aleksandra"),
    "holder": Moment("Aleksandra"),
    "hours": Moment("pon.–pt. 7:30–15:30"),
    "retention": Moment("5 lat"),
    "chat_retention": Moment("30 dni"),
    "due": Moment(INSTANT),
    "until": Moment(INSTANT),
    "next": Moment(INSTANT, sure=False),
    "next_open": Moment(INSTANT, sure=False),
    "next_duty": Moment(INSTANT, sure=False),
    "holiday": Moment("Wniebowzięcie Najświętszej Maryi Panny", sure=False),
    "open_lines": Moment("195 13, +48 41 368 18 74", sure=False),
}


# -- the table -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Situation:
    """Its texts, the best first; `chat`: it comes up only where the centre runs a live chat."""

    texts: tuple[str, ...]
    chat: bool = True


def _one(*keys: str) -> dict[str, Situation]:
    return {key: Situation((key,)) for key in keys}


SITUATIONS: Final[Mapping[str, Situation]] = {
    # before the first word
    **_one(
        "welcome",
        "using_violence_intro",
        "youth_welcome",
        "media_not_accepted",
        "danger_question",
        "topic_question",
        "emergency_list",
    ),
    "privacy": Situation(("privacy_short", "telegram.privacy_plain")),
    "privacy_dpo": Situation(("privacy_dpo",)),
    "telegram_notice": Situation(("telegram_notice", "telegram.notice_plain")),
    "deaf": Situation(("deaf_notice", "deaf_notice_plain")),
    # nobody can answer
    "closed": Situation(("holiday", "holiday_plain", "out_of_hours", "chat.closed")),
    "hours_unknown": Situation(("hours_unknown", "hours_unknown_no_address"), chat=False),
    "chat_disabled": Situation(("chat_disabled",), chat=False),
    "nobody": Situation(("nobody_on_duty", "nobody_on_duty_unplanned")),
    "state_nobody": Situation(("chat.state_nobody_until", "chat.state_nobody")),
    "state_away": Situation(("chat.state_away_until", "chat.state_away")),
    "nobody_took": Situation(("nobody_took", "nobody_took_unplanned")),
    "technical_problem": Situation(("technical_problem",), chat=False),
    # waiting
    **_one("danger_staffed", "danger_unseen", "danger_unstaffed", "danger_not_taken", "queued_unseen"),
    "queued": Situation(("queued_usual", "queued")),
    "update": Situation(("queue_update_usual", "queue_update")),
    "update_telegram": Situation(("still_waiting_usual", "still_waiting")),
    "state_waiting": Situation(("chat.state_waiting_usual", "chat.state_waiting")),
    "state_waiting_unseen": Situation(("chat.state_waiting_unseen",)),
    **_one("queue_long", "slow_lane", "quarantined", "callback_kept", "callback_over", "translation_note"),
    # talking, and after it
    **_one("assigned", "handover", "changed_hands", "consult_joined", "consult_left", "counsellor_lost"),
    **_one("released_staffed", "released_unseen", "released_unstaffed"),
    **_one("silence_ask", "inactivity", "goodbye", "abusive_close", "ended"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said: a key of the catalogue and all its parameters."""

    text: str
    params: Mapping[str, Any]

    def words(self, language: str) -> str:
        """The sentence in that language."""
        return say(self.text, language, **self.params)

    @property
    def data(self) -> dict[str, Any]:
        """As an entry of a conversation keeps it."""
        return {"text": self.text, "params": dict(self.params)}


def fill(situation: str, known: Mapping[str, Any]) -> Said:
    """The best text of the situation for which all is known. Raises KeyError, TextIncomplete."""
    empty = ""
    for key in SITUATIONS[situation].texts:
        needed = parameters(key)
        missing = [name for name in sorted(needed) if not str(known.get(name) or "").strip()]
        if not missing:
            return Said(key, {name: known[name] for name in needed})
        empty = missing[0]
    error = TextIncomplete(key=key, parameter=empty)
    error.args = (f"{key}: {{{empty}}} is empty",)
    raise error


def words(situation: str, language: str, /, **known: Any) -> str:
    """The same as a sentence. Raises KeyError, TextIncomplete."""
    return fill(situation, known).words(language)


@cache
def parameters(key: str) -> frozenset[str]:
    """What the text needs, the same in every language."""
    text = texts()[key][LANGUAGES[0]]
    forms = [text] if isinstance(text, str) else [text[form] for form in FORMS if form in text]
    return frozenset().union(*map(names, forms))


def facts(centre: Centre, line: Line | None) -> dict[str, str]:
    """Every parameter that the centre itself gives; "" where it states nothing."""
    return {name: source.of(centre, line) for name, source in SOURCES.items() if isinstance(source, Fact)}


def closed(centre: Centre, line: Line, now: datetime, next_open: datetime | None, language: str) -> str:
    """That the line is closed now, for a holiday or by its hours, and when it opens, if that is known."""
    today = local(now, centre.zone).date()
    known: dict[str, Any] = {}
    if next_open is not None:
        known["next_open"] = when(local(next_open, centre.zone), language)
    if opening.holiday_closes(centre, line, today):
        known["holiday"] = centre.calendar.holiday_name(today, language)
        known["open_lines"] = _open_lines(centre, line, now)
    return words("closed", language, **known)


def _open_lines(centre: Centre, line: Line, now: datetime) -> str:
    """Numbers of the centre that answer day and night; never one from behind this line's wall."""
    today = local(now, centre.zone).date()
    barred = centre.lines_behind_wall(line.id)
    always = (
        each.number
        for each in centre.lines.values()
        if each.id not in barred and centre.hours_on(each, today).always
    )
    return ", ".join(list(dict.fromkeys(always))[:MOST_LINES])


# -- the check at the start ------------------------------------------------------------------------


def check(centre: Centre) -> Centre:
    """The centre, if every text its callers may need can be filled. Raises CentreInvalid naming what is missing."""
    for place, reason in faults(centre):
        raise CentreInvalid(f"{centre.id}", place, reason)
    return centre


def faults(centre: Centre) -> Iterator[tuple[str, str]]:
    """(place in the centre file, reason) of every text that could not be said in a situation of this centre."""
    lines: Collection[Line | None] = tuple(centre.lines.values()) or (None,)
    sure = {
        key: source.longest for key, source in SOURCES.items() if isinstance(source, Moment) and source.sure
    }
    known_on = [facts(centre, line) | sure for line in lines]
    for name, situation in SITUATIONS.items():
        if situation.chat and not centre.live_chat_enabled:
            continue
        for known in known_on:
            try:
                fill(name, known)
            except TextIncomplete as error:
                source = SOURCES[str(error.params["parameter"])]
                place = source.place if isinstance(source, Fact) else "texts"
                yield place, f'is empty, and the text "{error.params["key"]}" needs it'
                break
