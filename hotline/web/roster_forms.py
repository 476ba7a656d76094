"""What the forms of the roster say: days and times by the wall clock, choices, changes. Anything else is Malformed."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast

from hotline.errors import DayInvalid, HoursUnreadable, Malformed
from hotline.rules.centre import Centre
from hotline.rules.civil_time import DAY_MINUTES, local
from hotline.rules.duty import Override
from hotline.rules.duty.expansion import edges
from hotline.values import dataclass
from hotline.web.roster_words import STAMP

Form = Mapping[str, str]
Kind = Literal["ADD", "REMOVE", "REPLACE"]
KINDS = ("ADD", "REMOVE", "REPLACE")
EXPLAINED = frozenset({400, 404, 409, 413, 422})  # what the person can mend on the page they are on


@dataclass(frozen=True, slots=True)
class Change:
    """A change as its form says it; `draft` names the version it is made in, none: what is in force."""

    kind: Kind
    line: str
    person: str
    by: str
    start: datetime
    end: datetime
    tier: int
    reason: str
    draft: str

    def override(self) -> Override:
        """The same for the roster in force."""
        by = self.by or None
        return Override(
            0, self.line, self.kind, self.person, self.start, self.end, by, tier=self.tier, reason=self.reason
        )


def change(form: Form, centre: Centre) -> Change:
    """Raises Malformed, DayInvalid, HoursUnreadable."""
    kind = choice(form, "kind", KINDS)
    start, end = span(form, centre)
    return Change(
        cast("Kind", kind),
        form.get("line", ""),
        form.get("person", ""),
        form.get("by", "") if kind == "REPLACE" else "",
        start,
        end,
        number(form, "tier", 1, 3),
        form.get("reason", ""),
        form.get("draft", ""),
    )


def span(form: Form, centre: Centre) -> tuple[datetime, datetime]:
    """`from` and `to` of the shift that begins at `at`, or of a `day`. An end that is not later is the next day's.

    Times as they stood in the form mean the instants they were made of, also in an hour that occurs twice.
    """
    at = instant(form["at"]) if form.get("at") else None
    first = minutes(form, "from")
    last = minutes(form, "to")
    if at is not None and form.get("until"):
        until = instant(form["until"])
        if (first, last) == (_minute(at, centre), _minute(until, centre)):
            return at, until
    start_day = local(at, centre.zone).date() if at is not None else day(form, "day")
    if at is not None and first < _minute(at, centre):
        start_day, at = start_day + timedelta(days=1), None
    if last <= first:
        last += DAY_MINUTES
    return edges(start_day, first, last, centre.zone)


def _minute(at: datetime, centre: Centre) -> int:
    there = local(at, centre.zone)
    return there.hour * 60 + there.minute


def instant(text: str) -> datetime:
    """An instant as an address carries it. Raises Malformed."""
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise Malformed(field="at") from None


def minutes(form: Form, name: str) -> int:
    """Minutes of a wall-clock time such as 22:00. Raises HoursUnreadable."""
    hour, colon, minute = form.get(name, "").partition(":")
    if not (colon and hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()):
        raise HoursUnreadable
    found = int(hour) * 60 + int(minute)
    if not (len(hour) <= 2 and len(minute) == 2 and int(minute) < 60 and found <= DAY_MINUTES):
        raise HoursUnreadable
    return found % DAY_MINUTES


def day(form: Form, name: str) -> date:
    """Raises DayInvalid."""
    try:
        found = date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise DayInvalid from None
    if not 2000 <= found.year <= 2100:
        raise DayInvalid
    return found


def day_or_none(form: Form, name: str) -> date | None:
    """None where nothing is written. Raises DayInvalid."""
    return day(form, name) if form.get(name) else None


def number(form: Form, name: str, least: int, most: int) -> int:
    """A small whole number; the least where nothing is written. Raises Malformed."""
    text = form.get(name) or str(least)
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and least <= int(text) <= most):
        raise Malformed(field=name)
    return int(text)


def amount(form: Form, name: str) -> float | None:
    """A number with up to two decimals, point or comma; None where nothing is written. Raises Malformed."""
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", text):
        raise Malformed(field=name)
    return float(text)


def choice(form: Form, name: str, known: Collection[str]) -> str:
    """One of what is known. Raises Malformed."""
    if form.get(name) not in known:
        raise Malformed(field=name)
    return form[name]
