"""Cases: their states and moves, and what must be known before one is opened.

A case needs somebody to help, a safe way to reach them, a reason, a worker, a first visit or a request for
shelter, the privacy notice, and a look at whether the other side of the same conflict is helped here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from hotline.errors import CaseIncomplete, SummaryIncomplete
from hotline.rules import forms
from hotline.rules.forms import Field, Value

STATES = (
    "opened",
    "first_visit_scheduled",
    "assessment",
    "plan_agreed",
    "in_support",
    "closing_review",
    "closed",
    "declined_by_client",
    "lost_contact",
    "transferred_out",
    "reopened",
)
ENDED = frozenset({"closed", "declined_by_client", "lost_contact", "transferred_out"})

_LEAVING = ("declined_by_client", "lost_contact", "transferred_out")
MOVES: Mapping[str, tuple[str, ...]] = {
    "opened": ("first_visit_scheduled", "assessment", *_LEAVING),
    "first_visit_scheduled": ("assessment", *_LEAVING),
    "assessment": ("plan_agreed", "closing_review", *_LEAVING),
    "plan_agreed": ("in_support", "closing_review", *_LEAVING),
    "in_support": ("plan_agreed", "closing_review", *_LEAVING),
    "closing_review": ("in_support", "closed"),
    "closed": ("reopened",),
    "declined_by_client": ("reopened",),
    "lost_contact": ("reopened",),
    "transferred_out": ("reopened",),
    "reopened": ("first_visit_scheduled", "assessment", "in_support", *_LEAVING),
}

ANY_ZONE = ZoneInfo("UTC")  # to ask whether a text is a date and time at all
SHELTERS = ("none", "oik", "sow", "dmdk")
FIELDS: tuple[Field, ...] = (
    Field("subject", "text", "C", limit=120, sealed=True, mandatory=True, group="who"),
    Field("reach", "text", "C", limit=200, sealed=True, mandatory=True, group="who"),
    Field("reach_when", "text", "C", limit=200, sealed=True, group="who"),
    Field("reach_avoid", "text", "C", limit=200, sealed=True, group="who"),
    Field("reason", "text", "C", limit=1000, sealed=True, mandatory=True, group="what"),
    Field("worker", "choice", "C", mandatory=True, group="what"),
    Field("first_visit", "text", "C", limit=16, group="what"),
    Field("first_visit_place", "text", "C", limit=160, sealed=True, group="what"),
    Field("shelter", "choice", "C", options=SHELTERS, group="what", default="none"),
    Field("privacy_given", "bool", "C", mandatory=True, group="checks"),
    Field("conflict_checked", "bool", "C", mandatory=True, group="checks"),
)


def may_move(state: str, to: str) -> bool:
    """Whether a case goes from one state to the other in one step."""
    return to in MOVES.get(state, ())


def fields(workers: Sequence[str]) -> tuple[Field, ...]:
    """The form for opening a case; `workers` are the ids of those who can lead one."""
    known = {"worker": tuple(workers)}
    return tuple(replace(field, options=known.get(field.key, field.options)) for field in FIELDS)


def clean(values: Mapping[str, Value], workers: Sequence[str]) -> dict[str, str]:
    """The values as stored, checked like a card's.

    Raises `Malformed`, `TextTooLong`, `TextMalformed`, and `CaseIncomplete(fields=…)` for a value that is
    not offered or a first visit that is no date and time.
    """
    try:
        cleaned = forms.clean(values, fields(workers))
    except SummaryIncomplete as refused:
        raise CaseIncomplete(**refused.params) from None
    visit = cleaned.get("first_visit", "")
    if visit and forms.instant(str(visit), ANY_ZONE) is None:
        raise CaseIncomplete(fields="first_visit")
    return {key: str(value) for key, value in cleaned.items()}


def missing(values: Mapping[str, Value]) -> list[str]:
    """Keys still needed before a case can be opened, in the form's order.

    A first visit or a request for shelter: either is enough, and the visit is asked for if both lack.
    """
    lacking = {f.key for f in FIELDS if f.mandatory and values.get(f.key, "") in ("", "no")}
    if not values.get("first_visit") and values.get("shelter", "none") in ("", "none"):
        lacking.add("first_visit")
    return [f.key for f in FIELDS if f.key in lacking]


def first_visit_at(values: Mapping[str, Value], zone: ZoneInfo) -> datetime | None:
    """The instant (UTC) of the first visit, read as the centre's local time; None without one."""
    visit = values.get("first_visit", "")
    return forms.instant(visit, zone) if isinstance(visit, str) else None


def initial_state(values: Mapping[str, Value]) -> str:
    """The state a new case starts in: with a first visit agreed it is already scheduled."""
    return "first_visit_scheduled" if values.get("first_visit") else "opened"
