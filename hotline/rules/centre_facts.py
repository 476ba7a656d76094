"""The descriptive parts of a centre file: services, taxonomies, shelter rules, demo staff, later facts.

Nothing here decides who is on duty or what is open; `centre.py` holds what does. Fields carry the names of
the files. Every part is frozen and refuses keys it does not know, so that no misspelt key is silently without
effect.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from hotline.rules.civil_time import DAY_MINUTES, WEEKDAYS, Weekday

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.]*$")]
Language = Literal["pl", "uk", "en"]
Origin = Literal["kutno", "kielce", "extra", "software"]


class Part(BaseModel):
    """A table of a centre file."""

    # Of all of them only the whole centre is ever read by itself: the others need nothing of their own at the start.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


def minute_of(value: object) -> object:
    """Minutes from midnight of "HH:MM", 00:00 to 24:00; other text raises ValueError, other types pass."""
    if not isinstance(value, str):
        return value
    written = re.fullmatch(r"([01][0-9]|2[0-4]):([0-5][0-9])", value)
    minute = int(written[1]) * 60 + int(written[2]) if written else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise ValueError(f'"{value}" is not a time between 00:00 and 24:00')
    return minute


Minute = Annotated[int, BeforeValidator(minute_of), Field(strict=True, ge=0, le=2 * DAY_MINUTES)]


class Span(Part):
    """Wall-clock minutes [start, end) of one day; an `end` at or past 1440 belongs to the next day.

    In a file, `to` earlier than `from` means the next morning.
    """

    start: Minute = Field(alias="from")
    end: Minute = Field(alias="to")

    @model_validator(mode="before")
    @classmethod
    def _past_midnight(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        try:
            start, end = minute_of(data.get("from")), minute_of(data.get("to"))
        except ValueError:
            return data  # the field itself says which of the two is wrong
        if isinstance(start, int) and isinstance(end, int) and end < start:
            return {**data, "from": start, "to": end + DAY_MINUTES}
        return data

    @model_validator(mode="after")
    def _ordered(self) -> "Span":
        if not self.start < self.end or self.start >= DAY_MINUTES or self.end - self.start > DAY_MINUTES:
            raise ValueError('"from" must come before "to"; an earlier "to" means the next day')
        return self


class Window(Span):
    """A span that repeats on some days of the week; it belongs to the day on which it starts."""

    days: tuple[Weekday, ...] = Field(min_length=1)


class ShiftPattern(Span):
    """A template of shifts, for the demo's roster; local time."""

    id: Id
    days: tuple[Weekday, ...] = WEEKDAYS


class StaffEntry(Part):
    """A person of the demo: never a real one."""

    id: Id
    name: Name
    signature: Name
    roles: tuple[Literal["counsellor", "supervisor", "caseworker", "administrator"], ...] = Field(
        min_length=1
    )
    lines: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ("pl",)
    team: str = ""
    on_call: bool = False


class NationalLine(Part):
    """A number outside the centre that answers when the centre does not."""

    id: Id
    number: str
    label_pl: Name
    hours: Name
    note: str = ""
    src: str = ""
    verified_on: str = ""

    @property
    def tel(self) -> str:
        """The target of a `tel:` link, or "" where there is no number."""
        return self.number.replace(" ", "")


class Coded(Part):
    """An entry of a taxonomy: a stable English code and a Polish label."""

    code: Id
    label_pl: Name
    origin: Origin


class ProblemArea(Coded):
    """What the contact is about; children are codes of the same taxonomy."""

    children: tuple[str, ...] = ()
    raises_triage: bool = False
    mandatory_review: tuple[str, ...] = ()
    ui_note: str = ""


class Service(Part):
    """A kind of help one unit gives, by which lines or on whose booking."""

    id: Id
    code: Id
    unit: str
    text_pl: str = ""
    lines: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    hours: tuple[Window, ...] = ()
    hours_ref: str = ""
    on_public_holiday: Literal["open", "closed", "assume_closed", "unstated"] = "assume_closed"
    location_pl: str = ""
    place: str = ""
    booking: str = ""
    free: bool = False
    eligible: str = ""
    source_duplicate: bool = False


class AppointmentRule(Part):
    """How an appointment comes about; nobody is promised a time by software."""

    id: Id
    text_pl: Name
    booked_by: Name
    of: str = ""
    requires: tuple[str, ...] = ()
    caller_self_booking: bool = False


class ShelterRule(Part):
    """One regime of shelter; `max_months` 0 means not stated."""

    code: Id
    name_pl: str = ""
    provider: str = ""
    max_months: int = Field(default=0, ge=0)
    extendable: bool = False
    condition_pl: str = ""
    applies_to: tuple[str, ...] = ()
    applies_to_pl: str = ""
    also_admits: tuple[str, ...] = ()
    also_admits_mode: str = ""
    limit: str = ""
    documents: tuple[str, ...] = ()
    legal_basis_pl: str = ""
    discretionary: bool = False
    require_fields: tuple[str, ...] = ()
    over_3_months_needs: str = ""
    referral_regulated_by_pl: str = ""
    must_consider_pl: tuple[str, ...] = ()
    src: str = ""


class Statement(Part):
    """A sentence of the founding document: a goal, a kind of help, a rule, a form, a duty to write."""

    code: Id
    text_pl: Name
    order: int = 0
    main: bool = False
    parent: str = ""
    immediate: bool = False
    specialist: bool = False
    condition: str = ""
    max_months: int = 0
    applies_to: str = ""
    software: str = ""
    software_pl: str = ""
    aims_pl: tuple[str, ...] = ()
    safety_goal: bool = False
    provided_by: str = ""
    audience: str = ""
    letter_template: str = ""
    recipient_rule: str = ""


class Commune(Part):
    """Communes of the area, each with its own alcohol commission and interdisciplinary team."""

    names_pl: tuple[str, ...]
    src: str = ""


class LaterFact(Part):
    """Found outside the founding document; shown to the administrator, never used until confirmed.

    `sets` is what confirming changes: tables as in a centre file. Empty where the program uses no such fact.
    """

    key: Id
    value: Name
    src: str
    as_of: str = ""
    label_pl: str = ""
    source_pl: str = ""
    sets: Mapping[str, Any] = {}
    confirmed: bool = False
    rejected: bool = False


class Definition(Part):
    """What the founding document understands by crisis intervention."""

    crisis_intervention_pl: str = ""
    goal_pl: str = ""


class Districts(Part):
    """Care districts; an empty list means the centre has not supplied them."""

    label_pl: str = ""
    status: Literal["stated", "not_stated"] = "not_stated"
    items: tuple[str, ...] = ()


class Offer(Part):
    """Which codes of the shared taxonomies this centre works with; empty means all."""

    services: tuple[str, ...] = ()
    problem_areas: tuple[str, ...] = ()
